// One of several: as chips that are all seen, or as a list that opens.

import { el } from "../dom.js";
import { field } from "./field.js";

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function chips(spec, id) {
  const group = el("div", "ct-chips wrap");
  let choices = [];
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...group.querySelectorAll("input")]);

  function show(made) {
    const chosen = read();
    choices = made;
    group.replaceChildren(
      ...made.map(([label, value], n) =>
        el(
          "label",
          "",
          {},
          el("input", "", { type: "radio", name: id, value: String(value), id: n ? null : `${id}-input` }),
          el("span", "", {}, label),
        ),
      ),
    );
    write(chosen);
  }
  const read = () => choices[boxes().findIndex((box) => box.checked)]?.[1] ?? null;
  const write = (value) => boxes().forEach((box, n) => (box.checked = same(choices[n][1], value)));

  const made = field(spec, id, {
    tag: "fieldset",
    labelTag: "span",
    labelled: group,
    layout: (label, info) => [label, info, group],
    apply: (changes) => changes.choices && !sameChoices(changes.choices, choices) && show(changes.choices),
    read,
    write,
  });
  made.element.setAttribute("role", "radiogroup");
  made.focus = () => (boxes().find((box) => box.checked) || boxes()[0])?.focus();
  return made;
}

/** @type {(spec: import("./control.js").ControlSpec, id: string) => import("./control.js").Control} */
export function select(spec, id) {
  const list = el("select", "ct-select");
  let choices = [];
  const read = () => choices[list.selectedIndex]?.[1] ?? null;
  const write = (value) => {
    list.selectedIndex = choices.findIndex(([, choice]) => same(choice, value));
  };
  return field(spec, id, {
    labelled: list,
    layout: (label, info) => [label, info, list],
    apply: ({ choices: made }) => {
      if (!made || sameChoices(made, choices)) return;
      const chosen = read();
      choices = made;
      list.replaceChildren(...made.map(([label, value]) => el("option", "", { value: String(value) }, label)));
      write(chosen);
    },
    read,
    write,
  });
}

// A value kept by an older form may be a text where the choice is a number.
const same = (choice, value) => value !== null && value !== undefined && String(choice) === String(value);

const sameChoices = (some, others) =>
  some.length === others.length && some.every(([label, value], n) => label === others[n][0] && value === others[n][1]);
