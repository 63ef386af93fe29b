// Fields of a connection's forms: keys, addresses, and the question whether an address on the own network is meant.

import { button, el, t } from "./dom.js";

/** A field that browsers and password managers leave alone. */
export const keyInput = (id, name) =>
  el("input", "cn-input", {
    id,
    name: `paste-${name.toLowerCase()}`,
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: 2100,
    placeholder: name,
    data: { "1pIgnore": "true", lpignore: "true", bwignore: "true", formType: "other" },
  });

/** ALIBABA_BASE_URL -> base_url: the same option of another provider has the same words. */
const OPTION_WORDS = ["base_url", "upload_url", "url", "region", "workspace", "images", "concurrent", "submits_per_s"];
export function optionLabel(name) {
  const lower = name.toLowerCase();
  const known = OPTION_WORDS.find((word) => lower.endsWith(`_${word}`));
  return known ? t(`connections.option_${known}`) : name;
}

/** An address that the provider cannot do without, asked for together with the key that will be sent to it. */
export function addressField(option) {
  const id = `first-${option.name}`;
  const made = el(
    "div",
    "cn-again",
    {},
    el("label", "", { for: id }, optionLabel(option.name)),
    el("input", "cn-input", { id, type: "url", placeholder: "https://", spellcheck: "false", autocomplete: "off" }),
  );
  made.name = option.name;
  return made;
}

/** Asked only after the studio has found the address on the own network. */
export const localBox = () =>
  el(
    "label",
    "cn-local",
    { hidden: true },
    el("input", "", { type: "checkbox", name: "local" }),
    t("connections.local"),
  );
export const isLocal = (form) => !!form.querySelector(".cn-local input")?.checked;
export function askLocal(form) {
  const local = form.querySelector(".cn-local");
  local.hidden = false;
  local.querySelector("input").focus();
}

export const submitButton = (text, action) => {
  const made = button(text, { text, cls: "cn-main", data: { do: action } });
  made.type = "submit";
  return made;
};
