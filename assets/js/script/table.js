// The shots of a script as a table whose cells can be changed: arrows move, Enter or a press changes, Escape leaves the
// cell as it was. On a narrow page the rows are cards. Rows out of sight cost no layout (content-visibility).

import { button, el, t } from "../dom.js";
import { ALWAYS, cellText, cellValue, groupOf, MAX_S, SHOT_FIELDS } from "./fields.js";

// Least width in em, and share of the room that is left.
const WIDTHS = {
  number: [3.4, 0],
  duration: [6.4, 0],
  prompt: [17, 2.6],
  dialogue: [13, 1.4],
  voice_over: [10, 1],
  sound: [9, 1],
  music: [8, 1],
  notes: [8, 1],
};
const NARROW = [6.6, 0.6];
const END_EM = 2.8;
export const fieldLabel = (field) => t(`scriptview.f.${field}`);

export class ShotTable {
  /** heard: {change(row, field, value), remove(row), point(row or null, field, {show})}. */
  constructor(heard) {
    this.heard = heard;
    this.rows = [];
    this.nodes = new Map();
    this.extra = new Set(); // columns that a person asked for
    this.columns = [];
    this.head = el("div", "sp-row sp-headrow", { role: "row" });
    this.body = el("div", "sp-rows", { role: "rowgroup" });
    this.grid = el(
      "div",
      "sp-grid",
      { role: "grid", "aria-label": t("scriptview.table") },
      el("div", "", { role: "rowgroup" }, this.head),
      this.body,
    );
    this.node = el("div", "sp-tablescroll", {}, this.grid);
    this.listen();
  }

  /** Show these rows (see Edits.rows). While a cell is being changed the table waits. */
  draw(rows) {
    if (this.editing) return void (this.waiting = rows);
    const used = new Set(rows.flatMap(({ shot }) => SHOT_FIELDS.filter((field) => cellText(shot, field))));
    const columns = SHOT_FIELDS.filter((f) => ALWAYS.includes(f) || used.has(f) || this.extra.has(f));
    this.used = used;
    if (columns.join() !== this.columns.join()) this.setColumns(columns);
    const nodes = new Map();
    let before = null;
    for (const row of rows) {
      const face = JSON.stringify([columns.map((f) => cellText(row.shot, f)), [...row.changed], row.shot.length_from]);
      const old = this.nodes.get(row.key);
      const made = old?.face === face ? old : { face, node: this.rowNode(row) };
      if (old && old !== made) old.node.remove();
      const next = before ? before.nextSibling : this.body.firstChild;
      if (made.node !== next) this.body.insertBefore(made.node, next);
      before = made.node;
      made.node.row = row;
      nodes.set(row.key, made);
    }
    for (const [key, { node }] of this.nodes) if (!nodes.has(key)) node.remove();
    this.nodes = nodes;
    this.rows = rows;
    this.grid.setAttribute("aria-rowcount", rows.length + 1);
    if (!this.body.querySelector("[tabindex='0']")) this.body.querySelector(".sp-cell")?.setAttribute("tabindex", "0");
  }

  setColumns(columns) {
    this.columns = columns;
    this.nodes.clear();
    this.body.replaceChildren();
    const widths = columns.map((f) => WIDTHS[f] || NARROW);
    const tracks = widths.map(([em, share]) => (share ? `minmax(${em}em, ${share}fr)` : `${em}em`));
    this.grid.style.setProperty("--columns", `${tracks.join(" ")} ${END_EM}em`);
    this.grid.style.setProperty("--least", `${widths.reduce((sum, [em]) => sum + em, END_EM)}em`);
    this.head.replaceChildren(
      ...columns.map((field) =>
        el(
          "div",
          "sp-th",
          { role: "columnheader" },
          el("span", "sp-mark", { data: { group: groupOf(field) } }, fieldLabel(field)),
        ),
      ),
      el("div", "sp-th", { role: "columnheader" }, el("span", "st-off", {}, t("scriptview.remove"))),
    );
  }

  rowNode(row) {
    const cells = this.columns.map((field) => this.cell(row, field));
    const remove = button(
      t("scriptview.remove_shot", { n: row.shot.number || row.at + 1 }),
      { name: "close", cls: "bare sp-remove", data: { do: "remove-shot" } },
      () => {
        const beside = node.nextElementSibling || node.previousElementSibling;
        this.heard.remove(node.row);
        /** @type {HTMLElement} */ (beside?.querySelector(".sp-remove"))?.focus();
      },
    );
    const node = el("div", "sp-row", { role: "row" }, ...cells, el("div", "sp-end", { role: "gridcell" }, remove));
    return node;
  }

  cell(row, field) {
    const text = cellText(row.shot, field);
    const node = el("div", "sp-cell", {
      role: "gridcell",
      tabindex: "-1",
      data: { field, label: fieldLabel(field), group: groupOf(field) },
    });
    if (!text) node.classList.add("empty");
    if (row.changed.has(field)) node.classList.add("changed"), (node.title = t("scriptview.changed"));
    if (field === "duration") {
      const from = row.shot.duration_s > MAX_S ? "over" : row.changed.has(field) ? "changed" : row.shot.length_from;
      node.append(
        el("span", "sp-length", {}, t("scriptview.seconds", { n: text })),
        el("small", "sp-from", { title: t(`scriptview.from_help.${from}`) }, t(`scriptview.from.${from}`)),
      );
    } else node.append(text);
    return node;
  }

