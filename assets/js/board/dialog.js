// Windows over the board, popovers beside a button, and labelled fields.

import { button, el, icon, t } from "../dom.js";

/** A dialog with a title, a body and buttons; it goes when closed. Buttons are elements; `done` hears the closing. */
export function dialog(title, body, actions = [], { wide = false, done = undefined } = {}) {
  const close = button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => box.close());
  const box = el(
    "dialog",
    `st bd-dialog${wide ? " wide" : ""}`,
    { "aria-label": title },
    el("header", "", {}, el("h2", "", {}, title), close),
    el("div", "bd-dialogbody", {}, body),
    actions.length ? el("footer", "", {}, ...actions) : null,
  );
  box.addEventListener("close", () => (box.remove(), done?.()));
  box.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation());
  box.addEventListener("pointerdown", (e) => e.target === box && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}

/** A small box at `anchor` that goes with Escape or a press elsewhere. */
export function popover(anchor, label, ...children) {
  document.querySelector(".bd-pop")?.remove();
  const box = el("div", "st bd-pop", { role: "dialog", "aria-label": label }, ...children);
  const away = (e) => {
    if (e?.type === "pointerdown" && (box.contains(e.target) || anchor.contains(e.target))) return;
    box.remove();
    removeEventListener("pointerdown", away, true);
  };
  box.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return e.stopPropagation();
    e.stopPropagation();
    away();
    anchor.isConnected && anchor.focus();
  });
  document.body.append(box);
  const at = anchor.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.left + at.width / 2 - box.offsetWidth / 2, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${at.top - box.offsetHeight - 8 > 8 ? at.top - box.offsetHeight - 8 : at.bottom + 8}px`;
  addEventListener("pointerdown", away, true);
  box.querySelector("[aria-checked=true], [aria-pressed=true], button, input")?.focus();
  box.away = away;
  return box;
}

let count = 0;
/** A field with its label; `control` gets the id the label points at. */
export function field(label, control, { hint = undefined, cls = "" } = {}) {
  control.id ||= `bd-f${++count}`;
  return el(
    "div",
    `bd-field ${cls}`,
    {},
    el("label", "", { for: control.id }, label),
    control,
    hint ? el("small", "st-dim", {}, hint) : null,
  );
}

/** A select of [value, label] pairs, or of [group, pairs]. */
export function choose(options, value, onchange, attrs = {}) {
  const one = ([v, label]) => el("option", "", { value: v, selected: String(v) === String(value ?? "") }, label);
  const made = el(
    "select",
    "bd-select",
    attrs,
    ...options.map((o) => (Array.isArray(o[1]) ? el("optgroup", "", { label: o[0] }, ...o[1].map(one)) : one(o))),
  );
  made.addEventListener("change", () => onchange(made.value));
  return made;
}

/** A check box with its words beside it. */
export function check(label, on, onchange) {
  const box = el("input", "", { type: "checkbox", checked: on });
  box.addEventListener("change", () => onchange(box.checked));
  return el("label", "bd-check", {}, box, el("span", "", {}, label));
}

/** Let a group of radios be one stop of the Tab key, with arrows between them: an arrow presses, as it does among real ones. */
export function arrows(group) {
  const radios = [...group.children];
  group.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    const at = radios.indexOf(e.target);
    if (!step || at < 0) return;
    e.preventDefault();
    e.stopPropagation();
    const next = radios[(at + step + radios.length) % radios.length];
    next.focus();
    next.click();
  });
  const stop = () => {
    const on = radios.find((r) => r.getAttribute("aria-checked") === "true") || radios[0];
    for (const radio of radios) radio.tabIndex = radio === on ? 0 : -1;
  };
  new MutationObserver(stop).observe(group, { subtree: true, attributeFilter: ["aria-checked"] });
  stop();
  return group;
}

/** Sentences about what is wrong. */
export const warnings = (list) =>
  list.length
    ? el("ul", "bd-problems", {}, ...list.map((p) => el("li", "", {}, icon("warn"), el("span", "", {}, p))))
    : null;

/** Sentences about what is left out or done otherwise, which stop nothing. */
export const hints = (list) =>
  list.length
    ? el("ul", "bd-problems", {}, ...list.map((p) => el("li", "bd-hint", {}, icon("info"), el("span", "", {}, p))))
    : null;

/** A text area that grows with its text: the style sheet does it where the browser can. */
export function autoGrow(area) {
  area.fit = () => {};
  if (CSS.supports("field-sizing", "content")) return area;
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  area.addEventListener("input", fit);
  area.fit = fit;
  requestAnimationFrame(fit);
  return area;
}
