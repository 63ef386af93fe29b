// The quiet button beside a prompt that has the language model expand or translate it.

import { t } from "../dom.js";
import { toast } from "../net.js";
import { modelButton } from "./model_button.js";
import { openRewrite } from "./rewrite.js";

const CHINESE = /\p{Script=Han}/gu;

/** The language that a text is written in, as the studio's routes call it. */
export function languageOf(text) {
  const chinese = (text.match(CHINESE) || []).length;
  return chinese * 3 > text.replace(/\s/g, "").length ? "zh" : "en";
}

/**
 * The button for a prompt in a text box.
 * @param {HTMLTextAreaElement} box
 * @param {{facts: () => {model?: string, task?: string}, more?: () => import("./rewrite.js").Way[],
 *   use: (text: string, before: string) => void}} options
 *   facts: of what the prompt is for; more: further ways; use: hears the text that a person takes, and the one before
 */
export function expandButton(box, { facts, more = () => [], use }) {
  return modelButton({ label: t("writing.expand"), help: t("writing.expand_help"), name: "expand", open });

  function open(opener) {
    const text = box.value;
    if (!text.trim()) {
      toast(t("writing.empty"));
      return box.focus();
    }
    const language = languageOf(text);
    const other = language === "zh" ? "en" : "zh";
    openRewrite({
      title: t("writing.title"),
      text,
      ways: [
        { id: "expand", kind: "expand", body: { text, language, ...facts() } },
        { id: `to_${other}`, kind: "translate", body: { text, to: other } },
        ...more(),
      ],
      use: (made) => {
        use(made, text);
        box.focus();
      },
      opener,
    });
  }
}
