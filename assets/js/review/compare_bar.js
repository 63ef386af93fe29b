// The one control bar of versions in step: play, step, the common time line, shift of the chosen one, loop, speed, sound.

import { button, el, icon, number, t } from "../dom.js";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

export class CompareBar {
  constructor(view) {
    this.view = view;
    this.muted = false;
    const { inStep } = view;
    this.play = button(t("widgets.play"), { name: "play", cls: "bare", data: { do: "play" } }, () => this.toggle());
    const back = button(t("widgets.frame_back"), { name: "left", cls: "bare", data: { do: "back" } }, () =>
      inStep.step(-1),
    );
    const on = button(t("widgets.frame_on"), { name: "right", cls: "bare", data: { do: "on" } }, () => inStep.step(1));
    this.line = el("input", "rc-scrub", {
      type: "range",
      min: 0,
      step: 1,
      value: 0,
      "aria-label": t("reviewcompare.position"),
      oninput: () => this.scrub(),
    });
    this.clock = el("span", "rc-clock", { "aria-hidden": "true" });
    this.shift = el("output", "rc-shift");
    const shifts = el(
      "span",
      "rc-shifts",
      { role: "group", "aria-label": t("reviewcompare.shift") },
      button(
        t("reviewcompare.earlier"),
        { text: "−1", cls: "bare", "aria-keyshortcuts": "[", data: { do: "earlier" } },
        () => view.shift(-1),
      ),
      this.shift,
      button(
        t("reviewcompare.later"),
        { text: "+1", cls: "bare", "aria-keyshortcuts": "]", data: { do: "later" } },
        () => view.shift(1),
      ),
      (this.unshift = button(t("reviewcompare.no_shift"), { name: "undo", cls: "bare", data: { do: "no-shift" } }, () =>
        view.shift(null),
      )),
    );
    shifts.title = t("reviewcompare.shift_help");
    this.loop = button(
      t("widgets.loop"),
      { name: "loop", cls: "bare on", "aria-pressed": "true", data: { do: "loop" } },
      () => {
        inStep.loop = !inStep.loop;
        this.loop.classList.toggle("on", inStep.loop);
        this.loop.setAttribute("aria-pressed", inStep.loop);
      },
    );
    const speed = el(
      "select",
      "st-speed",
      { "aria-label": t("widgets.speed"), onchange: () => inStep.setSpeed(Number(speed.value)) },
      ...SPEEDS.map((s) => el("option", "", { value: s, selected: s === 1 }, `${number(s, 2)}×`)),
    );
    this.sound = button(
      t("widgets.mute"),
      { name: "sound", cls: "bare", "aria-pressed": "false", data: { do: "mute" } },
      () => {
        this.muted = !this.muted;
        this.sound.replaceChildren(icon(this.muted ? "mute" : "sound"));
        this.sound.setAttribute("aria-pressed", this.muted);
        view.focus(view.focused);
      },
    );
    const moving = view.tracks.some((track) => track.clip);
    this.element = el(
      "div",
      "rc-bar",
      { role: "group", "aria-label": t("widgets.player"), hidden: !moving },
      this.line,
      this.play,
      back,
      on,
      this.clock,
      el("i", "st-grow"),
      shifts,
      this.loop,
      speed,
      view.tracks.some((track) => track.version.has_audio) ? this.sound : null,
    );
    this.measured();
  }

  /** The time line may be longer or shorter than before. */
  measured() {
    this.line.max = `${this.view.inStep.places - 1}`;
    const { chosen } = this.view;
    this.shift.textContent = t("reviewcompare.shifted", { n: `${chosen.shift > 0 ? "+" : ""}${chosen.shift}` });
    this.unshift.disabled = !chosen.shift;
  }

  moved() {
    const { inStep } = this.view;
    if (!this.wanted) this.line.value = `${inStep.at}`;
    const whole = inStep.places - 1;
    this.line.style.setProperty("--part", `${whole ? (Number(this.line.value) / whole) * 100 : 0}%`);
    this.line.setAttribute("aria-valuetext", `${inStep.at} / ${whole}`);
    this.clock.textContent = `${inStep.at} / ${whole}`;
    this.measured();
  }

  playing(on) {
    this.play.replaceChildren(icon(on ? "pause" : "play"));
    this.play.setAttribute("aria-label", t(on ? "reviewcompare.pause" : "widgets.play"));
  }

  toggle() {
    const { inStep } = this.view;
    inStep.playing ? inStep.pause() : inStep.play();
  }

  /** To where the finger is; while one place is on its way, only the last wish is kept. */
  async scrub() {
    this.wanted = Number(this.line.value) + 1;
    if (this.scrubbing) return;
    this.scrubbing = true;
    this.view.inStep.pause();
    while (this.wanted) {
      const at = this.wanted - 1;
      await this.view.seek(at);
      if (this.wanted === at + 1) this.wanted = 0;
    }
    this.scrubbing = false;
    this.moved();
  }
}
