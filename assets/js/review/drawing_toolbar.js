// The tools of a drawing: what is drawn, in which colour and how thick, and the way back. Letters and digits choose too.

import { button, el, t } from "../dom.js";

const TOOLS = [
  { id: "select", key: "v", icon: "pointer" },
  { id: "pen", key: "p", icon: "pencil" },
  { id: "arrow", key: "a", icon: "arrow" },
  { id: "line", key: "l", icon: "line" },
  { id: "box", key: "b", icon: "box" },
  { id: "ellipse", key: "e", icon: "ellipse" },
  { id: "text", key: "t", icon: "letter" },
];
const COLOURS = {
  red: "#ff3b30",
  yellow: "#ffcc00",
  green: "#34c759",
  blue: "#32ade6",
  white: "#ffffff",
  black: "#1c1c1e",
};
const SIZES = ["thin", "medium", "thick"];
const PEN_SIZES = [0.005, 0.01, 0.02]; // parts of the picture's height
const TEXT_SIZES = [0.04, 0.06, 0.1];

/** {element, tool, look(type) -> {color, size}, show(shape), mark({undo, redo, remove, clear}), press(key) -> boolean}. */
export function drawingToolbar({ onTool, onLook, onUndo, onRedo, onDelete, onClear }) {
  let tool = "pen";
  let color = COLOURS.red;
  let size = 1;

  const tools = TOOLS.map(({ id, key, icon }) =>
    button(
      t("reviewdrawing.with_key", { name: t(`reviewdrawing.${id}`), key: key.toUpperCase() }),
      { name: icon, cls: "bare", "aria-keyshortcuts": key, data: { tool: id } },
      () => choose(id),
    ),
  );
  const colours = Object.entries(COLOURS).map(([name, value], n) =>
    el(
      "button",
      "rd-colour",
      {
        type: "button",
        "aria-label": t(`reviewdrawing.${name}`),
        title: t("reviewdrawing.with_key", { name: t(`reviewdrawing.${name}`), key: n + 1 }),
        data: { color: value },
        onclick: () => ((color = value), marked(), onLook()),
      },
      el("i", "", { style: `background:${value}` }),
    ),
  );
  const sizes = SIZES.map((name, n) =>
    el(
      "button",
      "rd-size",
      {
        type: "button",
        "aria-label": t(`reviewdrawing.${name}`),
        title: t(`reviewdrawing.${name}`),
        data: { size: n },
        onclick: () => ((size = n), marked(), onLook()),
      },
      el("i"),
    ),
  );
  const act = (id, icon, onclick, key = "") =>
    button(
      key ? t("reviewdrawing.with_key", { name: t(`reviewdrawing.${id}`), key }) : t(`reviewdrawing.${id}`),
      { name: icon, cls: "bare", data: { do: id } },
      onclick,
    );
  const acts = {
    undo: act("undo", "undo", onUndo, "Ctrl+Z"),
    redo: act("redo", "redo", onRedo, "Ctrl+Y"),
    remove: act("remove", "trash", onDelete, "Del"),
    clear: button(
      t("reviewdrawing.clear"),
      { text: t("reviewdrawing.clear"), cls: "bare", data: { do: "clear" } },
      onClear,
    ),
  };
  const group = (label, nodes) =>
    el("div", "rd-group", { role: "group", "aria-label": t(`reviewdrawing.${label}`) }, nodes);
  const element = el(
    "div",
    "st rd-toolbar",
    { role: "toolbar", "aria-label": t("reviewdrawing.tools") },
    group("shape", tools),
    group("colour", colours),
    group("size", sizes),
    group("steps", Object.values(acts)),
  );

  function choose(id) {
    tool = id;
    marked();
    onTool();
  }
  function marked() {
    for (const one of tools) pressed(one, one.dataset.tool === tool);
    for (const one of colours) pressed(one, one.dataset.color === color);
    for (const one of sizes) pressed(one, Number(one.dataset.size) === size);
  }
  function pressed(one, on) {
    one.setAttribute("aria-pressed", on);
    one.classList.toggle("on", on);
  }
  marked();

  return {
    element,
    get tool() {
      return tool;
    },
    look: (type) => ({ color, size: (type === "text" ? TEXT_SIZES : PEN_SIZES)[size] }),
    /** The colour and size of a shape that was chosen, as far as they are on the bar. */
    show(shape) {
      const n = (shape.type === "text" ? TEXT_SIZES : PEN_SIZES).indexOf(shape.size);
      if (n >= 0) size = n;
      if (Object.values(COLOURS).includes(shape.color)) color = shape.color;
      marked();
    },
    mark(can) {
      for (const [id, on] of Object.entries(can)) acts[id].disabled = !on;
    },
    press(key) {
      const found = TOOLS.find((one) => one.key === key);
      if (found) choose(found.id);
      const chosen = colours[Number(key) - 1];
      if (chosen) chosen.click();
      return Boolean(found || chosen);
    },
  };
}
