// A script beside what is read in it: the text with its words coloured, the film's fields and the shots as a table, all
// of which can be changed before anything is made.

import { el, sentences, styles, t } from "../dom.js";
import { post } from "../net.js";
import { check } from "../board/dialog.js";
import { FILM, FILM_FIELDS, groupOf, keyOf, SHOT_FIELDS } from "./fields.js";
import { openButton, takeDrops } from "./files.js";
import { castText, FilmFields, parseCast } from "./film.js";
import { Edits, shotKeys } from "./merge.js";
import { countText, drawForms, legend, remarks, unreadList } from "./summary.js";
import { fieldLabel, ShotTable } from "./table.js";
import { ScriptText } from "./text.js";

const READ_DELAY_MS = 300;
const MAX_CHARS = 200_000;
const NOTHING = {
  form: "",
  title: "",
  style: "",
  negative: "",
  cast: [],
  shots: [],
  unread: [],
  faults: [],
  spans: [],
};

/**
 * Put a script and its preview into `host`.
 *
 * text: what the text begins with. script: a Script that was read already, in the shape of POST /ui/scripts/read; spans
 * and positions belong to `text`. Without a text the table stands alone. onchange(preview): after every reading and
 * every change. film: the fields of the film that are shown. field: data-field of the text area.
 * @param {HTMLElement} host
 * @param {{text?: string, script?: any, onchange?: (preview: ScriptPreview) => any, film?: string[],
 *          placeholder?: string, rows?: number, field?: string}} [options]
 */
export function mountScriptPreview(host, options = {}) {
  styles("board.css", "board-parts.css", "script.css");
  const preview = new ScriptPreview(options);
  host.append(preview.node);
  if (options.script) preview.setScript(options.script, options.text || "");
  else if (options.text) preview.setText(options.text);
  return preview;
}

export class ScriptPreview {
  /** @param {any} [options] as mountScriptPreview takes them */
  constructor({ onchange = () => {}, film = FILM_FIELDS, placeholder = "", rows = 22, field = "script" } = {}) {
    this.onchange = onchange;
    this.read = NOTHING;
    this.readText = "";
    this.keys = [];
    this.rows = [];
    this.edits = new Edits();
    this.fileTitle = ""; // name of the file that the text came from
    this.chosen = ""; // a form that a person chose; "": the best
    this.failure = "";
    this.lost = 0;
    this.round = 0;
    this.reading = null;
    this.paper = new ScriptText(
      {
        input: () => this.typed(),
        point: (at) => this.pointText(at),
        caret: (at) => this.pointText(at, { show: true }),
      },
      { rows, placeholder, field },
    );
    this.film = new FilmFields(film, {
      change: (name, value) => this.changeFilm(name, value),
      point: (name, look) => this.point(FILM, name, look),
    });
    this.table = new ShotTable({
      change: (row, name, value) => (this.edits.set(row.key, row.read, name, value), this.draw()),
      remove: (row) => (this.edits.removed.add(row.key), this.draw()),
      point: (row, name, look) => this.point(row ? row.at : null, name, look),
    });
    this.node = el("div", "st sp", {}, this.layout());
    this.draw();
  }

