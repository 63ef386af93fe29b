// The waiting runs as a window of rows: whatever waits, only what can be seen is drawn, and what was not loaded is
// asked for page by page. Positions are those of the server, which alone knows whose turn it is.

import { el } from "./dom.js";
import { get } from "./net.js";

export const PAGE = 50;
const MARGIN = 12;
const DRAW_ALL = 60;
const ROW_PX = 74;
const REFRESH_MS = 300;

/** The window over `list`. draw(run, at): a row, the same node for the same run. before(): rows are about to move. loaded({runs,
 * counts}): what came. */
export class QueueRows {
  constructor(list, { draw, before, loaded }) {
    this.list = list;
    this.draw = draw;
    this.before = before;
    this.loaded = loaded;
    this.whole = false; // whether page 0 is all that waits
    this.total = 0;
    this.pages = new Map(); // number of the page -> runs
    this.stale = new Set();
    this.dragged = null;
    this.rowPx = ROW_PX;
    this.above = el("li", "st-space", { "aria-hidden": "true" });
    this.below = el("li", "st-space", { "aria-hidden": "true" });
    const moved = () => (this.frame ??= requestAnimationFrame(() => ((this.frame = null), this.render())));
    document.addEventListener("scroll", moved, { capture: true, passive: true });
    addEventListener("resize", moved);
    new IntersectionObserver(moved).observe(list);
  }

  /** How it is now: how many wait, and the first of them where all that changed is known. anew: any may have. */
  take(total, head, anew) {
    this.total = total;
    if (head.length >= total) {
      this.pages = new Map([[0, head]]);
      this.stale.clear();
      this.whole = true;
      return this.render();
    }
    const was = this.whole;
    this.whole = false;
    if (!this.pages.has(0) || was || anew === "begin") this.pages.set(0, head.slice(0, PAGE));
    if (anew || was) this.expire();
    this.render();
  }

  /** What is loaded may stand elsewhere by now: ask again for what is seen, soon. */
  expire(soon = REFRESH_MS) {
    for (const number of this.pages.keys()) this.stale.add(number);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.render(), soon);
  }

  /** Ask at once for what is seen; resolves when it is drawn. */
  async refresh() {
    for (const number of this.pages.keys()) this.stale.add(number);
    this.whole = false;
    await this.load(...this.range);
  }

  at(index) {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  find(id) {
    for (const runs of this.pages.values()) for (const run of runs) if (run.id === id) return run;
    return undefined;
  }

  /** The run that waits behind this one; null where it is the last. */
  behind(id) {
    const seen = [...this.list.querySelectorAll(":scope > [data-id]")].map((node) => node.dataset.id);
    const index = this.first + seen.indexOf(id);
    return this.at(index + 1)?.id ?? null;
  }

  get range() {
    if (this.total <= DRAW_ALL) return [0, this.total];
    const top = this.list.getBoundingClientRect().top;
    const first = Math.floor(-top / this.rowPx) - MARGIN;
    const last = Math.ceil((innerHeight - top) / this.rowPx) + MARGIN;
    const within = (n) => Math.max(0, Math.min(this.total, n));
    return [within(first), within(Math.max(last, first + DRAW_ALL / 2))];
  }

  render() {
    if (!this.list.isConnected) return;
    const hidden = !this.list.offsetParent;
    const [first, last] = hidden ? [0, Math.min(this.total, DRAW_ALL / 2)] : this.range;
    this.first = first;
    const nodes = [];
    for (let index = first; index < last; index++) {
      const run = this.at(index);
      nodes.push(run ? this.draw(run, index) : this.blank(index));
    }
    if (this.dragged && !nodes.includes(this.dragged)) nodes.push(this.dragged);
    this.above.style.height = `${first * this.rowPx}px`;
    this.below.style.height = `${(this.total - last) * this.rowPx}px`;
    this.before();
    place(this.list, [...(first ? [this.above] : []), ...nodes, ...(last < this.total ? [this.below] : [])]);
    this.measure(nodes);
    if (!hidden) this.load(first, last);
  }

  /** The height of a row with the gap below it, as the page has it. */
  measure(nodes) {
    const [one, two] = nodes.filter((node) => node.offsetHeight);
    const px = one && two ? two.offsetTop - one.offsetTop : 0;
    if (px > 20 && Math.abs(px - this.rowPx) > 0.5 && one.dataset.id && two.dataset.id) this.rowPx = px;
  }

  blank(index) {
    return el("li", "st-qrow queued st-blank", { "aria-hidden": "true" }, el("b", "st-dim", {}, `${index + 1}`));
  }

  async load(first, last) {
    if (this.whole || this.loading) return;
    const wanted = [];
    for (let number = Math.floor(first / PAGE); number * PAGE < last; number++)
      if (!this.pages.has(number) || this.stale.has(number)) wanted.push(number);
    if (!wanted.length) return;
    this.loading = true;
    try {
      const skip = wanted[0] * PAGE;
      const count = Math.min(200, (wanted.at(-1) - wanted[0] + 1) * PAGE);
      const told = await get(`ui/queue/rows?section=queued&skip=${skip}&limit=${count}`);
      for (let at = 0; at < count; at += PAGE) {
        this.pages.set(wanted[0] + at / PAGE, told.runs.slice(at, at + PAGE));
        this.stale.delete(wanted[0] + at / PAGE);
      }
      this.total = told.counts.queued;
      this.forget(wanted[0]);
      this.loaded(told);
    } catch {
      return void setTimeout(() => this.render(), 2000); // the stream says that the connection is away
    } finally {
      this.loading = false;
    }
    this.render();
  }

  /** Pages far from where somebody looks are not kept. */
  forget(near) {
    for (const number of this.pages.keys()) if (Math.abs(number - near) > 20) this.pages.delete(number);
  }
}

/** Put the nodes into the list in this order, moving as little as possible, so that focus and a drag survive. */
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children])
    if (!wanted.has(child) && !child.classList.contains("st-dropmark")) child.remove();
  let at = list.firstChild;
  for (const node of nodes) {
    while (at?.classList.contains("st-dropmark")) at = at.nextSibling;
    if (at === node) at = at.nextSibling;
    else list.insertBefore(node, at);
  }
}
