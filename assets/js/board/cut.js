// The whole film from the best clip of each shot: two stacked videos take turns, the next one loaded ahead. Trims and
// transitions are the board's; a shot with no clip yet shows its words for its length.

import { button, el, icon, media, seconds, t } from "../dom.js";
import { runPreview } from "../parts.js";
import { clipAt, times } from "./timeline.js";
import { oneRunShots } from "./whole.js";

const END_S = 0.012; // a clip this near to its end has shown its last frame
const AHEAD_S = 2.5; // so long before its turn the next clip is brought to its first frame
const RATES = [1, 2, 4];

/** The shots as the player shows them: each with its file and its times in the film, which the studio reckons. */
const playerClips = (shots, fps) =>
  shots.map((shot) => ({
    ...times(shot.segment, fps),
    shot,
    id: shot.id,
    src: shot.best ? media(shot.best.id) : "",
    over: shot.transition,
  }));

export class CutPlayer {
  constructor(store) {
    this.store = store;
    this.moved = null; // hears which clip is on, and how far into it: (clip, seconds)
    this.held = null; // says whether the person holds another shot selected
    this.clips = [];
    this.at = 0;
    this.index = 0;
    this.playing = false;
    this.rate = 1;
    this.key = "";
    this.source = null; // the shots that the clips were made of
    this.sourceFps = 0;
    this.videos = [this.video(), this.video()];
    this.card = el("div", "bd-card-in");
    this.veil = el("div", "bd-veil");
    this.badge = el("span", "bd-badge");
    this.stage = el("div", "bd-stage", {}, ...this.videos, this.card, this.veil, this.badge);
    this.stage.addEventListener("click", () => this.toggle());
    this.build();
    this.node = el(
      "section",
      "bd-player",
      { "aria-label": t("board.player") },
      el("div", "bd-frame", {}, this.stage),
      this.bar,
    );
    store.on((why) => why !== "typing" && this.follow(why));
  }

  video() {
    const made = el("video", "", {
      playsinline: true,
      preload: "auto",
      tabindex: "-1",
      "aria-hidden": "true",
      disablepictureinpicture: true,
    });
    made.addEventListener("loadedmetadata", () => (made.currentTime = made.wanted ?? 0));
    made.addEventListener("error", () => made.src && (made.broken = made.dataset.src));
    const watch = () =>
      made.requestVideoFrameCallback?.((_, { mediaTime }) => {
        made.presented = { src: made.dataset.src, at: mediaTime };
        if (this.settling) this.syncToFrame();
        watch();
      });
    watch();
    return made;
  }

  build() {
    this.playButton = button(t("board.play"), { name: "play", cls: "bare bd-play", data: { do: "play" } }, () =>
      this.toggle(),
    );
    this.clock = el("span", "bd-clock", { "aria-hidden": "true" });
    this.where = el("span", "bd-where");
    this.marks = el("div", "bd-marks", { "aria-hidden": "true" });
    this.range = el("input", "bd-range", {
      type: "range",
      min: 0,
      step: 0.001,
      value: 0,
      "aria-label": t("board.scrub"),
    });
    this.range.addEventListener("input", () => this.seek(Number(this.range.value)));
    this.range.addEventListener("keydown", (e) => e.key.startsWith("Arrow") && e.preventDefault());
    this.sound = button(
      t("widgets.mute"),
      { name: "sound", cls: "bare", "aria-pressed": "false", data: { do: "mute" } },
      () => this.mute(),
    );
    const step = (label, name, fn, word) => button(t(label), { name, cls: "bare", data: { do: word } }, fn);
    this.speed = el("span", "bd-speed", { hidden: true });
    const full = button(t("widgets.fullscreen"), { name: "full", cls: "bare", data: { do: "full" } }, () =>
      this.full(),
    );
    this.bar = el(
      "div",
      "bd-controls",
      { role: "group", "aria-label": t("widgets.player") },
      el("div", "bd-scrub", {}, this.marks, this.range),
      el(
        "div",
        "bd-row",
        {},
        step("board.shot_back", "begin", () => this.jump(-1), "shot-back"),
        step("widgets.frame_back", "left", () => this.step(-1), "back"),
        this.playButton,
        step("widgets.frame_on", "right", () => this.step(1), "on"),
        step("board.shot_on", "finish", () => this.jump(1), "shot-on"),
        this.speed,
        this.clock,
        this.where,
        this.sound,
        full,
      ),
    );
  }

