// A list of suggestions below a text field while a word is typed: its keys, and the word's completion.

/** Put a name in the place of the last `length` characters before the caret. */
export function complete(area, length, name) {
  const end = area.selectionStart;
  area.setRangeText(`${name} `, end - length, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

/**
 * Arrows, Enter, Tab and Escape belong to the list while it is shown; no other listener of the field hears them.
 * @param {HTMLElement} area the field
 * @param {HTMLElement} list
 * @param {{typed: () => void, move: (step: number) => void, take: () => void, close: () => void}} acts
 */
export function steerList(area, list, { typed, move, take, close }) {
  area.addEventListener("input", typed);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (e) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) move(step);
    else if (e.key === "Enter" || e.key === "Tab") take();
    else if (e.key === "Escape") close();
    else return;
    e.preventDefault();
    e.stopImmediatePropagation();
  });
}
