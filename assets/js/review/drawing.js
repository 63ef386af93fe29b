// The layer over the player's picture on which people draw: pen, arrows, lines, boxes, ellipses and words in parts of
// the picture's width and height, so that a drawing fits every size of the player. Reading, writing, and what others draw.

import { el, isTyping, styles, t } from "../dom.js";
import { toast } from "../net.js";
import { drawingToolbar } from "./drawing_toolbar.js";
import { UNITS, extended, moved, node, part, straightened, svg, widthOf } from "./shapes.js";
import { textEntry } from "./text_entry.js";

const MAX_SHAPES = 200;
const MAX_CHARS = 190_000; // of the drawing as JSON; the server takes 200 kB
const SMALLEST_PX = 4; // a figure that is drawn smaller was a slip of the hand
const NUDGE = 0.005;

/**
 * A layer over `overlay`, which lies exactly over the picture.
 *
 * onShape(shape | null, moved): what is being drawn, as it grows, and the shape of the drawing in whose place it comes
 * where one is dragged; null when it is done or dropped. onChange(value): after every
 * change by the user. onLeave(): Esc, with nothing left to drop. aspect: width by height of the picture; measured where
 * it is not given.
 *
 * show(drawing | null) shows a drawing; edit(true) goes on from what is shown, so show(null) comes first for a new one.
 * value: what is drawn, null for nothing. showRemote(id, shape | null): what somebody else is drawing just now.
 */
export function drawLayer(
  overlay,
  { onShape = undefined, onChange = undefined, onLeave = undefined, aspect = undefined } = {},
) {
  styles("review-drawing.css");
  const layer = new Layer(overlay, { onShape, onChange, onLeave, aspect });
  return {
    element: layer.element,
    toolbar: layer.tools.element,
    get value() {
      return layer.value;
    },
    get editing() {
      return layer.editing;
    },
    show: (drawing) => layer.show(drawing),
    edit: (on) => layer.edit(on),
    undo: () => layer.undo(),
    redo: () => layer.redo(),
    clear: () => layer.clear(),
    showRemote: (id, shape) => layer.showRemote(id, shape),
    destroy: () => layer.destroy(),
  };
}

class Layer {
  constructor(overlay, { onShape, onChange, onLeave, aspect }) {
    this.overlay = overlay;
    this.onShape = onShape;
    this.onChange = onChange;
    this.onLeave = onLeave;
    this.fixedAspect = aspect;
    this.shapes = [];
    this.past = [];
    this.future = [];
    this.selected = -1;
    this.growing = null; // {shape, node, pointer, ...} while a pointer is down
    this.entry = null; // {field, finish} while words are written
    this.editing = false;
    this.remote = new Map(); // who -> group of what they are drawing
    this.kept = svg("g");
    this.others = svg("g", { class: "rd-others" });
    this.mark = svg("rect", { class: "rd-selected", visibility: "hidden" });
    this.surface = svg("svg", { class: "rd-surface", preserveAspectRatio: "none", role: "img" });
    this.surface.append(this.kept, this.others, this.mark);
    this.element = el("div", "rd-layer", { tabindex: -1 }, this.surface);
    this.tools = drawingToolbar({
      onTool: () => this.toolChanged(),
      onLook: () => this.restyle(),
      onUndo: () => this.undo(),
      onRedo: () => this.redo(),
      onDelete: () => this.removeSelected(),
      onClear: () => this.clear(),
    });
    this.listen();
    overlay.append(this.element);
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(overlay);
    this.resized();
    this.edit(false);
  }

  listen() {
    const { surface } = this;
    surface.addEventListener("pointerdown", (e) => this.down(e));
    surface.addEventListener("pointermove", (e) => this.move(e));
    surface.addEventListener("pointerup", (e) => this.up(e));
    surface.addEventListener("pointercancel", (e) => this.up(e, false));
    surface.addEventListener("dblclick", (e) => this.rewrite(e));
    for (const word of ["click", "dblclick", "contextmenu"])
      surface.addEventListener(word, (e) => this.editing && (e.stopPropagation(), e.preventDefault())); // not the player's
    this.onKey = (e) => this.key(e);
    document.addEventListener("keydown", this.onKey, true);
  }

