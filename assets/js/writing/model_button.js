// A button for work of the language model; where there is no language model, a line that says how to add one.

import { button, el, styles, t } from "../dom.js";
import { LANGUAGE_MODEL, openConnection } from "../connections.js";
import { may } from "../rights.js";
import { followSource } from "./source.js";

/**
 * The button, in an element that stays empty until it is known whether there is a language model.
 * @param {{label: string, help?: string, name: string, open: (opener: HTMLElement) => void}} options
 */
export function modelButton({ label, help, name, open }) {
  styles("writing.css");
  const node = el("span", "st wr-tools");
  const made = button(
    label,
    { name: "spark", text: label, title: help, cls: "bare", "aria-haspopup": "dialog", data: { do: name } },
    () => open(made),
  );
  followSource(node, (source) => node.replaceChildren(source.available ? made : missing(source)));
  return node;
}

/** How to add a language model, for who may. */
export function missing(source) {
  if (!may("manage_studio") || !source.why) return "";
  return el(
    "button",
    "st-link wr-add",
    {
      type: "button",
      title: source.why,
      data: { do: "add-language-model" },
      onclick: () => openConnection(LANGUAGE_MODEL),
    },
    t("writing.add"),
  );
}
