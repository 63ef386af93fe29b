// Own settings of models that people make themselves (ComfyUI workflows): whatever the row has, drawn as it comes.

import { el } from "../dom.js";
import { changed, catalogueText } from "./common.js";

const RANGE_STEPS = 1000; // a range with more steps than this is typed, not slid

export function mount(element, { props, watch, options }) {
  element.classList.add("st", "so-own");
  const now = () => props.value || {};
  let drawn = "";

  function draw() {
    const { specs = [], values = {} } = now();
    element.classList.toggle("sf-none", !specs.length);
    const looks = JSON.stringify([specs, values]);
    if (looks === drawn) return; // our own change coming back
    drawn = looks;
    element.replaceChildren(...specs.map((spec) => field(spec, values[spec.key])));
  }

  function set(key, value) {
    const next = { ...now(), values: { ...now().values, [key]: value } };
    drawn = JSON.stringify([next.specs || [], next.values]);
    props.value = next;
    changed(element);
  }

  function field(spec, value) {
    const id = `${options.page}-own-${spec.key}`;
    const help = spec.help ? el("p", "so-help", {}, catalogueText(spec.help)) : null;
    if (spec.type === "bool") {
      const box = el("input", "", {
        type: "checkbox",
        id,
        checked: value === true,
        onchange: () => set(spec.key, box.checked),
      });
      return el(
        "div",
        "so-field check",
        { data: { slot: spec.key } },
        box,
        el("label", "", { for: id }, catalogueText(spec.label)),
        help,
      );
    }
    return el(
      "div",
      "so-field",
      { data: { slot: spec.key } },
      el("label", "", { for: id }, catalogueText(spec.label)),
      ...control(spec, value, id),
      help,
    );
  }

  function control(spec, value, id) {
    if (spec.type === "choice") {
      const list = el(
        "select",
        "",
        { id, onchange: () => set(spec.key, list.value) },
        ...spec.choices.map((c) => el("option", "", { value: c, selected: c === value }, c)),
      );
      return [list];
    }
    if (spec.type === "text") {
      const text = el("textarea", "", {
        id,
        rows: 1,
        maxlength: spec.max_chars,
        oninput: () => set(spec.key, text.value),
      });
      text.value = value ?? "";
      return [text];
    }
    return numeric(spec, value, id);
  }

  function numeric(spec, value, id) {
    const step = spec.step || (spec.type === "int" ? 1 : "any");
    const bounds = { min: spec.min, max: spec.max, step };
    const tell = (from, to) => {
      if (to) to.value = from.value;
      set(spec.key, from.value === "" ? null : Number(from.value));
    };
    const box = el("input", "", { type: "number", id, ...bounds, value, oninput: () => tell(box, slider) });
    const steps = (spec.max - spec.min) / (step === "any" ? (spec.max - spec.min) / 100 : step);
    const bounded = spec.min !== null && spec.max !== null && steps <= RANGE_STEPS;
    const slider = bounded
      ? el("input", "", {
          type: "range",
          ...bounds,
          value,
          tabindex: "-1",
          "aria-hidden": "true",
          oninput: () => tell(slider, box),
        })
      : null;
    return [el("div", "so-number", {}, ...(slider ? [slider] : []), box)];
  }

  watch("value", draw);
  draw();
}
