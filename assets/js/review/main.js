// The review tab: the list of reviews, or one of them. ?review=ID says which, &item=&version=&frame= where in it.

import * as address from "../address.js";
import { close as closeDetail } from "../detail.js";
import { styles } from "../dom.js";
import { list } from "./list.js";
import * as member from "./member.js";
import { mountReview } from "./page.js";

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "board.css", "board-parts.css", "projects.css", "review.css", "review-comments.css");
  const root = element.querySelector(".st-mount") || element;
  let page = null;
  let shown = null;
  const where = () => {
    const { item, version } = page?.session ?? {};
    return { review: shown, item: item?.id, version: version && version !== item.versions.at(-1) ? version.id : null };
  };
  const show = (id) => {
    page?.destroy();
    shown = id;
    page = id ? mountReview(root, { id, member, onClose: () => open(null) }) : null;
    if (!id) list(root, open);
  };
  const open = (id) => {
    closeDetail({ silent: true });
    address.navigate({ review: id, item: null, version: null, frame: null });
    show(id);
  };
  address.setTabParams("review", where);
  address.onHistoryMove((params) => {
    if (address.tabOf(params) !== "review") return;
    if (params.get("review") !== shown) show(params.get("review"));
    else if (params.get("item")) page?.session.select(params.get("item"), params.get("version"));
  });
  document.addEventListener("studio-tab", (e) => {
    if (e.detail.tab !== "review") return page?.session.player?.pause();
    const asked = address.currentParams().get("review"); // another page links to a review
    if (asked && asked !== shown) show(asked);
  });
  show(address.currentParams().get("review"));
}
