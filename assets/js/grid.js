// A grid of runs that holds any number: only the rows near the window are in the page; more are fetched on the way down.

import { el, icon, since, t, isTyping } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { ended } from "./live.js";
import { author, sharedMark } from "./share.js";
import { chip, forget, runPreview, hoverPlay, fadeInResult, picture, progress, reason, title } from "./parts.js";

const GAP_PX = 12;
const CAPTION = 50;
const OVERSCAN_PX = 700;
const AHEAD_PX = 2400;
const RETRY_MS = 3000;
const BUILD_MS = 4; // of a frame, for cells that are not in sight yet

export class Grid {
  /** asks: load(before) -> page, open(run), selected(set), trash(runs), rate(runs, stars). */
  constructor(asks, { width = 220 } = {}) {
    this.asks = asks;
    this.width = width;
    this.node = el("div", "st-grid", {
      role: "listbox",
      "aria-multiselectable": "true",
      "aria-label": t("gallery.grid"),
    });
    this.items = [];
    this.at = new Map(); // id -> place in items
    this.cells = new Map();
    this.selection = new Set();
    this.cursor = 0;
    this.next = null;
    this.loading = false;
    hoverPlay(this.node, (target) => {
      const cell = target.closest?.(".st-cell");
      return cell && { box: cell.querySelector(".st-pic"), run: this.items[cell.at] };
    });
    this.node.addEventListener("click", (e) => this.click(e));
    this.node.addEventListener("keydown", (e) => this.key(e));
    this.wish = () => (this.frame ??= requestAnimationFrame(() => ((this.frame = null), this.draw())));
    addEventListener("scroll", this.wish, { passive: true, capture: true });
    new ResizeObserver(() => this.measure()).observe(this.node);
  }

  /** Begin anew with a first page. */
  reset(page) {
    this.turn = (this.turn || 0) + 1;
    this.items = [];
    this.at = new Map();
    this.cells.forEach((cell) => (forget(cell), cell.remove()));
    this.cells.clear();
    this.select(new Set());
    this.cursor = 0;
    this.add(page);
  }

  add(page) {
    for (const run of page.runs) if (!this.at.has(run.id)) this.at.set(run.id, this.items.push(run) - 1);
    this.next = page.next_before;
    if (!this.rowHeight) return this.measure();
    this.stretch();
    this.draw();
  }

  /** A run at the top that was not there. */
  prepend(runs) {
    this.items = [...runs, ...this.items];
    this.renumber();
  }

  remove(ids) {
    const gone = new Set(ids);
    this.items = this.items.filter((r) => !gone.has(r.id));
    gone.forEach((id) => this.selection.delete(id));
    this.cursor = Math.max(0, Math.min(this.cursor, this.items.length - 1));
    this.select(this.selection);
    this.renumber();
  }

  /** Put runs back where their age places them. */
  restore(runs) {
    const have = new Set(this.items.map((r) => r.id));
    this.items = [...this.items, ...runs.filter((r) => !have.has(r.id))].sort((a, b) => b.seq - a.seq);
    this.renumber();
  }

  renumber() {
    this.at = new Map(this.items.map((r, i) => [r.id, i]));
    this.measure();
  }

  /** A newer state of a run; false when it is not in the list. */
  update(run) {
    const i = this.at.get(run.id);
    if (i === undefined) return false;
    const old = this.items[i];
    this.items[i] = run;
    const cell = this.cells.get(run.id);
    if (!cell) return true;
    if (!ended(run) && old.status === run.status) {
      cell.querySelector(".st-prog")?.replaceWith(progress(run));
      runPreview(cell.querySelector(".st-pic"), run);
    } else this.fill(cell, run);
    return true;
  }

