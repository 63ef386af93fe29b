// The shots as cards drawn to scale: chosen, dragged (mouse, pen, long press of a finger), trimmed at their edges, moved
// and changed by keys; between two cards the transition.

import { button, el, seconds, t } from "../dom.js";
import { face, ShotCard } from "./card.js";
import { arrows, popover } from "./dialog.js";
import { arrange, whenIdle, write } from "./keyed.js";

const SLOP_PX = 6;
const LONG_PRESS_MS = 320;
const EDGE_PX = 48;
const AT_ONCE = 32; // more cards than a window shows
const MARK_PX = 5; // where a shot would land is marked in the middle of the gap before a card
const TRIM_STEP_S = 0.1;
export const TRANSITIONS = ["cut", "crossfade", "dip_black", "dip_white", "wipe"];

/** acts: remove(id), duplicate(id), split(id), add(after), play(id) */
export class Strip {
  constructor(store, acts) {
    this.store = store;
    this.acts = acts;
    this.scale = 26; // px a second
    this.mark = null; // where a shot that is dragged would land
    this.list = el("div", "bd-cards", { role: "list", "aria-label": t("board.strip") });
    this.said = el("div", "st-off", { "aria-live": "polite" });
    this.hint = el(
      "small",
      "st-dim bd-keys",
      { id: "bd-keys" },
      t(matchMedia("(pointer: coarse)").matches ? "board.touch" : "board.keys"),
    );
    const zoom = (this.zoom = el("input", "bd-zoom", {
      type: "range",
      min: 10,
      max: 90,
      value: this.scale,
      "aria-label": t("board.zoom"),
    }));
    zoom.addEventListener("input", () => ((this.scale = Number(zoom.value)), this.draw()));
    this.count = el("strong", "");
    this.node = el(
      "section",
      "bd-strip",
      { "aria-label": t("board.strip") },
      el("div", "bd-striphead", {}, this.count, this.hint, el("span", "st-grow"), zoom),
      this.list,
      this.said,
    );
    this.cards = new Map(); // shot id -> ShotCard
    this.current = null; // the chosen one
    this.drawn = null; // the store's list of shots as the cards show them
    this.drawnScale = 0;
    this.adder = el("div", "bd-shot", { role: "listitem" }, this.addButton());
    this.playLine = el("i", "bd-head", { "aria-hidden": "true" });
    this.list.addEventListener("pointerdown", (e) => this.press(e));
    this.list.addEventListener("click", (e) => this.click(e));
    this.list.addEventListener(
      "dblclick",
      (e) => e.target.closest(".bd-card") && acts.play(e.target.closest(".bd-card").dataset.id),
    );
    this.list.addEventListener("keydown", (e) => this.keys(e));
    this.list.addEventListener("touchmove", (e) => this.drag?.on && e.preventDefault(), { passive: false });
    this.list.addEventListener("contextmenu", (e) => this.drag && e.preventDefault());
    this.list.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    store.on((why) => (why === "select" ? this.select() : this.drag?.on || this.draw()));
  }

  wheel(e) {
    if (!e.shiftKey && Math.abs(e.deltaY) > Math.abs(e.deltaX) && this.list.scrollWidth > this.list.clientWidth) {
      this.list.scrollLeft += e.deltaY;
      e.preventDefault();
    }
  }

  /** The card's element of a shot. */
  cardOf(id) {
    return this.cards.get(id)?.node;
  }

  /** Once there is room to measure: the whole film across the window, as far as cards stay legible. */
  fitToWindow() {
    if (this.fitted) return;
    const room = this.list.clientWidth - 120;
    if (room < 100) return;
    this.fitted = true;
    this.scale = Math.max(14, Math.min(56, Math.floor(room / Math.max(1, this.store.data.length_s))));
    this.zoom.value = `${this.scale}`;
  }

  /** What is other about the shots, their order or the scale. Cards of other shots are not touched. */
  draw() {
    this.fitToWindow();
    const { shots } = this.store;
    write(this.count, t("board.count", { n: shots.length, time: seconds(this.store.data.length_s) }));
    if (shots === this.drawn && this.scale === this.drawnScale) return;
    let fresh = 0;
    for (const shot of shots) {
      const card = this.cards.get(shot.id) || new ShotCard(shot.id);
      this.cards.set(shot.id, card);
      if (card.shot || fresh++ < AT_ONCE) card.update(shot, this.scale, shots.length);
      else card.sketch(shot, this.scale);
    }
    if (fresh > AT_ONCE) whenIdle((left) => this.drawRest(left));
    if (shots !== this.drawn) {
      for (const known of this.cards.keys()) if (!this.store.find(known)) this.cards.delete(known);
      arrange(this.list, [...shots.map((shot) => this.cards.get(shot.id).item), this.adder]);
    }
    this.drawn = shots;
    this.drawnScale = this.scale;
    this.select(false);
  }

