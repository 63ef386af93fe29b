// The browser tab's title and icon: what runs, and how it ended while nobody looked.

import { t } from "./dom.js";

const NAME = "Wan Studio";
const DOTS = { done: "#3ecf8e", failed: "#ff6b5e", held: "#ffb020" };
const RANK = ["done", "failed", "held"];

/** Draws title and icon. name: gives the open page's name. */
export class TabTitle {
  constructor(name) {
    this.name = name;
    this.running = this.queued = 0;
    this.outcome = "";
    this.icon = document.querySelector('link[rel="icon"]');
    this.plain = this.icon?.href;
    this.drawing = null;
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    document.addEventListener("studio-tab", () => this.draw());
  }

  /** The person's own runs by status and task, as they are now. */
  update(own) {
    const sum = (status) => Object.values(own[status] || {}).reduce((all, n) => all + n, 0);
    const running = sum("running");
    const queued = sum("queued");
    if (running === this.running && queued === this.queued) return;
    this.running = running;
    this.queued = queued;
    this.draw();
  }

  /** A run ended, or waits for a person: "done", "failed" or "held". Told until somebody looks. */
  tell(outcome) {
    if (!document.hidden) return;
    if (RANK.indexOf(outcome) > RANK.indexOf(this.outcome)) this.outcome = outcome;
    this.draw();
  }

  look() {
    this.outcome = "";
    this.draw();
  }

  draw() {
    document.title = [this.words() || this.outcomeWords(), this.name(), NAME].filter(Boolean).join(" · ");
    this.mark(this.words() ? "" : this.outcome);
  }

  words() {
    if (this.running) return t("notifications.title_running", { n: this.running });
    return this.queued ? t("notifications.title_queued", { n: this.queued }) : "";
  }

  outcomeWords() {
    return this.outcome ? t(`notifications.title_${this.outcome}`) : "";
  }

  /** A dot on the icon, in the colour of the outcome. */
  async mark(outcome) {
    if (!this.icon || outcome === this.marked) return;
    this.marked = outcome;
    if (!outcome) return void (this.icon.href = this.plain);
    this.drawing ||= fetch(this.plain).then((answer) => answer.text());
    const drawing = await this.drawing.catch(() => "");
    const dot = `<circle cx="24" cy="24" r="7.500" fill="${DOTS[outcome]}" stroke="#fff" stroke-width="2"/></svg>`;
    if (drawing && this.marked === outcome)
      this.icon.href = `data:image/svg+xml,${encodeURIComponent(drawing.replace("</svg>", dot))}`;
  }
}