  layout() {
    this.forms = el("select", "bd-select sp-forms", { "aria-label": t("scriptview.form"), data: { field: "form" } });
    this.forms.addEventListener("change", () => {
      this.chosen = this.forms.value;
      this.ask();
    });
    this.count = el("span", "sp-count", { role: "status" });
    this.status = el(
      "div",
      "sp-status bd-read",
      {},
      (this.readAs = el("span", "sp-readas", {}, el("span", "", {}, t("scriptview.read_as")))),
      this.count,
    );
    this.told = el("div", "sp-told");
    this.legend = el("div", "sp-legend", { "aria-label": t("scriptview.legend"), role: "list" });
    this.unread = el("div");
    this.more = el("details", "sp-more");
    this.empty = el("p", "sp-empty st-dim", {}, t("scriptview.empty"));
    this.size = el("span", "st-dim sp-size");
    this.place = el("span", "st-dim sp-place");
    const opened = (text, name) => {
      this.chosen = "";
      this.fileTitle = name.replace(/\.\w{1,8}$/, "");
      this.setText(text);
    };
    this.left = el(
      "section",
      "sp-left",
      { "aria-label": t("scriptview.text") },
      this.paper.node,
      el("div", "sp-foot", {}, openButton(opened), this.size, this.place),
      this.legend,
    );
    takeDrops(this.left, opened);
    this.result = el("div", "sp-result", {}, this.told, this.unread, this.film.node, this.table.node, this.more);
    const right = el(
      "section",
      "sp-right",
      { "aria-label": t("scriptview.result") },
      this.status,
      this.empty,
      this.result,
    );
    return el("div", "sp-two", {}, this.left, right);
  }

  /** The text as it stands. */
  get text() {
    return this.paper.text;
  }

  /** How many shots there would be. */
  get shots() {
    return this.rows.length;
  }

  /** Whether the text is being read, so that what is shown is not yet what it says. */
  get pending() {
    return this.reading !== null;
  }

  /** How many cells differ from what was read. */
  get changed() {
    return this.edits.count(this.read, this.keys);
  }

  /** Whether anything differs from what was read. */
  get edited() {
    return this.changed > 0 || this.rows.length < this.read.shots.length;
  }

  /**
   * The Script as it is shown, for POST /ui/boards {read} and the edit "script".
   * @returns {Record<string, any>}
   */
  get script() {
    const film = Object.fromEntries(FILM_FIELDS.map((name) => [name, this.edits.filmValue(this.read, name)]));
    const keys = [...SHOT_FIELDS.map(keyOf), "length_from", "start_s", "end_s"];
    const shots = this.rows.map(({ shot }) => Object.fromEntries(keys.map((key) => [key, shot[key]])));
    return { form: this.read.form, ...film, shots };
  }

  /** Put another text in place of this one, and read it. */
  setText(text) {
    this.left.hidden = false;
    this.node.classList.remove("alone");
    this.paper.setText(text);
    this.ask();
  }

  /** Show a Script that was read elsewhere. */
  setScript(script, text = "") {
    this.paper.setText(text);
    this.left.hidden = !text;
    this.node.classList.toggle("alone", !text);
    this.take({ ...NOTHING, ...script });
  }

  focus() {
    this.paper.area.focus();
  }

