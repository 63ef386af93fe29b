// Pieces of the pages about people: avatars, questions before what cannot be undone, secrets that are shown once.

import { button, el, icon, t } from "./dom.js";
import { copy } from "./actions.js";

const COLOURS = 360;

/** The first letter of a name on a colour of its own; decorative, for the name stands beside it. */
export function avatar(name, id, cls = "") {
  let hue = 0;
  for (const letter of id || name) hue = (hue * 31 + letter.codePointAt(0)) % COLOURS;
  const made = el("span", `pp-avatar ${cls}`, { "aria-hidden": "true" }, [...(name || "?")][0].toUpperCase());
  made.style.setProperty("--hue", `${hue}`);
  return made;
}

/** A dialog with a heading; it is gone from the page when it is closed. */
export function dialog(title, ...children) {
  const made = el("dialog", "st st-sure pp-dialog", { "aria-label": title }, el("h2", "", {}, title), ...children);
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}

/**
 * Whether the person agrees.
 * @param {string} title
 * @param {{text: string, yes: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirmed(title, { text, yes, danger = false }) {
  return new Promise((done) => {
    const made = dialog(
      title,
      el("p", "st-dim", {}, text),
      el(
        "div",
        "st-actions",
        {},
        button(t("people.cancel"), { text: t("people.cancel") }, () => made.close()),
        button(yes, { text: yes, cls: danger ? "solid" : "pp-primary", data: { do: "yes" } }, () => made.close("yes")),
      ),
    );
    made.addEventListener("close", () => done(made.returnValue === "yes"));
  });
}

/**
 * Show a text that is shown this once, with a button that copies it.
 * @param {string} title
 * @param {{value: string, label: string, help: string}} secret
 */
export function showOnce(title, { value, label, help }) {
  const field = el("input", "st-input pp-secret", {
    type: "text",
    readonly: true,
    value,
    "aria-label": label,
    onfocus: () => field.select(),
  });
  const made = dialog(
    title,
    el("p", "pp-once", {}, icon("warn"), el("span", "", {}, help)),
    el(
      "div",
      "pp-copyline",
      {},
      field,
      button(t("people.copy"), { name: "copy", text: t("people.copy"), cls: "pp-primary", data: { do: "copy" } }, () =>
        copy(value),
      ),
    ),
    el(
      "div",
      "st-actions",
      {},
      button(t("people.done"), { text: t("people.done") }, () => made.close()),
    ),
  );
  field.focus();
  return made;
}

/** A field under its label; help and error stand below it and are read with it. */
export function field(label, input, help = "") {
  const id = `pp-${input.name}-${Math.random().toString(36).slice(2, 8)}`;
  input.id = id;
  const note = help ? el("small", "st-dim", { id: `${id}-help` }, help) : null;
  const error = el("small", "pp-error", { id: `${id}-error`, role: "alert" });
  input.setAttribute("aria-describedby", [note?.id, error.id].filter(Boolean).join(" "));
  const made = el("div", "pp-field", {}, el("label", "", { for: id }, label), input, note, error);
  made.say = (text) => {
    error.textContent = text;
    text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    if (text) input.focus();
  };
  input.addEventListener("input", () => error.textContent && made.say(""));
  return made;
}

const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];
/** A browser by its User-Agent, in two words. */
export function deviceName(agent) {
  const named = (list) => list.find(([pattern]) => pattern.test(agent))?.[1];
  const parts = [named(BROWSERS), named(SYSTEMS)].filter(Boolean);
  return parts.join(" · ") || agent.slice(0, 60) || t("people.unknown_device");
}
