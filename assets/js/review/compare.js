// Versions of a review in step: side by side, wiped, their difference, or one over the other; enlarged and moved as one.
// A comment can be written on the one that is chosen, and the runs behind them can be judged blind.

import { button, el, isTyping, styles, t } from "../dom.js";
import { linkedZoom } from "../compare/stage.js";
import { Clip } from "../frames/clip.js";
import { timecode, timingOf } from "../frames/frame_clock.js";
import { get, toast } from "../net.js";
import { CompareBar } from "./compare_bar.js";
import { CompareComment } from "./compare_comment.js";
import { InStep } from "./in_step.js";

export const MOST = 4;
const MODES = { side: "s", wipe: "w", difference: "d", overlay: "o" };
const STEPS = { ArrowLeft: -1, ",": -1, ArrowRight: 1, ".": 1 };
const FAR_STEP = 10;
const WIPE_STEP = 0.02;

const canShow = (version) => version?.state === "ready" && version.asset && version.kind !== "audio";

/** The ids of those versions that can be compared, at most `most` of them. */
export function comparable(session, versionIds, most = MOST) {
  const shown = (id) => canShow(session.itemOf(id)?.versions.find((one) => one.id === id));
  return [...new Set(versionIds)].filter(shown).slice(0, most);
}

/** Compare versions over the whole window. Says so where fewer than two can be shown. */
export function openCompare(session, versionIds, options = {}) {
  const ids = comparable(session, versionIds);
  if (ids.length < 2) {
    toast(t("reviewcompare.too_few"), { bad: true });
    return null;
  }
  session.player?.pause();
  const view = compareView(session, ids, options);
  const dialog = el("dialog", "st st-light rc-dialog", { "aria-label": t("reviewcompare.compare") }, view.element);
  session.compare = view;
  document.body.append(dialog);
  view.addEventListener("close", () => dialog.close());
  dialog.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation()); // the page below has keys of its own
  dialog.addEventListener("close", () => {
    session.compare = null;
    view.destroy();
    dialog.remove();
  });
  dialog.showModal();
  view.element.focus();
  return view;
}

/**
 * Two to four versions in step. frame: the place on their common time line; events "frame" and "close".
 * mode: "side", "wipe", "difference" or "overlay".
 */
export function compareView(session, versionIds, { mode = "side" } = {}) {
  styles("widgets.css", "review-compare.css");
  return new CompareView(session, versionIds, mode);
}

class CompareView extends EventTarget {
  constructor(session, versionIds, mode) {
    super();
    this.session = session;
    this.focused = 0;
    this.pair = [0, 1]; // the two of wipe, difference and overlay: below and above
    this.wipe = 0.5;
    const items = new Set(versionIds.map((id) => session.itemOf(id)));
    this.title = items.size === 1 ? [...items][0].title : ""; // said once where all are versions of it
    this.tracks = versionIds.map((id, n) => this.track(id, n));
    this.inStep = new InStep(this.tracks);
    this.build();
    this.inStep.addEventListener("frame", () => this.framed());
    for (const word of ["play", "pause"])
      this.inStep.addEventListener(word, () => this.bar.playing(this.inStep.playing));
    for (const { clip } of this.tracks) clip?.addEventListener("frame", () => this.label());
    this.setMode(mode);
    this.focus(0);
    this.framed();
    this.tracks.forEach((track) => this.learn(track));
  }

  /** When exactly each frame of a clip is shown: its rate may vary, or its frames be others than the file says. */
  async learn(track) {
    if (!track.clip) return;
    const asset = encodeURIComponent(track.version.asset);
    const told = await get(`${this.session.base}/frames/${asset}`).catch(() => null); // what is known already will do
    if (!told || this.gone) return;
    const { num, den, frames, start_s, times } = told;
    await track.clip.retime(timingOf({ rate: { num, den }, frames, start_s, times }));
    track.timing = track.clip.timing;
    this.inStep.measure();
    await this.seek(Math.min(this.frame, this.inStep.places - 1));
    this.bar.measured();
    this.label();
  }

  /** A version with its place on the page. */
  track(id, n) {
    const item = this.session.itemOf(id);
    const version = item.versions.find((one) => one.id === id);
    const src = this.session.mediaUrl(version.asset);
    const moving = version.kind === "video" && version.rate;
    const clip = moving ? new Clip({ src, timing: timingOf(version) }) : null;
    if (clip) clip.video.muted = true;
    const shown = clip ? [clip.video, clip.canvas] : [el("img", "", { src, alt: item.title, draggable: "false" })];
    const name = el("span", "rc-frame");
    const status = this.session.statusOf(version);
    const dot = el("i", "rc-dot");
    if (status) dot.style.background = status.color;
    const title = this.title ? null : item.title;
    const words = [title, version.label || `v${version.number}`, status?.name].filter(Boolean).join(" · ");
    const caption = el(
      "button",
      "rc-caption",
      { type: "button", title: words, "aria-pressed": "false", data: { n }, onclick: () => this.focus(n) },
      el("b", "", {}, letter(n)),
      dot,
      el("span", "rc-name", {}, words),
      name,
    );
    const pane = el(
      "div",
      "rc-pane cw-pic",
      { data: { n }, onclick: () => this.focus(n) },
      el("div", "rc-media", {}, shown),
    );
    return {
      version,
      clip,
      timing: clip?.timing ?? null,
      shift: 0,
      pane,
      caption,
      counter: name,
    };
  }

