// The line under a picture, in frames: where the clip stands, its range, comments as markers, and a look at what is
// under the pointer.

import { el, t } from "../dom.js";
import { seekTime, shownAt, timecode } from "./frame_clock.js";

const TICKS_PX = 7; // frames as wide as this are told apart by ticks
const PREVIEW_WAIT_MS = 60;

/**
 * Events: "seek" (detail.frame, while dragging), "marker" (detail.id), "grab" and "drop" (a drag begins and ends).
 */
export class Timeline extends EventTarget {
  /** @param {{timing: import("./frame_clock.js").Timing, written: (frame: number) => string, src?: string|null}} given
   * written: a frame as the player shows it. src: the clip for small pictures, null for none. */
  constructor({ timing, written, src = null }) {
    super();
    this.timing = timing;
    this.written = written;
    this.src = src;
    /** @type {HTMLVideoElement|null} */
    this.video = null;
    this.markers = [];
    this.range = null;
    this.frame = 0;
    this.lane = el("div", "fp-lane", { role: "toolbar", "aria-label": t("frameplayer.markers"), hidden: true });
    this.done = el("i", "fp-done");
    this.band = el("i", "fp-band", { hidden: true });
    this.head = el("i", "fp-head");
    this.track = el("div", "fp-track", {}, this.done, this.band, this.head);
    this.scrub = el(
      "div",
      "fp-scrub",
      { role: "slider", tabindex: "0", "aria-label": t("frameplayer.position"), "aria-valuemin": 0 },
      this.track,
    );
    this.peek = el("div", "fp-peek", { hidden: true, "aria-hidden": "true" }, (this.said = el("span")));
    this.element = el("div", "fp-line", {}, this.scrub, this.lane, this.peek);
    this.scrub.addEventListener("pointerdown", (e) => this.#grab(e));
    this.scrub.addEventListener("pointermove", (e) => this.#look(e));
    this.scrub.addEventListener("pointerleave", () => this.#hide());
    this.lane.addEventListener("keydown", (e) => this.#between(e));
    this.size = new ResizeObserver(() => this.#ticks());
    this.size.observe(this.scrub);
    this.retime(timing);
  }

  retime(timing) {
    this.timing = timing;
    this.scrub.setAttribute("aria-valuemax", timing.frames - 1);
    this.#ticks();
    this.setRange(this.range);
    this.setMarkers(this.markers);
    this.show(this.frame);
  }

  /** Put the head at a frame. */
  show(frame) {
    this.frame = frame;
    const part = this.#middle(frame);
    this.done.style.width = this.head.style.left = part;
    this.scrub.setAttribute("aria-valuenow", frame);
    this.scrub.setAttribute("aria-valuetext", this.written(frame));
  }

  setRange(range) {
    this.range = range;
    this.band.hidden = !range;
    if (!range) return;
    this.band.style.left = this.#start(range[0]);
    this.band.style.right = `calc(100% - ${this.#start(range[1] + 1)})`;
  }

  /** @param {{id: string, frame: number, frame_out?: number|null, color: string, label: string, resolved?: boolean}[]} markers */
  setMarkers(markers) {
    const had = this.lane.contains(document.activeElement) && document.activeElement instanceof HTMLElement;
    const focused = had ? /** @type {HTMLElement} */ (document.activeElement).dataset.id : null;
    this.markers = [...markers].sort((a, b) => a.frame - b.frame);
    this.lane.hidden = !markers.length;
    this.lane.replaceChildren(...this.markers.map((one) => this.#marker(one)));
    const again = [...this.lane.children].find((one) => one instanceof HTMLElement && one.dataset.id === focused);
    const first = /** @type {HTMLElement|undefined} */ (again ?? this.lane.firstElementChild ?? undefined);
    if (first) first.tabIndex = 0;
    if (again) first.focus();
  }

  /** The marker before (-1) or after (1) the frame that is shown; undefined for none. */
  neighbour(way) {
    const places = this.markers.filter((one) => (way > 0 ? one.frame > this.frame : one.frame < this.frame));
    return way > 0 ? places[0] : places.at(-1);
  }

  destroy() {
    this.size.disconnect();
    this.#hide();
    this.video?.removeAttribute("src");
    this.video?.load();
  }

  #start = (frame) => `${(frame / this.timing.frames) * 100}%`;
  #middle = (frame) => `${((frame + 0.5) / this.timing.frames) * 100}%`;

  #marker({ id, frame, frame_out = null, color, label, resolved = false }) {
    const words = `${this.written(frame)}${frame_out === null ? "" : `–${this.written(frame_out)}`} · ${label}`;
    const ranged = frame_out !== null && frame_out > frame;
    const made = el("button", `fp-marker${ranged ? " range" : ""}${resolved ? " resolved" : ""}`, {
      type: "button",
      tabindex: "-1",
      "aria-label": resolved ? t("frameplayer.resolved_marker", { label: words }) : words,
      data: { id, frame },
      onclick: (e) => this.#press(id, frame, e.detail > 0),
      onpointerenter: () => this.#tip(made, words),
      onpointerleave: () => this.#hide(),
      onfocus: () => this.#tip(made, words),
      onblur: () => this.#hide(),
    });
    made.style.setProperty("--color", color);
    made.style.left = ranged ? this.#start(frame) : this.#middle(frame);
    if (ranged) made.style.width = `${((frame_out + 1 - frame) / this.timing.frames) * 100}%`;
    return made;
  }
  #press(id, frame, pointed) {
    if (pointed) this.scrub.focus({ preventScroll: true }); // arrow keys are for frames again
    this.dispatchEvent(new CustomEvent("seek", { detail: { frame } }));
    this.dispatchEvent(new CustomEvent("marker", { detail: { id } }));
  }

  /** Arrow keys go from marker to marker. */
  #between(e) {
    const all = /** @type {HTMLElement[]} */ ([...this.lane.children]);
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined || here < 0 || e.shiftKey || e.altKey) return;
    e.preventDefault();
    e.stopPropagation();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  }

  #frameUnder(e) {
    const { left, width } = this.track.getBoundingClientRect();
    const part = Math.max(0, Math.min(1, (e.clientX - left) / (width || 1)));
    return Math.min(this.timing.frames - 1, Math.floor(part * this.timing.frames));
  }
  #grab(e) {
    if (e.button > 0) return;
    e.preventDefault();
    this.scrub.focus({ preventScroll: true });
    this.scrub.setPointerCapture(e.pointerId);
    this.dragging = true;
    this.dispatchEvent(new CustomEvent("grab"));
    const go = (at) => this.dispatchEvent(new CustomEvent("seek", { detail: { frame: this.#frameUnder(at) } }));
    go(e);
    const moved = (at) => go(at);
    const lifted = () => {
      this.scrub.removeEventListener("pointermove", moved);
      this.dragging = false;
      this.#hide();
      this.dispatchEvent(new CustomEvent("drop"));
    };
    this.scrub.addEventListener("pointermove", moved);
    this.scrub.addEventListener("lostpointercapture", lifted, { once: true });
  }

  #look(e) {
    const n = this.#frameUnder(e);
    this.said.textContent = this.written(n);
    this.#place(this.#middle(n));
    if (this.src && e.pointerType === "mouse" && !this.dragging) this.#picture(n);
  }
  #tip(marker, words) {
    this.said.textContent = words;
    this.video?.remove();
    this.#place(marker.style.left);
  }
  #place(left) {
    this.peek.hidden = false;
    this.peek.style.left = left;
    const half = this.peek.offsetWidth / 2;
    const width = this.element.offsetWidth;
    const at = (Number.parseFloat(left) / 100) * width;
    this.peek.style.left = `${Math.max(half, Math.min(width - half, at))}px`;
  }
  #hide() {
    this.peek.hidden = true;
    clearTimeout(this.waiting);
  }

  /** A small picture of the frame, by a second video that seeks as fast as it can. */
  #picture(n) {
    this.video ??= el("video", "", { muted: true, playsinline: true, preload: "auto", src: this.src });
    this.video.muted = true;
    if (this.video.parentNode !== this.peek) this.peek.prepend(this.video);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (this.video.seeking) this.video.addEventListener("seeked", () => this.#picture(n), { once: true });
      else this.video.currentTime = seekTime(this.timing, n);
    }, PREVIEW_WAIT_MS);
  }

  #ticks() {
    const wide = this.track.offsetWidth / this.timing.frames;
    this.track.classList.toggle("ticks", wide >= TICKS_PX);
    this.track.style.setProperty("--frames", `${this.timing.frames}`);
  }
}

/** A frame in the units that are chosen: its number, its timecode, or for sound its time. */
export function writtenFrame(frame, timing, units) {
  if (units === "timecode") return timecode(frame, timing.rate);
  if (units === "frames") return String(frame).padStart(String(timing.frames - 1).length, "0");
  const s = shownAt(timing, frame);
  const minutes = Math.floor(s / 60);
  return `${minutes}:${(s - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}
