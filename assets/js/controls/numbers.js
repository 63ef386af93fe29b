// Numbers: a box to type into, with a slider beside it where both ends are known.

import { el } from "../dom.js";
import { field, setAttributes } from "./field.js";

const NAMES = { minimum: "min", maximum: "max", step: "step", placeholder: "placeholder" };

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function number(spec, id) {
  const box = numberBox(spec);
  return field(spec, id, {
    labelled: box,
    layout: (label, info) => [label, info, box],
    apply: (changes) => setAttributes(box, changes, NAMES),
    read: () => typed(box, spec.whole),
    write: (value) => {
      if (typed(box, spec.whole) !== value) box.value = value ?? "";
    },
  });
}

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function slider(spec, id) {
  const box = numberBox(spec);
  const range = el("input", "ct-range", { type: "range", tabindex: "-1", "aria-hidden": "true" });
  const [low, high] = [el("span", "ct-end"), el("span", "ct-end")];
  let kept = spec.value ?? spec.minimum ?? 0;

  function show(value) {
    kept = value;
    range.value = String(value);
    const [from, to] = [Number(range.min), Number(range.max)];
    range.style.setProperty("--ct-part", `${to > from ? ((Number(range.value) - from) / (to - from)) * 100 : 0}%`);
  }
  const write = (value) => {
    const shown = value ?? (Number(range.min) || 0);
    if (typed(box) !== shown) box.value = String(shown);
    show(shown);
  };
  range.addEventListener("input", () => {
    box.value = range.value;
    show(Number(range.value));
  });
  box.addEventListener("input", () => {
    const value = typed(box);
    if (value !== null && value >= Number(range.min) && value <= Number(range.max)) show(value);
  });
  box.addEventListener("change", () => write(nearest(typed(box) ?? kept, range)));

  return field(spec, id, {
    labelled: box,
    layout: (label, info) => [el("div", "ct-head", {}, label, box), info, el("div", "ct-track", {}, low, range, high)],
    apply: (changes) => {
      setAttributes(box, changes, NAMES);
      setAttributes(range, changes, NAMES);
      if (changes.minimum !== undefined) low.textContent = String(changes.minimum);
      if (changes.maximum !== undefined) high.textContent = String(changes.maximum);
      if (changes.value === undefined) write(kept);
    },
    read: () => {
      const value = typed(box);
      return value === null ? kept : value;
    },
    write,
  });
}

const numberBox = (spec) =>
  el("input", "ct-text ct-number", { type: "number", inputmode: spec.whole ? "numeric" : "decimal" });

/** The number in the box; null where there is none. */
function typed(box, whole = false) {
  if (box.value === "" || !Number.isFinite(Number(box.value))) return null;
  return whole ? Math.round(Number(box.value)) : Number(box.value);
}

/** The value that the slider can take, next to this one. */
function nearest(value, range) {
  const [from, to, step] = [Number(range.min), Number(range.max), Number(range.step) || 1];
  const steps = Math.round((Math.min(to, Math.max(from, value)) - from) / step);
  const places = Math.max(...[step, from].map((n) => String(n).split(".")[1]?.length ?? 0));
  return Math.min(to, Number((from + steps * step).toFixed(places)));
}