  build() {
    const { tracks, session } = this;
    this.panes = el("div", "rc-panes", {}, ...tracks.map((track) => track.pane));
    this.captions = el("div", "rc-captions", {}, ...tracks.map((track) => track.caption));
    this.zoom = linkedZoom(this.panes);
    this.line = el("div", "rc-line", {
      role: "slider",
      tabindex: 0,
      "aria-label": t("reviewcompare.wipe_line"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    });
    this.dragLine();
    this.stage = el("div", "rc-stage", { data: { count: tracks.length } }, this.panes, this.captions, this.line);
    this.modes = Object.entries(MODES).map(([mode, key]) =>
      button(
        t(`reviewcompare.${mode}`),
        { text: t(`reviewcompare.${mode}`), cls: "bare", "aria-keyshortcuts": key, data: { mode } },
        () => this.setMode(mode),
      ),
    );
    this.gain = this.slider("gain", { min: 1, max: 32, step: 1, value: 4 }, (n) => `×${n}`);
    this.opacity = this.slider("opacity", { min: 0, max: 100, step: 1, value: 50 }, (n) => `${n} %`);
    this.swap = button(
      t("reviewcompare.swap"),
      { name: "compare", cls: "bare", "aria-keyshortcuts": "x", data: { do: "swap" } },
      () => this.setPair(this.pair[1], this.pair[0]),
    );
    this.picks = el(
      "span",
      "rc-picks",
      { role: "group", "aria-label": t("reviewcompare.above") },
      ...tracks.map((_, n) =>
        button(
          t("reviewcompare.put_above", { name: letter(n) }),
          { text: letter(n), cls: "bare", data: { pick: n } },
          () => this.pick(n),
        ),
      ),
    );
    const runs = this.judgeable();
    const vote =
      runs.length > 1
        ? button(
            t("reviewcompare.vote"),
            {
              name: "blind",
              text: t("reviewcompare.vote"),
              cls: "bare",
              title: t("reviewcompare.vote_help"),
              data: { do: "vote" },
            },
            () => this.vote(runs),
          )
        : null;
    this.bar = new CompareBar(this);
    this.comment = session.me.may.comment ? new CompareComment(this) : null;
    this.element = el(
      "div",
      "rc-view",
      { tabindex: -1 },
      el(
        "header",
        "rc-head",
        {},
        el("h2", "rc-title", {}, this.title || t("reviewcompare.compare")),
        el("span", "rc-modes", { role: "group", "aria-label": t("reviewcompare.mode") }, ...this.modes),
        this.picks,
        this.swap,
        this.gain.element,
        this.opacity.element,
        el("i", "st-grow"),
        vote,
        el("span", "rc-zoom", { role: "group", "aria-label": t("compare.zoom") }, ...this.zoom.buttons),
        button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => this.close()),
      ),
      this.stage,
      this.bar.element,
      this.comment?.element ?? "",
    );
    this.element.addEventListener("keydown", (e) => this.key(e));
  }

  /** A slider that sets --rc-NAME on the stage. */
  slider(name, limits, words) {
    const shown = el("output", "");
    const input = el("input", "", {
      type: "range",
      ...limits,
      "aria-label": t(`reviewcompare.${name}`),
      data: { do: name },
      oninput: () => set(),
    });
    const set = () => {
      this.stage.style.setProperty(`--rc-${name}`, input.value);
      shown.textContent = words(input.value);
    };
    return { element: el("label", "rc-slider", {}, el("span", "", {}, t(`reviewcompare.${name}`)), input, shown), set };
  }

  // ------------------------------------------------------------------------------------------------------ looking

  setMode(mode) {
    this.mode = mode;
    this.stage.dataset.mode = mode;
    for (const one of this.modes) {
      one.classList.toggle("on", one.dataset.mode === mode);
      one.setAttribute("aria-pressed", one.dataset.mode === mode);
    }
    const paired = mode !== "side";
    this.line.hidden = mode !== "wipe";
    this.gain.element.hidden = mode !== "difference";
    this.opacity.element.hidden = mode !== "overlay";
    this.swap.hidden = !paired || mode === "difference";
    this.picks.hidden = !paired || this.tracks.length < 3;
    this.gain.set();
    this.opacity.set();
    this.setPair(...this.pair);
    this.setWipe(this.wipe);
  }

  /** Which two lie over one another, where two do. */
  setPair(below, above) {
    this.pair = [below, above];
    const paired = this.mode !== "side";
    this.tracks.forEach(({ pane, caption }, n) => {
      const part = !paired ? "" : n === below ? "below" : n === above ? "above" : "away";
      for (const node of [pane, caption]) node.dataset.part = part;
    });
    for (const one of this.picks.children) one.classList.toggle("on", Number(one.dataset.pick) === above);
    if (paired && !this.pair.includes(this.focused)) this.focus(above);
  }

