// A page that goes along with the one that leads: the same version, the same frame, and in step while it plays.

const CHECK_MS = 200;
const FAR_S = 0.4; // further off than this it jumps; nearer it plays a little faster or slower
const NEAR_FRAMES = 0.75; // as good as together
const MOST_NUDGE = 0.12; // part of the speed
const CATCH_UP_S = 0.6; // in which a difference is made up

/** Drives session and player after a leader's view. Hears "left" when the person did something of their own. */
export class Follower extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.view = null;
    this.at = 0; // performance.now() of the moment that the view shows
    this.driving = 0; // what happens to the player meanwhile is our own doing
    this.onSelect = () => this.on && !this.driving && this.leave();
    this.onPlayer = () => this.judge();
    session.addEventListener("select", this.onSelect);
  }

  get on() {
    return Boolean(this.view);
  }

  /** The page shows another player. */
  attach(player) {
    for (const name of ["play", "pause", "frame"]) {
      this.player?.removeEventListener(name, this.onPlayer);
      player?.addEventListener(name, this.onPlayer);
    }
    this.player = player;
    this.shown = null;
    if (this.on) this.drive(() => this.apply());
  }

  /** Go along with this view from now on; age: milliseconds that have passed since it was so. */
  follow(view, age) {
    this.view = view;
    this.at = performance.now() - age;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.keepStep(), CHECK_MS);
    return this.drive(() => this.apply());
  }

  /** Stay where this page is. */
  stop() {
    clearInterval(this.timer);
    if (this.view?.playing && this.player?.media) this.player.media.playbackRate = this.player.speed;
    this.view = null;
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

  async drive(act) {
    this.driving++;
    try {
      await act();
    } finally {
      this.driving--;
    }
  }

  /** Frames a second; of sound, what the player counts as one. */
  get fps() {
    const rate = this.player.timing?.rate ?? this.player.rate;
    return rate.num / rate.den;
  }

  /** The frame that the leader shows now; a fraction while it plays. */
  target() {
    const { view, player } = this;
    if (!view.playing) return view.frame;
    const passed = ((performance.now() - this.at) / 1000) * view.speed * this.fps;
    const [first, last] = Array.isArray(view.loop) ? view.loop : [0, player.frames - 1];
    const length = last - first + 1;
    const frame = view.frame + passed;
    if (frame <= last) return frame;
    return view.loop ? first + ((frame - first) % length) : last;
  }

  async apply() {
    const { session, view } = this;
    if (view.item && view.version !== session.version?.id) session.select(view.item, view.version);
    const { player } = this;
    if (!player || player !== session.player || view.version !== session.version?.id || view.frame === null) return;
    if (view.playing) return this.play();
    if (!player.paused) player.pause();
    if (this.shown !== view.frame || player.frame !== view.frame) {
      this.shown = view.frame;
      await player.seek(view.frame);
    }
  }

  async play() {
    const { player, view } = this;
    player.setSpeed(view.speed);
    if (!player.paused) return this.keepStep();
    await player.seek(Math.round(this.target()));
    if (this.view !== view) return;
    try {
      await player.play();
    } catch {
      player.media.muted = true; // a browser lets a page that nobody has pressed yet play only without sound
      await player.play().catch(() => {});
    }
  }

  /** While both play: a difference is made up by the speed, a large one by a jump. */
  keepStep() {
    const { player, view } = this;
    if (!view?.playing || !player || player.paused || player !== this.session.player || this.driving > 1) return;
    if (view.version !== this.session.version?.id) return;
    const { fps } = this;
    const off = this.target() - player.frame - 0.5; // a frame is shown from its own moment until the next one's
    if (view.loop && Math.abs(off) > player.frames / 2) return; // one of the two has begun anew
    if (Math.abs(off) > FAR_S * fps) {
      player.media.playbackRate = view.speed;
      this.drive(() => player.seek(Math.round(this.target())));
      return;
    }
    const nudge = Math.abs(off) <= NEAR_FRAMES ? 0 : off / fps / CATCH_UP_S;
    const speed = view.speed * (1 + Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, nudge)));
    if (Math.abs(player.media.playbackRate - speed) > 0.004) player.media.playbackRate = speed;
  }

  /** Whether what the player does is the person's own wish. */
  judge() {
    const { player, view } = this;
    if (!view || this.driving || player !== this.session.player || view.version !== this.session.version?.id) return;
    if (view.frame === null) return;
    const over = player.frame >= player.frames - 1; // the end came, which nobody pressed
    if (view.playing ? player.paused && !over : !player.paused || player.frame !== this.shown) this.leave();
  }
}
