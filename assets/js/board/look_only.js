// A board that one may only look at: what would change it is off, and one line says why. The studio refuses it as well.

import { el, icon, t } from "../dom.js";

const CONTROLS = "button, input, select, textarea";
const LOOKING =
  '.bd-player *, .bd-zoom, .bd-takepic, .bd-takefoot input, .bd-sheetpic, [data-do="details"], [data-do="compare"], ' +
  '[data-do="boards"], [data-do="open-shot"], [data-do="export"], [data-do="match-before"], [data-view]';
const TEXTS = "textarea, input:is([type=text], [type=number])"; // can still be selected and copied

/** A line for the board's head, which also keeps the controls below `root` off while the board is not editable. */
export function lookOnly(store, root) {
  const node = el("p", "bd-lookonly", { hidden: true, role: "note" }, icon("search"), t("roles.board_look_only"));
  const lock = () => {
    if (!node.isConnected) return observer.disconnect(); // another board, or the list, took its place
    if (store.editable) return;
    for (const control of root.querySelectorAll(CONTROLS)) {
      if (control.matches(LOOKING)) continue;
      const off = control.matches(TEXTS) ? "readOnly" : "disabled";
      if (!control[off]) (control[off] = true), (control.dataset.off = off);
    }
  };
  const follow = () => {
    if (node.hidden === store.editable) return;
    node.hidden = store.editable;
    root.classList.toggle("look-only", !store.editable);
    if (store.editable) for (const one of root.querySelectorAll("[data-off]")) one[one.dataset.off] = false;
    lock();
  };
  const observer = new MutationObserver(lock);
  observer.observe(root, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["disabled"],
  });
  store.on((why) => why === "all" && follow());
  queueMicrotask(follow); // once it is in its place
  return node;
}
