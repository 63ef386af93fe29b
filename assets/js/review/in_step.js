// Two to four clips in step: one place on a common time line, and the frame that each clip shows there.
//
// The time line counts frames of the fastest clip. A clip of the same rate shows the frame of the same number, one of
// another rate the frame nearest in time; its shift, in its own frames, is added. Before its beginning a clip shows its
// first frame, after its end its last.

import { frameShown, shownAt } from "../frames/frame_clock.js";

const FAR_S = 0.2; // while playing, a clip that is further off is sought
const LEAN = 0.08; // a nearer one plays so much faster or slower until it is there
const NEAR_FRAMES = 0.3;

const fps = (rate) => rate.num / rate.den;

/** Frames a second of the common time line, as a fraction. tracks: [{timing, shift}]; a picture has no timing. */
export function commonRate(tracks) {
  const rates = tracks.map((track) => track.timing?.rate).filter(Boolean);
  return rates.reduce((most, rate) => (fps(rate) > fps(most) ? rate : most), rates[0] ?? { num: 1, den: 1 });
}

/** The frame that a track shows at a place of the time line. */
export function frameOf({ timing, shift }, at, rate) {
  if (!timing) return 0;
  const own = timing.times
    ? frameShown({ ...timing, start_s: 0 }, (at * rate.den) / rate.num)
    : nearest(at, rate, timing.rate);
  return Math.max(0, Math.min(timing.frames - 1, own + shift));
}

/** The place of the time line where a track shows a frame of its own. */
export function placeOf({ timing, shift }, frame, rate) {
  if (timing.times) return Math.round(shownAt(timing, Math.max(0, frame - shift)) * fps(rate));
  return nearest(frame - shift, timing.rate, rate);
}

/** The frame of rate `to` that is nearest in time to frame n of rate `from`. Whole numbers, so that halves are halves. */
function nearest(n, from, to) {
  const up = n * to.num * from.den;
  const down = to.den * from.num;
  return Math.floor((2 * up + down) / (2 * down));
}

/** Places of the time line: until the last track is over. */
export function placesOf(tracks, rate) {
  const moving = tracks.filter((track) => track.timing);
  return Math.max(1, ...moving.map((track) => placeOf(track, track.timing.frames - 1, rate) + 1));
}

/**
 * Clips that are shown, played and stepped together. Events: "frame" (another place), "play", "pause".
 * tracks: [{timing, shift, clip}]; clip: of frames/clip.js, null for a picture.
 */
export class InStep extends EventTarget {
  constructor(tracks) {
    super();
    this.tracks = tracks;
    this.at = 0;
    this.playing = false;
    this.speed = 1;
    this.loop = true;
    this.settling = 0;
    /** @type {Promise<any>} fulfilled once all clips have stopped */
    this.halted = Promise.resolve();
    this.measure();
  }

  measure() {
    this.rate = commonRate(this.tracks);
    this.places = placesOf(this.tracks, this.rate);
  }

  /** The frames that the clips should show, in their order. */
  get frames() {
    return this.tracks.map((track) => frameOf(track, this.at, this.rate));
  }

  /** Go to a place. Resolves once every clip shows its frame of it. */
  async seek(at) {
    const wasPlaying = this.playing;
    this.halt();
    this.place(Math.max(0, Math.min(this.places - 1, Math.round(at))));
    await this.settle();
    if (wasPlaying && !this.playing) this.play();
  }

  step(n) {
    const was = this.playing;
    this.pause();
    return this.seek(was ? this.at : this.at + n); // from running, the first press stops at what is shown
  }

  /** Every clip on its frame of this place. A clip that was stopped may still put one more frame on screen: first that. */
  async settle() {
    this.settling++;
    await this.halted;
    const { frames } = this;
    await Promise.all(this.tracks.map((track, n) => track.clip?.seek(frames[n])));
    this.settling--;
  }

  /** Whether clips are on their way to the frames of this place. */
  get busy() {
    return this.settling > 0;
  }

