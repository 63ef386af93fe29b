// Text of one line, and text that grows with what is written.

import { el } from "../dom.js";
import { field, setAttributes } from "./field.js";

const NAMES = { placeholder: "placeholder", max_length: "maxlength" };
const GROWS_ALONE = CSS.supports("field-sizing", "content");

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function text(spec, id) {
  return textField(spec, id, el("input", "ct-text", { type: "text", autocomplete: "off" }));
}

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function lines(spec, id) {
  const area = el("textarea", "ct-text ct-lines", { rows: spec.lines ?? 3 });
  area.style.setProperty("--ct-least", String(spec.lines ?? 3));
  area.style.setProperty("--ct-rows", String(spec.max_lines ?? 16));
  if (!GROWS_ALONE) area.addEventListener("input", () => grow(area));
  return textField(spec, id, area);
}

function textField(spec, id, input) {
  return field(spec, id, {
    labelled: input,
    layout: (label, info) => [label, info, input],
    apply: (changes) => setAttributes(input, changes, NAMES),
    read: () => input.value,
    write: (value) => {
      const written = value ?? "";
      if (input.value !== written) input.value = written; // writing the same text would move the caret
      if (!GROWS_ALONE && input instanceof HTMLTextAreaElement) grow(input);
    },
  });
}

function grow(area) {
  area.style.height = "auto";
  if (area.scrollHeight) area.style.height = `${area.scrollHeight + 2}px`; // 0 where the form is not shown
}