  /** Cards that were out of sight when a board was opened, as long as nobody waits for something else. */
  drawRest(left) {
    if (!this.node.isConnected) return;
    const { shots } = this.store;
    for (const shot of shots) {
      const card = this.cards.get(shot.id);
      if (!card || card.shot) continue;
      if (!left()) return whenIdle((more) => this.drawRest(more));
      card.update(shot, this.scale, shots.length);
    }
  }

  addButton() {
    return button(t("board.add"), { name: "plus", cls: "bd-add", data: { do: "add-shot" } }, () =>
      this.acts.add(this.store.shots.at(-1)?.id ?? null),
    );
  }

  /** The player's place, drawn on the card it is in. */
  playhead(clip, inside) {
    const node = clip && this.cardOf(clip.id);
    if (!node) return this.playLine.remove();
    if (this.playLine.parentNode !== node) node.append(this.playLine);
    this.playLine.style.left = `${Math.min(100, (inside / clip.length) * 100)}%`;
  }

  select(scroll = true) {
    const now = this.cards.get(this.store.selected);
    if (this.current !== now) this.current?.select(false);
    this.current = now;
    now?.select(true);
    if (now && scroll) this.show(now.node);
  }

  show(node) {
    const [box, at] = [this.list.getBoundingClientRect(), node.getBoundingClientRect()];
    if (at.left < box.left + 8) this.list.scrollBy({ left: at.left - box.left - 24 });
    else if (at.right > box.right - 8)
      this.list.scrollBy({ left: Math.min(at.left - box.left - 24, at.right - box.right + 24) });
  }

  choose(anchor, shot) {
    const now = () => this.store.find(shot.id) || shot;
    const length = el("input", "", {
      type: "range",
      min: 0.1,
      max: 3,
      step: 0.1,
      value: shot.transition_s,
      "aria-label": t("board.transition_s"),
    });
    const told = el("output", "", {}, `${shot.transition_s} s`);
    length.addEventListener("input", () => (told.textContent = `${length.value} s`));
    length.addEventListener("change", () =>
      this.store.edit({ op: "change", shot: shot.id, transition_s: Number(length.value) }),
    );
    const kinds = TRANSITIONS.map((kind) => {
      const one = button(
        t(`board.over.${kind}`),
        {
          name: face(kind),
          text: t(`board.over.${kind}`),
          role: "radio",
          "aria-checked": kind === shot.transition,
          data: { over: kind },
        },
        () => {
          for (const other of one.parentNode.children) other.setAttribute("aria-checked", other === one);
          if (now().transition !== kind) this.store.edit({ op: "change", shot: shot.id, transition: kind });
        },
      );
      return one;
    });
    popover(
      anchor,
      t("board.transition"),
      arrows(el("div", "bd-kinds", { role: "radiogroup", "aria-label": t("board.transition") }, ...kinds)),
      el("label", "bd-row", {}, el("span", "", {}, t("board.transition_s")), length, told),
    );
  }

  click(e) {
    const join = e.target.closest(".bd-join");
    if (join) return this.choose(join, this.store.find(join.dataset.join));
    const card = e.target.closest(".bd-card");
    if (!card || this.dropped) return;
    this.store.select(card.dataset.id);
    card.focus({ preventScroll: true });
  }