  get total() {
    const last = this.clips.at(-1);
    return last ? last.at + last.length : 0;
  }

  get clip() {
    return this.clips[this.index];
  }

  get fps() {
    return this.store.board.fps || 24;
  }

  follow(why) {
    if (why === "select") {
      if (this.store.from !== "player") this.showShot(this.store.selected);
      return this.mark();
    }
    const one = oneRunShots(this.store);
    if (!one && this.store.shown.length) return this.mark(); // the studio has not yet said when the shots are shown now
    this.stage.style.aspectRatio = `${this.store.board.width} / ${this.store.board.height}`;
    this.stage.style.setProperty("--shape", `${this.store.board.width / this.store.board.height}`);
    const shots = one || this.store.shots;
    if (shots !== this.source || this.fps !== this.sourceFps) this.take(playerClips(shots, this.fps));
    this.source = shots;
    this.sourceFps = this.fps;
    this.mark();
    this.paint();
  }

  /** These clips from now on; where one sees the same film, it stays where it is. */
  take(clips) {
    const key = JSON.stringify(clips.map((c) => [c.id, c.src, c.in, c.length, c.at, c.over, c.overlap]));
    if (key === this.key) return clips.forEach((c, i) => (this.clips[i].shot = c.shot));
    const here = this.clip?.id;
    const inside = this.clip ? this.at - this.clip.at : 0;
    this.clips = clips;
    this.key = key;
    const again = clips.findIndex((c) => c.id === (here ?? this.store.selected));
    this.index = Math.max(0, again);
    this.range.max = this.total;
    this.seek(this.clip ? this.clip.at + Math.max(0, Math.min(inside, this.clip.length - END_S)) : 0);
    this.drawMarks();
  }

  drawMarks() {
    const total = this.total || 1;
    this.marks.replaceChildren(
      ...this.clips.map((c) => {
        const shown = el("i", c.shot.best_kind || "none", { data: { id: c.id } }, el("b", "", {}, `${c.shot.number}`));
        shown.style.left = `${(c.at / total) * 100}%`;
        shown.style.width = `${((c.length - c.overlap) / total) * 100}%`;
        return shown;
      }),
    );
  }

  mark() {
    for (const one of this.marks.children) one.classList.toggle("on", one.dataset.id === this.store.selected);
  }

  /** Bring a clip into a video at `inside` seconds of what the film shows of it. */
  load(video, clip, inside) {
    video.clip = clip;
    video.wanted = clip.in + inside;
    if (!clip.src) return video.pause();
    if (video.dataset.src !== clip.src) {
      video.dataset.src = clip.src;
      video.src = clip.src;
    } else if (video.readyState > 0 && Math.abs(video.currentTime - video.wanted) > 0.004)
      video.currentTime = video.wanted;
  }

  /** Show the film at this time. */
  seek(at) {
    this.settling = false;
    if (!this.clips.length) return this.paint();
    this.at = Math.max(0, Math.min(at, this.total - END_S));
    this.index = clipAt(this.clips, this.at);
    const before = this.clips[this.index - 1];
    const under = before && this.at < this.clip.at + before.overlap;
    this.load(this.videos[0], this.clip, this.at - this.clip.at);
    if (under) this.load(this.videos[1], before, this.at - before.at);
    this.videos[1].under = under;
    this.videos[1].ready = null;
    if (!under) this.videos[1].pause();
    if (this.playing) this.run();
    this.paint();
    this.selectCurrentShot();
  }

  /** Show a shot: its first frame that is all its own. */
  showShot(id) {
    const i = this.clips.findIndex((c) => c.id === id);
    if (i >= 0 && this.clip?.id !== id) this.seek(this.clips[i].at + (this.clips[i - 1]?.overlap ?? 0));
  }

  jump(by) {
    const within = this.at - (this.clip?.at ?? 0);
    const to = by < 0 && within > 0.4 ? this.index : this.index + by;
    const clip = this.clips[Math.max(0, Math.min(to, this.clips.length - 1))];
    if (clip) this.seek(clip.at + (this.clips[this.clips.indexOf(clip) - 1]?.overlap ?? 0));
  }

