// The field in which the words of a drawing are written, where they will stand: Enter keeps them, Shift+Enter breaks the
// line, Esc drops them.

import { el, t } from "../dom.js";
import { LINE_HEIGHT } from "./shapes.js";

const MAX_TEXT_CHARS = 500;

/**
 * {element, finish(keep)}; put the element on the layer and focus it. at: in parts of the picture. look: {color, size}.
 * onDone(text | null) is called once, with the words that are kept.
 */
export function textEntry({ at, text, look, onDone }) {
  let open = true;
  const element = el("textarea", "rd-entry", {
    rows: 1,
    maxlength: MAX_TEXT_CHARS,
    "aria-label": t("reviewdrawing.words"),
    placeholder: t("reviewdrawing.words_here"),
    style:
      `left:${at[0] * 100}%;top:${at[1] * 100}%;color:${look.color};` +
      `font-size:calc(var(--rd-height) * ${look.size});line-height:${LINE_HEIGHT}`,
  });
  element.value = text;
  function finish(keep) {
    if (!open) return;
    open = false;
    element.remove();
    onDone(keep ? element.value.trimEnd() : null);
  }
  element.addEventListener("keydown", (e) => {
    e.stopPropagation();
    if (e.isComposing) return; // Enter and Esc belong to the input method
    if (e.key !== "Escape" && (e.key !== "Enter" || e.shiftKey)) return;
    e.preventDefault();
    finish(e.key === "Enter");
  });
  element.addEventListener("blur", () => finish(true));
  for (const word of ["pointerdown", "click", "dblclick"]) element.addEventListener(word, (e) => e.stopPropagation());
  return { element, finish };
}