  /** When the text as it stands has been read. */
  async settled() {
    if (this.timer) this.ask();
    while (this.reading) await this.reading;
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), READ_DELAY_MS);
    this.drawSize();
  }

  ask() {
    clearTimeout(this.timer);
    this.timer = 0;
    const reading = this.fetch(++this.round).finally(() => {
      if (this.reading === reading) this.reading = null;
      this.drawSize();
    });
    this.reading = reading;
    this.drawSize();
  }

  async fetch(mine) {
    const text = this.text;
    /** @type {any} */
    let found = NOTHING;
    let failure = "";
    if (text.trim())
      try {
        if (text.length > MAX_CHARS && [...text].length > MAX_CHARS) throw new Error(t("scriptview.too_long"));
        found = await post("ui/scripts/read", { text, form: this.chosen });
      } catch (error) {
        failure = error.message;
      }
    else this.chosen = "";
    if (mine !== this.round) return;
    this.failure = failure;
    this.take(found);
  }

  take(found) {
    this.read = found;
    this.keys = shotKeys(found, this.text);
    if (!this.failure && this.text !== this.readText) {
      this.lost = this.edits.follow(found, this.keys); // in another form of the same text they wait
      this.readText = this.text;
    }
    this.paper.paint(found.spans, found.unread);
    this.draw();
  }

  changeFilm(name, value) {
    const read = this.read[name];
    this.edits.setFilm(name, name === "cast" ? parseCast(value, read) : value, read);
    this.draw();
  }

  draw() {
    const { read, edits } = this;
    this.rows = edits.rows(read, this.keys);
    const filled = read.shots.length > 0;
    this.empty.hidden = filled || !!this.failure || read.faults.length > 0;
    this.status.hidden = !filled;
    this.film.node.hidden = this.table.node.hidden = !filled;
    this.readAs.hidden = !drawForms(this.forms, read);
    if (!this.readAs.hidden && !this.forms.parentNode) this.readAs.append(this.forms);
    this.count.textContent = countText(this.rows);
    const removed = read.shots.length - this.rows.length;
    this.told.replaceChildren(
      ...remarks(
        { faults: read.faults, changed: this.changed, removed, lost: this.lost, failure: this.failure },
        {
          reset: () => (edits.cells.clear(), edits.film.clear(), this.draw()),
          restore: () => (edits.removed.clear(), this.draw()),
        },
      ),
    );
    const groups = new Set(read.spans.map((span) => groupOf(span.field, span.shot)));
    if (read.unread.length) groups.add("unread");
    this.legend.replaceChildren(...legend(groups));
    this.legend.hidden = !groups.size;
    this.unread.replaceChildren(unreadList(read.unread, (part) => this.paper.select(part)) || "");
    const values = Object.fromEntries(FILM_FIELDS.map((name) => [name, edits.filmValue(read, name)]));
    this.film.draw({ ...values, cast: castText(values.cast) });
    this.table.draw(this.rows);
    this.drawColumns();
    this.drawSize();
    this.onchange(this);
  }

  drawColumns() {
    const missing = SHOT_FIELDS.filter((field) => !this.table.columns.includes(field) || this.table.extra.has(field));
    this.more.hidden = !this.read.shots.length || !missing.length;
    if (this.more.dataset.fields === missing.join()) return;
    this.more.dataset.fields = missing.join();
    this.more.replaceChildren(
      el("summary", "", {}, t("scriptview.more_columns")),
      el(
        "div",
        "sp-morelist",
        {},
        ...missing.map((field) =>
          check(fieldLabel(field), this.table.extra.has(field), (on) => {
            on ? this.table.extra.add(field) : this.table.extra.delete(field);
            this.table.draw(this.rows);
          }),
        ),
      ),
    );
  }

  drawSize() {
    this.size.textContent = this.text ? t("board.characters", { n: this.text.length }) : t("scriptview.drop");
    this.node.classList.toggle("reading", !!this.timer || this.pending);
  }

  /** Light what stands at this position of the text, there and in the table. */
  pointText(at, look) {
    if (at === null) return this.point(null);
    const within = this.paper.spans.filter((span) => span.start <= at && at < span.end);
    const span = within.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    if (span) return this.point(span.shot, span.field, look);
    const shot = this.read.shots.findIndex((s) => s.source_start <= at && at < s.source_end);
    this.point(shot < 0 ? null : shot, null, look);
  }

  /** Light a field of a shot (FILM: of the film; no field: the whole shot; null: nothing). */
  point(shot, field = null, { show = false } = {}) {
    const row = this.rows.find((r) => r.at === shot);
    const words = shot === null ? [] : this.paper.spans.filter((s) => s.shot === shot);
    const own = words.filter((s) => s.field === field);
    const spans = own.length || shot === FILM ? own : words; // what follows from other words has none of its own
    this.paper.light(spans, { show });
    this.table.light(row?.key, field, { show });
    this.film.light(shot === FILM ? field : null);
    const name = field && (shot === FILM ? t(`scriptview.film.${field}`) : fieldLabel(field));
    const number = row && t("scriptview.shot", { n: row.shot.number || row.at + 1 });
    this.place.textContent = [number, shot === FILM ? sentences(t("scriptview.group.film")) : "", name]
      .filter(Boolean)
      .join(" · ");
  }
}