  destroy() {
    this.drop();
    document.removeEventListener("keydown", this.onKey, true);
    this.watcher.disconnect();
    this.element.remove();
    this.tools.element.remove();
  }

  // ------------------------------------------------------------------------------------------------------ showing

  get aspect() {
    if (this.fixedAspect) return this.fixedAspect;
    const { clientWidth, clientHeight } = this.overlay;
    return clientWidth && clientHeight ? clientWidth / clientHeight : 16 / 9;
  }

  resized() {
    const { aspect } = this;
    this.element.style.setProperty("--rd-height", `${this.overlay.clientHeight}px`);
    if (this.drawnFor && Math.abs(this.drawnFor - aspect) < 0.005) return;
    this.drawnFor = aspect;
    this.surface.setAttribute("viewBox", `0 0 ${widthOf(aspect)} ${UNITS}`);
    this.draw();
  }

  get value() {
    return this.shapes.length ? { shapes: this.shapes } : null;
  }

  show(drawing) {
    this.drop();
    this.shapes = drawing?.shapes || [];
    this.past = [];
    this.future = [];
    this.select(-1);
    this.draw();
  }

  draw() {
    this.kept.replaceChildren(...this.shapes.map((shape) => node(shape, this.drawnFor)));
    this.markSelected();
    this.tools.mark({
      undo: this.past.length > 0,
      redo: this.future.length > 0,
      clear: this.shapes.length > 0,
      remove: this.selected >= 0,
    });
    const words = this.editing ? t("reviewdrawing.surface") : t("reviewdrawing.drawing");
    if (this.editing || this.shapes.length) this.surface.setAttribute("aria-label", words);
    this.surface.setAttribute("aria-hidden", !this.editing && !this.shapes.length);
  }

  showRemote(id, shape) {
    this.remote.get(id)?.remove();
    this.remote.delete(id);
    if (!shape) return;
    const made = node(shape, this.drawnFor);
    this.remote.set(id, made);
    this.others.append(made);
  }

  // ------------------------------------------------------------------------------------------------------ editing

  edit(on) {
    if (!on) this.drop();
    this.editing = on;
    this.element.classList.toggle("editing", on);
    this.tools.element.hidden = !on;
    this.element.dataset.tool = this.tools.tool;
    if (!on) this.select(-1);
    this.draw();
  }

  toolChanged() {
    this.drop();
    this.element.dataset.tool = this.tools.tool;
    if (this.tools.tool !== "select") this.select(-1);
    this.draw();
  }

  /** Other shapes from here on, which can be undone. */
  change(shapes) {
    if (shapes.length > MAX_SHAPES || JSON.stringify({ shapes }).length > MAX_CHARS) {
      toast(t("reviewdrawing.full"), { bad: true });
      return this.draw();
    }
    this.past.push(this.shapes);
    this.future = [];
    this.set(shapes);
  }

  set(shapes) {
    this.shapes = shapes;
    if (this.selected >= shapes.length) this.selected = -1;
    this.draw();
    this.onChange?.(this.value);
  }

  undo() {
    this.drop();
    if (!this.past.length) return;
    this.future.push(this.shapes);
    this.select(-1);
    this.set(this.past.pop());
  }

  redo() {
    this.drop();
    if (!this.future.length) return;
    this.past.push(this.shapes);
    this.select(-1);
    this.set(this.future.pop());
  }

  clear() {
    this.drop();
    this.select(-1);
    if (this.shapes.length) this.change([]);
  }

  /** What is being drawn or written is dropped. */
  drop() {
    this.entry?.finish(false);
    if (!this.growing) return;
    const { node: drawn, pointer } = this.growing;
    this.growing = null;
    if (this.surface.hasPointerCapture(pointer)) this.surface.releasePointerCapture(pointer);
    drawn?.remove();
    this.draw();
    this.onShape?.(null);
  }

  // ------------------------------------------------------------------------------------------------------ selecting

