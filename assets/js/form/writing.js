// The language model at the prompt of a form: the button that opens its window, and what the prompt was before it was
// rewritten. That text goes with the run, so that both are kept; see `original` in form.js.

import { toast } from "../net.js";
import { t } from "../dom.js";
import { expandButton } from "../writing/expand.js";
import { firstTextLine } from "../writing/first_text.js";
import { changed, textarea, write } from "./common.js";

export function mount(element, { props, watch, options, model }) {
  element.classList.add("st");
  const { page, task } = options;
  const box = textarea(page, "prompt");
  const original = () => props.value?.original || "";
  const line = firstTextLine({
    first: original,
    now: () => box.value,
    back: putBack,
    forget: () => (set(box.value, ""), box.focus()),
  });
  element.replaceChildren(line.node);
  const expand = expandButton(box, { facts: () => ({ model: model(), task }), use });
  box.closest(".studio-field").querySelector(".ct-label").after(expand);

  /** A text was taken in the place of another: the first one of all stays the original. */
  function use(text, before) {
    const earlier = original();
    set(text, earlier || before);
    toast(t("writing.used"), { undo: () => (set(before, earlier), box.focus()) });
  }

  function putBack() {
    const [now, first] = [box.value, original()];
    set(first, "");
    toast(t("writing.put_back_done"), { undo: () => set(now, first) });
    box.focus();
  }

  function set(text, first) {
    props.value = { original: first };
    write(box, text);
    changed(element);
    draw();
  }

  const draw = () => element.closest(".st-host")?.classList.toggle("sf-none", !line.draw());

  // Who puts something else in the place of the whole text writes another prompt.
  box.addEventListener("beforeinput", () => {
    if (original() && box.value && box.selectionStart === 0 && box.selectionEnd === box.value.length)
      props.value = { original: "" };
  });
  box.addEventListener("input", draw);
  watch("value", draw);
  draw();
}
