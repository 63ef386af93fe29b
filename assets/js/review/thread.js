// One thread: a comment with its answers, and what can be done with each.

import { button, el, icon, since, t } from "../dom.js";
import { menu } from "../menu.js";
import { tryOrToast } from "../net.js";
import { avatar } from "../share.js";
import { Composer } from "./composer.js";
import { confirmed } from "./dialogs.js";
import { isForMe, nameOf, placeOf } from "./marks.js";
import { withNames } from "./mention.js";

/** Draws a thread of the panel; the panel is told when it is pressed. */
export class Thread {
  /** @param {any} panel with session, jump(head), retake(head)? */
  constructor(panel, thread) {
    this.panel = panel;
    this.session = panel.session;
    this.writing = null; // the answer that is being typed
    this.editing = null; // the comment that gets another wording
    this.element = el("li", "rv-thread", { tabindex: "-1" });
    this.element.addEventListener("click", (e) => {
      if (!e.target.closest("button, a, textarea, .rv-composer") && !String(getSelection())) panel.jump(this.head);
    });
    this.head = thread.head;
    this.answers = thread.answers;
    this.show(thread);
  }

  /** Draw it as it is now. An answer that is being typed stays, with the caret where it was. */
  show({ head, answers }) {
    const told = JSON.stringify([head, answers]);
    if (told === this.told) return;
    this.head = head;
    this.answers = answers;
    this.told = told;
    const typing = this.element.contains(document.activeElement) ? document.activeElement : null;
    this.element.dataset.id = head.id;
    this.element.classList.toggle("resolved", Boolean(head.resolved_at));
    this.element.classList.toggle("internal", head.internal);
    this.element.classList.toggle(
      "forme",
      [head, ...answers].some((one) => isForMe(this.session, one)),
    );
    this.element.replaceChildren(
      this.comment(head),
      answers.length ? el("ol", "rv-answers", {}, ...answers.map((one) => el("li", "", {}, this.comment(one)))) : "",
      this.writing?.element ?? "",
      this.foot(),
    );
    if (typing?.isConnected && typing !== document.activeElement) typing.focus({ preventScroll: true });
  }

  comment(one) {
    if (this.editing?.comment.id === one.id) return el("div", "rv-comment", {}, this.editing.element);
    const { session } = this;
    const head = one === this.head;
    const more = this.mayChange(one)
      ? button(
          t("review.more_of", { name: nameOf(one) }),
          { name: "more", cls: "bare tiny rv-more", "aria-haspopup": "menu", "aria-expanded": "false" },
          () => this.more(more, one),
        )
      : null;
    return el(
      "div",
      "rv-comment",
      { data: { comment: one.id } },
      el(
        "header",
        "",
        {},
        avatar(nameOf(one)),
        el("b", "", {}, nameOf(one)),
        one.guest ? el("span", "rv-tag", {}, t("review.guest")) : null,
        one.internal ? el("span", "rv-tag internal", {}, t("review.internal")) : null,
        since(one.created_at),
        one.edited_at ? el("small", "st-dim", {}, t("review.edited")) : null,
        el("i", "st-grow"),
        more,
      ),
      head ? this.place(one) : null,
      one.text ? el("p", "", {}, ...withNames(one.text, session.review.people)) : null,
    );
  }

  /** The frame it is pinned to, and whether there is a drawing. */
  place(one) {
    const version = this.session.itemOf(one.version)?.versions.find((v) => v.id === one.version);
    if (!version?.rate && !one.has_drawing) return null;
    return el(
      "button",
      "rv-at",
      { type: "button", title: t("review.jump"), data: { do: "jump" }, onclick: () => this.panel.jump(this.head) },
      version?.rate ? placeOf(version, one) : "",
      one.has_drawing ? icon("pencil") : null,
      one.has_drawing ? el("span", "st-off", {}, t("review.has_drawing")) : null,
    );
  }

  foot() {
    const { session, head } = this;
    if (!session.me.may.comment) return head.resolved_at ? el("footer", "", {}, this.resolvedBy()) : "";
    const resolve = t(head.resolved_at ? "review.reopen" : "review.resolve");
    return el(
      "footer",
      "",
      {},
      head.resolved_at ? this.resolvedBy() : null,
      button(t("review.answer"), { text: t("review.answer"), cls: "bare", data: { do: "answer" } }, () =>
        this.answer(),
      ),
      ...(this.panel.actions?.(head) ?? []),
      el("i", "st-grow"),
      this.mayResolve
        ? button(
            resolve,
            {
              name: head.resolved_at ? "undo" : "check",
              text: resolve,
              cls: "bare rv-resolve",
              data: { do: head.resolved_at ? "reopen" : "resolve" },
            },
            () => this.resolve(),
          )
        : null,
    );
  }

  resolvedBy() {
    return el(
      "small",
      "rv-done",
      {},
      icon("check"),
      t("review.resolved_by", { name: this.head.resolved_by_name || "" }),
    );
  }

  get mayResolve() {
    return this.session.me.may.edit || this.head.mine || !this.session.guest;
  }

  mayChange(one) {
    return this.session.me.may.comment && (one.mine || this.session.me.may.edit);
  }

  more(anchor, one) {
    const items = [];
    if (one.mine) items.push([t("review.edit"), () => this.edit(one)]);
    items.push([t("review.delete"), () => this.delete(one)]);
    menu(anchor, items);
  }

  /** Answer this thread. */
  answer() {
    this.writing ??= new Composer(this.session, { parent: this.head, done: () => this.stop("writing") });
    this.redraw();
    this.writing.area.focus();
  }

  edit(one) {
    this.editing = new Composer(this.session, { comment: one, done: () => this.stop("editing") });
    this.redraw();
    this.editing.area.focus();
  }

  stop(what) {
    this[what] = null;
    this.redraw();
    this.element.focus({ preventScroll: true });
  }

  redraw() {
    this.told = null;
    this.show(this);
  }

  /** Resolve it, or open it again. */
  async resolve() {
    await tryOrToast(this.session.editComment(this.head.id, { resolved: !this.head.resolved_at }));
  }

  async delete(one) {
    const answered = one === this.head && this.answers.length;
    const sure = await confirmed(t("review.delete_comment"), {
      text: t(answered ? "review.delete_thread_help" : "review.delete_comment_help"),
      yes: t("review.delete"),
    });
    if (sure) await tryOrToast(this.session.removeComment(one.id));
  }
}
