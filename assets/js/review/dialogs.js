// Questions of the review: whether something shall go, and a name for something.

import { button, el, t } from "../dom.js";
import { dialog } from "../board/dialog.js";

/**
 * Whether the person agrees to what cannot be taken back.
 * @param {string} title
 * @param {{text: string, yes: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed(title, { text, yes }) {
  return new Promise((answer) => {
    let agreed = false;
    const no = button(t("review.cancel"), { text: t("review.cancel") }, () => box.close());
    const box = dialog(
      title,
      el("p", "st-dim", {}, text),
      [no, button(yes, { text: yes, cls: "solid", data: { do: "yes" } }, () => ((agreed = true), box.close()))],
      { done: () => answer(agreed) },
    );
    no.focus();
  });
}

/**
 * A line of text, or null where the person left it.
 * @param {string} title
 * @param {{label: string, yes: string, value?: string, hint?: string, max?: number}} question
 * @returns {Promise<string|null>}
 */
export function asked(title, { label, yes, value = "", hint = "", max = 200 }) {
  return new Promise((answer) => {
    let given = null;
    const input = el("input", "bd-input", {
      type: "text",
      maxlength: max,
      value,
      placeholder: hint,
      "aria-label": label,
      data: { field: "line" },
    });
    const take = () => {
      if (!input.value.trim()) return input.focus();
      given = input.value.trim();
      box.close();
    };
    input.addEventListener("keydown", (e) => e.key === "Enter" && !e.isComposing && (e.preventDefault(), take()));
    const box = dialog(
      title,
      el("label", "bd-field", {}, el("span", "", {}, label), input),
      [button(yes, { text: yes, cls: "primary", data: { do: "yes" } }, take)],
      { done: () => answer(given) },
    );
    input.select();
    input.focus();
  });
}