  /** Put one of three or four above; the one that was there goes away, or below if it is the lower one. */
  pick(n) {
    const [below, above] = this.pair;
    this.setPair(n === below ? above : below, n);
  }

  setWipe(share) {
    this.wipe = Math.min(1, Math.max(0, share));
    this.stage.style.setProperty("--rc-wipe", `${this.wipe * 100}%`);
    this.line.setAttribute("aria-valuenow", Math.round(this.wipe * 100));
  }

  dragLine() {
    const { line } = this;
    line.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      line.setPointerCapture(e.pointerId);
      e.preventDefault();
      line.focus();
    });
    line.addEventListener("pointermove", (e) => {
      if (!line.hasPointerCapture(e.pointerId)) return;
      const { left, width } = this.stage.getBoundingClientRect();
      this.setWipe((e.clientX - left) / width);
    });
    line.addEventListener("keydown", (e) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      const to = { Home: 0, End: 1 }[e.key] ?? (way ? this.wipe + way * WIPE_STEP * (e.shiftKey ? 5 : 1) : null);
      if (to === null) return;
      e.preventDefault();
      e.stopPropagation();
      this.setWipe(to);
    });
  }

  /** The version that is heard, shifted and commented on. */
  focus(n) {
    this.focused = n;
    this.tracks.forEach(({ pane, caption, clip }, i) => {
      for (const node of [pane, caption]) node.classList.toggle("on", i === n);
      caption.setAttribute("aria-pressed", i === n);
      if (clip) clip.video.muted = i !== n || this.bar.muted;
    });
    this.label();
  }

  /** The ids of the versions, in their order. */
  get versions() {
    return this.tracks.map((track) => track.version.id);
  }

  get chosen() {
    return this.tracks[this.focused];
  }

  // ------------------------------------------------------------------------------------------------------ moving

  get frame() {
    return this.inStep.at;
  }

  /** Go to a place of the common time line; resolves once all show it. */
  seek(at) {
    return this.inStep.seek(at);
  }

  framed() {
    this.label();
    this.dispatchEvent(new CustomEvent("frame", { detail: { frame: this.frame } }));
  }

  /** The frame of each version, as it is on screen. */
  label() {
    for (const { clip, counter, timing } of this.tracks)
      if (clip)
        counter.replaceChildren(
          el("b", "", {}, `${clip.frame}`),
          el("span", "rc-time", {}, timecode(clip.frame, timing.rate)),
        );
    this.bar.moved();
    this.comment?.moved();
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e)) return;
    if (e.key === " " && e.target.closest("button, [role=slider]")) return;
    if (e.target.matches("input[type=range]") && e.key.startsWith("Arrow")) return;
    this.zoom.steer(e);
    if (e.defaultPrevented || !this.act(e)) return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** Whether the key meant something here. */
  act(e) {
    const key = e.key.toLowerCase();
    const step = STEPS[e.key];
    const mode = Object.keys(MODES).find((one) => MODES[one] === key);
    const n = Number(key) - 1;
    if (step) this.inStep.step(step * (e.shiftKey ? FAR_STEP : 1));
    else if (key === " " || key === "k") this.bar.toggle();
    else if (key === "home") this.seek(0);
    else if (key === "end") this.seek(this.inStep.places - 1);
    else if (mode) this.setMode(mode);
    else if (key === "x" && !this.swap.hidden) this.swap.click();
    else if (key === "l") this.bar.loop.click();
    else if (key === "m") this.bar.sound.click();
    else if (key === "[") this.shift(-1);
    else if (key === "]") this.shift(1);
    else if (key === "c" && this.comment) this.comment.focus();
    else if (this.tracks[n]) this.focus(n);
    else return false;
    return true;
  }

  /** Show the chosen version some frames of its own further on than the others. */
  shift(by) {
    const { chosen } = this;
    if (!chosen.clip) return;
    const wanted = by === null ? 0 : chosen.shift + by;
    const last = chosen.timing.frames;
    this.inStep.shift(this.focused, Math.max(1 - last, Math.min(last - 1, wanted)));
    this.bar.measured();
    this.label();
  }

  /** Runs of several models that answer one prompt: a vote on them says something of the models. */
  judgeable() {
    if (this.session.guest) return [];
    const made = this.tracks.map((track) => track.version).filter((version) => version.run && version.model);
    const different = (values) => new Set(values).size;
    const fair = different(made.map((one) => one.model)) > 1 && different(made.map((one) => one.prompt)) === 1;
    return fair ? [...new Set(made.map((one) => one.run))] : [];
  }

  /** The gallery's comparison of the runs behind the versions; a guest's page never loads it. */
  async vote(runs) {
    this.inStep.pause();
    const { compareRuns } = await import("../compare/view.js");
    compareRuns(
      runs.map((id) => ({ id })),
      { blind: true },
    );
  }

  close() {
    this.dispatchEvent(new CustomEvent("close"));
  }

  destroy() {
    this.gone = true;
    this.inStep.halt();
    for (const { clip } of this.tracks) clip?.destroy();
    this.element.remove();
  }
}

const letter = (n) => String.fromCharCode(65 + n);
