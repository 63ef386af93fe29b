// The difference of two texts on the page. Where it can be chosen from, each change is a switch: on, the new words; off, the
// words that stood there. The switches are one stop of the Tab key, with arrows between them.

import { el, t } from "../dom.js";
import { combined } from "./diff.js";

/**
 * @param {import("./diff.js").Segment[]} segments
 * @param {{chosen?: (taken: number) => void}} [options] chosen: makes switches of the changes, and hears how many are on
 */
export function diffView(segments, { chosen } = {}) {
  const off = new Set(); // places of changes that are not taken
  const marks = segments.map((one, i) => ("same" in one ? one.same : mark(one, i)));
  const switches = marks.filter((one) => typeof one !== "string");
  const node = el("div", "wr-diff", { role: "group", "aria-label": t("writing.changes") }, ...marks);
  if (chosen) {
    stop(switches[0]);
    node.addEventListener("click", (e) => turn(e.target.closest(".wr-change")));
    node.addEventListener("keydown", keys);
  }

  function mark(one, i) {
    const parts = [one.old ? el("del", "", {}, one.old) : null, one.new ? el("ins", "", {}, one.new) : null];
    if (!chosen) return el("span", "wr-change", {}, ...parts);
    // A native button cannot break across lines.
    return el("span", "wr-change", { role: "button", tabindex: "-1", "aria-pressed": true, data: { at: i } }, ...parts);
  }

  function turn(one) {
    if (!one) return;
    const at = Number(one.dataset.at);
    if (!off.delete(at)) off.add(at);
    one.setAttribute("aria-pressed", String(!off.has(at)));
    stop(one);
    chosen(switches.length - off.size);
  }

  function stop(one) {
    for (const each of switches) each.tabIndex = each === one ? 0 : -1;
  }

  function keys(e) {
    const at = switches.indexOf(e.target);
    if (at < 0) return;
    if (e.key === "Enter" || e.key === " ") {
      e.preventDefault();
      return turn(e.target);
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const next = switches[(at + step + switches.length) % switches.length];
    stop(next);
    next.focus();
  }

  return { node, text: () => combined(segments, (i) => !off.has(i)) };
}
