// The comments of the version that is shown: a filter, an order, a search, the threads, and the field for a new one.

import { button, el, icon, isTyping, t } from "../dom.js";
import { Composer } from "./composer.js";
import { isForMe, nameOf, threadsOf } from "./marks.js";
import { Thread } from "./thread.js";

const STEP = 40; // threads that are drawn at once; more come as the list is scrolled
const FILTERS = ["all", "open", "mine", "forme", "internal"];
const ORDERS = ["frame", "newest", "oldest"];

/** The panel; "active" is told when a comment was chosen, with its id or null. */
export class Comments extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.threads = new Map(); // head's id -> Thread
    this.actions = null; // (head) => what else stands at the foot of a thread
    this.active = null;
    this.limit = STEP;
    this.build();
    this.draw();
  }

  build() {
    const { session } = this;
    const choice = (name, values, shown) =>
      el(
        "select",
        "st-select",
        { "aria-label": t(`review.${name}`), data: { do: name }, onchange: () => this.draw() },
        ...values.map((one) => el("option", "", { value: one, selected: one === shown }, t(`review.${name}_${one}`))),
      );
    const filters = FILTERS.filter((one) =>
      one === "internal" ? session.me.may.internal : one !== "forme" || !session.guest,
    );
    this.filter = choice("filter", filters, "all");
    this.order = choice("order", ORDERS, "frame");
    this.query = el("input", "rv-search", {
      type: "search",
      placeholder: t("review.search"),
      "aria-label": t("review.search"),
      maxlength: 200,
      hidden: true,
      oninput: () => this.draw(),
      onkeydown: (e) => e.key === "Escape" && (e.stopPropagation(), this.search(false)),
    });
    this.find = button(
      t("review.search"),
      { name: "search", cls: "bare", "aria-pressed": "false", data: { do: "search" } },
      () => this.search(this.query.hidden),
    );
    this.list = el("ol", "rv-threads", { "aria-label": t("review.comments") });
    this.empty = el("div", "rv-none", { hidden: true });
    this.older = el("button", "rv-older", { type: "button", hidden: true });
    this.tail = el("i", "rv-tail", { "aria-hidden": "true" });
    this.scroller = el("div", "rv-scroll", { tabindex: "-1" }, this.older, this.empty, this.list, this.tail);
    this.scroller.addEventListener("keydown", (e) => this.key(e));
    new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.more(), {
      root: this.scroller,
      rootMargin: "600px",
    }).observe(this.tail);
    this.composer = session.me.may.comment ? new Composer(session, {}) : null;
    this.element = el(
      "div",
      "rv-comments",
      {},
      el("div", "rv-filters", {}, this.filter, this.order, el("i", "st-grow"), this.find),
      this.query,
      this.scroller,
      this.composer?.element ?? el("p", "rv-readonly", {}, t("review.read_only")),
    );
  }

  search(on) {
    this.query.hidden = !on;
    this.find.setAttribute("aria-pressed", on);
    if (!on) this.query.value = "";
    this.draw();
    on ? this.query.focus() : this.find.focus();
  }

  /** Whether something is left out of the list. */
  get filtered() {
    return this.filter.value !== "all" || Boolean(this.query.value.trim());
  }

  /** The threads that the filter lets through, in the order that is chosen. */
  chosen() {
    const { session } = this;
    const words = this.query.value.trim().toLowerCase();
    const wanted = {
      all: () => true,
      open: (all) => !all[0].resolved_at,
      mine: (all) => all.some((one) => one.mine),
      forme: (all) => all.some((one) => isForMe(session, one)),
      internal: (all) => all.some((one) => one.internal),
    }[this.filter.value];
    const found = threadsOf(session, session.version?.id).filter(({ head, answers }) => {
      const all = [head, ...answers];
      return wanted(all) && (!words || all.some((one) => `${one.text} ${nameOf(one)}`.toLowerCase().includes(words)));
    });
    const at = ({ head }) => head.frame_in ?? -1;
    const time = ({ head }) => head.created_at;
    const compare = {
      frame: (a, b) => at(a) - at(b) || time(a).localeCompare(time(b)),
      newest: (a, b) => time(b).localeCompare(time(a)),
      oldest: (a, b) => time(a).localeCompare(time(b)),
    }[this.order.value];
    return found.sort(compare);
  }

  /** Another version is shown. */
  select() {
    this.limit = STEP;
    this.active = null;
    this.threads.clear();
    this.composer?.show(this.session.version);
    this.draw();
    this.scroller.scrollTop = 0;
  }

  /** Draw what is there now; nodes of threads that did not change stay. */
  draw() {
    const all = (this.shown = this.chosen());
    const nodes = all.slice(0, this.limit).map((thread) => {
      const known = this.threads.get(thread.head.id);
      if (known) known.show(thread);
      else this.threads.set(thread.head.id, new Thread(this, thread));
      return this.threads.get(thread.head.id).element;
    });
    const wanted = new Set(nodes);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach(
      (node, i) => this.list.children[i] !== node && this.list.insertBefore(node, this.list.children[i] ?? null),
    );
    this.tail.hidden = all.length <= this.limit;
    this.drawEmpty(all.length);
    this.drawOlder();
    this.mark();
  }

  more() {
    if (!this.shown || this.shown.length <= this.limit) return;
    this.limit += STEP;
    this.draw();
  }

  drawEmpty(count) {
    this.empty.hidden = count > 0;
    if (count) return;
    const word = this.filtered ? "nothing_found" : this.composer ? "no_comments" : "no_comments_yet";
    this.empty.replaceChildren(
      icon("pencil", "st-i big"),
      el("p", "", {}, t(`review.${word}`)),
      this.filtered
        ? button(t("review.show_all"), { text: t("review.show_all"), cls: "link" }, () => {
            this.filter.value = "all";
            this.query.value = "";
            this.draw();
          })
        : "",
    );
  }

  /** What waits on the versions before this one. */
  drawOlder() {
    const { item, version } = this.session;
    const waiting = (item?.versions ?? [])
      .filter((one) => one.number < version.number)
      .map((one) => [one, threadsOf(this.session, one.id).filter(({ head }) => !head.resolved_at).length])
      .filter(([, n]) => n);
    this.older.hidden = !waiting.length;
    if (!waiting.length) return;
    const [last] = waiting.at(-1);
    const n = waiting.reduce((sum, [, count]) => sum + count, 0);
    this.older.textContent = t("review.open_before", { n, version: last.label || `v${last.number}` });
    this.older.onclick = () => this.session.select(item.id, last.id);
  }

  mark() {
    for (const [id, thread] of this.threads) {
      thread.element.classList.toggle("active", id === this.active);
      if (id === this.active) thread.element.setAttribute("aria-current", "true");
      else thread.element.removeAttribute("aria-current");
    }
  }

  /** Choose a comment: its frame is shown. */
  jump(head) {
    this.activate(head.id);
    this.dispatchEvent(new CustomEvent("active", { detail: head }));
  }

  /** Mark a comment and bring it into sight. */
  activate(id, { focus = false } = {}) {
    this.active = id;
    const at = this.shown.findIndex(({ head }) => head.id === id);
    if (at >= this.limit) {
      this.limit = at + STEP;
      this.draw();
    }
    this.mark();
    const { element } = this.threads.get(id) ?? {};
    element?.scrollIntoView({ block: "nearest" });
    if (focus) element?.focus({ preventScroll: true });
  }

  /** The comment after or before the active one. */
  step(n) {
    if (!this.shown.length) return;
    const at = this.shown.findIndex(({ head }) => head.id === this.active);
    const next = at < 0 ? (n > 0 ? 0 : this.shown.length - 1) : at + n;
    const thread = this.shown[Math.max(0, Math.min(next, this.shown.length - 1))];
    this.jump(thread.head);
    this.threads.get(thread.head.id)?.element.focus({ preventScroll: true });
  }

  key(e) {
    if (isTyping(e)) return;
    const thread = this.threads.get(e.target.closest(".rv-thread")?.dataset.id);
    const act = {
      ArrowDown: () => this.step(1),
      ArrowUp: () => this.step(-1),
      Enter: () => thread && e.target === thread.element && this.jump(thread.head),
      r: () => thread?.session.me.may.comment && thread.answer(),
      x: () => thread?.mayResolve && thread.resolve(),
    }[e.key];
    if (!act || e.ctrlKey || e.metaKey || e.altKey || (e.key === "Enter" && e.target !== thread?.element)) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  }
}
