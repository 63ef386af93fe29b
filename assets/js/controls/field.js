// What all controls share: an element with its label and help, shown or hidden, and how changes are applied.

import { el } from "../dom.js";

/**
 * The frame of a control. `apply` takes each change that the frame does not know itself.
 * @param {import("./control.js").ControlSpec} spec
 * @param {string} id
 * @param {{tag?: "div" | "fieldset", labelTag?: "label" | "span", labelled: HTMLElement, apply: (changes: Record<string, any>) => void,
 *   read: () => any, write: (value: any) => void, layout: (label: HTMLElement, info: HTMLElement) => (Node | string)[]}} parts
 *   labelled: the part that takes the focus and is named by the label
 * @returns {import("./control.js").Control}
 */
export function field(spec, id, { tag = "div", labelTag = "label", labelled, apply, read, write, layout }) {
  const label = el(labelTag, "ct-label", { id: `${id}-label`, for: labelTag === "label" ? `${id}-input` : null });
  const info = el("p", "ct-info", { id: `${id}-info` });
  const classes = `studio-field studio-${spec.key.replace(/_/g, "-")} ${spec.classes || ""}`.trim();
  const element = el(tag, classes, { id }, ...layout(label, info));
  if (labelTag === "span") element.setAttribute("aria-labelledby", label.id);
  else labelled.id = `${id}-input`;

  function update(changes) {
    if (changes.label !== undefined) label.textContent = changes.label;
    if (changes.info !== undefined) {
      info.textContent = changes.info || "";
      info.hidden = !changes.info;
      const named = tag === "fieldset" ? element : labelled;
      if (changes.info) named.setAttribute("aria-describedby", info.id);
      else named.removeAttribute("aria-describedby");
    }
    if (changes.visible !== undefined) element.hidden = !changes.visible;
    apply(changes);
    if (changes.value !== undefined) write(changes.value);
  }

  update({ info: "", ...spec });
  return {
    key: spec.key,
    element,
    get value() {
      return read();
    },
    set value(value) {
      write(value);
    },
    update,
    focus: () => labelled.focus(),
  };
}

/** Set those attributes of an input whose changes are told; null takes one away. */
export function setAttributes(input, changes, names) {
  for (const [change, attribute] of Object.entries(names)) {
    if (changes[change] === undefined) continue;
    if (changes[change] === null) input.removeAttribute(attribute);
    else input.setAttribute(attribute, changes[change]);
  }
}
