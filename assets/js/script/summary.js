// What a reading says of itself: its form, the legend of the colours, what was not understood, what was changed.

import { button, el, icon, seconds, t } from "../dom.js";
import { hints, warnings } from "../board/dialog.js";
import { GROUP_NAMES } from "./fields.js";

const SHOWN_UNREAD = 40;

/** The forms to choose from, the best first; the one that was read is chosen. Whether there are any. */
export function drawForms(select, read) {
  const forms = [...(read.forms || [])];
  if (read.label && !forms.some((f) => f.id === read.form)) forms.unshift({ id: read.form, label: read.label });
  const face = JSON.stringify([forms.map((f) => f.id), read.form]);
  if (select.dataset.face !== face)
    select.replaceChildren(
      ...forms.map((f) => el("option", "", { value: f.id, selected: f.id === read.form }, f.label)),
    );
  select.dataset.face = face;
  return forms.length > 0;
}

/** "12 shots, 48 s". */
export const countText = (rows) =>
  t("board.count", { n: rows.length, time: seconds(rows.reduce((sum, { shot }) => sum + shot.duration_s, 0)) });

/** The colours that are in the text, by name. */
export function legend(groups) {
  return GROUP_NAMES.filter((name) => groups.has(name)).map((name) =>
    el(
      "span",
      "sp-key",
      { role: "listitem" },
      el("span", "sp-mark", { data: { group: name } }, t(`scriptview.group.${name}`)),
    ),
  );
}

/** What was not understood, each with a way to its place. */
export function unreadList(unread, jump) {
  if (!unread.length) return null;
  const item = (part) =>
    el(
      "li",
      "",
      {},
      button(t("scriptview.jump"), { cls: "link sp-jump", text: part.text || "…" }, () => jump(part)),
      part.reason ? el("span", "st-dim", {}, part.reason) : null,
    );
  const more = unread.length - SHOWN_UNREAD;
  return el(
    "details",
    "sp-unread",
    { open: unread.length < 6, data: { unread: "" } },
    el("summary", "", {}, icon("warn"), t("scriptview.unread", { n: unread.length })),
    el("ul", "", {}, ...unread.slice(0, SHOWN_UNREAD).map(item)),
    more > 0 ? el("p", "st-dim", {}, t("scriptview.unread_more", { n: more })) : null,
  );
}

/** What stands above the table: faults, and what a person changed with the way back. */
export function remarks({ faults, changed, removed, lost, failure }, { reset, restore }) {
  const line = (words, label, act, what) =>
    el(
      "p",
      "sp-changed",
      {},
      el("span", "", {}, words),
      button(label, { text: label, cls: "link", data: { do: what } }, act),
    );
  return [
    failure ? warnings([failure]) : null,
    warnings(faults),
    changed ? line(t("scriptview.n_changed", { n: changed }), t("scriptview.reset"), reset, "reset-cells") : null,
    removed ? line(t("scriptview.n_removed", { n: removed }), t("scriptview.restore"), restore, "restore-shots") : null,
    lost ? hints([t("scriptview.lost", { n: lost })]) : null,
  ].filter(Boolean);
}
