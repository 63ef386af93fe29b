// The status of a version: a chip with its colour, the statuses one may set with a note, and who set which before.

import { button, el, exactTime, icon, since, styles, t } from "../dom.js";
import { tryOrToast } from "../net.js";
import { popover } from "../board/dialog.js";

const NOTE_CHARS = 500;

/** The chip of a version's status; a press shows what can be set, and the history. */
export function statusMenu(session, version) {
  styles("board.css", "board-parts.css", "review-approval.css");
  const status = session.statusOf(version);
  const name = status?.name ?? t("reviewstatus.unknown");
  const chip = button(
    t("reviewstatus.chip", { name }),
    {
      text: name,
      cls: `ra-chip${status?.is_done ? " done" : ""}`,
      "aria-haspopup": "dialog",
      data: { do: "status", status: status?.id ?? "" },
    },
    () => open(session, version, chip),
  );
  chip.prepend(dot(status));
  chip.append(icon("down"));
  return chip;
}

function dot(status) {
  const made = el("i", "ra-dot", { "aria-hidden": "true" });
  if (status) made.style.background = status.color;
  return made;
}

function open(session, version, chip) {
  const offered = session.review.statuses.filter((one) => session.me.statuses.includes(one.id));
  const note = el("textarea", "bd-input", {
    rows: 2,
    maxlength: NOTE_CHARS,
    placeholder: t("reviewstatus.note_hint"),
    "aria-label": t("reviewstatus.note"),
  });
  const history = el("ol", "ra-history", { "aria-label": t("reviewstatus.history"), tabindex: 0 });
  const set = async (status) => {
    box.away();
    await tryOrToast(session.setStatus(version.id, status.id, note.value.trim()));
  };
  const choices = offered.map((status) => {
    const made = el(
      "button",
      "ra-choice",
      {
        type: "button",
        role: "radio",
        "aria-checked": status.id === version.status,
        data: { set: status.id },
        onclick: () => (status.id === version.status ? box.away() : set(status)),
      },
      dot(status),
      el("span", "st-grow", {}, status.name),
      status.is_done ? icon("check") : null,
    );
    return made;
  });
  const parts = offered.length
    ? [el("div", "ra-choices", { role: "radiogroup", "aria-label": t("reviewstatus.set") }, ...choices), note]
    : [el("p", "st-dim", {}, t("reviewstatus.look_only"))];
  const box = popover(chip, t("reviewstatus.title"), ...parts, el("h4", "", {}, t("reviewstatus.history")), history);
  box.classList.add("ra-pop");
  place(box, chip);
  box.addEventListener("keydown", (e) => arrows(e, choices));
  fill(session, version, history, box);
}

/** Under the chip, inside of the window; it does not move when the history comes in. */
function place(box, chip) {
  const at = chip.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${at.bottom + 6}px`;
  box.style.maxHeight = `${innerHeight - at.bottom - 14}px`;
}

/** Up and down go through the choices. */
function arrows(e, choices) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  const at = choices.indexOf(document.activeElement);
  if (!step || at < 0) return;
  e.preventDefault();
  choices[(at + step + choices.length) % choices.length].focus();
}

async function fill(session, version, list, box) {
  const told = await tryOrToast(session.get(`versions/${encodeURIComponent(version.id)}/history`));
  if (!told || !box.isConnected) return;
  const rows = told.history
    .toReversed()
    .map((one) =>
      el(
        "li",
        "",
        {},
        el("p", "", {}, el("strong", "", {}, one.to_name), el("span", "st-dim", {}, ` ← ${one.from_name}`)),
        el("small", "st-dim", { title: exactTime(one.at) }, one.by_name ? `${one.by_name} · ` : null, since(one.at)),
        one.note ? el("p", "ra-note", {}, one.note) : null,
      ),
    );
  list.replaceChildren(...(rows.length ? rows : [el("li", "st-dim", {}, t("reviewstatus.no_history"))]));
}
