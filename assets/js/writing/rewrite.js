// The window in which the language model rewrites a text: the price before, the text while it is written, what would
// change, and the cost. The text itself changes only when a person takes it.

import { button, el, styles, t } from "../dom.js";
import { arrows, dialog, field, warnings } from "../board/dialog.js";
import { changes, diff } from "./diff.js";
import { diffView } from "./diff_view.js";
import { costLine, priceLine } from "./price.js";
import { write } from "./stream.js";

const PRICE_DELAY_MS = 400;
const MAX_ANSWER_CHARS = 5000;
const LEAST_KEPT = 0.12; // of the longer text; with less in common, two texts side by side read better than changes

/**
 * @typedef {object} Way
 * @property {string} id names its words: writing.way_ID
 * @property {string} kind of the studio's route
 * @property {Record<string, any>} body
 * @property {string} [asks] a field of the body that a person has to fill in; names its words: writing.asks_NAME
 */

/**
 * Open the window.
 * @param {{title: string, text: string, ways: Way[], use: (text: string) => void, opener: HTMLElement}} options
 *   text: as it stands; use: hears the text that a person takes; opener: gets the focus back where none is taken
 */
export function openRewrite(options) {
  styles("board.css", "board-parts.css", "writing.css");
  return new Rewrite(options);
}

class Rewrite {
  constructor({ title, text, ways, use, opener }) {
    this.text = text;
    this.take = use;
    this.way = ways[0];
    this.state = el("p", "wr-state st-grow", { role: "status" });
    this.work = el("div", "wr-work");
    this.start = this.action("start", { cls: "primary" }, () => this.write());
    this.stop = this.action("stop", {}, () => this.running?.abort());
    this.again = this.action("again", { cls: "quiet" }, () => this.write());
    this.discard = this.action("discard", { cls: "quiet" }, () => this.box.close());
    this.use = this.action("use", { cls: "primary" }, () => this.accept());
    this.answer = el("textarea", "bd-input", { rows: 2, maxlength: MAX_ANSWER_CHARS, data: { field: "writing-asks" } });
    this.answer.addEventListener("input", () => this.price());
    this.question = el("div", "", { hidden: true });
    const body = el("div", "wr", {}, ways.length > 1 ? this.waysOf(ways) : null, this.question, this.work);
    const actions = [this.state, this.again, this.discard, this.stop, this.start, this.use];
    this.box = dialog(title, body, actions, {
      wide: true,
      done: () => {
        this.closed = true;
        this.running?.abort();
        if (!this.taken && opener.isConnected) opener.focus();
      },
    });
    this.box.classList.add("wr-dialog");
    this.start.focus();
    this.ready();
  }

  action(name, look, press) {
    const words = t(`writing.${name}`);
    return button(words, { text: words, data: { do: `writing-${name}` }, ...look }, press);
  }

  waysOf(ways) {
    const radios = ways.map((way) =>
      el(
        "button",
        "",
        {
          type: "button",
          role: "radio",
          "aria-checked": way === this.way,
          data: { way: way.id },
          onclick: () => this.choose(way, radios),
        },
        t(`writing.way_${way.id}`),
      ),
    );
    return arrows(el("div", "wr-ways", { role: "radiogroup", "aria-label": t("writing.ways") }, ...radios));
  }

  choose(way, radios) {
    if (way === this.way) return;
    this.running?.abort();
    this.way = way;
    for (const one of radios) one.setAttribute("aria-checked", String(one.dataset.way === way.id));
    this.ready();
  }

  show(...buttons) {
    const held = this.box.querySelector(".bd-dialog > footer")?.contains(document.activeElement);
    for (const one of [this.again, this.discard, this.stop, this.start, this.use]) one.hidden = !buttons.includes(one);
    if (held && document.activeElement?.matches("[hidden], body")) buttons.at(-1).focus();
  }

  // ------------------------------------------------------------------------------------------------------- states

