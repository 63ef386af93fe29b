// A clip by its frames: which one is on screen, and how to get to another. The number is always that of the picture
// shown, as requestVideoFrameCallback tells it, never reckoned from currentTime, which runs ahead of the picture.

import { el } from "../dom.js";
import { frameAt, frameShown, lasts, lengthOf, perSecond, seekTime } from "./frame_clock.js";
import { FrameDecoder } from "./frame_decoder.js";

const SETTLE_MS = 400; // after a seek, a browser that shows another frame than asked for has shown all it will
const SYNC_MS = 1000; // after the last step, the video itself goes to the frame that the canvas shows
const WARM_MS = 40; // after a seek or a pause, frames around are decoded, so that the first step has them
const NEAR = 16; // frames: a goal this close is decoded, one further off is sought
const END_S = 1e-3; // seeking to the very end is refused
const FIRST_MS = 1500; // a clip that has shown nothing by then is taken to start at its beginning

/**
 * One clip. Events: "ready" (its first frame is there), "frame" (another frame is shown), "play", "pause", "error".
 * @property {number} frame the frame that is shown, from 0
 */
export class Clip extends EventTarget {
  /**
   * @param {{src: string, timing: import("./frame_clock.js").Timing, sound?: boolean}} given the first frame shown says where the clip
   *   starts on the time line that the browser gives it.
   */
  constructor({ src, timing, sound = false }) {
    super();
    this.src = src;
    this.timing = timing;
    this.frame = 0;
    this.loop = null;
    this.range = null;
    this.ready = false;
    this.goal = null; // the frame that is on its way
    this.waiting = [];
    this.decoder = null;
    this.speed = 1;
    this.late = 0;
    /** @type {HTMLVideoElement} sound is steered as a clip whose frames are short times */
    this.video = el(sound ? /** @type {any} */ ("audio") : "video", "fp-media", {
      src,
      preload: "auto",
      playsinline: true,
    });
    this.canvas = el("canvas", "fp-media fp-frame", { hidden: true });
    this.context = null;
    this.drawn = null; // the frame on the canvas, null while the video itself is seen
    this.video.addEventListener("loadeddata", () => this.#learn());
    this.video.addEventListener("seeked", () => this.#sought());
    this.video.addEventListener("pause", () => this.#paused());
    this.video.addEventListener("play", () => this.#tell("play"));
    this.video.addEventListener("ended", () => this.seek(this.last));
    this.video.addEventListener("error", () => this.#tell("error"));
    this.#watch();
  }

  get paused() {
    return this.video.paused;
  }
  get last() {
    return this.timing.frames - 1;
  }
  /** First and last frame of what is played. */
  get bounds() {
    return (Array.isArray(this.loop) ? this.loop : this.range) ?? [0, this.last];
  }
  /** The element with the picture that is seen: draw this one, not the video. */
  get picture() {
    return this.drawn === null ? this.video : this.canvas;
  }

  /** A better timing than the one it began with; packets: what the decoder needs, null for none. */
  async retime(timing, packets = null) {
    this.timing = this.ready ? { ...timing, start_s: this.timing.start_s } : timing;
    if (this.told !== undefined) this.#shown(this.told);
    const decoder = await FrameDecoder.open(this.src, packets, timing.frames);
    if (this.gone) decoder?.close();
    else this.decoder = decoder;
  }

  /** Show a frame. Resolves with the frame that is shown then: this one, or a later wish. */
  seek(frame) {
    const n = Math.max(0, Math.min(this.last, Math.round(frame)));
    if (this.ready && this.goal === null && n === this.frame) return Promise.resolve(n);
    return new Promise((done) => {
      this.waiting.push(done);
      this.goal = n;
      if (this.ready) this.#go();
    });
  }

  /** So many frames on or, below 0, back. A held key never runs ahead of the picture: see `busy`. */
  step(n) {
    if (!this.paused) this.video.pause();
    return this.seek((this.goal ?? this.frame) + n);
  }
  get busy() {
    return this.goal !== null;
  }

  /** Play from the frame that is shown; from the beginning of the range at its end. Rejects where the browser forbids. */
  async play() {
    if (!this.ready) await new Promise((done) => this.addEventListener("ready", done, { once: true }));
    const [first, last] = this.bounds;
    if (this.frame < first || this.frame >= last) await this.seek(first);
    if (this.drawn !== null) await this.#videoTo(this.drawn);
    this.decoder?.rest();
    this.#applyLoop();
    this.video.playbackRate = this.speed;
    return this.video.play();
  }
  pause() {
    this.video.pause();
  }
  setSpeed(speed) {
    this.speed = speed;
    this.video.playbackRate = speed;
  }
  /** null: once; true: the range, else the whole, again and again; [first, last]: these frames. */
  setLoop(loop) {
    this.loop = loop;
    this.#applyLoop();
  }
  setRange(range) {
    this.range = range;
    this.#applyLoop();
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.syncing);
    clearTimeout(this.settling);
    clearTimeout(this.turning);
    clearTimeout(this.late);
    this.decoder?.close();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
    this.#settle();
    clearTimeout(this.warming);
  }

  #tell(name) {
    this.dispatchEvent(new CustomEvent(name, { detail: { frame: this.frame } }));
  }
  #applyLoop() {
    const [first, last] = this.bounds;
    this.video.loop = this.loop !== null && first === 0 && last === this.last;
  }

  #watch() {
    if (this.video.requestVideoFrameCallback)
      this.video.requestVideoFrameCallback((_, { mediaTime }) => {
        if (this.gone) return;
        this.#learn(mediaTime);
        this.#shown(mediaTime);
        this.#watch();
      });
    else {
      for (const name of ["seeked", "timeupdate"]) this.video.addEventListener(name, () => this.#byTime());
      this.video.addEventListener("play", () => this.#eachPaint());
    }
  }
  /** Where nothing tells of frames: for sound, and in browsers of before 2024. */
  #byTime() {
    this.#arrived(frameAt(this.timing, this.video.currentTime));
    if (!this.paused) this.#turn(this.frame);
  }
  #eachPaint() {
    if (this.paused || this.gone) return;
    this.#byTime();
    requestAnimationFrame(() => this.#eachPaint());
  }

  /** The first frame tells where the clip starts, and that it can be steered. mediaTime: of that frame, if it was told. */
  #learn(mediaTime) {
    if (this.ready) return;
    if (mediaTime === undefined && this.video.requestVideoFrameCallback) {
      this.late ||= setTimeout(() => this.#learn(this.timing.start_s), FIRST_MS);
      return;
    }
    clearTimeout(this.late);
    if (mediaTime !== undefined) this.timing = { ...this.timing, start_s: mediaTime };
    this.ready = true;
    this.#tell("ready");
    if (this.goal !== null) this.#go();
  }

  /** The video has put a frame on screen. */
  #shown(mediaTime) {
    this.told = mediaTime;
    const n = frameShown(this.timing, mediaTime);
    if (this.drawn !== null) {
      if (this.paused && n !== this.drawn && n !== this.goal) return; // it is on its way to the frame of the canvas
      this.#uncover();
    }
    this.#arrived(n);
    if (!this.paused) this.#turn(n);
  }

  #uncover() {
    this.drawn = null;
    this.canvas.hidden = true;
  }
  #arrived(n) {
    const another = n !== this.frame;
    this.frame = n;
    if (n === this.goal || (!this.paused && !this.video.seeking)) this.#settle();
    if (another) this.#tell("frame");
  }
  #settle() {
    this.goal = null;
    clearTimeout(this.settling);
    for (const done of this.waiting.splice(0)) done(this.frame);
    clearTimeout(this.warming);
    this.warming = setTimeout(() => this.paused && this.goal === null && this.decoder?.warm(this.frame), WARM_MS);
  }

  /** Towards the goal: by a frame that is decoded already, by decoding, or by a seek. */
  #go() {
    clearTimeout(this.syncing);
    const n = this.goal;
    const way = n - this.frame;
    const held = this.paused && this.decoder?.held(n, way);
    if (held) return this.#draw(n, held);
    if (!this.paused || !this.decoder || Math.abs(way) > NEAR) return this.#seekVideo(n);
    this.decoder.get(n, way).then((picture) => {
      if (this.goal !== n || this.gone) return;
      picture ? this.#draw(n, picture) : this.#seekVideo(n);
    });
  }
  #seekVideo(n) {
    const end = (this.video.duration || Infinity) - END_S;
    this.video.currentTime = Math.max(0, Math.min(seekTime(this.timing, n), end));
  }
  #draw(n, picture) {
    const { canvas } = this;
    if (canvas.width !== picture.displayWidth || canvas.height !== picture.displayHeight)
      Object.assign(canvas, { width: picture.displayWidth, height: picture.displayHeight });
    this.context ??= canvas.getContext("2d", { alpha: false, desynchronized: false });
    this.context.drawImage(picture, 0, 0);
    this.drawn = n;
    canvas.hidden = false;
    clearTimeout(this.syncing);
    this.syncing = setTimeout(() => this.paused && this.drawn === n && this.#seekVideo(n), SYNC_MS);
    this.#arrived(n);
  }
  /** The video itself at the frame that the canvas shows. */
  async #videoTo(n) {
    clearTimeout(this.syncing);
    this.goal = n;
    const there = new Promise((done) => this.waiting.push(done));
    this.drawn = null; // the canvas stays until the first frame that the video shows
    this.#seekVideo(n);
    await there;
    this.#uncover();
  }

  #sought() {
    clearTimeout(this.settling);
    this.settling = setTimeout(async () => {
      if (this.video.seeking || this.gone) return;
      if (document.hidden && this.drawn === null) this.#arrived(frameAt(this.timing, this.video.currentTime));
      const n = this.goal;
      if (n === null || !this.paused) return;
      // files whose length is said too short have frames that no seek reaches
      const picture = await this.decoder?.get(n, n - this.frame);
      if (this.goal !== n || this.gone) return;
      if (picture) return this.#draw(n, picture);
      this.#uncover();
      if (this.told !== undefined) this.#arrived(frameShown(this.timing, this.told));
      this.#settle();
    }, SETTLE_MS);
  }

  /** Picture and number agree after a pause: the frame told last is sought, for a later one may have come untold. */
  #paused() {
    clearTimeout(this.turning);
    if (!this.gone && this.goal === null && !this.video.ended) {
      this.goal = this.frame;
      this.#seekVideo(this.frame);
    }
    this.#tell("pause");
  }

  /** At the end of a range: from its beginning again, or stop there. */
  #turn(n) {
    const [first, last] = this.bounds;
    if (this.video.loop || n < last || (n > last && this.goal !== null)) return;
    if (last === this.last && this.loop === null) return; // the video ends by itself
    const left_ms = n > last ? 0 : (lasts(this.timing, n) * 1000) / this.speed;
    clearTimeout(this.turning);
    this.turning = setTimeout(() => {
      if (this.paused) return;
      if (this.loop === null) {
        this.video.pause();
        this.seek(last);
      } else this.#seekVideo(first);
    }, left_ms);
  }

  /** Seconds of the clip, from its frames. */
  get length_s() {
    return lengthOf(this.timing);
  }
  get fps() {
    return perSecond(this.timing.rate);
  }
}
