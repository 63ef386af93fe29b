// The text of a script with its words coloured: a text area over a layer of the same text. The colours are highlights of
// the browser (CSS Custom Highlight API), which add no element. The layer is in parts: an edit renews one of them, and
// only the parts in view are coloured, because the browser goes through all highlights at every change.

import { el, still, t } from "../dom.js";
import { GROUP_NAMES, groupOf } from "./fields.js";
import { chunks, shiftSpans } from "./merge.js";

const NAMES = [...GROUP_NAMES, "lit"];
const MARGIN_PX = 500; // how far beyond the view the text is coloured
const hasHighlights = () => typeof Highlight === "function" && !!CSS.highlights;

/** The highlight of this name, which all texts of the page share. */
function shared(name) {
  const id = `script-${name}`;
  if (!CSS.highlights.has(id)) {
    const made = new Highlight();
    made.priority = name === "lit" ? 2 : name === "unread" ? 1 : 0;
    CSS.highlights.set(id, made);
  }
  return CSS.highlights.get(id);
}

export class ScriptText {
  /** heard: {input(), point(position or null), caret(position)}; positions are UTF-16 units of the text. */
  constructor(heard, { rows = 12, placeholder = "", field = "script", label = t("scriptview.text") } = {}) {
    this.heard = heard;
    this.layer = el("div", "sp-layer", { "aria-hidden": "true" });
    this.area = el("textarea", "sp-area", { placeholder, spellcheck: "false", "aria-label": label, data: { field } });
    const paper = el("div", "sp-paper", {}, this.layer, this.area);
    this.node = el("div", "sp-textscroll", { style: `--rows:${rows}` }, paper);
    this.spans = [];
    this.unread = [];
    this.parts = [];
    this.ranges = new Map(NAMES.map((name) => [name, []]));
    this.lit = [];
    this.text = "";
    this.seen = new Set(); // parts in view
    this.watch = new IntersectionObserver((changes) => this.scrolled(changes), {
      root: this.node,
      rootMargin: `${MARGIN_PX}px 0px`,
    });
    this.area.addEventListener("input", () => this.typed());
    let frame = 0;
    this.node.addEventListener("pointermove", (e) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => heard.point(this.positionAt(e.clientX, e.clientY)));
    });
    this.node.addEventListener("pointerleave", () => (cancelAnimationFrame(frame), heard.point(null)));
    const caret = () => heard.caret(this.area.selectionStart);
    this.area.addEventListener("keyup", (e) => /^(Arrow|Page|Home|End)/.test(e.key) && caret());
    this.area.addEventListener("click", caret);
    this.draw();
  }

  /** Put another text in place of this one. */
  setText(text) {
    this.area.value = text;
    this.text = this.area.value;
    this.spans = this.unread = this.lit = [];
    this.draw();
  }

  typed() {
    const before = this.text;
    this.text = this.area.value;
    this.spans = shiftSpans(this.spans, before, this.text);
    this.unread = shiftSpans(this.unread, before, this.text);
    this.lit = [];
    this.draw();
    this.heard.input();
  }

  /** Colour the words that went into fields, and those that went nowhere. */
  paint(spans, unread) {
    this.spans = spans;
    this.unread = unread;
    this.colour();
  }

  /** Make these words stand out. show: also bring the first of them into view. */
  light(spans, { show = false } = {}) {
    this.lit = spans;
    this.fill("lit", spans);
    const first = show && spans[0] && this.rangeOf(spans[0]);
    if (first) this.bringIntoView(first);
  }

  /** Select these words. */
  select({ start, end }) {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, end);
    const range = this.rangeOf({ start, end });
    if (range) this.bringIntoView(range);
  }

  bringIntoView({ startContainer, startOffset, endContainer, endOffset }) {
    const range = document.createRange();
    range.setStart(startContainer, startOffset);
    range.setEnd(endContainer, endOffset);
    const [box, view] = [range.getBoundingClientRect(), this.node.getBoundingClientRect()];
    if (box.top >= view.top + 8 && box.bottom <= view.bottom - 8) return;
    const to = this.node.scrollTop + box.top - view.top - view.height / 3;
    this.node.scrollTo({ top: to, behavior: still() ? "instant" : "smooth" });
  }

  /** The position in the text below a point of the window; null where the browser cannot tell. */
  positionAt(x, y) {
    const found = document.caretPositionFromPoint?.(x, y);
    return found?.offsetNode === this.area ? found.offset : null;
  }

  draw() {
    const parts = chunks(this.text);
    const old = this.parts;
    let head = 0;
    while (head < parts.length && head < old.length && old[head].text === parts[head]) head++;
    let tail = 0;
    const most = Math.min(parts.length, old.length) - head;
    while (tail < most && old.at(-1 - tail).text === parts.at(-1 - tail)) tail++;
    const made = parts.slice(head, parts.length - tail).map((text) => {
      const node = document.createTextNode(text);
      return { text, node, box: el("div", "", {}, node), start: 0 };
    });
    const gone = old.slice(head, old.length - tail);
    if (made.length < 4 && gone.some((part) => this.seen.has(part))) for (const part of made) this.seen.add(part);
    for (const part of gone) part.box.remove(), this.watch.unobserve(part.box), this.seen.delete(part);
    const after = old[old.length - tail]?.box || this.end || null;
    for (const part of made)
      (part.box.piece = part), this.layer.insertBefore(part.box, after), this.watch.observe(part.box);
    this.parts = [...old.slice(0, head), ...made, ...old.slice(old.length - tail)];
    let at = 0;
    for (const part of this.parts) (part.start = at), (at += part.text.length);
    if (!this.end) this.layer.append((this.end = el("div", "", {}, "\u200b")));
    this.end.hidden = !!this.text && !this.text.endsWith("\n");
    this.colour();
  }

  scrolled(changes) {
    for (const { target, isIntersecting } of changes)
      isIntersecting ? this.seen.add(target.piece) : this.seen.delete(target.piece);
    this.colour();
  }

  colour() {
    if (!hasHighlights()) return;
    const starts = [...this.seen].map((part) => part.start);
    const ends = [...this.seen].map((part) => part.start + part.text.length);
    const [from, to] = [Math.min(...starts), Math.max(...ends)];
    const inView = (span) => span.end > from && span.start < to;
    const groups = new Map(NAMES.map((name) => [name, []]));
    for (const span of this.spans) if (inView(span)) groups.get(groupOf(span.field, span.shot)).push(span);
    groups.set("unread", this.unread.filter(inView));
    groups.set("lit", this.lit);
    for (const [name, spans] of groups) this.fill(name, spans);
  }

  fill(name, spans) {
    if (!hasHighlights()) return;
    const highlight = shared(name);
    for (const range of this.ranges.get(name)) highlight.delete(range);
    for (const range of highlight) if (!range.startContainer.isConnected) highlight.delete(range); // of texts that are gone
    const ranges = spans.map((span) => this.rangeOf(span)).filter(Boolean);
    for (const range of ranges) highlight.add(range);
    this.ranges.set(name, ranges);
  }

  rangeOf({ start, end }) {
    const [first, last] = [this.partAt(start), this.partAt(Math.max(start, end - 1))];
    if (!first || !last || end > this.text.length) return null;
    return new StaticRange({
      startContainer: first.node,
      startOffset: start - first.start,
      endContainer: last.node,
      endOffset: Math.max(end, start) - last.start,
    });
  }

  partAt(position) {
    let [low, high] = [0, this.parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle].start <= position) low = middle;
      else high = middle - 1;
    }
    return this.parts[low];
  }
}
