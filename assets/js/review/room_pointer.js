// The laser pointers: where this page points, while that is switched on, and where the others do.

import { el, t } from "../dom.js";

const SEND_MS = 33;

export class Pointers {
  /** @param {any} session @param {(message: any) => boolean} send @param {(on: boolean) => void} changed */
  constructor(session, send, changed) {
    this.session = session;
    this.send = send;
    this.changed = changed;
    this.on = false;
    this.at = null; // where this page points
    this.dots = new Map(); // seat -> element
    this.places = new Map(); // seat -> {version, at}
    this.element = el("div", "rr-pointers", { "aria-hidden": "true" });
    this.surface = el("div", "rr-aim", { hidden: true });
    this.element.append(this.surface);
    this.surface.addEventListener("pointermove", (e) => this.aim(e));
    this.surface.addEventListener("pointerdown", (e) => this.press(e));
    this.surface.addEventListener("pointerleave", () => this.point(null));
    for (const name of ["pointerup", "pointercancel"])
      this.surface.addEventListener(
        name,
        (e) => /** @type {PointerEvent} */ (e).pointerType !== "mouse" && this.point(null),
      );
    for (const name of ["click", "dblclick", "contextmenu"])
      this.surface.addEventListener(name, (e) => (e.stopPropagation(), e.preventDefault())); // not the player's
  }

  /** Over the picture of this player. */
  attach(player) {
    if (player) player.overlay.append(this.element);
    else this.element.remove();
  }

  /** Point, or no longer. */
  set(on) {
    this.on = on;
    this.surface.hidden = !on;
    if (!on) this.point(null);
    this.changed(on);
  }

  press(e) {
    e.preventDefault();
    e.stopPropagation();
    this.surface.setPointerCapture(e.pointerId);
    this.aim(e);
  }

  aim(e) {
    const { left, top, width, height } = this.surface.getBoundingClientRect();
    const part = (n) => Math.round(Math.max(0, Math.min(1, n)) * 10_000) / 10_000;
    this.point([part((e.clientX - left) / width), part((e.clientY - top) / height)]);
  }

  point(at) {
    if (!at && !this.at) return;
    this.at = at;
    if (!at) {
      clearTimeout(this.timer);
      this.timer = null;
      this.tell();
    } else this.timer ??= setTimeout(() => ((this.timer = null), this.tell()), SEND_MS);
  }

  tell() {
    this.send({ type: "pointer", version: this.session.version?.id ?? null, at: this.at });
  }

  /** What the room said: seat -> {version, at} or null. */
  take(pointers, people) {
    for (const [seat, place] of Object.entries(pointers))
      place ? this.places.set(seat, place) : this.places.delete(seat);
    this.show(people);
  }

  /** people: seat -> {name, color} of who is there. */
  show(people) {
    for (const seat of this.places.keys()) if (!people.has(seat)) this.places.delete(seat);
    const here = [...this.places].filter(([, place]) => place.version === this.session.version?.id);
    const seen = new Set(here.map(([seat]) => seat));
    for (const [seat, dot] of this.dots)
      if (!seen.has(seat)) {
        dot.remove();
        this.dots.delete(seat);
      }
    for (const [seat, { at }] of here) {
      const dot = this.dots.get(seat) ?? this.dot(seat, people.get(seat));
      dot.style.left = `${at[0] * 100}%`;
      dot.style.top = `${at[1] * 100}%`;
      dot.classList.toggle("west", at[0] > 0.8);
    }
  }

  dot(seat, person) {
    const made = el("div", "rr-dot", { data: { seat } }, el("span", "", {}, person?.name || t("reviewroom.somebody")));
    made.style.setProperty("--rr", person?.color ?? "#888");
    this.dots.set(seat, made);
    this.element.append(made);
    return made;
  }

  destroy() {
    clearTimeout(this.timer);
    this.element.remove();
  }
}
