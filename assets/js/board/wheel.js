// A colour wheel: a point in a disc says which colour is added and how much, a slider below how much light.
// By pointer, touch and arrow keys; double-click, Delete or Home put it back.

import { el, number, t } from "../dom.js";

const MAX_OFFSET = 0.4; // what the rim adds to a colour
const LIGHT = 0.5;
const STEP = 0.04;
const FAR = 0.16;
const THIRD_OF_TURN = (2 * Math.PI) / 3;

/** The red, green and blue that a place in the disc (x right, y up, within 1) and a level mean. */
export function discToRgb({ x, y, level }) {
  const [angle, far] = [Math.atan2(y, x), Math.min(1, Math.hypot(x, y)) * MAX_OFFSET];
  return [0, 1, 2].map((i) => Math.round((level + far * Math.cos(angle - i * THIRD_OF_TURN)) * 1e4) / 1e4);
}

/** The other way round. */
export function rgbToDisc([r, g, b]) {
  const level = (r + g + b) / 3;
  return { x: (2 * r - g - b) / 3 / MAX_OFFSET, y: (g - b) / Math.sqrt(3) / MAX_OFFSET, level };
}

/** value: [r, g, b]; changed(value, isLast) hears every move; began() the first of a stretch. */
export function wheel(label, value, { changed, began, ...attrs }) {
  let at = rgbToDisc(value);
  const dot = el("i", "", { "aria-hidden": "true" });
  const disc = el(
    "div",
    "bd-disc",
    {
      role: "slider",
      tabindex: "0",
      "aria-label": t("look.wheel_of", { name: label }),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      title: t("look.wheel_keys"),
      ...attrs,
    },
    dot,
  );
  const told = el("output", "", {});
  const light = el("input", "", {
    type: "range",
    min: -LIGHT,
    max: LIGHT,
    step: 0.01,
    "aria-label": t("look.level_of", { name: label }),
  });
  const node = el(
    "div",
    "bd-wheel",
    { role: "group", "aria-label": label },
    el("span", "bd-wheelname", {}, label, told),
    disc,
    light,
  );

  function draw() {
    dot.style.left = `${50 + at.x * 50}%`;
    dot.style.top = `${50 - at.y * 50}%`;
    light.value = `${at.level}`;
    const far = Math.round(Math.min(1, Math.hypot(at.x, at.y)) * 100);
    disc.setAttribute("aria-valuenow", far);
    const turn = ((Math.round((Math.atan2(at.y, at.x) * 180) / Math.PI) % 360) + 360) % 360;
    disc.setAttribute("aria-valuetext", far ? t("look.wheel_at", { turn, far }) : t("look.wheel_none"));
    told.textContent =
      far || Math.abs(at.level) > 0.004
        ? discToRgb(at)
            .map((n) => number(Math.round(n * 100) / 100 || 0, 2))
            .join("  ")
        : "";
  }
  function set(next, last) {
    const far = Math.hypot(next.x, next.y);
    at = far > 1 ? { ...next, x: next.x / far, y: next.y / far } : next;
    draw();
    changed(discToRgb(at), last);
  }
  const reset = () => (began(), set({ x: 0, y: 0, level: at.level }, true));
  function follow(e) {
    const box = disc.getBoundingClientRect();
    set(
      {
        x: ((e.clientX - box.left) / box.width) * 2 - 1,
        y: 1 - ((e.clientY - box.top) / box.height) * 2,
        level: at.level,
      },
      e.type === "pointerup",
    );
  }
  disc.addEventListener("pointerdown", (e) => {
    if (e.button) return;
    began();
    disc.setPointerCapture(e.pointerId);
    follow(e);
  });
  disc.addEventListener("pointermove", (e) => disc.hasPointerCapture(e.pointerId) && follow(e));
  disc.addEventListener("pointerup", (e) => disc.hasPointerCapture(e.pointerId) && follow(e));
  disc.addEventListener("dblclick", reset);
  disc.addEventListener("keydown", (e) => {
    const step = e.shiftKey ? FAR : STEP;
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[e.key];
    if (["Delete", "Backspace", "Home"].includes(e.key)) reset();
    else if (way) began(), set({ x: at.x + way[0], y: at.y + way[1], level: at.level }, true);
    else return;
    e.preventDefault();
  });
  light.addEventListener("pointerdown", began);
  light.addEventListener("focus", began);
  light.addEventListener("input", () => set({ ...at, level: Number(light.value) }));
  light.addEventListener("change", () => changed(discToRgb(at), true));
  light.addEventListener("dblclick", () => (began(), set({ ...at, level: 0 }, true)));
  draw();
  return { node, set: (next) => ((at = rgbToDisc(next)), draw()) };
}
