// One question to the language model inside a larger window: a button with its price, the way to stop it, and its cost.

import { button, el, t } from "../dom.js";
import { costLine, priceLine } from "./price.js";
import { write } from "./stream.js";

const PRICE_DELAY_MS = 500;

/** A button that asks, with a line about price, progress and cost. `node` is the row of both. */
export class Runner {
  /**
   * @param {{label: string, kind: string, body: () => Record<string, any> | null, text?: (all: string) => any,
   *   progress?: (all: string) => string, done: (answer: Record<string, any>) => any, name?: string}} options
   *   body: null while there is nothing to ask; text: hears all that was written so far; progress: a line about it
   */
  constructor({ label, kind, body, text = () => {}, progress = () => t("writing.writing"), done, name = kind }) {
    this.kind = kind;
    this.body = body;
    this.text = text;
    this.progress = progress;
    this.done = done;
    this.go = button(label, { name: "spark", text: label, data: { do: `writing-${name}` } }, () => this.start());
    const stop = t("writing.stop");
    this.stop = button(stop, { text: stop, hidden: true, data: { do: `stop-${name}` } }, () => this.running?.abort());
    this.state = el("p", "wr-state", { role: "status" });
    this.failure = el("p", "wr-failed", { role: "alert", hidden: true });
    this.node = el("div", "wr-run", {}, this.go, this.stop, this.state, this.failure);
  }

  /** What is to be asked has changed: say what it would cost. */
  changed() {
    clearTimeout(this.timer);
    if (this.running) return;
    const asked = this.body();
    this.go.disabled = !asked;
    if (!asked) return void (this.state.textContent = "");
    const turn = (this.turn = {});
    this.timer = setTimeout(async () => {
      const price = await priceLine(this.kind, asked);
      if (turn === this.turn && !this.running) this.state.textContent = price;
    }, PRICE_DELAY_MS);
  }

  async start() {
    const asked = this.body();
    if (!asked || this.running) return;
    const mine = (this.running = new AbortController());
    let all = "";
    clearTimeout(this.timer);
    this.show(true);
    this.state.textContent = t("writing.writing");
    try {
      const answer = await write(this.kind, asked, {
        signal: mine.signal,
        thinking: () => (this.state.textContent = t("writing.thinking")),
        text: (piece) => {
          all += piece;
          this.state.textContent = this.progress(all);
          this.text(all);
        },
      });
      this.state.textContent = costLine(answer);
      this.running = null;
      this.show(false);
      this.done(answer);
    } catch (error) {
      this.running = null;
      this.show(false);
      const stopped = error.name === "AbortError";
      this.state.textContent = stopped ? t("writing.stopped_here") : "";
      this.failure.hidden = stopped;
      this.failure.textContent = stopped ? "" : error.message;
    }
  }

  show(running) {
    const focused = this.node.contains(document.activeElement);
    this.failure.hidden = true;
    this.go.hidden = running;
    this.stop.hidden = !running;
    if (focused) (running ? this.stop : this.go).focus();
  }

  /** The window goes: what is under way is stopped. */
  close() {
    clearTimeout(this.timer);
    this.turn = null;
    this.running?.abort();
  }
}
