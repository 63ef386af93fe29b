// Two people changed the same field: what the edit names as seen, and the choice between both values.

import { button, el, t } from "../dom.js";
import { dialog } from "./dialog.js";

const NOT_FIELDS = new Set(["op", "shot", "id", "same", "seen", "sent", "after"]);
const JUDGED = ["prompt", "model", "duration_s"]; // what who sets a status has looked at

/** The part of the board that an edit changes, or undefined where it makes something new. */
function target({ op, shot, id }, board) {
  if (op === "update") return board;
  if (op === "change") return board.shots.find((s) => s.id === shot);
  if (op === "cast" && id) return board.cast.find((m) => m.id === id);
  return undefined;
}

const fieldsOf = (op) => Object.keys(op).filter((name) => !NOT_FIELDS.has(name));

/** The values that the page shows of what an edit sets. */
export function seenBy(op, board) {
  const part = target(op, board);
  if (!part) return {};
  const names = op.status ? [...fieldsOf(op), ...JUDGED] : fieldsOf(op);
  return structuredClone(Object.fromEntries(names.filter((name) => name in part).map((name) => [name, part[name]])));
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 1));

/** Show both values. keep: called where the person wants theirs to stand. board: as it is now. */
export function chooseValue(op, board, keep) {
  const part = target(op, board);
  if (!part || op.status) return;
  const rows = fieldsOf(op)
    .filter((name) => shown(part[name]) !== shown(op[name]))
    .map((name) =>
      el(
        "div",
        "bd-conflict",
        { data: { field: name } },
        el("section", "", {}, el("h4", "", {}, t("live.theirs")), el("pre", "", {}, shown(part[name]))),
        el("section", "", {}, el("h4", "", {}, t("live.mine")), el("pre", "", {}, shown(op[name]))),
      ),
    );
  if (!rows.length) return;
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // a field in use would keep what it shows
  const theirs = button(t("live.keep_theirs"), { text: t("live.keep_theirs"), data: { do: "theirs" } }, () =>
    box.close(),
  );
  const mine = button(t("live.use_mine"), { text: t("live.use_mine"), cls: "primary", data: { do: "mine" } }, () => {
    box.close();
    keep();
  });
  const box = dialog(
    t("live.conflict"),
    el("div", "bd-conflicts", {}, el("p", "st-dim", {}, t("live.about")), ...rows),
    [theirs, mine],
  );
}
