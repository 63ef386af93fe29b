// The player of reviews: pictures, clips and sound, by the number of the frame that is shown. Looks and steering; the
// frames themselves are clip.js's.

import { button, el, number, styles, t } from "../dom.js";
import { rateOf, timingOf } from "./frame_clock.js";
import { Clip } from "./clip.js";
import { ASPECTS, drawGuides, guideSheet } from "./guides.js";
import { keyList, pressOf } from "./player_keys.js";
import { Shuttle } from "./shuttle.js";
import { Timeline, writtenFrame } from "./timeline.js";
import { Zoom } from "./zoom.js";

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4];
const LEAP = 10; // frames of Shift and an arrow key
const SOUND_RATE = { num: 100, den: 1 }; // sound is steered in hundredths of a second
const SOUND_STEP = 10; // a tenth of a second
const LOUDER = 0.1;
const KEPT = "frameplayer"; // in localStorage: units, guides, volume

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) || "{}");
  } catch {
    return {};
  }
}
function keep(change) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...change }));
  } catch {
    /* private windows may refuse: the choice lasts as long as the page */
  }
}

/**
 * @typedef {{kind: "video"|"image"|"audio", width?: number|null, height?: number|null, rate?: {num: number, den: number}|null,
 *   frames?: number|null, duration_s?: number|null, has_audio?: boolean|null, label?: string}} Version
 */
export class FramePlayer extends EventTarget {
  /** @param {Version} version */
  constructor(version, { src, poster = null, keys = undefined, autoplay = false, timing = undefined }) {
    super();
    this.version = version;
    this.src = src;
    this.kind = version.kind;
    this.loop = null;
    this.range = null;
    this.chosen = { units: "timecode", guides: {}, volume: 1, ...kept() };
    this.timing = timingOf({
      rate: (this.kind === "audio" ? SOUND_RATE : version.rate) ?? rateOf(0),
      frames: this.kind === "image" ? 1 : version.frames,
      duration_s: version.duration_s,
    });
    styles("widgets.css", "frame-player.css");
    this.#build(poster, keys);
    if (this.clip) this.#follow(autoplay);
    if (timing && this.kind === "video") this.#learn(timing);
  }

  // What others use -----------------------------------------------------------------------------------------------

  /** Frames a second as a fraction; null for pictures and sound. */
  get rate() {
    return this.kind === "video" ? this.timing.rate : null;
  }
  get frames() {
    return this.timing.frames;
  }
  /** The number of the frame that is shown, from 0. */
  get frame() {
    return this.clip?.frame ?? 0;
  }
  get paused() {
    return (this.clip?.paused ?? true) && !(this.shuttle?.speed < 0);
  }
  get speed() {
    return this.clip?.speed ?? 1;
  }
  /** The element whose picture is seen now: image, video, or the canvas of a decoded frame. */
  get picture() {
    return this.clip?.picture ?? this.media;
  }

  /** Resolves with the number of the frame that is shown then. */
  seek(frame) {
    this.shuttle?.stop();
    return this.clip?.seek(frame) ?? Promise.resolve(0);
  }
  step(n) {
    this.shuttle?.stop();
    return this.clip?.step(n) ?? Promise.resolve(0);
  }
  /** Rejects where the browser does not let a page play before it was pressed. */
  play() {
    this.shuttle?.stop();
    return this.clip?.play() ?? Promise.resolve();
  }
  pause() {
    this.shuttle?.stop();
    this.clip?.pause();
  }
  setSpeed(speed) {
    if (!this.clip) return;
    this.clip.setSpeed(Math.max(SPEEDS[0], Math.min(SPEEDS.at(-1), speed)));
    this.#showSpeed();
  }
  /** null: once; true: the range, else the whole; [first, last]: these frames. */
  setLoop(loop) {
    this.loop = loop;
    this.clip?.setLoop(loop);
    this.parts.loop?.setAttribute("aria-pressed", loop !== null);
  }
  /** [first, last], both included; null for none. */
  setRange(range) {
    this.range = range;
    this.clip?.setRange(range);
    this.line?.setRange(range);
    if (this.parts.noRange) this.parts.noRange.hidden = !range;
    this.#tell("range");
  }
  setMarkers(markers) {
    this.line?.setMarkers(markers);
  }
  destroy() {
    this.shuttle?.stop();
    this.clip?.destroy();
    this.line?.destroy();
    this.zoom.destroy();
    this.keys.removeEventListener("keydown", this.steer);
    this.keys.removeEventListener("keyup", this.lift);
    document.removeEventListener("fullscreenchange", this.fullChanged);
    document.removeEventListener("pointerdown", this.pressedElsewhere, true);
    this.element.remove();
  }

