// Region, addresses, limits: what else a connection can be told, under "Address, limits, models".

import { isLocal, keyInput, localBox, optionLabel, submitButton } from "./connection_fields.js";
import { named } from "./connections.js";
import { el, t } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { toast } from "./net.js";

/** Region, addresses and the like: saved together, so that a region and its workspace can change at once. */
export function optionsForm(first, current, save) {
  const prefix = `option-${first.provider}`;
  const form = el("form", "cn-form cn-options", { autocomplete: "off", novalidate: true });
  const others = el("div", "cn-others");
  const element = el("div", "", {}, form, others);
  const fields = new Map();
  const known = new Map();

  function field(option) {
    const id = `${prefix}-${option.name}`;
    const attrs = { id, name: option.name, disabled: option.source === "environment", title: option.name };
    if (option.kind === "choice")
      return el(
        "select",
        "cn-input",
        attrs,
        el("option", "", { value: "" }, t("connections.default")),
        ...option.choices.map((c) => el("option", "", { value: c }, catalogueText(c[0].toUpperCase() + c.slice(1)))),
      );
    return el("input", "cn-input", {
      ...attrs,
      type: option.kind === "number" ? "number" : option.kind === "address" ? "url" : "text",
      step: option.kind === "number" ? "any" : null,
      min: option.kind === "number" ? 0 : null,
      spellcheck: "false",
      autocomplete: "off",
      placeholder: option.default || (option.kind === "address" ? "https://" : ""),
    });
  }

  function build() {
    const rows = current().options.map((option) => {
      const made = field(option);
      fields.set(option.name, made);
      const note = el("small", "st-dim", { hidden: true });
      known.set(option.name, { value: "", note });
      return el("label", "cn-option", { for: made.id }, el("span", "", {}, optionLabel(option.name)), made, note);
    });
    const local = localBox();
    const again = el("div", "cn-again", { hidden: true });
    const actions = el("div", "cn-actions", {}, submitButton(t("connections.save_options"), "save-options"));
    form.replaceChildren(...rows, local, again, actions);
    form.hidden = !rows.length;
  }

  function changes() {
    const found = {};
    for (const [name, made] of fields)
      if (!made.disabled && made.value !== known.get(name).value) found[name] = made.value;
    return found;
  }

  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const options = changes();
    if (!Object.keys(options).length) return toast(t("connections.nothing_changed"));
    const key = form.querySelector(".cn-again input");
    const body = { options, local: isLocal(form) };
    if (key?.value) body.key = key.value;
    if (await save(body, form)) {
      for (const made of form.querySelectorAll("input, select, button")) made.disabled = false;
      form.querySelector(".cn-again").replaceChildren();
      form.querySelector(".cn-local").hidden = form.querySelector(".cn-again").hidden = true;
      form.querySelector(".cn-local input").checked = false;
      form.querySelector(".cn-bad")?.remove();
      draw();
    }
  });

  /** What the connection says now goes into the fields that nobody is changing. */
  function draw(optional) {
    if (optional) others.replaceChildren(...optional);
    const mine = current().options.filter((option) => fields.has(option.name));
    for (const option of mine) {
      const made = fields.get(option.name);
      const seen = known.get(option.name);
      if (made.value === seen.value) made.value = option.value;
      seen.value = option.value;
      made.disabled = option.source === "environment";
      seen.note.hidden = option.source !== "environment";
      seen.note.textContent = t("connections.option_environment", { name: option.name });
    }
  }

  build();
  return {
    element,
    draw,
    touched: () => !!Object.keys(changes()).length,
    /** The studio asks for something more before it saves. */
    refused(failed, error) {
      if (failed !== form) return;
      for (const option of current().options)
        if (option.source === "environment") fields.get(option.name).disabled = true;
      if (error.id === "connection.address_needs_key") {
        const again = form.querySelector(".cn-again");
        const name = current().keys[0].name;
        const made = keyInput(`${prefix}-again`, name);
        again.hidden = false;
        again.replaceChildren(el("label", "", { for: made.id }, named("connections.key_for", current().label)), made);
        made.focus();
      }
    },
  };
}