  select(index) {
    this.selected = index;
    const shape = this.shapes[index];
    if (shape) this.tools.show(shape);
    this.markSelected();
    this.tools.mark({ remove: index >= 0 });
  }

  markSelected() {
    const chosen = this.kept.children[this.selected];
    this.mark.setAttribute("visibility", chosen ? "visible" : "hidden");
    if (!chosen) return;
    const { x, y, width, height } = chosen.getBBox();
    for (const [name, value] of Object.entries({ x: x - 8, y: y - 8, width: width + 16, height: height + 16 }))
      this.mark.setAttribute(name, value);
  }

  removeSelected() {
    if (this.selected < 0) return;
    const { selected } = this;
    this.select(-1);
    this.change(this.shapes.filter((_, n) => n !== selected));
  }

  /** Another shape in the place of one. */
  replace(index, shape) {
    this.change(this.shapes.map((old, n) => (n === index ? shape : old)));
  }

  /** The chosen shape in the colour and size that were pressed. */
  restyle() {
    const shape = this.shapes[this.selected];
    if (!shape) return;
    const { color, size } = this.tools.look(shape.type);
    if (shape.color !== color || shape.size !== size) this.replace(this.selected, { ...shape, color, size });
  }

  // ------------------------------------------------------------------------------------------------------ pointers

  placeOf(e) {
    const { left, top, width, height } = this.surface.getBoundingClientRect();
    return [part((e.clientX - left) / width), part((e.clientY - top) / height)];
  }

  down(e) {
    if (!this.editing || e.button !== 0 || this.growing) return; // a second finger or the ball of the hand draws nothing
    e.preventDefault();
    e.stopPropagation();
    if (this.entry) return this.entry.finish(true);
    this.element.focus({ preventScroll: true }); // the next letters are tools, not a comment's words
    const { tool } = this.tools;
    if (tool === "text") return this.write(this.placeOf(e));
    if (tool === "select") return this.grasp(e);
    const shape = this.begun(tool, e);
    this.growing = { pointer: e.pointerId, shape, from: [e.clientX, e.clientY], far: 0, node: null };
    this.surface.setPointerCapture(e.pointerId);
    this.grow(shape);
  }

  begun(tool, e) {
    const place = this.placeOf(e);
    if (tool === "pen") return { type: "stroke", points: [[...place, pressure(e)]], ...this.tools.look("stroke") };
    return { type: tool, from: place, to: place, ...this.tools.look(tool) };
  }

  move(e) {
    const { growing } = this;
    if (growing?.pointer !== e.pointerId) return;
    growing.far = Math.max(growing.far, Math.hypot(e.clientX - growing.from[0], e.clientY - growing.from[1]));
    if (growing.grasped) return this.drag(e);
    const { shape } = growing;
    if (shape.type === "stroke") this.grow({ ...shape, points: this.longer(shape.points, e) });
    else {
      const to = this.placeOf(e);
      this.grow({ ...shape, to: e.shiftKey ? straightened(shape.type, shape.from, to, this.aspect) : to });
    }
  }

  /** The pen's way so far, with where it has been since; with Shift straight from its beginning. */
  longer(points, e) {
    if (e.shiftKey) return [points[0], [...this.placeOf(e), pressure(e)]];
    const passed = e.getCoalescedEvents?.() || [];
    const added = (passed.length ? passed : [e]).map((event) => [...this.placeOf(event), pressure(event)]);
    return extended(points, added, this.aspect);
  }

  /** What is being drawn has grown; it is drawn once for each picture of the screen, as pens tell more often. */
  grow(shape) {
    const { growing } = this;
    growing.shape = shape;
    this.onShape?.(shape);
    growing.turn ??= requestAnimationFrame(() => {
      growing.turn = null;
      if (this.growing !== growing) return;
      growing.node?.remove();
      growing.node = node(growing.shape, this.drawnFor);
      this.kept.append(growing.node);
    });
  }

