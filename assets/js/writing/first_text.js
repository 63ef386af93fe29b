// What a prompt was before it was rewritten, beside what it is: as changes, or as two texts.

import { button, el, styles, t } from "../dom.js";
import { dialog } from "../board/dialog.js";
import { diff } from "./diff.js";
import { diffView } from "./diff_view.js";

/** The changes from the first text to the one that was sent. */
export const changesBetween = (first, now) => diffView(diff(first, now)).node;

/**
 * A window with both texts.
 * @param {{first: string, now: string, back: () => void, opener: HTMLElement}} options back: the first text is wanted again
 */
export function openFirst({ first, now, back, opener }) {
  styles("board.css", "board-parts.css", "writing.css");
  let taken = false;
  const put = button(
    t("writing.put_back"),
    { text: t("writing.put_back"), cls: "primary", data: { do: "put-back-first" } },
    () => {
      taken = true;
      box.close();
      back();
    },
  );
  const body = el("div", "wr", {}, changesBetween(first, now));
  const box = dialog(t("writing.first_title"), body, [put], {
    wide: true,
    done: () => taken || (opener.isConnected && opener.focus()),
  });
  box.classList.add("wr-dialog");
}