  measure() {
    const whole = this.node.clientWidth;
    if (!whole) return;
    this.columns = Math.max(whole < 460 ? 2 : 1, Math.floor((whole + GAP_PX) / (this.width + GAP_PX)));
    this.cellWidth = (whole - GAP_PX * (this.columns - 1)) / this.columns;
    this.rowHeight = Math.round(this.cellWidth * 0.5625) + CAPTION + GAP_PX;
    this.stretch();
    this.node.style.setProperty("--cell", `${this.cellWidth}px`);
    this.node.style.setProperty("--row", `${this.rowHeight - GAP_PX}px`);
    this.draw();
  }

  stretch() {
    this.node.style.height = `${Math.ceil(this.items.length / this.columns) * this.rowHeight}px`;
  }

  /**
   * Put the cells near the window into the page, take the others out, and fetch on when the end comes near. Cells in
   * sight are there at once; those beyond it are made as far as a frame has time, and the rest in the next ones.
   */
  draw() {
    if (!this.node.isConnected || !this.node.offsetParent || !this.rowHeight) return;
    const { top, bottom } = this.node.getBoundingClientRect(); // read before anything is written: no forced layout
    const from = Math.max(0, Math.floor((-top - OVERSCAN_PX) / this.rowHeight)) * this.columns;
    const to = Math.min(
      this.items.length,
      Math.ceil((innerHeight - top + OVERSCAN_PX) / this.rowHeight) * this.columns,
    );
    const wanted = new Set();
    const fresh = document.createDocumentFragment();
    const until = performance.now() + BUILD_MS;
    for (let i = from; i < to; i++) {
      const run = this.items[i];
      wanted.add(run.id);
      let cell = this.cells.get(run.id);
      if (!cell) {
        const y = top + Math.floor(i / this.columns) * this.rowHeight;
        if ((y > innerHeight || y + this.rowHeight < 0) && performance.now() > until) {
          this.wish();
          continue;
        }
        cell = el("div", "st-cell", { role: "option", id: `cell-${run.id}`, data: { id: run.id } });
        this.fill(cell, run);
        this.cells.set(run.id, cell);
        fresh.append(cell);
      }
      this.put(cell, i);
    }
    for (const [id, cell] of this.cells)
      if (!wanted.has(id) && !(this.at.has(id) && cell.contains(document.activeElement))) {
        forget(cell);
        cell.remove();
        this.cells.delete(id);
      }
    this.node.append(fresh);
    if (this.next !== null && bottom - innerHeight < AHEAD_PX) this.more();
  }

  put(cell, i) {
    cell.at = i;
    const place = `${i} ${this.columns} ${this.cellWidth} ${i === this.cursor} ${this.next === null} ${this.selection.has(cell.dataset.id)}`;
    if (cell.place === place) return; // most cells stay as they are while scrolling
    cell.place = place;
    cell.style.transform = `translate(${(i % this.columns) * (this.cellWidth + GAP_PX)}px, ${Math.floor(i / this.columns) * this.rowHeight}px)`;
    cell.tabIndex = i === this.cursor ? 0 : -1;
    cell.setAttribute("aria-posinset", i + 1);
    cell.setAttribute("aria-setsize", this.next === null ? this.items.length : -1);
    cell.setAttribute("aria-selected", this.selection.has(cell.dataset.id));
  }

  fill(cell, run) {
    const name = title(run);
    const why = reason(run);
    cell.className = `st-cell ${run.status}`;
    cell.setAttribute(
      "aria-label",
      [name.slice(0, 120), t(`widgets.status.${run.status}`), run.rating ? t("widgets.stars", { n: run.rating }) : ""]
        .filter(Boolean)
        .join(", "),
    );
    const face = el(
      "div",
      "st-face",
      {},
      picture(run),
      chip(run),
      el("span", "st-tick", { "aria-hidden": "true" }, icon("check")),
    );
    if (run.rating)
      face.append(
        el("span", "st-rated", { "aria-hidden": "true" }, ...Array.from({ length: run.rating }, () => icon("star"))),
      );
    if (why) face.append(el("div", "st-facewhy", {}, el("p", "", {}, why)));
    if (run.status === "running") face.append(progress(run));
    cell.removeAttribute("aria-description");
    forget(cell);
    fadeInResult(cell, face);
    cell.replaceChildren(
      face,
      el(
        "div",
        "st-cap",
        {},
        el("p", "", { title: run.prompt }, name),
        el(
          "small",
          "",
          {},
          el("span", "", {}, author(run) || catalogueText(run.model_label), sharedMark(run)),
          since(run.created_at),
        ),
      ),
    );
  }

