// Writing: a new comment pinned to what is shown, an answer, or another wording of one's own comment.

import { button, el, icon, t } from "../dom.js";
import { autoGrow } from "../board/dialog.js";
import { draftOf, keepDraft } from "./drafts.js";
import { placeOf } from "./marks.js";
import { mentionedIn, mentionPicker } from "./mention.js";

const MAX_CHARS = 5000;

/** A field with what belongs to it. Only a new comment (no parent, no comment) is pinned to frames and may be drawn. */
export class Composer {
  /**
   * @param {any} session
   * @param {{parent?: any, comment?: any, done?: (sent: any) => void}} [options] parent: what is answered; comment: what is
   * worded anew; done(sent): it was sent, or null where it was left
   */
  constructor(session, { parent = null, comment = null, done = undefined } = {}) {
    this.session = session;
    this.parent = parent;
    this.comment = comment;
    this.done = done;
    this.anchor = null;
    this.pinned = false;
    this.sending = false;
    this.sketch = null; // what was drawn for this comment
    this.drawing = false; // whether it is being drawn now
    this.head = !parent && !comment;
    this.build();
    this.show(comment ? session.version : (parent && { id: parent.version }) || session.version);
  }

  build() {
    const { session } = this;
    const label = t(this.head ? "review.comment" : this.parent ? "review.answer" : "review.edit_comment");
    this.area = autoGrow(
      el("textarea", "rv-text", {
        rows: this.head ? 2 : 1,
        maxlength: MAX_CHARS,
        placeholder: t(this.head ? "review.comment_hint" : this.parent ? "review.answer_hint" : "review.edit_comment"),
        "aria-label": label,
        data: { do: this.head ? "write" : this.parent ? "answer-text" : "edit-text" },
      }),
    );
    const field = mentionPicker(this.area, () => session.review.people);
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("focus", () => this.head && session.player?.pause());
    this.area.addEventListener("keydown", (e) => this.key(e));
    this.chip = el("span", "rv-chip", { hidden: true });
    this.drawButton = button(
      t("review.draw"),
      { name: "pencil", cls: "bare rv-drawbutton", "aria-pressed": "false", hidden: true, data: { do: "draw" } },
      () => this.draw(!this.drawing),
    );
    this.internal = button(
      t("review.internal_help"),
      { name: "blind", text: t("review.internal"), cls: "bare rv-internal", "aria-pressed": "false" },
      () => (this.setInternal(!this.isInternal), this.changedSketch(this.sketch)),
    );
    this.internal.title = t("review.internal_help");
    this.internal.hidden = !session.me.may.internal || !this.head;
    const words = t(this.comment ? "review.save" : "review.send");
    this.go = button(words, { text: words, cls: "primary", disabled: true, data: { do: "send" } }, () => this.send());
    this.problem = el("p", "rv-problem", { role: "alert", hidden: true });
    const leave = this.head
      ? null
      : button(t("review.cancel"), { text: t("review.cancel"), cls: "bare" }, () => this.leave());
    this.element = el(
      "div",
      `rv-composer${this.head ? " head" : ""}`,
      {},
      field,
      this.problem,
      el("div", "rv-composerbar", {}, this.chip, this.drawButton, this.internal, el("i", "st-grow"), leave, this.go),
    );
  }

  get isInternal() {
    return this.internal.getAttribute("aria-pressed") === "true";
  }

  get draftKey() {
    return this.parent ? `${this.parent.version}:${this.parent.id}` : this.version?.id;
  }

  /** Write about this version: its draft comes back. */
  show(version) {
    if (this.version?.id === version?.id) return;
    this.version = version;
    const draft = this.comment ? { text: this.comment.text } : (version && draftOf(this.draftKey)) || {};
    this.area.value = draft.text ?? "";
    this.anchor = draft.anchor ?? null;
    this.pinned = Boolean(draft.text || draft.sketch);
    this.drawing = false;
    this.sketch = draft.sketch ?? null;
    this.drawButton.setAttribute("aria-pressed", "false");
    this.drawButton.classList.toggle("some", Boolean(this.sketch));
    this.setInternal(Boolean(draft.internal));
    this.say("");
    this.refresh();
    this.follow();
  }

  /** The player moved: what is not pinned yet goes with it, and a drawing stays behind on its frame. */
  follow() {
    if (!this.head || !this.version) return;
    if (this.drawing && this.anchor?.frame_in !== undefined && this.session.player?.frame !== this.anchor.frame_in)
      this.draw(false);
    if (!this.pinned) this.anchor = this.shown();
    this.drawChip();
  }

  /** Where the player stands: its range, its frame, or nowhere. */
  shown() {
    const { player } = this.session;
    if (!player || !this.version.rate) return null;
    if (player.range) return { frame_in: player.range[0], frame_out: player.range[1] };
    return { frame_in: player.frame, frame_out: null };
  }

