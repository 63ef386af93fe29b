// A list whose rows are put in another order: dragged by their handle (mouse, pen, finger) or moved with Alt and arrows.

import { el } from "./dom.js";

const SLOP_PX = 5;
const EDGE_PX = 70;

/**
 * `moved(id, before)` is called once a row stands elsewhere; before is the id of the row behind it, null at the end.
 * begins(row), ends(isMoved): of a drag.
 */
export function sortable(list, { row, handle, moved, begins, ends }) {
  let drag = null;
  const mark = el("li", "st-dropmark", { "aria-hidden": "true" });
  const rows = () => [...list.querySelectorAll(`:scope > ${row}`)];
  const after = (node) => {
    const all = rows();
    return all[all.indexOf(node) + 1]?.dataset.id ?? null;
  };

  list.addEventListener("pointerdown", (e) => {
    const grip = e.target.closest(handle);
    const node = grip?.closest(row);
    if (!node || e.button) return;
    e.preventDefault();
    drag = { node, y: e.clientY, on: false, id: e.pointerId };
    list.setPointerCapture(e.pointerId);
  });
  list.addEventListener("pointermove", (e) => {
    if (!drag || e.pointerId !== drag.id) return;
    if (!drag.on) {
      if (Math.abs(e.clientY - drag.y) < SLOP_PX) return;
      drag.on = true;
      drag.node.classList.add("dragged");
      begins(drag.node);
    }
    const next = rows()
      .filter((r) => r !== drag.node)
      .find((r) => e.clientY < r.getBoundingClientRect().top + r.offsetHeight / 2);
    list.insertBefore(mark, next || null);
    if (e.clientY < EDGE_PX + 60) scrollBy(0, -14);
    else if (e.clientY > innerHeight - EDGE_PX) scrollBy(0, 14);
  });
  const end = (e) => {
    if (!drag) return;
    const { node, on } = drag;
    drag = null;
    node.classList.remove("dragged");
    if (!on) return;
    const before = after(node);
    if (e.type === "pointerup" && mark.isConnected) mark.replaceWith(node);
    mark.remove();
    const isMoved = after(node) !== before;
    if (isMoved) moved(node.dataset.id, after(node));
    ends(isMoved);
  };
  list.addEventListener("pointerup", end);
  list.addEventListener("pointercancel", end);

  list.addEventListener("keydown", (e) => {
    const node = e.target.closest(row);
    const step = { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (!node || !step || e.target.matches("select")) return;
    e.preventDefault();
    const all = rows();
    const to = all[all.indexOf(node) + step];
    if (!to) return;
    if (!e.altKey) return to.focus();
    step < 0 ? to.before(node) : to.after(node);
    node.focus();
    moved(node.dataset.id, after(node));
  });
}
