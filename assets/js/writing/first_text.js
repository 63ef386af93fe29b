// What a prompt was before it was rewritten: a line under the prompt, and both texts side by side.

import { button, el, icon, styles, t } from "../dom.js";
import { dialog } from "../board/dialog.js";
import { diff } from "./diff.js";
import { diffView } from "./diff_view.js";

/** The changes from the first text to the one that was sent. */
export const changesBetween = (first, now) => diffView(diff(first, now)).node;

/** Whether a first text is worth a word: there is a prompt, and it reads otherwise. */
export const differs = (first, now) => Boolean(first?.trim() && now.trim() && first.trim() !== now.trim());

/**
 * The line under a prompt that was rewritten. `draw` shows or hides it; the answer is whether it is shown.
 * @param {{first: () => string, now: () => string, back: () => void, forget: () => void}} options
 *   back: the first text is wanted again; forget: it is no longer wanted
 */
export function firstTextLine({ first, now, back, forget }) {
  styles("writing.css");
  const act = (name, press, attrs = {}) => {
    const words = t(`writing.${name}`);
    return button(words, { text: words, cls: "link", data: { do: name.replaceAll("_", "-") }, ...attrs }, press);
  };
  const see = act("show_changes", () => openFirst({ first: first(), now: now(), back, opener: see }), {
    "aria-haspopup": "dialog",
  });
  const node = el(
    "div",
    "wr-first",
    { hidden: true },
    icon("spark"),
    el("span", "st-grow", {}, t("writing.rewritten")),
    see,
    act("put_back", back),
    button(t("writing.forget"), { name: "close", cls: "bare tiny", data: { do: "forget-first" } }, forget),
  );
  const draw = () => {
    node.hidden = !differs(first(), now());
    return !node.hidden;
  };
  return { node, draw };
}

/** A window with the changes, and the way back. */
function openFirst({ first, now, back, opener }) {
  styles("board.css", "board-parts.css");
  let taken = false;
  const words = t("writing.put_back");
  const put = button(words, { text: words, cls: "primary", data: { do: "put-back" } }, () => {
    taken = true;
    box.close();
    back();
  });
  const box = dialog(t("writing.first_title"), el("div", "wr", {}, changesBetween(first, now)), [put], {
    wide: true,
    done: () => taken || (opener.isConnected && opener.focus()),
  });
  box.classList.add("wr-dialog");
  put.focus();
}
