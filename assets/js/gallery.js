// The gallery: search, filters, the grid, a bar for the selection, the trash, and the panel of one run.

import { button, el, icon, number, styles, t } from "./dom.js";
import { download, menu, rate, trash } from "./actions.js";
import { compareRuns } from "./compare/view.js";
import * as detail from "./detail.js";
import { catalogueText } from "./form/common.js";
import { Grid } from "./grid.js";
import { follow } from "./live.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { isMine, joinedProjects, loadProjects, PROJECTS_CHANGED } from "./project_state.js";
import { addButton, mayAdd } from "./review/add_to.js";
import { shareItems } from "./share.js";

const PAGE = 80;
const TYPED_MS = 160;
const MIN_COMPARED = 2;
const MAX_COMPARED = 6;
const DAYS = { today: 0, week: 7, month: 30, year: 365 };

/** The date so many days ago where the reader is, as YYYY-MM-DD. By the calendar: a day may have 23 or 25 hours. */
export function dayBefore(days) {
  const now = new Date();
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12);
  return [String(day.getFullYear()).padStart(4, "0"), day.getMonth() + 1, day.getDate()]
    .map((n) => String(n).padStart(2, "0"))
    .join("-");
}

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "gallery.css");
  new Gallery(element.querySelector(".st-mount") || element);
}

