// What is doubtful in a text: a line each, pressed to select the words it is about, with its remedies, and Undo for the last.

import { button, el, icon, t } from "../dom.js";

const AT_ONCE = 4; // more than that stand behind a press
const FACES = { warning: "warn", note: "bulb" };

/** acts: select(finding), apply(finding, remedy) gives a function that takes it back. The list draws itself anew. */
export class LintList {
  constructor({ select, apply }) {
    this.acts = { select, apply };
    this.findings = [];
    this.whole = false; // all lines are shown
    this.done = null; // the last remedy: {label, back}
    this.node = el("section", "lt-box", { "aria-label": t("lint.title"), hidden: true });
  }

  /** Show these findings; where they are what is shown already, nothing moves. */
  show(findings) {
    const same = JSON.stringify(findings) === JSON.stringify(this.findings);
    this.findings = findings;
    if (!same) this.draw();
  }

  /** The text is another one: what was done to the one before cannot be taken back here. */
  forget() {
    this.done = null;
    this.whole = false;
    this.draw();
  }

  draw() {
    const { findings } = this;
    const shown = this.whole ? findings : findings.slice(0, AT_ONCE);
    const rest = findings.length - shown.length;
    const more = t("lint.more", { n: rest });
    this.node.hidden = !findings.length && !this.done;
    const held = this.node.contains(document.activeElement);
    this.node.replaceChildren(
      this.doneLine() || "",
      el("ul", "lt-list", {}, ...shown.map((one) => this.line(one))),
      rest ? button(more, { text: more, cls: "link lt-more" }, () => ((this.whole = true), this.draw())) : "",
    );
    if (held) this.node.querySelector("button")?.focus({ preventScroll: true });
  }

  doneLine() {
    const { done } = this;
    if (!done) return null;
    const undo = button(t("lint.undo"), { text: t("lint.undo"), cls: "link", data: { do: "lint-undo" } }, () => {
      this.done = null;
      done.back();
      this.draw();
    });
    return el("p", "lt-done", { role: "status" }, icon("check"), el("span", "", {}, done.label), undo);
  }

  line(finding) {
    const { message, severity } = finding;
    const place = finding.end > finding.start;
    const words = place
      ? el(
          "button",
          "lt-words",
          { type: "button", title: t("lint.select"), onclick: () => this.acts.select(finding) },
          message,
        )
      : el("span", "lt-words", {}, message);
    const face = el("span", "lt-face", { role: "img", "aria-label": t(`lint.${severity}`) }, icon(FACES[severity]));
    return el(
      "li",
      severity,
      { data: { rule: finding.rule } },
      face,
      el("div", "lt-body", {}, words, this.remedies(finding) || ""),
    );
  }

  remedies(finding) {
    if (!finding.remedies.length) return null;
    const press = (remedy) => () => {
      this.done = { label: t("lint.did", { what: remedy.label }), back: this.acts.apply(finding, remedy) };
      this.draw();
    };
    return el(
      "div",
      "lt-remedies",
      {},
      ...finding.remedies.map((remedy) =>
        button(remedy.label, { text: remedy.label, cls: "lt-remedy" }, press(remedy)),
      ),
    );
  }
}

/** The text after edits that do not overlap. */
export function edited(text, edits) {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((made, { start, end, replacement }) => made.slice(0, start) + replacement + made.slice(end), text);
}

/** The value of a field after a change: put in its place, or added behind a comma. */
export function changedValue(before, { value, append }) {
  const kept = append ? String(before || "").trim() : "";
  if (!kept) return value;
  return `${kept}${/[\u3400-\u9fff]/.test(kept) ? "，" : ", "}${value}`;
}

/** Select words in a text box, in sight. */
export function selectIn(box, { start, end }) {
  box.focus();
  box.setSelectionRange(start, end);
  const lines = box.value.slice(0, start).split("\n").length - 1;
  const height = parseFloat(getComputedStyle(box).lineHeight) || 20;
  if (box.scrollHeight > box.clientHeight) box.scrollTop = Math.max(0, lines * height - box.clientHeight / 2);
}