  step(frames) {
    this.pause();
    this.seek((Math.floor(this.at * this.fps + 1e-3) + frames + 0.5) / this.fps);
  }

  toggle() {
    this.playing ? this.pause() : this.play();
  }

  play(rate = 1) {
    if (!this.clips.length) return;
    this.rate = rate;
    if (this.at >= this.total - 2 * END_S && rate > 0) this.seek(0);
    this.playing = true;
    this.last = performance.now();
    this.run();
    this.paint();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    this.settling = this.playing;
    this.playing = false;
    this.rate = 1;
    this.videos.forEach((v) => v.pause());
    this.settling ? this.syncToFrame() : this.paint();
  }

  /** After a stop, the time is that of the frame on screen: a video's own clock runs ahead of its picture. */
  syncToFrame() {
    const { clip } = this;
    const { presented } = this.videos[0];
    const told = clip?.src && presented?.src === clip.src ? presented.at - clip.in : null;
    if (told !== null && told >= 0 && told < clip.length) this.at = clip.at + told;
    this.paint();
  }

  /** Let the videos on the stage run. */
  run() {
    const [front, back] = this.videos;
    for (const video of [front, ...(back.under ? [back] : [])]) {
      if (!video.clip?.src || this.rate < 0) continue;
      video.playbackRate = this.rate;
      if (video.paused && !video.ended) video.play().catch(() => {});
    }
  }

  tick(now) {
    if (!this.playing || !this.node.isConnected) return;
    this.frame = requestAnimationFrame((n) => this.tick(n));
    const passed = Math.min(0.25, (now - this.last) / 1000) * this.rate;
    this.last = now;
    if (this.rate < 0) return this.at + passed <= 0 ? (this.seek(0), this.pause()) : this.seek(this.at + passed);
    const { clip } = this;
    const front = this.videos[0];
    const alive = clip.src && front.broken !== clip.src;
    if (!alive) this.at += passed;
    else if (!front.seeking && front.readyState > 1) this.at = clip.at + Math.max(0, front.currentTime - clip.in);
    if (alive && front.ended) this.at = clip.at + clip.length;
    const next = this.clips[this.index + 1];
    const leaves = clip.at + clip.length - clip.overlap;
    if (!next) {
      if (this.at >= clip.at + clip.length - END_S) return ((this.at = this.total - END_S), this.pause());
    } else if (this.at >= leaves - END_S) this.bringToFront(next);
    else if (this.at >= leaves - AHEAD_S && this.videos[1].ready !== next && !this.videos[1].under) {
      this.videos[1].pause();
      this.load(this.videos[1], next, 0);
      this.videos[1].ready = next;
    }
    this.paint();
  }

  /** The next clip comes to the front; the one before stays under it while they overlap. */
  bringToFront(next) {
    const old = this.clip;
    this.videos.reverse();
    const [front, back] = this.videos;
    if (front.ready !== next) this.load(front, next, 0);
    front.ready = null;
    front.under = false;
    back.under = old.overlap > 0;
    if (!back.under) back.pause();
    this.index++;
    this.at = Math.max(this.at, next.at);
    this.run();
    this.selectCurrentShot();
  }

  /** The chosen shot follows the film, unless somebody is typing into the one that is chosen. */
  selectCurrentShot() {
    if (this.clip && !this.held?.()) this.store.select(this.clip.id, "player");
  }

  /** Put the stage right for the present time. */
  paint() {
    const { clip } = this;
    const [front, back] = this.videos;
    const before = this.clips[this.index - 1];
    const inside = clip ? this.at - clip.at : 0;
    const part = before?.overlap && inside < before.overlap ? Math.max(0, inside / before.overlap) : 1;
    if (part >= 1 && back.under) {
      back.under = false;
      back.pause();
    }
    const style = before?.over || "cut";
    const dips = style.startsWith("dip") && part < 1;
    const shown = dips ? (part < 0.5 ? 0 : 1) : part;
    front.style.zIndex = "2";
    back.style.zIndex = "1";
    front.style.opacity = `${clip?.src ? (style === "crossfade" || dips ? shown : 1) : 0}`;
    front.style.clipPath = style === "wipe" && part < 1 ? `inset(0 ${(1 - part) * 100}% 0 0)` : "none";
    back.style.opacity = back.under && back.clip?.src ? "1" : "0";
    back.style.clipPath = "none";
    front.volume = part;
    back.volume = 1 - part;
    this.veil.style.opacity = `${dips ? 1 - Math.abs(part * 2 - 1) : 0}`;
    this.veil.style.background = style === "dip_white" ? "#fff" : "#000";
    this.showCard(clip);
    this.showTime(clip);
  }

