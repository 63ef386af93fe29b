// A comment on the chosen one of versions in step, at the frame that it shows.

import { button, el, t } from "../dom.js";
import { toast } from "../net.js";

const MAX_CHARS = 5000;

export class CompareComment {
  constructor(view) {
    this.view = view;
    this.field = el("input", "rc-text", {
      type: "text",
      maxlength: MAX_CHARS,
      "aria-label": t("reviewcompare.comment"),
      data: { do: "comment" },
      onfocus: () => view.inStep.pause(),
      oninput: () => this.mark(),
      onkeydown: (e) => this.key(e),
    });
    this.go = button(
      t("reviewcompare.send"),
      { text: t("reviewcompare.send"), cls: "primary", disabled: true, data: { do: "send" } },
      () => this.send(),
    );
    this.element = el("div", "rc-comment", {}, this.field, this.go);
  }

  focus() {
    this.field.focus();
  }

  /** Another frame, or another version. */
  moved() {
    const { focused, chosen } = this.view;
    const name = String.fromCharCode(65 + focused);
    const words = chosen.clip
      ? t("reviewcompare.comment_at", { name, n: chosen.clip.frame })
      : t("reviewcompare.comment_on", { name });
    if (this.field.placeholder !== words) this.field.placeholder = words;
  }

  mark() {
    this.go.disabled = this.sending || !this.field.value.trim();
  }

  key(e) {
    if (e.isComposing || (e.key !== "Enter" && e.key !== "Escape")) return;
    e.preventDefault();
    e.stopPropagation();
    if (e.key === "Enter") this.send();
    else this.field.blur();
  }

  /** Send it. What was typed stays until the studio has it. */
  async send() {
    const { session, chosen } = this.view;
    const text = this.field.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    this.mark();
    try {
      await session.comment({
        version: chosen.version.id,
        text,
        mentions: [],
        ...(chosen.clip ? { frame_in: chosen.clip.frame, frame_out: null } : {}),
      });
      this.field.value = "";
      toast(t("reviewcompare.commented"));
    } catch (error) {
      toast(error.message, { bad: true });
    } finally {
      this.sending = false;
      this.mark();
    }
  }
}
