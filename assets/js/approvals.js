// Approvals: paid runs that wait for a decision. Who asks for what, which limit keeps it back, and one key to answer.

import { button, colon, dollars, el, icon, number, since, styles, t } from "./dom.js";
import { open as openDetail } from "./detail.js";
import { catalogueText } from "./form/common.js";
import { follow } from "./live.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { picture, title } from "./parts.js";

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "queue.css", "approvals.css");
  new Approvals(element, element.querySelector(".st-mount") || element);
}

/** Give a button other words. */
function name(node, text, disabled) {
  node.replaceChildren(el("span", "", {}, text));
  node.setAttribute("aria-label", text);
  node.disabled = disabled;
}

class Approvals {
  constructor(element, root) {
    this.chosen = new Set(); // ids of questions that are selected
    this.questions = [];
    root.classList.add("st", "st-approvals");
    this.reason = el("input", "st-input", { type: "text", maxlength: 500, "aria-label": t("approvals.reason") });
    this.reason.placeholder = t("approvals.reason");
    this.approve = button(t("approvals.approve"), { text: t("approvals.approve"), cls: "st-yes" }, () =>
      this.answer(this.targets(), true),
    );
    this.reject = button(t("approvals.reject"), { text: t("approvals.reject"), cls: "danger" }, () =>
      this.answer(this.targets(), false),
    );
    this.all = el("input", "", { type: "checkbox", "aria-label": t("approvals.select_all") });
    this.all.addEventListener("change", () => {
      this.chosen = new Set(this.all.checked ? this.mine().map((one) => one.id) : []);
      this.draw();
    });
    this.bar = el(
      "div",
      "st-answerbar",
      { hidden: true },
      el("label", "st-all", {}, this.all, el("span", "", {}, t("approvals.select_all"))),
      this.reason,
      this.reject,
      this.approve,
      el("small", "st-dim st-answerkeys", {}, t("approvals.keys")),
    );
    this.list = el("ol", "st-questions", { "aria-label": t("approvals.tab") });
    this.none = el(
      "div",
      "st-empty",
      { hidden: true },
      icon("check", "st-i huge"),
      el("h2", "", {}, t("approvals.empty")),
      el("p", "", {}, t("approvals.empty_help")),
    );
    this.decided = el("section", "st-part st-decided", { hidden: true });
    root.replaceChildren(
      el("header", "st-queuehead", {}, heading(t("approvals.tab"))),
      el("p", "st-dim", {}, t("approvals.lead")),
      this.bar,
      this.list,
      this.none,
      this.decided,
    );
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const run = event.target.closest(".st-open");
      if (run) openDetail(run.dataset.run);
    });
    new IntersectionObserver((seen) => {
      this.shown = seen.some((s) => s.isIntersecting);
      if (this.shown) this.load();
    }).observe(element);
    let held = "";
    follow(root, (state) => {
      const waits = [...state.runs.values()].filter((run) => run.status === "held").map((run) => run.id);
      const now = waits.sort().join();
      if (now !== held && this.shown) this.load();
      held = now;
    });
  }

  async load() {
    const told = await tryOrToast(get("ui/approvals"));
    if (told) this.take(told);
  }

  take(told) {
    this.questions = told.questions;
    const ids = new Set(told.questions.map((one) => one.id));
    this.chosen = new Set([...this.chosen].filter((id) => ids.has(id)));
    this.lately = told.decided;
    this.draw();
  }

  /** Questions that this person may answer. */
  mine() {
    return this.questions.filter((one) => !one.refusal);
  }

  /** What a press of a button in the bar is about: the selected questions, or the only one. */
  targets() {
    if (this.chosen.size) return [...this.chosen];
    return this.mine().length === 1 ? [this.mine()[0].id] : [];
  }

  draw() {
    const at = document.activeElement?.closest?.(".st-question")?.dataset.id;
    this.list.replaceChildren(...this.questions.map((one) => this.row(one)));
    this.bar.hidden = !this.mine().length;
    this.none.hidden = this.questions.length > 0;
    this.all.checked = this.chosen.size > 0 && this.chosen.size === this.mine().length;
    const n = this.targets().length;
    name(this.approve, n > 1 ? t("approvals.approve_all", { n }) : t("approvals.approve"), !n);
    name(this.reject, n > 1 ? t("approvals.reject_all", { n }) : t("approvals.reject"), !n);
    this.drawDecided();
    const rows = [...this.list.children];
    const focused = rows.find((row) => row.dataset.id === at) || rows[0];
    for (const row of rows) row.tabIndex = row === focused ? 0 : -1;
    if (at && focused) focused.focus({ preventScroll: true });
  }

  row(one) {
    const asks = one.own ? t("approvals.asks_you") : t("approvals.asks", { name: one.person });
    const head = el(
      "p",
      "st-asks",
      {},
      el("b", "", {}, asks),
      one.project ? ` ${t("approvals.in_project", { name: one.project })}` : "",
      el("span", "st-dim", {}, " · ", since(one.asked_at)),
    );
    const pick = el("input", "st-pick", {
      type: "checkbox",
      tabindex: -1,
      "aria-label": t("approvals.select"),
      disabled: !!one.refusal,
    });
    pick.checked = this.chosen.has(one.id);
    pick.addEventListener("change", () => this.toggle(one.id));
    const side = el(
      "div",
      "st-askside",
      {},
      el("strong", "", {}, one.usd === null ? t("approvals.unknown") : dollars(one.usd)),
      el("small", "st-dim", {}, t("approvals.runs", { n: one.count })),
    );
    if (!one.refusal)
      side.append(
        el(
          "div",
          "st-actions",
          {},
          button(t("approvals.reject"), { text: t("approvals.reject"), data: { do: "reject" } }, () =>
            this.answer([one.id], false),
          ),
          button(t("approvals.approve"), { text: t("approvals.approve"), cls: "st-yes", data: { do: "approve" } }, () =>
            this.answer([one.id], true),
          ),
        ),
      );
    return el(
      "li",
      `st-question${this.chosen.has(one.id) ? " chosen" : ""}`,
      { data: { id: one.id }, "aria-label": `${asks}${colon()}${title(one.runs[0]).slice(0, 80)}` },
      pick,
      el("div", "st-thumbs", {}, ...one.runs.slice(0, 3).map((run) => this.thumb(run))),
      el(
        "div",
        "st-qbody",
        {},
        head,
        ...this.prompts(one),
        el("p", "st-qwhy held", {}, one.why),
        ...one.left.map((line) => el("p", "st-left st-dim", {}, line)),
        one.refusal ? el("p", "st-dim st-refusal", {}, one.refusal) : null,
      ),
      side,
    );
  }

  thumb(run) {
    return el(
      "button",
      "st-open",
      { type: "button", tabindex: -1, data: { run: run.id }, "aria-label": title(run) },
      picture(run),
    );
  }

  /** Every different prompt of a press once, with its model. */
  prompts(one) {
    const seen = new Map();
    for (const run of one.runs) seen.set(`${run.prompt}\n${run.model}`, run);
    const shown = [...seen.values()].slice(0, 3);
    const rows = shown.map((run) =>
      el(
        "p",
        "st-ask",
        {},
        title(run),
        el(
          "span",
          "st-dim",
          {},
          ` · ${catalogueText(run.model_label)}`,
          run.inputs?.length ? ` · ${t("approvals.inputs")} ${number(run.inputs.length)}` : "",
        ),
      ),
    );
    if (seen.size > shown.length)
      rows.push(el("p", "st-dim", {}, t("approvals.more", { n: number(seen.size - shown.length) })));
    return rows;
  }

  toggle(id) {
    this.chosen.has(id) ? this.chosen.delete(id) : this.chosen.add(id);
    this.draw();
  }

  async answer(ids, approve) {
    if (!ids.length) return;
    const told = await tryOrToast(post("ui/approvals", { ids, approve, reason: this.reason.value }));
    if (!told) return this.load();
    this.reason.value = "";
    toast(t(approve ? "approvals.approved" : "approvals.rejected", { n: told.decided }));
    this.take(told);
    this.list.querySelector(".st-question")?.focus({ preventScroll: true });
  }

  /** One key answers the question that has the focus; with a selection, all that are selected. */
  key(event) {
    const row = event.target.closest?.(".st-question");
    if (!row || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=text]")) return;
    const one = this.questions.find((question) => question.id === row.dataset.id);
    const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const about = this.chosen.size ? [...this.chosen] : one && !one.refusal ? [one.id] : [];
    if (move) {
      const rows = [...this.list.children];
      const next = rows[rows.indexOf(row) + move];
      if (next) {
        for (const each of rows) each.tabIndex = each === next ? 0 : -1;
        next.focus();
      }
    } else if (event.key === " " && event.target === row) one && !one.refusal && this.toggle(one.id);
    else if (event.key === "a") this.answer(about, true);
    else if (event.key === "r") this.answer(about, false);
    else return;
    event.preventDefault();
  }

  drawDecided() {
    this.decided.hidden = !this.lately.length;
    this.decided.replaceChildren(
      el("h2", "", {}, t("approvals.decided")),
      el(
        "ol",
        "st-rows",
        {},
        ...this.lately.map((one) =>
          el(
            "li",
            "st-decision",
            {},
            el(
              "span",
              `st-verdict ${one.approved ? "yes" : "no"}`,
              {},
              t(one.approved ? "approvals.was_approved" : "approvals.was_rejected"),
            ),
            el("span", "st-ask", {}, title(one.run)),
            el("span", "st-dim", {}, dollars(one.run.estimate_usd)),
            el("span", "st-dim", {}, one.by || t("approvals.you_here"), one.reason ? `${colon()}${one.reason}` : ""),
            since(one.at),
          ),
        ),
      ),
    );
  }
}
