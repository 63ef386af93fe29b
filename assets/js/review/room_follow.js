// A page that goes along with the one that leads: the same version, the same frame, and in step while it plays.

import { openCompare } from "./compare.js";

const CHECK_MS = 200;
const FAR_S = 0.25; // further off than this it jumps; nearer it plays a little faster or slower
const NEAR_S = 0.012; // as good as together: less than a frame of any rate
const MOST_NUDGE = 0.15; // part of the speed
const CATCH_UP_S = 0.5; // in which a difference is made up
const PATIENCE_MS = 3000; // for a picture that does not come

/** Drives session and player after a leader's view. Hears "left" when the person did something of their own. */
export class Follower extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.view = null;
    this.at = 0; // performance.now() of the moment that the view shows
    this.compared = null; // the comparison that was opened after the leader
    this.busy = false; // what happens to the player meanwhile is our own doing
    this.onSelect = () => this.view && !this.selecting && this.leave();
    this.onPlayer = () => this.judge();
    session.addEventListener("select", this.onSelect);
  }

  /** The page shows another player. */
  attach(player) {
    for (const name of ["play", "pause", "frame"]) {
      this.player?.removeEventListener(name, this.onPlayer);
      player?.addEventListener(name, this.onPlayer);
    }
    this.player = player;
    this.shown = null;
    if (this.view) this.settle();
  }

  /** Go along with this view from now on; age: milliseconds that have passed since it was so. */
  follow(view, age) {
    this.view = view;
    this.at = performance.now() - age;
    this.timer ??= setInterval(() => this.keepStep(), CHECK_MS);
    this.settle();
  }

  /** Stay where this page is. */
  stop() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.view?.playing && this.player?.media) this.player.media.playbackRate = this.player.speed;
    this.view = null;
    this.compared = null;
  }

  destroy() {
    this.stop();
    this.attach(null);
    this.session.removeEventListener("select", this.onSelect);
  }

  leave() {
    this.stop();
    this.dispatchEvent(new CustomEvent("left"));
  }

  /** Bring the page to the newest view. One step at a time: a later view waits until the picture is there. */
  async settle() {
    this.wanted = true;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.wanted && this.view) {
        this.wanted = false;
        await this.apply();
      }
    } finally {
      this.busy = false;
    }
  }

  async apply() {
    const { session, view } = this;
    if (view.item && view.version !== session.version?.id) {
      this.selecting = true;
      session.select(view.item, view.version);
      this.selecting = false;
    }
    if (view.compare) return this.compare();
    this.endCompare();
    const { player } = this;
    if (!player || player !== session.player || view.version !== session.version?.id || view.frame === null) return;
    if (view.playing) return this.play();
    this.shown = view.frame;
    if (!player.paused) player.pause();
    if (player.frame !== view.frame) await inTime(player.seek(view.frame));
  }

  /** The versions that the leader compares, in the same way and at the same place. */
  async compare() {
    const { session, view } = this;
    const { versions, mode } = view.compare;
    if (this.compared && session.compare !== this.compared) return this.leave(); // the person closed it
    if (this.compared && `${this.compared.versions}` !== `${versions}`) this.endCompare();
    this.compared ??= openCompare(session, versions, { mode });
    if (!this.compared) return;
    if (this.compared.mode !== mode) this.compared.setMode(mode);
    if (this.compared.frame !== view.frame) await inTime(this.compared.seek(view.frame));
  }

  endCompare() {
    const { compared } = this;
    this.compared = null;
    if (compared && this.session.compare === compared) compared.dispatchEvent(new CustomEvent("close"));
  }

  async play() {
    const { player, view } = this;
    if (player.speed !== view.speed) player.setSpeed(view.speed);
    if (JSON.stringify(player.loop) !== JSON.stringify(view.loop)) player.setLoop(view.loop);
    if (!player.paused) return;
    await inTime(player.seek(Math.round(view.frame + this.passed() * this.fps)));
    if (this.view !== view) return;
    try {
      await inTime(player.play());
    } catch {
      player.media.muted = true; // a browser lets a page that nobody has pressed yet play only without sound
      await inTime(player.play()).catch(() => {});
    }
  }

  /** Seconds of the clip that the leader has played since the view. */
  passed() {
    return ((performance.now() - this.at) / 1000) * this.view.speed;
  }

  /** Frames a second; of sound, what the player counts as one. */
  get fps() {
    const rate = this.player.timing?.rate ?? this.player.rate;
    return rate.num / rate.den;
  }

  /**
   * While both play: a difference is made up by the speed, a large one by a jump. The clocks of the two are compared, not
   * the frames: a busy page tells of a frame late, and both pages' clocks run ahead of their pictures alike.
   */
  keepStep() {
    const { player, view } = this;
    if (this.busy || !view?.playing || view.clock === null || !player || player.paused) return;
    if (player !== this.session.player || view.version !== this.session.version?.id) return;
    const { media } = player;
    const off = view.clock + this.passed() - media.currentTime;
    if (Math.abs(off) > media.duration / 2) return; // one of the two has begun anew
    if (Math.abs(off) > FAR_S) {
      media.playbackRate = view.speed;
      media.currentTime = Math.min(media.currentTime + off, media.duration - 0.1);
      return;
    }
    const nudge = Math.abs(off) <= NEAR_S ? 0 : Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, off / CATCH_UP_S));
    const speed = view.speed * (1 + nudge);
    if (Math.abs(media.playbackRate - speed) > 0.004) media.playbackRate = speed;
  }

  /** Whether what the player does is the person's own wish. */
  judge() {
    const { player, view } = this;
    if (!view || this.busy || player !== this.session.player || view.version !== this.session.version?.id) return;
    if (view.frame === null || view.compare) return;
    const over = player.frame >= player.frames - 1; // the end came, which nobody pressed
    if (view.playing ? player.paused && !over : !player.paused || player.frame !== this.shown) this.leave();
  }
}

/** What this promise gives, or nothing where it takes too long. */
const inTime = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