  drawChip() {
    this.chip.hidden = !this.version?.rate;
    this.drawButton.hidden = !this.session.drawing || !this.head;
    if (this.chip.hidden) return;
    const words = placeOf(this.version, this.anchor ?? { frame_in: null });
    if (this.chip.dataset.words === words) return;
    this.chip.dataset.words = words;
    const pin = el(
      "button",
      "",
      {
        type: "button",
        title: t("review.pin_help"),
        "aria-label": t("review.pinned_to", { place: words }),
        data: { do: "pin" },
        onclick: () => this.pin(),
      },
      icon(this.anchor ? "clock" : "film"),
      words,
    );
    const whole = button(t("review.unpin"), { name: "close", cls: "bare tiny", data: { do: "unpin" } }, () =>
      this.unpin(),
    );
    this.chip.replaceChildren(pin, this.anchor ? whole : "");
  }

  /** Pin to the frame or range that is shown now. */
  pin() {
    this.session.player?.pause();
    this.anchor = this.shown();
    this.pinned = Boolean(this.area.value.trim() || this.sketch);
    this.drawChip();
    this.keep();
  }

  /** About the whole clip. */
  unpin() {
    this.anchor = null;
    this.pinned = true;
    this.drawChip();
    this.keep();
    this.area.focus();
  }

  typed() {
    if (this.head && !this.pinned && this.area.value.trim()) {
      this.session.player?.pause();
      this.anchor = this.shown();
      this.pinned = true;
      this.drawChip();
    }
    if (this.head && !this.area.value && !this.sketch && !this.drawing) this.pinned = false;
    this.say("");
    this.refresh();
    this.keep();
  }

  key(e) {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      e.stopPropagation();
      this.send();
    } else if (e.key === "Escape") {
      e.preventDefault();
      e.stopPropagation();
      this.leave();
    }
  }

  /** Draw on the frame that the comment is pinned to, or stop; what was drawn stays with the comment. */
  async draw(on) {
    const layer = this.session.drawing;
    if (!layer || on === this.drawing) return;
    if (on) {
      this.session.player?.pause();
      if (!this.pinned || !this.anchor) this.anchor = this.shown();
      if (this.anchor) await this.session.player.seek(this.anchor.frame_in);
      this.pinned = true;
      layer.show(this.sketch);
    }
    this.drawing = on;
    layer.edit(on);
    if (!on) layer.show(null);
    this.drawButton.setAttribute("aria-pressed", on);
    this.changedSketch(this.sketch);
    this.drawChip();
  }

  /** The layer tells what is drawn now; null for nothing. */
  changedSketch(value) {
    this.sketch = value;
    this.drawButton.classList.toggle("some", Boolean(value));
    this.refresh();
    this.keep();
    const told = this.drawing ? { drawing: value, frame: this.anchor?.frame_in ?? 0, internal: this.isInternal } : null;
    this.session.dispatchEvent(new CustomEvent("drawing", { detail: told }));
  }

  setInternal(on) {
    this.internal.setAttribute("aria-pressed", on);
    this.element.classList.toggle("internal", on);
  }

  refresh() {
    const empty = !this.area.value.trim() && !this.sketch;
    this.go.disabled = empty || this.sending;
    this.element.classList.toggle("some", !empty || this.drawing);
    this.area.fit?.();
  }

  keep() {
    if (this.comment || !this.version) return;
    const text = this.area.value;
    const draft = { text, anchor: this.anchor, internal: this.isInternal, sketch: this.sketch };
    keepDraft(this.draftKey, text.trim() || this.sketch ? draft : null);
  }

  say(problem) {
    this.problem.hidden = !problem;
    this.problem.textContent = problem;
  }

  leave() {
    if (this.head) return this.area.blur();
    this.done?.(null);
  }

  body() {
    const text = this.area.value.trim();
    const mentions = mentionedIn(text, this.session.review.people);
    if (this.comment) return { text, ...(this.session.guest ? {} : { mentions }) };
    if (this.parent) return { version: this.parent.version, parent: this.parent.id, text, mentions };
    return {
      version: this.version.id,
      text,
      mentions,
      ...(this.anchor ?? {}),
      ...(this.isInternal ? { internal: true } : {}),
      ...(this.sketch ? { drawing: this.sketch } : {}),
    };
  }

  /** Send it. What was typed stays until the studio has it. */
  async send() {
    const { session, version, draftKey: key } = this;
    if (this.go.disabled || this.sending) return;
    const text = this.area.value;
    this.sending = true;
    this.refresh();
    try {
      const body = this.body();
      const sent = this.comment ? await session.editComment(this.comment.id, body) : await session.comment(body);
      if (!this.comment) keepDraft(key, null);
      if (this.version === version && this.area.value === text) this.clear();
      this.done?.(sent);
    } catch (error) {
      this.say(error.message);
    } finally {
      this.sending = false;
      this.refresh();
    }
  }

  clear() {
    this.area.value = "";
    this.pinned = false;
    this.sketch = null;
    if (!this.head) return;
    this.draw(false);
    this.changedSketch(null);
    this.session.player?.setRange(null);
    this.follow();
  }
}