  /** The words of a shot that has no picture yet. */
  showCard(clip) {
    const key = clip ? (clip.src ? "" : `${clip.id}${clip.shot.prompt}${clip.shot.running?.id}`) : "none";
    if (key === this.cardKey) {
      if (clip?.shot.running && key) runPreview(this.look, clip.shot.running);
      return;
    }
    this.cardKey = key;
    this.card.hidden = !key;
    if (!key) return;
    const words = clip
      ? [
          el("span", "bd-bignumber", {}, `${clip.shot.number}`),
          el("p", "", {}, clip.shot.prompt || t("board.no_words")),
          el("small", "", {}, t(clip.shot.running ? "board.being_made" : "board.no_picture")),
        ]
      : [icon("film", "st-i huge"), el("p", "", {}, t("board.no_shots"))];
    this.card.replaceChildren(...words, (this.look = el("div", "st-pic bd-look")));
    if (clip?.shot.running) runPreview(this.look, clip.shot.running);
  }

  showTime(clip) {
    const { at, total } = this;
    this.range.value = `${at}`;
    this.range.style.setProperty("--part", `${total ? (at / total) * 100 : 0}%`);
    this.range.setAttribute(
      "aria-valuetext",
      clip ? t("board.at", { n: clip.shot.number, time: seconds(at), total: seconds(total) }) : "",
    );
    const frames = (s) =>
      `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(Math.floor(s % 60)).padStart(2, "0")}:${String(Math.floor((s % 1) * this.fps + 1e-3)).padStart(2, "0")}`;
    this.clock.textContent = `${frames(at)} / ${frames(total)}`;
    this.where.textContent = clip ? t("board.shot_of", { n: clip.shot.number, all: this.clips.length }) : "";
    const kind = clip?.shot.best_kind || "";
    this.badge.hidden = !kind;
    this.badge.className = `bd-badge ${kind}${clip?.shot.stale ? " stale" : ""}`;
    this.badge.textContent = kind
      ? t(kind === "draft" ? "board.is_draft" : clip.shot.stale ? "board.is_stale" : "board.is_take")
      : "";
    this.speed.hidden = !this.playing || this.rate === 1;
    this.speed.textContent = `${this.rate}×`;
    const face = this.playing ? "pause" : "play";
    if (this.playButton.dataset.face !== face) {
      this.playButton.dataset.face = face;
      this.playButton.replaceChildren(icon(face));
    }
    this.inside = clip ? at - clip.at : 0;
    this.moved?.(clip, this.inside);
  }

  mute() {
    const on = !this.videos[0].muted;
    this.videos.forEach((v) => (v.muted = on));
    this.sound.setAttribute("aria-pressed", on);
    this.sound.replaceChildren(icon(on ? "mute" : "sound"));
  }

  full() {
    document.fullscreenElement ? document.exitFullscreen() : this.node.requestFullscreen?.();
  }

  /** Keys of an editing table; true when the key was one of them. */
  key_(e) {
    const faster = () =>
      this.playing && this.rate > 0 ? RATES[Math.min(RATES.length - 1, RATES.indexOf(this.rate) + 1)] : 1;
    const acts = {
      " ": () => this.toggle(),
      k: () => this.pause(),
      l: () => this.play(faster()),
      j: () => this.play(-1),
      m: () => this.mute(),
      f: () => this.full(),
      ",": () => this.step(-1),
      ".": () => this.step(1),
      Home: () => this.seek(0),
      End: () => (this.pause(), this.seek(this.total)),
    };
    const act = acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!act) return false;
    act();
    return true;
  }
}