  /** Show a clip so many frames of its own later than the others. */
  shift(n, frames) {
    this.tracks[n].shift = frames;
    this.measure();
    return this.seek(this.at);
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const { clip } of this.tracks) clip?.setSpeed(speed);
  }

  play() {
    if (this.playing || this.places < 2) return;
    if (this.at >= this.places - 1) this.at = 0;
    this.playing = true;
    const turn = {};
    this.turn = turn;
    this.tell("play");
    this.settle().then(() => {
      if (this.turn !== turn) return;
      this.begun = { at: this.at, now: performance.now() };
      this.tick(turn);
    });
  }

  /** Stop, with every clip on its frame of the place where the leading one stopped. */
  pause() {
    if (!this.playing) return;
    this.halt();
    this.settle();
    this.tell("pause");
  }

  halt() {
    this.playing = false;
    this.turn = null;
    const running = this.tracks.map((track) => track.clip).filter((clip) => clip && !clip.paused);
    if (!running.length) return;
    this.halted = Promise.all(
      running.map((clip) => new Promise((done) => clip.addEventListener("pause", done, { once: true }))),
    );
    for (const clip of running) clip.pause();
  }

  /** Once for each picture of the screen while it plays: the leading clip says where we are, the others follow it. */
  tick(turn) {
    if (this.turn !== turn) return;
    const now = performance.now();
    const lead = this.leader();
    const seconds = lead
      ? secondsOf(lead) - lead.shift / fps(lead.timing.rate)
      : (this.begun.at * this.rate.den) / this.rate.num + ((now - this.begun.now) / 1000) * this.speed;
    if (lead) this.begun = { at: seconds * fps(this.rate), now };
    for (const track of this.tracks) if (track.clip) this.follow(track, seconds, track === lead);
    const at = lead ? placeOf(lead, lead.clip.frame, this.rate) : Math.floor(seconds * fps(this.rate));
    if (seconds * fps(this.rate) >= this.places - 0.25 || (lead?.clip.video.ended && at >= this.places - 1))
      return this.end();
    this.place(Math.max(0, Math.min(this.places - 1, at)));
    requestAnimationFrame(() => this.tick(turn));
  }

  async end() {
    this.halt();
    this.place(this.places - 1);
    if (this.loop) {
      this.at = 0;
      this.play();
    } else {
      await this.settle();
      this.tell("pause");
    }
  }

  /** The running clip that lasts longest: its picture says where we are. */
  leader() {
    const running = this.tracks.filter((track) => track.clip && !track.clip.paused && !track.clip.video.ended);
    const end = (track) => (track.timing.frames - track.shift) / fps(track.timing.rate);
    return running.reduce((most, track) => (most && end(most) >= end(track) ? most : track), null);
  }

  /** One clip at this second of the time line: running in time, or waiting at its beginning or end. */
  follow(track, seconds, leads) {
    const { clip } = track;
    const wanted = seconds + track.shift / fps(track.timing.rate);
    const inside = wanted >= 0 && wanted < (track.timing.frames - 0.5) / fps(track.timing.rate);
    if (!inside) {
      if (!clip.paused) clip.pause();
      const still = wanted < 0 ? 0 : track.timing.frames - 1;
      if (clip.frame !== still && !clip.busy) clip.seek(still);
      return;
    }
    if (clip.paused) {
      if (!track.starting && clip.frame < track.timing.frames - 1) {
        track.starting = true;
        clip
          .play()
          .catch(() => {})
          .finally(() => (track.starting = false));
      }
      return;
    }
    const off = secondsOf(track) - wanted;
    const { video } = clip;
    if (leads || Math.abs(off) * fps(track.timing.rate) < NEAR_FRAMES) video.playbackRate = this.speed;
    else if (Math.abs(off) > FAR_S) video.seeking || (video.currentTime = clip.timing.start_s + wanted);
    else video.playbackRate = this.speed * (1 - Math.sign(off) * LEAN);
  }

  place(at) {
    if (at === this.at) return;
    this.at = at;
    this.tell("frame");
  }

  tell(name) {
    this.dispatchEvent(new CustomEvent(name, { detail: { at: this.at } }));
  }
}

/** Where a clip is, in seconds from its first frame. */
const secondsOf = ({ clip }) => clip.video.currentTime - clip.timing.start_s;