  /** Mark the row (and the cell) that belong to words of the text. show: bring it into view. */
  light(key, field, { show = false } = {}) {
    for (const node of this.body.querySelectorAll(".lit")) node.classList.remove("lit");
    const node = this.nodes.get(key)?.node;
    if (!node) return;
    node.classList.add("lit");
    node.querySelector(`[data-field="${field}"]`)?.classList.add("lit");
    if (show) node.scrollIntoView({ block: "nearest" });
  }

  listen() {
    const place = (target) => {
      const cell = target.closest(".sp-cell");
      const row = target.closest(".sp-row")?.row;
      return row ? { row, field: cell?.dataset.field || null, cell } : null;
    };
    const point = (target, options) => {
      const at = place(target);
      at ? this.heard.point(at.row, at.field, options) : this.heard.point(null, null, options);
    };
    this.body.addEventListener("pointerover", (e) => e.pointerType === "mouse" && point(e.target));
    this.body.addEventListener("pointerleave", () => this.heard.point(null, null));
    this.body.addEventListener("focusin", (e) => {
      const cell = /** @type {HTMLElement} */ (e.target);
      point(cell, { show: true });
      if (!cell.classList.contains("sp-cell")) return;
      for (const node of this.body.querySelectorAll("[tabindex='0']")) node.setAttribute("tabindex", "-1");
      cell.setAttribute("tabindex", "0");
    });
    this.body.addEventListener("click", (e) => {
      const at = place(e.target);
      if (at?.cell && !this.editing) this.edit(at.cell, at.row, at.field);
    });
    this.body.addEventListener("keydown", (e) => this.pressed(e));
  }

  pressed(e) {
    const cell = e.target;
    if (!cell.classList.contains("sp-cell") || e.altKey) return;
    const row = cell.parentNode;
    const column = [...row.children].indexOf(cell);
    const steps = {
      ArrowRight: () => cell.nextElementSibling,
      ArrowLeft: () => cell.previousElementSibling,
      ArrowDown: () => row.nextElementSibling?.children[column],
      ArrowUp: () => row.previousElementSibling?.children[column],
      Home: () => row.firstElementChild,
      End: () => row.lastElementChild?.previousElementSibling,
    };
    if (steps[e.key] && !e.ctrlKey && !e.metaKey) {
      const to = steps[e.key]();
      (to?.classList.contains("sp-end") ? to.firstElementChild : to)?.focus();
    } else if (e.key === "Enter" || e.key === "F2") this.edit(cell, row.row, cell.dataset.field);
    else if (e.key === "Escape")
      cell.blur(); // once more closes the window
    else if (e.key === "Delete" && cell.dataset.field !== "duration")
      this.heard.change(row.row, cell.dataset.field, cellValue(cell.dataset.field, ""));
    else if (e.key.length === 1 && !e.ctrlKey && !e.metaKey && e.key !== " ")
      return this.edit(cell, row.row, cell.dataset.field, "");
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** Change a cell in place. typed: what it begins with, instead of what it shows. */
  edit(cell, row, field, typed) {
    const before = cellText(row.shot, field);
    const area = el("textarea", "sp-edit", {
      rows: 1,
      "aria-label": fieldLabel(field),
      data: { field: `edit-${field}` },
    });
    const told = el("small", "sp-wrong", { role: "alert" });
    area.value = typed ?? before;
    this.editing = area;
    cell.replaceChildren(area, told);
    cell.classList.add("editing");
    area.focus();
    area.select();
    const done = (keep, focus) => {
      if (this.editing !== area) return true;
      const value = keep && area.value !== before ? cellValue(field, area.value) : null;
      if (value === undefined && focus) {
        area.setAttribute("aria-invalid", "true");
        told.textContent = t("scriptview.bad_length");
        return false;
      }
      this.editing = null;
      cell.classList.remove("editing");
      const fresh = this.cell(row, field);
      const stop = cell.getAttribute("tabindex");
      cell.replaceChildren(...fresh.childNodes);
      cell.setAttribute("tabindex", stop);
      if (this.waiting) this.draw(this.waiting), (this.waiting = null);
      if (value !== null && value !== undefined) this.heard.change(row, field, value);
      if (focus) this.cellOf(row.key, field)?.focus();
      return true;
    };
    area.addEventListener("keydown", (e) => {
      if (e.isComposing) return;
      const next = e.key === "Tab" && this.columns[this.columns.indexOf(field) + (e.shiftKey ? -1 : 1)];
      if (e.key === "Escape") done(false, true);
      else if (e.key === "Enter" && !e.shiftKey) done(true, true);
      else if (next) done(true, true) && this.cellOf(row.key, next)?.focus();
      else return e.key !== "Tab" && e.stopPropagation();
      e.preventDefault();
      e.stopPropagation();
    });
    area.addEventListener("blur", () => done(true, false));
  }

  cellOf(key, field) {
    return this.nodes.get(key)?.node.querySelector(`[data-field="${field}"]`);
  }
}
