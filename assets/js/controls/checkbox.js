// A switch for yes or no.

import { el } from "../dom.js";
import { field } from "./field.js";

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function checkbox(spec, id) {
  const box = el("input", "ct-switch", { type: "checkbox" });
  return field(spec, id, {
    labelled: box,
    layout: (label, info) => [el("div", "ct-line", {}, box, label), info],
    apply: () => {},
    read: () => box.checked,
    write: (value) => {
      box.checked = Boolean(value);
    },
  });
}