  async more() {
    if (this.loading || this.next === null) return;
    this.loading = true;
    const turn = this.turn;
    const page = await this.asks.load(this.next);
    if (!page && turn === this.turn) await new Promise((done) => setTimeout(done, RETRY_MS));
    this.loading = false;
    if (page && turn === this.turn) this.add(page); // an answer to an older search is not for this list
  }

  select(ids) {
    this.selection = new Set(ids);
    this.cells.forEach((cell, id) => cell.setAttribute("aria-selected", this.selection.has(id)));
    this.node.classList.toggle("choosing", this.selection.size > 0);
    this.asks.selected(this.selection);
  }

  toggle(i) {
    const id = this.items[i]?.id;
    this.selection.has(id) ? this.selection.delete(id) : this.selection.add(id);
    this.anchor = i;
    this.select(this.selection);
  }

  range(i) {
    const [a, b] = [this.anchor ?? this.cursor, i].sort((x, y) => x - y);
    this.select(new Set(this.items.slice(a, b + 1).map((r) => r.id)));
  }

  /** Selected runs, else the one under the cursor. */
  chosen() {
    if (this.selection.size) return this.items.filter((r) => this.selection.has(r.id));
    return this.items[this.cursor] ? [this.items[this.cursor]] : [];
  }

  go(i, { focus = true } = {}) {
    if (!this.items.length || !this.node.offsetParent) return;
    this.cursor = Math.max(0, Math.min(i, this.items.length - 1));
    const y = Math.floor(this.cursor / this.columns) * this.rowHeight + this.node.getBoundingClientRect().top;
    if (y < 130) scrollBy(0, y - 130);
    else if (y + this.rowHeight > innerHeight) scrollBy(0, y + this.rowHeight - innerHeight + 12);
    this.draw();
    this.cells.forEach((cell) => (cell.tabIndex = cell.at === this.cursor ? 0 : -1));
    if (focus) this.cells.get(this.items[this.cursor].id)?.focus({ preventScroll: true });
  }

  click(e) {
    const cell = e.target.closest(".st-cell");
    if (!cell) return;
    this.cursor = cell.at;
    if (e.shiftKey) return this.range(cell.at);
    if (e.ctrlKey || e.metaKey || e.target.closest(".st-tick")) return this.toggle(cell.at);
    this.anchor = cell.at;
    this.go(cell.at);
    this.asks.open(this.items[cell.at]);
  }

  key(e) {
    if (isTyping(e)) return;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns }[e.key];
    const command = e.ctrlKey || e.metaKey;
    if (step && !e.altKey && !command) {
      if (e.shiftKey) this.anchor ??= this.cursor;
      this.go(this.cursor + step);
      if (e.shiftKey) this.range(this.cursor);
      else this.anchor = this.cursor;
    } else if (e.key === "Home") this.go(0);
    else if (e.key === "End") this.go(this.items.length - 1);
    else if (e.key === " ") this.toggle(this.cursor);
    else if (e.key === "Enter") this.asks.open(this.items[this.cursor]);
    else if (e.key === "Delete" || e.key === "Backspace") this.asks.trash(this.chosen());
    else if (e.key === "a" && command) this.select(new Set(this.items.map((r) => r.id)));
    else if (e.key === "Escape" && this.selection.size) this.select(new Set());
    else if (/^[0-5]$/.test(e.key) && !command && !e.altKey) this.asks.rate(this.chosen(), Number(e.key));
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