class Gallery {
  constructor(root) {
    this.root = root;
    Object.assign(this, { trashed: false, fresh: [], total: 0 });
    root.classList.add("st", "st-gallery");
    this.grid = new Grid(
      {
        load: (before) => this.load(before),
        open: (run) => this.open(run),
        selected: (ids) => this.bar(ids),
        trash: (runs) => this.trash(runs),
        rate: (runs, n) => this.rate(runs, n),
      },
      { width: Number(localStorage.getItem("studio-cell")) || 220 },
    );
    this.lists = {
      gone: (ids) => (
        this.grid.remove(ids), this.count(-ids.length), ids.includes(detail.openRunId()) && detail.close()
      ),
      back: (runs) => (this.grid.restore(runs), this.count(runs.length)),
      step: (n) => this.step(n),
      rated: (run) => this.rated(run.id, run.rating),
      all: () => this.grid.items,
      closed: () => this.grid.go(this.grid.cursor),
    };
    this.tools();
    this.empty = el("div", "st-empty", { hidden: true });
    this.news = button("", { text: "…", cls: "st-news", hidden: true }, () => this.showNewRuns());
    this.selected = el("div", "st-selbar", { role: "toolbar", "aria-label": t("gallery.selection"), hidden: true });
    root.replaceChildren(
      heading(t("shell.tab_gallery"), { seen: false }),
      this.head,
      this.news,
      this.grid.node,
      this.empty,
      this.selected,
    );
    this.below();
    new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.offer()).observe(this.head);
    this.skeleton();
    loadProjects().then(() => this.search());
    follow(root, (state, changed) => {
      if (!this.loaded) return;
      if (changed === null && state.many) this.search();
      else this.changed(changed ?? [...state.runs.values()]); // null: connected anew
    });
    const asked = new URL(location.href).searchParams.get("run");
    if (asked) detail.open(asked, this.lists);
  }

  /** Fill the lists of models and tasks as they are now; what is chosen stays, even if it is gone since. */
  async offer() {
    const offered = await tryOrToast(get("ui/filters"));
    if (!offered) return;
    const fill = (list, pairs) => {
      const chosen = list.selectedOptions[0];
      const kept = chosen.value && !pairs.some(([v]) => v === chosen.value) ? [chosen] : [];
      const value = list.value;
      list.replaceChildren(
        list.firstChild,
        ...pairs.map(([v, words]) => el("option", "", { value: v }, words)),
        ...kept,
      );
      list.value = value;
    };
    fill(
      this.filters.task,
      offered.tasks.map((k) => [k, t(`widgets.task.${k}`)]),
    );
    fill(
      this.filters.model,
      offered.models.map(([id, label]) => [id, catalogueText(label)]),
    );
  }

  tools() {
    const changed = () => this.search();
    const choice = (name, all, pairs) =>
      el(
        "select",
        "st-select",
        { name, "aria-label": t(`gallery.${name}`), onchange: changed },
        el("option", "", { value: "" }, all),
        ...pairs.map(([v, words]) => el("option", "", { value: v }, words)),
      );
    this.query = el("input", "studio-search", {
      type: "search",
      placeholder: t("gallery.search"),
      "aria-label": t("gallery.search_label"),
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 500,
      oninput: () => this.typed(),
      onkeydown: (e) => this.searchKey(e),
    });
    const states = ["succeeded", "failed", "cancelled", "running", "queued", "held"];
    this.filters = {
      kind: choice(
        "kind",
        t("gallery.any_kind"),
        ["image", "video"].map((k) => [k, t(`widgets.kind.${k}`)]),
      ),
      task: choice("task", t("gallery.any_task"), []),
      model: choice("model", t("gallery.any_model"), []),
      status: choice(
        "status",
        t("gallery.any_status"),
        states.map((s) => [s, t(`widgets.status.${s}`)]),
      ),
      rating_min: choice(
        "rating_min",
        t("gallery.any_rating"),
        [1, 2, 3, 4, 5].map((n) => [n, "★".repeat(n) + (n < 5 ? " +" : "")]),
      ),
      date: choice(
        "date",
        t("gallery.any_date"),
        Object.keys(DAYS).map((d) => [d, t(`gallery.date_${d}`)]),
      ),
    };
    this.scope = this.scopePicker(changed);
    this.counter = el("output", "st-dim st-total", { "aria-live": "polite" });
    const size = el("input", "st-size", {
      type: "range",
      min: 140,
      max: 420,
      step: 20,
      value: this.grid.width,
      "aria-label": t("gallery.size"),
      title: t("gallery.size"),
      oninput: () => this.resize(size),
    });
    this.bin = button(
      t("gallery.trash"),
      { name: "trash", text: t("gallery.trash"), cls: "st-bin", "aria-pressed": "false" },
      () => this.showTrash(!this.trashed),
    );
    this.purge = button(
      t("gallery.purge"),
      { text: t("gallery.purge"), cls: "danger", hidden: true, data: { do: "purge" } },
      () => this.confirmEmptyTrash(),
    );
    this.clear = button(t("gallery.clear"), { text: t("gallery.clear_short"), cls: "link", hidden: true }, () =>
      this.reset(),
    );
    const more = button(t("gallery.filters"), { name: "filter", cls: "st-morefilters", "aria-expanded": "false" }, () =>
      more.setAttribute("aria-expanded", this.head.classList.toggle("open")),
    );
    this.head = el(
      "div",
      "st-tools",
      { role: "search" },
      el("div", "st-searchbox", {}, icon("search"), this.query, el("kbd", "", { "aria-hidden": "true" }, "/")),
      more,
      el("div", "st-filters", {}, this.scope, ...Object.values(this.filters), this.clear),
      el("div", "st-right", {}, this.counter, size, this.purge, this.bin),
    );
  }

  /** Whose runs are shown; hidden for somebody who is in no project. */
  scopePicker(changed) {
    const made = el("select", "st-select", { name: "scope", "aria-label": t("projects.scope"), hidden: true });
    made.addEventListener("change", () => (localStorage.setItem("studio-scope", made.value), changed()));
    const draw = () => {
      const chosen = made.value || localStorage.getItem("studio-scope") || "mine";
      const offered = [
        ["mine", t("projects.scope_mine")],
        ...joinedProjects().map((p) => [p.id, p.name]),
        ["all", t("projects.scope_all")],
      ];
      made.replaceChildren(...offered.map(([v, words]) => el("option", "", { value: v }, words)));
      made.value = offered.some(([v]) => v === chosen) ? chosen : "mine";
      made.hidden = !joinedProjects().length;
    };
    draw();
    document.addEventListener(PROJECTS_CHANGED, () => {
      const before = made.value;
      draw();
      if (made.value !== before) changed();
    });
    return made;
  }

  /** The tools stick below whatever the page keeps at the top of a narrow window. */
  below() {
    const bar = document.querySelector("#studio-tabs > .tab-wrapper");
    const set = () =>
      this.root.style.setProperty(
        "--studio-top",
        `${bar && bar.offsetWidth > innerWidth / 2 ? bar.offsetHeight : 0}px`,
      );
    set();
    if (bar) new ResizeObserver(set).observe(bar);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), TYPED_MS);
  }

  searchKey(e) {
    if (e.key === "Enter" || e.key === "ArrowDown") this.grid.go(0);
    else if (e.key === "Escape" && this.query.value) (this.query.value = ""), this.search();
    else return;
    e.preventDefault();
  }

  resize(size) {
    this.grid.width = Number(size.value);
    localStorage.setItem("studio-cell", size.value);
    this.grid.measure();
  }

  reset() {
    this.query.value = "";
    for (const f of Object.values(this.filters)) f.value = "";
    this.search();
  }

  /** The present search as parameters. The date becomes a word of the query, which the studio understands. */
  searchParams() {
    /** @type {Record<string, string>} */
    const wanted = {
      limit: `${PAGE}`,
      trashed: `${this.trashed}`,
      scope: this.scope.value || "mine",
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    };
    for (const [name, f] of Object.entries(this.filters)) if (f.value && name !== "date") wanted[name] = f.value;
    const after = this.filters.date.value && dayBefore(DAYS[this.filters.date.value]);
    wanted.query = [after && `after:${after}`, this.query.value.trim()].filter(Boolean).join(" ");
    return wanted;
  }

  get filtered() {
    return !!this.query.value.trim() || Object.values(this.filters).some((f) => f.value);
  }

  load(before) {
    const wanted = this.searchParams();
    if (before) wanted.before = before;
    return tryOrToast(get(`ui/runs?${new URLSearchParams(wanted)}`, this.abort?.signal));
  }

  async search() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = new AbortController();
    this.root.setAttribute("aria-busy", "true");
    const page = await this.load();
    if (!page) return;
    this.root.removeAttribute("aria-busy");
    this.fresh = [];
    this.showNewRuns();
    this.capped = page.capped;
    this.total = 0;
    this.count(page.total);
    this.grid.reset(page);
    this.loaded = true;
    this.clear.hidden = !this.filtered;
    this.root.querySelector(".st-skeleton")?.remove();
  }

  skeleton() {
    this.grid.node.before(
      el("div", "st-skeleton", { "aria-hidden": "true" }, ...Array.from({ length: 12 }, () => el("i"))),
    );
  }

  count(n) {
    this.total += n;
    const shown = number(this.total) + (this.capped ? "+" : "");
    this.counter.textContent = t(this.total === 1 ? "gallery.result" : "gallery.results", { n: shown });
    this.empty.hidden = this.total > 0;
    if (this.total > 0) return;
    const word = this.trashed ? "trash" : this.filtered ? "search" : "all";
    const act = word === "search" ? button(t("gallery.clear"), { text: t("gallery.clear") }, () => this.reset()) : null;
    this.empty.replaceChildren(
      icon(word === "trash" ? "trash" : word === "search" ? "search" : "grid", "st-i huge"),
      el("h2", "", {}, t(`gallery.empty_${word}`)),
      el("p", "", {}, t(`gallery.empty_${word}_help`)),
      act || "",
    );
  }

  /** News from the stream: known runs change in place; new ones wait behind a button when the top is out of sight. */
  changed(runs) {
    const added = [];
    for (const run of runs) {
      if (run.gone || run.hidden || run.trashed !== this.trashed) {
        if (this.grid.at.has(run.id)) this.lists.gone([run.id]);
      } else if (
        !this.grid.update(run) &&
        !this.trashed &&
        this.matchesFilters(run) &&
        run.seq > (this.grid.items[0]?.seq ?? 0)
      )
        added.push(run);
    }
    if (!added.length) return;
    const known = new Set(added.map((r) => r.id));
    this.fresh = [...this.fresh.filter((r) => !known.has(r.id)), ...added].sort((a, b) => b.seq - a.seq);
    if (this.grid.node.getBoundingClientRect().top > 0 && !this.grid.selection.size) this.showNewRuns();
    else {
      this.news.hidden = false;
      this.news.firstChild.textContent = t("gallery.news", { n: this.fresh.length });
    }
  }

  matchesFilters(run) {
    const f = this.filters;
    if (this.query.value.trim() || run.hidden) return false;
    const scope = this.scope.value || "mine";
    if (scope === "mine" ? !isMine(run) : scope !== "all" && run.project !== scope) return false;
    return (
      (!f.task.value || f.task.value === run.task) &&
      (!f.model.value || f.model.value === run.model) &&
      (!f.kind.value || f.kind.value === run.kind) &&
      (!f.status.value || f.status.value === run.status) &&
      !(Number(f.rating_min.value) > run.rating)
    );
  }

  showNewRuns() {
    this.news.hidden = true;
    const runs = this.fresh.filter((r) => !this.grid.at.has(r.id));
    this.fresh = [];
    if (!runs.length) return;
    const far = this.grid.node.getBoundingClientRect().top < 0;
    this.grid.prepend(runs);
    this.count(runs.length);
    if (far) this.grid.go(0, { focus: false });
  }

  open(run) {
    detail.open(run.id, this.trashed ? { ...this.lists, trashed: true } : this.lists);
  }

  step(n) {
    const at = this.grid.at.get(detail.openRunId());
    if (at === undefined) return;
    this.grid.go(at + n, { focus: false });
    const run = this.grid.items[this.grid.cursor];
    if (run && run.id !== detail.openRunId()) this.open(run);
  }

  trash(runs) {
    if (!runs.length) return;
    if (this.trashed) return this.restore(runs);
    const focused = this.grid.node.contains(document.activeElement);
    trash(runs, this.lists).then((done) => done && focused && this.grid.go(this.grid.cursor));
  }

  async restore(runs) {
    if (!(await tryOrToast(post("ui/restore", { ids: runs.map((r) => r.id) })))) return;
    this.lists.gone(runs.map((r) => r.id));
    toast(t("gallery.restored", { n: runs.length }));
  }

  async rate(runs, n) {
    for (const run of runs) if (await rate(run, n)) this.rated(run.id, n);
  }

  rated(id, n) {
    const run = this.grid.items[this.grid.at.get(id)];
    if (!run) return;
    run.rating = n;
    const cell = this.grid.cells.get(id);
    if (cell) this.grid.fill(cell, run);
  }

  showTrash(on) {
    this.trashed = on;
    this.bin.classList.toggle("on", on);
    this.bin.setAttribute("aria-pressed", on);
    this.purge.hidden = !on;
    detail.close();
    this.search();
  }

  /** Emptying the trash cannot be undone, so it asks. */
  async confirmEmptyTrash() {
    const sure = el(
      "dialog",
      "st st-sure",
      { "aria-label": t("gallery.purge") },
      el("h2", "", {}, t("gallery.purge_sure", { n: number(this.total) })),
      el("p", "st-dim", {}, t("gallery.purge_help")),
    );
    const no = button(t("widgets.keep"), { text: t("widgets.keep") }, () => sure.close());
    const yes = button(
      t("gallery.purge"),
      { text: t("gallery.purge"), cls: "danger solid", data: { do: "purge-now" } },
      async () => {
        sure.close();
        if (await tryOrToast(post("ui/purge"))) this.search();
      },
    );
    sure.append(el("div", "st-actions", {}, no, yes));
    sure.addEventListener("close", () => sure.remove());
    document.body.append(sure);
    sure.showModal();
    no.focus();
  }

  bar(ids) {
    if (!this.selected) return;
    this.selected.hidden = !ids.size;
    if (!ids.size) return;
    const runs = () => this.grid.chosen();
    const visible = runs().filter((r) => r.asset && r.asset.kind !== "audio");
    const parts = [el("strong", "", { "aria-live": "polite" }, t("gallery.chosen", { n: number(ids.size) }))];
    if (this.trashed)
      parts.push(
        button(t("gallery.restore"), { name: "restore", text: t("gallery.restore"), data: { do: "restore" } }, () =>
          this.restore(runs()),
        ),
      );
    else {
      if (ids.size >= MIN_COMPARED && ids.size <= MAX_COMPARED && visible.length === ids.size)
        parts.push(
          button(t("widgets.compare"), { name: "compare", text: t("widgets.compare"), data: { do: "compare" } }, () =>
            compareRuns(visible),
          ),
        );
      parts.push(
        button(t("widgets.download"), { name: "download", text: t("widgets.download"), data: { do: "download" } }, () =>
          download(runs()),
        ),
      );
      if (mayAdd() && runs().every((run) => run.asset && run.asset.kind !== "text"))
        parts.push(addButton(() => ({ runs: runs().map((run) => run.id) })));
      if (shareItems(runs()).length) {
        const share = button(
          t("projects.share"),
          { name: "people", text: t("projects.share"), "aria-haspopup": "menu", data: { do: "share" } },
          () => menu(share, shareItems(runs())),
        );
        parts.push(share);
      }
      if (runs().every((run) => isMine(run)))
        parts.push(
          button(
            t("widgets.trash"),
            { name: "trash", text: t("widgets.trash"), cls: "danger", data: { do: "trash" } },
            () => this.trash(runs()),
          ),
        );
    }
    parts.push(button(t("gallery.deselect"), { name: "close", cls: "bare" }, () => this.grid.select(new Set())));
    this.selected.replaceChildren(...parts);
  }
}