  up(e, wanted = true) {
    const { growing } = this;
    if (growing?.pointer !== e.pointerId) return;
    this.growing = null;
    growing.node?.remove();
    this.onShape?.(null);
    const { shape, grasped, far } = growing;
    if (grasped) {
      if (wanted && far >= SMALLEST_PX) this.replace(this.selected, shape);
      else this.draw();
    } else if (wanted && (shape.type === "stroke" || far >= SMALLEST_PX)) this.change([...this.shapes, shape]);
    else this.draw();
  }

  // What is chosen can be dragged.

  grasp(e) {
    const pressed = e.target.closest(".rd-shape");
    const index = pressed ? [...this.kept.children].indexOf(pressed) : -1;
    this.select(index);
    if (index < 0) return;
    const shape = this.shapes[index];
    const grasped = { shape, place: this.placeOf(e) };
    this.growing = { pointer: e.pointerId, shape, grasped, from: [e.clientX, e.clientY], far: 0, node: null };
    this.surface.setPointerCapture(e.pointerId);
  }

  drag(e) {
    const { growing } = this;
    const { shape, place } = growing.grasped;
    const [x, y] = this.placeOf(e);
    growing.shape = moved(shape, x - place[0], y - place[1]);
    this.kept.children[this.selected].replaceWith(node(growing.shape, this.drawnFor));
    this.markSelected();
    this.onShape?.(growing.shape, shape);
  }

  // ------------------------------------------------------------------------------------------------------ words

  /** A field for words at a place; index: of the text that is written anew. */
  write(at, index = -1) {
    const old = this.shapes[index];
    const look = old || this.tools.look("text");
    this.entry = textEntry({
      at,
      look,
      text: old?.text || "",
      onDone: (text) => {
        this.entry = null;
        if (text === null || text === (old?.text ?? "") || !(old || text.trim())) return this.draw();
        if (!old) this.change([...this.shapes, { type: "text", at, text, color: look.color, size: look.size }]);
        else if (text.trim()) this.replace(index, { ...old, text });
        else this.change(this.shapes.filter((_, n) => n !== index));
      },
    });
    this.element.append(this.entry.element);
    this.entry.element.focus();
  }

  rewrite(e) {
    const pressed = this.editing && this.tools.tool === "select" && e.target.closest(".rd-shape");
    const index = pressed ? [...this.kept.children].indexOf(pressed) : -1;
    if (this.shapes[index]?.type === "text") this.write(this.shapes[index].at, index);
  }

  // ------------------------------------------------------------------------------------------------------ keys

  key(e) {
    if (!this.editing || isTyping(e) || !this.element.isConnected || !this.element.checkVisibility()) return;
    if (document.querySelector("dialog[open]") && !this.element.closest("dialog[open]")) return;
    if (!this.act(e)) return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** Whether the key meant something here. */
  act(e) {
    const key = e.key.toLowerCase();
    if ((e.ctrlKey || e.metaKey) && !e.altKey) {
      if (key === "z") e.shiftKey ? this.redo() : this.undo();
      else if (key === "y") this.redo();
      else return false;
      return true;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return false;
    if (key === "escape") return this.escape();
    if (key === "delete" || key === "backspace") return this.selected >= 0 && (this.removeSelected(), true);
    if (key.startsWith("arrow")) return this.nudge(key, e.shiftKey ? 10 : 1);
    if (key === "v" && this.tools.tool === "select" && this.shapes.length) {
      this.select((this.selected + 1) % this.shapes.length); // through all of them, without a mouse
      return true;
    }
    return this.tools.press(key);
  }

  escape() {
    if (this.growing) this.drop();
    else if (this.selected >= 0) this.select(-1);
    else {
      this.edit(false);
      this.onLeave?.();
    }
    return true;
  }

  nudge(key, times) {
    const way = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] }[key];
    const shape = this.shapes[this.selected];
    if (!shape || !way) return false;
    this.replace(this.selected, moved(shape, way[0] * NUDGE * times, way[1] * NUDGE * times));
    return true;
  }
}

/** From 0 to 1. A mouse has none, and fingers report it as each device likes. */
const pressure = (e) => (e.pointerType === "pen" ? Math.round(e.pressure * 100) / 100 : 0.5);