  press(e) {
    const node = e.target.closest(".bd-card");
    if (!node || e.button) return;
    if (!this.store.editable) return;
    const edge = e.target.dataset.edge;
    const drag = (this.drag = {
      node,
      id: e.pointerId,
      x: e.clientX,
      y: e.clientY,
      edge,
      on: false,
      held: e.pointerType !== "touch",
    });
    this.dropped = false;
    if (edge) return this.startTrim(e, drag);
    if (!drag.held) drag.timer = setTimeout(() => ((drag.held = true), this.liftCard(drag)), LONG_PRESS_MS);
    const move = (m) => m.pointerId === drag.id && this.move(m, drag);
    const end = (m) => {
      if (m.pointerId !== drag.id) return;
      clearTimeout(drag.timer);
      for (const name of ["pointermove", "pointerup", "pointercancel"])
        removeEventListener(name, name === "pointermove" ? move : end);
      this.drop(drag, m.type === "pointerup");
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  liftCard(drag) {
    drag.on = true;
    drag.node.classList.add("dragged");
    this.mark ||= el("i", "bd-drop", { "aria-hidden": "true" });
    drag.left = this.list.getBoundingClientRect().left;
    drag.right = drag.left + this.list.clientWidth;
    drag.slots = this.store.shots
      .map(({ id }) => ({ id, node: this.cardOf(id) }))
      .filter(({ node }) => node !== drag.node)
      .map(({ id, node }) => ({ id, at: node.offsetLeft, middle: node.offsetLeft + node.offsetWidth / 2 }));
    drag.end = this.adder.offsetLeft;
    navigator.vibrate?.(12);
  }

  move(e, drag) {
    const far = Math.hypot(e.clientX - drag.x, e.clientY - drag.y) > SLOP_PX;
    if (!drag.on) {
      if (!far) return;
      if (!drag.held) return clearTimeout(drag.timer); // a finger that moves at once scrolls
      this.liftCard(drag);
    }
    const here = e.clientX - drag.left + this.list.scrollLeft;
    const next = drag.slots.find((slot) => here < slot.middle);
    drag.before = next?.id ?? null;
    this.mark.style.translate = `${(next?.at ?? drag.end) - MARK_PX}px`;
    if (!this.mark.isConnected) this.list.append(this.mark);
    if (e.clientX > drag.right - EDGE_PX) this.list.scrollLeft += 14;
    else if (e.clientX < drag.left + EDGE_PX) this.list.scrollLeft -= 14;
  }

  drop(drag, good) {
    this.drag = null;
    drag.node.classList.remove("dragged");
    if (!drag.on) return;
    this.dropped = true;
    setTimeout(() => (this.dropped = false));
    const moved = this.mark.isConnected && good;
    this.mark.remove();
    if (moved) this.moveShot(drag.node.dataset.id, drag.before);
    else this.draw();
  }

  /** Put a shot before another (null: at the end). */
  moveShot(id, before) {
    const order = this.store.shots.map((s) => s.id).filter((s) => s !== id);
    order.splice(before ? order.indexOf(before) : order.length, 0, id);
    this.reorder(order, id);
  }

  reorder(order, id) {
    if (order.join() === this.store.shots.map((s) => s.id).join()) return this.draw();
    this.store.selected = id;
    this.store.reorder(order);
    this.cardOf(id)?.focus({ preventScroll: true });
    this.said.textContent = t("board.moved", { n: order.indexOf(id) + 1 });
  }

  /** Edges: a shot with a clip is trimmed; one without gets another length. */
  startTrim(e, drag) {
    e.preventDefault();
    const shot = this.store.find(drag.node.dataset.id);
    this.store.select(shot.id);
    drag.on = true;
    const width = drag.node.offsetWidth;
    const planned = shot.duration_s - shot.trim_in_s - shot.trim_out_s; // its take may be shorter
    const perS = Math.max(this.scale, width / planned);
    const tip = el("span", "bd-tip");
    drag.node.append(tip);
    let change = null;
    const move = (m) => {
      if (m.pointerId !== drag.id) return;
      change = trimmed(shot, drag.edge, (m.clientX - drag.x) / perS);
      const length = change.length;
      drag.node.style.width = `${Math.max(40, width + (length - planned) * perS)}px`;
      tip.textContent = `${length.toFixed(1)} s`;
    };
    const end = (m) => {
      if (m.pointerId !== drag.id) return;
      for (const name of ["pointermove", "pointerup", "pointercancel"])
        removeEventListener(name, name === "pointermove" ? move : end);
      this.drag = null;
      tip.remove();
      this.cards.get(shot.id)?.sketch(this.store.find(shot.id) || shot, this.scale);
      this.dropped = true;
      setTimeout(() => (this.dropped = false));
      this.draw();
      if (change?.fields && m.type === "pointerup") this.store.edit({ op: "change", shot: shot.id, ...change.fields });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  keys(e) {
    const node = e.target.closest(".bd-card");
    if (!node || e.target !== node) return;
    const order = this.store.shots.map((s) => s.id);
    const i = order.indexOf(node.dataset.id);
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    const plain = !e.ctrlKey && !e.metaKey;
    if (by && e.altKey) {
      const to = i + by;
      if (to >= 0 && to < order.length && this.store.editable) {
        order.splice(to, 0, order.splice(i, 1)[0]);
        this.reorder(order, node.dataset.id);
      }
    } else if (by && plain) this.focus(order[i + by]);
    else if (e.key === "Enter" && plain) this.acts.play(node.dataset.id);
    else if ((e.key === "Delete" || e.key === "Backspace") && plain) this.acts.remove(node.dataset.id);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  focus(id) {
    if (!id) return;
    this.store.select(id);
    this.cardOf(id)?.focus({ preventScroll: true });
  }
}

const round = (s) => Math.round(s / TRIM_STEP_S) * TRIM_STEP_S;
const clean = (s) => Math.round(s * 1000) / 1000;

/** What moving an edge by `by` seconds does: the fields to set and the length that follows. */
export function trimmed(shot, edge, by) {
  const { duration_s: whole, trim_in_s: head, trim_out_s: tail } = shot;
  if (edge === "in") {
    const to = clean(Math.max(0, Math.min(round(head + by), whole - tail - 0.2)));
    return { fields: to === head ? null : { trim_in_s: to }, length: whole - to - tail };
  }
  const end = Math.max(head + 0.2, round(whole - tail + by));
  if (shot.best && end <= whole) {
    const to = clean(whole - end);
    return { fields: to === tail ? null : { trim_out_s: to }, length: end - head };
  }
  const length = clean(Math.min(60, Math.max(end, head + 1)));
  return { fields: length === whole && !tail ? null : { duration_s: length, trim_out_s: 0 }, length: length - head };
}
