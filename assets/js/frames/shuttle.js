// J, K and L as at an editing desk: back, stop, on; each further press doubles the speed, and beside K held one frame.

const FASTEST = 8;

/** Drives a clip both ways; browsers play no clip backwards, so that way it shows frame after frame by the clock. */
export class Shuttle {
  /** @param {import("./clip.js").Clip} clip */
  constructor(clip, { changed }) {
    this.clip = clip;
    this.changed = changed;
    this.speed = 0; // below 0 backwards; 0: not steered from here
    this.held = false;
  }

  /** way: 1 on, -1 back. */
  press(way) {
    if (this.held) return void this.clip.step(way);
    const going = this.speed || (this.clip.paused ? 0 : 1);
    this.speed = Math.sign(going) === way ? Math.min(FASTEST, Math.abs(going) * 2) * way : way;
    if (way > 0) {
      this.#halt();
      this.clip.video.playbackRate = this.speed;
      const playing = this.clip.paused ? this.clip.play() : Promise.resolve();
      playing.then(() => this.speed > 0 && (this.clip.video.playbackRate = this.speed)).catch(() => {});
    } else {
      this.clip.pause();
      this.#back();
    }
    this.changed();
  }
  /** Stop, wherever it goes; the next play is at the chosen speed. */
  stop() {
    if (!this.speed) return;
    this.#halt();
    this.speed = 0;
    this.clip.pause();
    this.clip.setSpeed(this.clip.speed);
    this.changed();
  }

  #halt() {
    cancelAnimationFrame(this.turn);
  }
  #back() {
    this.#halt();
    const { clip } = this;
    const speed = -this.speed;
    let began = null;
    const from = clip.goal ?? clip.frame;
    const show = (now) => {
      began ??= now;
      const [first] = clip.bounds;
      const due = Math.max(first, Math.round(from - ((now - began) / 1000) * clip.fps * speed));
      if (!clip.busy && due < clip.frame) clip.seek(due);
      if (due <= first && clip.frame <= first) return this.stop();
      this.turn = requestAnimationFrame(show);
    };
    this.turn = requestAnimationFrame(show);
  }
}
