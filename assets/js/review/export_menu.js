// Comments of a review as a file for another program: which of them, and the program that they are for.

import { button, el, icon, styles, t } from "../dom.js";
import { toast, tryOrToast } from "../net.js";
import { check, dialog } from "../board/dialog.js";

/** Formats by the word of their address; a timeline can bring its media along. */
const FORMS = [
  { form: "pdf" },
  { form: "csv" },
  { form: "edl", timeline: true },
  { form: "xmeml", timeline: true },
  { form: "fcpxml", timeline: true },
  { form: "avid" },
  { form: "rv", timeline: true },
  { form: "otio", timeline: true },
];

/**
 * The button for it; hidden where downloads are not allowed.
 * @param {import("./session.js").ReviewSession} session
 * @returns {HTMLElement}
 */
export function exportMenu(session) {
  styles("board-parts.css", "review-export.css");
  const label = t("reviewexport.title");
  return button(
    label,
    { name: "download", cls: "bare", hidden: !session.me?.may.download, data: { do: "export-comments" } },
    () => exportDialog(session),
  );
}

function exportDialog(session) {
  const { item } = session;
  const asked = { open: false, older: false, internal: false, media: false, item: false };
  const choice = (name, words) => check(words, false, (on) => (asked[name] = on));
  const several = session.review.items.length > 1;
  const stacked = session.review.items.some((one) => one.versions.length > 1);
  const choices = el(
    "fieldset",
    "rx-choices",
    {},
    el("legend", "st-off", {}, t("reviewexport.which")),
    choice("open", t("reviewexport.only_open")),
    several && item ? choice("item", t("reviewexport.only_item", { title: item.title })) : "",
    stacked ? choice("older", t("reviewexport.older")) : "",
    session.me.may.internal ? choice("internal", t("reviewexport.internal")) : "",
    choice("media", t("reviewexport.media")),
  );
  const rows = FORMS.map(({ form, timeline }) => {
    const row = el(
      "button",
      "rx-form",
      { type: "button", data: { form }, onclick: () => take(form, timeline, row) },
      el("b", "", {}, t(`reviewexport.${form}`)),
      el("small", "st-dim", {}, t(`reviewexport.${form}_help`)),
      icon("download"),
    );
    return row;
  });
  const take = async (form, timeline, row) => {
    if (row.getAttribute("aria-busy") === "true") return;
    row.setAttribute("aria-busy", "true");
    await tryOrToast(
      download(session, form, { ...asked, media: asked.media && timeline, item: asked.item && item.id }),
    );
    row.removeAttribute("aria-busy");
  };
  dialog(t("reviewexport.title"), el("div", "rx-body", {}, choices, el("div", "rx-forms", {}, ...rows)));
}

/** Get the file and hand it to the browser. An archive may be large: the browser takes it itself, once a look has
 * shown that it will be given. */
async function download(session, form, asked) {
  const address = (media) => {
    const url = new URL(session.url(`export/${form}`));
    for (const [name, value] of Object.entries({ ...asked, media }))
      if (value) url.searchParams.set(name, value === true ? "1" : value);
    return url;
  };
  const answer = await fetch(address(false), { credentials: "same-origin" }).catch(() => null);
  if (!answer) throw new Error(t("widgets.offline"));
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error || t("widgets.failed", { status: answer.status }));
  }
  if (asked.media) {
    save(address(true).href, "");
    return toast(t("reviewexport.begun"));
  }
  const file = URL.createObjectURL(await answer.blob());
  save(file, nameIn(answer.headers.get("content-disposition") ?? "") || form);
  setTimeout(() => URL.revokeObjectURL(file), 60_000);
}

function save(href, name) {
  const link = el("a", "st-off", { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

const nameIn = (disposition) => decodeURIComponent(/filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1] ?? "");
