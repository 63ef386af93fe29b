// What is doubtful in the words of a board's shots: asked once the board is drawn and after edits, counted on the cards,
// listed in the panel of the chosen shot.

import { styles, t } from "../dom.js";
import { get } from "../net.js";
import { changedValue, edited, LintList, selectIn } from "../lint/list.js";

const ASK_DELAY_MS = 700;
const GO_ON_MS = 60; // the studio had no time for all shots of a long board

export class ShotLint {
  /** panel: its `fields` are the text boxes of the chosen shot. strip: gives the card's element of a shot. */
  constructor(store, panel, strip) {
    styles("lint.css");
    this.store = store;
    this.panel = panel;
    this.strip = strip;
    this.found = {}; // shot id -> findings
    this.asked = 0;
    this.shown = null;
    this.list = new LintList({ select: (one) => this.select(one), apply: (one, remedy) => this.apply(one, remedy) });
    store.on((why) => this.heard(why));
  }

  heard(why) {
    if (why === "progress") return;
    if (why === "all") this.askSoon();
    this.draw();
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), ASK_DELAY_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.asked++;
  }

  async ask() {
    const mine = ++this.asked;
    const answer = await get(`${this.store.path}/lint`).catch(() => null); // the next edit asks again
    if (mine !== this.asked || !answer) return;
    this.found = { ...(answer.more ? this.found : {}), ...answer.shots };
    if (answer.more) this.timer = setTimeout(() => this.ask(), GO_ON_MS);
    this.drawCards();
    this.draw();
  }

  drawCards() {
    for (const shot of this.store.shots) {
      const count = this.found[shot.id]?.length || 0;
      const number = this.strip.cardOf(shot.id)?.querySelector(".bd-number");
      if (!number || Number(number.dataset.lint || 0) === count) continue;
      number.title = count ? t("lint.count", { n: count }) : "";
      if (count) number.dataset.lint = `${count}`;
      else delete number.dataset.lint;
    }
  }

  /** The list under the prompt of the chosen shot. Findings of words that are being typed stand for the words before. */
  draw() {
    const { shot } = this.store;
    const field = this.panel.fields?.prompt?.closest(".bd-field");
    if (!shot || !field) return;
    if (this.list.node.previousElementSibling !== field) field.after(this.list.node);
    if (this.shown !== shot.id) this.list.forget();
    this.shown = shot.id;
    const typed = this.store.typed.has(`${shot.id}.prompt`);
    this.list.show(typed ? [] : this.found[shot.id] || []);
  }

  select(finding) {
    const box = this.panel.fields[finding.field];
    if (box) selectIn(box, finding);
  }

  /** Each remedy is one step of the board's own undo. */
  apply(finding, { edits, changes }) {
    const { shot, board } = this.store;
    const fields = {};
    const film = {};
    if (edits.length) fields[finding.field] = edited(shot[finding.field], edits);
    for (const change of changes)
      if (change.field === "negative_prompt") film.negative = changedValue(board.negative, change);
      else if (change.field === "audio") film.audio = change.value;
      else fields[change.field] = change.value;
    const [before, filmBefore] = [pick(shot, fields), pick(board, film)];
    this.save(shot.id, fields, film);
    return () => this.save(shot.id, before, filmBefore);
  }

  async save(shot, fields, film) {
    if (Object.keys(film).length) await this.store.edit({ op: "update", ...film });
    if (Object.keys(fields).length) await this.store.edit({ op: "change", shot, ...fields });
  }
}

const pick = (from, names) => Object.fromEntries(Object.keys(names).map((name) => [name, from[name]]));