  // How it is built -----------------------------------------------------------------------------------------------

  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail: { frame: this.frame, ...detail } }));
  }

  #build(poster, keys) {
    const { kind, version } = this;
    /** @type {Clip|null} */
    this.clip = kind === "image" ? null : new Clip({ src: this.src, timing: this.timing, sound: kind === "audio" });
    /** @type {HTMLElement & Record<string, any>} */
    this.media =
      this.clip?.video ?? el("img", "fp-media", { src: this.src, alt: version.label || "", draggable: "false" });
    this.sheet = guideSheet();
    this.now = kind === "audio" ? el("i", "fp-now") : null;
    this.overlay = el("div", "fp-overlay", {}, this.sheet, this.now);
    this.box = el("div", "fp-box", {}, this.media, this.clip?.canvas, this.overlay);
    if (poster && kind !== "image") this.box.style.backgroundImage = `url(${JSON.stringify(poster)})`;
    this.view = el("div", "fp-view", {}, this.box);
    this.element = el(
      "section",
      "st fp",
      { tabindex: "-1", "aria-label": t("frameplayer.player"), data: { kind } },
      this.view,
    );
    this.zoom = new Zoom(this.view, this.box, this.overlay);
    this.zoom.setSize(version.width || 16, version.height || (kind === "audio" ? 4 : 9));
    this.media.addEventListener(kind === "image" ? "load" : "loadedmetadata", () => this.#sized());
    this.media.addEventListener("error", () => this.#broken());
    this.zoom.addEventListener("press", () => this.clip && this.#toggle());
    if (this.clip) {
      this.line = new Timeline({
        timing: this.timing,
        written: (frame) => this.#written(frame),
        src: kind === "video" ? this.src : null,
      });
      this.element.append(this.line.element);
      this.shuttle = new Shuttle(this.clip, { changed: () => this.#showSpeed() });
    }
    this.parts = this.#controls();
    this.element.append(this.bar);
    this.keys = keys ?? this.element;
    this.ownKeys = keys === undefined;
    this.steer = (e) => this.#key(e);
    this.lift = (e) => e.key.toLowerCase() === "k" && this.shuttle && (this.shuttle.held = false);
    this.keys.addEventListener("keydown", this.steer);
    this.keys.addEventListener("keyup", this.lift);
    this.fullChanged = () => this.parts.full.setAttribute("aria-pressed", this.#isFull());
    document.addEventListener("fullscreenchange", this.fullChanged);
    this.pressedElsewhere = (e) =>
      this.panel && !this.panel.contains(e.target) && !this.opener.contains(e.target) && this.#close();
    document.addEventListener("pointerdown", this.pressedElsewhere, true);
    this.#drawGuides();
    this.#showFrame();
  }

  #controls() {
    const make = (name, icon, act, more = {}) =>
      button(t(`frameplayer.${name}`), { name: icon, cls: "bare", data: { do: name }, ...more }, act);
    const { kind } = this;
    const clip = Boolean(this.clip);
    const audible = kind === "audio" || (kind === "video" && this.version.has_audio !== false);
    const parts = {
      play: clip && make("play", "play", () => this.#toggle(), { cls: "bare fp-main" }),
      back: kind === "video" && make("back", "left", () => this.step(-1), { cls: "bare fp-main" }),
      on: kind === "video" && make("on", "right", () => this.step(1), { cls: "bare fp-main" }),
      clock:
        clip && el("button", "fp-clock", { type: "button", data: { do: "units" }, onclick: () => this.#switchUnits() }),
      loop:
        clip && make("loop", "loop", () => this.setLoop(this.loop === null ? true : null), { "aria-pressed": false }),
      speed:
        clip &&
        el(
          "select",
          "fp-speed",
          { "aria-label": t("frameplayer.speed"), onchange: (e) => this.setSpeed(Number(e.target.value)) },
          ...SPEEDS.map((s) => el("option", "", { value: s, selected: s === 1 }, `${number(s, 2)}×`)),
        ),
      sound: audible && make("mute", "sound", () => this.#mute(!this.media.muted), { "aria-pressed": false }),
      volume:
        audible &&
        el("input", "fp-volume", {
          type: "range",
          min: 0,
          max: 1,
          step: 0.05,
          value: this.chosen.volume,
          "aria-label": t("frameplayer.volume"),
          oninput: (e) => this.#setVolume(Number(e.target.value)),
        }),
      rangeIn: kind === "video" && make("range_in", null, () => this.#setEnd(0), { text: "[", cls: "bare fp-text" }),
      rangeOut: kind === "video" && make("range_out", null, () => this.#setEnd(1), { text: "]", cls: "bare fp-text" }),
      noRange: kind === "video" && make("no_range", "close", () => this.setRange(null), { hidden: true }),
      guides:
        kind !== "audio" &&
        make("guides", "grid", (e) => this.#open(e.currentTarget, t("frameplayer.guides"), this.#guideChoices()), POPS),
      zoom:
        kind !== "audio" &&
        make("zoom", null, (e) => this.#open(e.currentTarget, t("frameplayer.zoom"), this.#zoomChoices()), {
          text: t("frameplayer.fit"),
          cls: "bare fp-zoomed",
          ...POPS,
        }),
      help: make("help", "info", (e) => this.#help(e?.currentTarget), POPS),
      full: make("full", "full", () => this.#full(), { "aria-pressed": false }),
    };
    for (const name of Object.keys(parts)) parts[name] ||= null; // what this kind of file has not
    const { play, back, on, clock, loop, speed, sound, volume, rangeIn, rangeOut, noRange, guides, zoom, help, full } =
      parts;
    this.bar = el(
      "div",
      "fp-bar",
      { role: "group", "aria-label": t("frameplayer.controls") },
      el("div", "fp-group", {}, play, back, on, clock),
      el("div", "fp-group fp-some", {}, rangeIn, rangeOut, noRange, loop, speed),
      el("i", "fp-gap"),
      el("div", "fp-group fp-some", {}, sound, volume, guides, zoom, help, full),
    );
    if (zoom) this.zoom.addEventListener("zoom", () => this.#showZoom());
    if (sound) {
      this.media.volume = this.chosen.volume;
      this.media.addEventListener("volumechange", () => this.#showSound());
    }
    return parts;
  }

  #follow(autoplay) {
    const { clip } = this;
    clip.addEventListener("ready", () => {
      this.timing = clip.timing;
      this.box.style.backgroundImage = this.kind === "audio" ? this.box.style.backgroundImage : "";
      this.#showFrame();
      this.#tell("ready");
    });
    clip.addEventListener("frame", () => {
      this.#showFrame();
      this.#tell("frame");
    });
    for (const name of ["play", "pause"])
      clip.addEventListener(name, () => {
        this.#showPlaying();
        this.#tell(name);
      });
    let wasPlaying = false;
    this.line.addEventListener("grab", () => {
      wasPlaying = !this.paused;
      this.pause();
    });
    this.line.addEventListener("drop", () => wasPlaying && this.play().catch(() => {}));
    this.line.addEventListener("seek", (e) => this.seek(/** @type {CustomEvent} */ (e).detail.frame));
    this.line.addEventListener("marker", (e) => this.#tell("marker", /** @type {CustomEvent} */ (e).detail));
    if (autoplay) clip.play().catch(() => {});
  }

  /** timing: gives what GET …/frames/{asset} tells of the clip. */
  async #learn(timing) {
    try {
      const { num, den, frames, start_s, times, packets } = await timing();
      const known = timingOf({ rate: { num, den }, frames, start_s, times });
      await this.clip.retime(known, packets);
      this.timing = this.clip.timing;
      this.line.retime(this.timing);
      this.#showFrame();
    } catch {
      /* with the rate that the version names, frames are right in every clip of constant rate */
    }
  }

  #sized() {
    const { media } = this;
    const width =
      media instanceof HTMLImageElement ? media.naturalWidth : /** @type {HTMLVideoElement} */ (media).videoWidth;
    const height =
      media instanceof HTMLImageElement ? media.naturalHeight : /** @type {HTMLVideoElement} */ (media).videoHeight;
    this.zoom.setSize(width, height);
    this.#drawGuides();
    if (this.kind === "image") this.#tell("ready");
  }
  #broken() {
    if (this.element.querySelector(".fp-broken")) return;
    this.view.append(el("p", "fp-broken", { role: "alert" }, t(`frameplayer.broken_${this.kind}`)));
  }

  // What is shown -------------------------------------------------------------------------------------------------

  #written(frame) {
    return writtenFrame(frame, this.timing, this.kind === "audio" ? "time" : this.chosen.units);
  }
  #showFrame() {
    if (!this.clip) return;
    this.line.show(this.frame);
    if (this.now) this.now.style.left = `${(this.frame / this.frames) * 100}%`;
    const last = this.frames - 1;
    const words = `${this.#written(this.frame)} / ${this.#written(last)}`;
    this.parts.clock.textContent = words;
    this.parts.clock.dataset.frame = `${this.frame}`;
    this.parts.clock.title = t(this.chosen.units === "frames" ? "frameplayer.as_timecode" : "frameplayer.as_frames");
  }
  #showPlaying() {
    const face = this.paused ? "play" : "pause";
    this.parts.play.replaceChildren(...button("", { name: face }).children);
    this.parts.play.setAttribute("aria-label", t(`frameplayer.${face}`));
    this.parts.play.title = t(`frameplayer.${face}`);
    this.element.classList.toggle("playing", !this.paused);
  }
  #showSpeed() {
    const { speed } = this.parts;
    const now = this.shuttle.speed || this.speed;
    speed.querySelector("[data-own]")?.remove();
    if (!SPEEDS.includes(now)) speed.append(el("option", "", { value: now, data: { own: "" } }, `${number(now, 2)}×`));
    speed.value = `${now}`;
    this.#showPlaying();
  }
  #showSound() {
    const { muted, volume } = this.media;
    const { sound } = this.parts;
    sound.replaceChildren(...button("", { name: muted || volume === 0 ? "mute" : "sound" }).children);
    sound.setAttribute("aria-pressed", muted);
    if (!muted) this.parts.volume.value = `${volume}`;
  }
  #showZoom() {
    const words = this.zoom.fitted ? t("frameplayer.fit") : `${number(this.zoom.pixel * 100)} %`;
    this.parts.zoom.querySelector("span").textContent = words;
  }
  #drawGuides() {
    if (this.kind === "audio") return;
    const { width, height } = this.zoom;
    drawGuides(this.sheet, this.chosen.guides, width / height);
    const any = Object.values(this.chosen.guides).some(Boolean);
    this.parts.guides?.classList.toggle("on", any);
  }

  // What is done --------------------------------------------------------------------------------------------------

  #toggle() {
    this.paused ? this.play().catch(() => {}) : this.pause();
  }
  #switchUnits() {
    this.chosen.units = this.chosen.units === "frames" ? "timecode" : "frames";
    keep({ units: this.chosen.units });
    this.line.setMarkers(this.line.markers); // their labels name frames
    this.#showFrame();
  }
  #mute(muted) {
    if (!this.parts.sound) return;
    this.media.muted = muted;
  }
  #setVolume(volume) {
    if (!this.parts.volume) return;
    this.media.volume = Math.max(0, Math.min(1, volume));
    this.media.muted = false;
    keep({ volume: this.media.volume });
  }
  /** The range begins (0) or ends (1) at the frame that is shown. */
  #setEnd(end) {
    if (this.kind !== "video") return;
    const [first, last] = this.range ?? [0, this.frames - 1];
    const now = this.frame;
    this.setRange(end ? [Math.min(first, now), now] : [now, Math.max(last, now)]);
  }
  #toMarker(way) {
    const found = this.line?.neighbour(way);
    if (!found) return;
    this.seek(found.frame);
    this.#tell("marker", { id: found.id });
  }
  #nextSpeed(way) {
    const at = SPEEDS.findIndex((s) => s >= this.speed);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + way))]);
  }

  #isFull = () => document.fullscreenElement === this.element || this.element.classList.contains("filled");
  #full() {
    if (document.fullscreenElement) return void document.exitFullscreen();
    if (this.element.requestFullscreen) return void this.element.requestFullscreen().catch(() => {});
    this.element.classList.toggle("filled"); // phones that enlarge only videos
    this.fullChanged();
  }

  // Panels --------------------------------------------------------------------------------------------------------

  #open(opener, label, content) {
    const again = this.opener === opener;
    this.#close();
    if (again) return;
    this.opener = opener;
    opener.setAttribute("aria-expanded", true);
    this.panel = el("div", "fp-panel", { role: "dialog", "aria-label": label }, content);
    this.panel.addEventListener("keydown", (e) => {
      if (e.key === "Escape") this.#close(true);
      else if (e.key !== "Tab" && /** @type {HTMLElement} */ (e.target).matches("input, button")) e.stopPropagation();
      if (e.key === "Escape") e.stopPropagation();
    });
    this.element.append(this.panel);
    const [own, at] = [this.element.getBoundingClientRect(), opener.getBoundingClientRect()];
    const left = at.left - own.left + at.width / 2 - this.panel.offsetWidth / 2;
    this.panel.style.left = `${Math.max(8, Math.min(own.width - this.panel.offsetWidth - 8, left))}px`;
    this.panel.style.bottom = `${own.bottom - at.top + 6}px`;
    this.panel.style.maxHeight = `${Math.max(120, at.top - own.top - 14)}px`;
    /** @type {HTMLElement|null} */ (this.panel.querySelector("input, button, [tabindex]"))?.focus();
  }
  #close(back = false) {
    this.panel?.remove();
    this.opener?.setAttribute("aria-expanded", false);
    if (back) this.opener?.focus();
    this.panel = this.opener = null;
  }
  #guideChoices() {
    const { guides } = this.chosen;
    const set = (change) => {
      Object.assign(guides, change);
      keep({ guides });
      this.#drawGuides();
    };
    const tick = (name) =>
      el(
        "label",
        "",
        {},
        el("input", "", {
          type: "checkbox",
          checked: Boolean(guides[name]),
          onchange: (e) => set({ [name]: e.target.checked }),
        }),
        t(`frameplayer.guide_${name}`),
      );
    const cut = (aspect, words) =>
      el(
        "label",
        "",
        {},
        el("input", "", {
          type: "radio",
          name: "fp-aspect",
          checked: (guides.aspect || "") === aspect,
          onchange: () => set({ aspect }),
        }),
        words,
      );
    return el(
      "div",
      "fp-choices",
      {},
      tick("action"),
      tick("title"),
      tick("centre"),
      el("hr"),
      cut("", t("frameplayer.no_aspect")),
      ...Object.keys(ASPECTS).map((aspect) => cut(aspect, aspect)),
    );
  }
  #zoomChoices() {
    const choice = (words, act) =>
      el("button", "", { type: "button", onclick: () => (act(), this.#close(true)) }, words);
    const one = (size) => choice(`${size * 100} %`, () => this.zoom.setPixel(size));
    return el(
      "div",
      "fp-choices",
      {},
      choice(t("frameplayer.fit"), () => this.zoom.fit()),
      one(0.5),
      one(1),
      one(2),
      one(4),
    );
  }
  #help(opener = this.parts.help) {
    const groups = this.kind === "image" ? ["picture"] : this.kind === "audio" ? ["play"] : undefined;
    this.#open(opener, t("frameplayer.help"), el("div", "fp-keys", { tabindex: "0" }, ...keyList(groups)));
  }

  // Keys ----------------------------------------------------------------------------------------------------------

  #key(e) {
    if (e.defaultPrevented || !this.#steerable()) return;
    const press = pressOf(e);
    const act = press && this.#act(press, e);
    if (!act || (press === " " && e.target.closest("button, a, summary, [role=button]"))) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  }
  /** Whether keys are for the player: it is seen, and no dialog is open above it. */
  #steerable() {
    const open = document.querySelector("dialog[open]");
    return Boolean(this.element.offsetParent || this.#isFull()) && (!open || open.contains(this.element));
  }
  #act(press, e) {
    const { zoom } = this;
    const picture = {
      "+": () => zoom.closer(),
      "=": () => zoom.closer(),
      "-": () => zoom.further(),
      0: () => zoom.fit(),
      1: () => zoom.setPixel(1),
      g: () => this.parts.guides.click(),
    };
    const any = { f: () => this.#full(), ...(this.ownKeys ? { "?": () => this.#help() } : {}) };
    const found = any[press] ?? (this.kind === "audio" ? undefined : picture[press]);
    if (found || !this.clip) return found;
    // a held key waits for the picture, so that every frame is seen
    const step = (n) => () => (e.repeat && this.clip.busy ? undefined : this.step(n));
    const one = this.kind === "audio" ? SOUND_STEP : 1;
    return {
      " ": () => this.#toggle(),
      k: () => ((this.shuttle.held = true), this.pause()),
      j: () => this.shuttle.press(-1),
      l: () => this.shuttle.press(1),
      "Alt+l": () => this.setLoop(this.loop === null ? true : null),
      ",": step(-one),
      ".": step(one),
      ArrowLeft: step(-one),
      ArrowRight: step(one),
      "Shift+ArrowLeft": step(-one * LEAP),
      "Shift+ArrowRight": step(one * LEAP),
      Home: () => this.seek(this.clip.bounds[0]),
      End: () => this.seek(this.clip.bounds[1]),
      "[": () => this.#toMarker(-1),
      "]": () => this.#toMarker(1),
      "<": () => this.#nextSpeed(-1),
      ">": () => this.#nextSpeed(1),
      i: () => this.#setEnd(0),
      o: () => this.#setEnd(1),
      "Alt+i": () => this.range && this.seek(this.range[0]),
      "Alt+o": () => this.range && this.seek(this.range[1]),
      "Alt+x": () => this.setRange(null),
      t: () => this.#switchUnits(),
      m: () => this.#mute(!this.media.muted),
      ArrowUp: () => this.#setVolume(this.media.volume + LOUDER),
      ArrowDown: () => this.#setVolume(this.media.volume - LOUDER),
    }[press];
  }
}

const POPS = { "aria-haspopup": "dialog", "aria-expanded": false };

/**
 * A player of one version. `overlay` lies exactly over its picture.
 * @param {Version} version
 * @param {{src: string, poster?: string|null, keys?: HTMLElement|Document, autoplay?: boolean, timing?: () => Promise<any>}} options
 *   poster: for sound its waveform. keys: whose key presses steer it (its own element when left out). timing: asks for
 *   /frames/{asset}, which gives variable rates their frames and makes steps fast.
 */
export const framePlayer = (version, options) => new FramePlayer(version, options);