  /** Nothing was asked yet: the text as it stands, and what it would cost. */
  ready() {
    const { asks } = this.way;
    this.work.replaceChildren(text("yours", this.text));
    this.question.hidden = !asks;
    if (asks) this.question.replaceChildren(field(t(`writing.asks_${asks}`), this.answer));
    this.show(this.start);
    this.price();
    if (asks) this.answer.focus();
  }

  /** What is asked now; null while a field of it is empty. */
  get body() {
    const { asks, body } = this.way;
    if (!asks) return body;
    const answer = this.answer.value.trim();
    return answer ? { ...body, [asks]: answer } : null;
  }

  async price() {
    const { way, body } = this;
    const turn = (this.turn = {});
    this.start.disabled = !body;
    this.state.textContent = "";
    if (!body) return;
    await new Promise((later) => setTimeout(later, way.asks ? PRICE_DELAY_MS : 0));
    const price = turn === this.turn ? await priceLine(way.kind, body) : "";
    if (turn === this.turn && !this.running && !this.closed) this.state.textContent = price;
  }

  async write() {
    const { way, body } = this;
    if (!body) return;
    const mine = (this.running = new AbortController());
    const piece = el("p", "wr-text wr-writing", { "aria-hidden": "true" });
    this.work.replaceChildren(el("section", "", {}, el("h4", "", {}, t("writing.new")), piece));
    this.state.textContent = t("writing.writing");
    this.work.setAttribute("aria-busy", "true");
    this.show(this.stop);
    this.stop.focus();
    try {
      const done = await write(way.kind, body, {
        signal: mine.signal,
        thinking: () => (this.state.textContent = t("writing.thinking")),
        text: (more) => {
          this.state.textContent = t("writing.writing");
          piece.append(more);
          piece.scrollTop = piece.scrollHeight;
        },
      });
      if (this.running === mine) this.written(done);
    } catch (error) {
      if (this.running === mine && !this.closed) this.failed(error);
    }
    this.work.removeAttribute("aria-busy");
  }

  failed(error) {
    const stopped = error.name === "AbortError";
    this.running = null;
    this.show(this.start);
    this.state.textContent = stopped ? t("writing.stopped") : "";
    this.work.replaceChildren(
      stopped ? "" : el("p", "wr-failed", { role: "alert" }, error.message),
      text("yours", this.text),
    );
    this.start.focus();
  }

  /** The new text is there: what would change, each change to be taken or left. */
  written(done) {
    this.running = null;
    const made = diff(this.text, done.text);
    const kept = made.reduce((sum, one) => sum + ("same" in one ? one.same.trim().length : 0), 0);
    const longer = Math.max(this.text.length, done.text.length);
    this.state.textContent = costLine(done);
    this.show(this.again, this.discard, this.use);
    if (!changes(made)) {
      this.result = null;
      this.use.hidden = true;
      this.work.replaceChildren(el("p", "", {}, t("writing.nothing_changed")), text("yours", this.text));
    } else if (kept < LEAST_KEPT * longer) {
      this.result = () => done.text;
      this.work.replaceChildren(el("div", "wr-pair", {}, text("yours", this.text), text("new", done.text)));
    } else {
      const view = diffView(made, { chosen: (taken) => this.count(taken, changes(made)) });
      this.result = view.text;
      this.work.replaceChildren(el("p", "st-dim wr-hint", {}, t("writing.changes_help")), view.node);
    }
    this.work.prepend(warnings(done.warnings || []) || "");
    this.count(1, 1);
    (this.use.hidden ? this.discard : this.use).focus();
  }

  count(taken, all) {
    const words = taken === all ? t("writing.use") : t("writing.use_parts", { n: taken, all });
    this.use.querySelector("span").textContent = words;
    this.use.setAttribute("aria-label", words);
    this.use.disabled = taken === 0;
  }

  accept() {
    const taken = this.result?.();
    if (taken === undefined) return;
    this.taken = true;
    this.box.close();
    this.take(taken);
  }
}

const text = (name, words) =>
  el("section", "", {}, el("h4", "", {}, t(`writing.${name}`)), el("p", "wr-text", {}, words));
