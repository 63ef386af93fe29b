// The notice on every page while the studio cannot write: why, what is safe, and what to do. It goes when that has passed.

import { el, icon, t } from "./dom.js";
import { follow } from "./live.js";

/** Show the notice for as long as `element` is on the page. */
export function watchStorage(element) {
  const title = el("b", "");
  const help = el("span", "");
  const notice = el(
    "div",
    "st st-storage",
    { id: "studio-storage", role: "status", hidden: true },
    icon("warn"),
    el("p", "", {}, title, " ", help),
  );
  document.body.append(notice);
  follow(element, ({ storage }) => {
    notice.hidden = !storage;
    if (!storage) return;
    title.textContent = t(`shell.storage_${storage}`);
    help.textContent = t(`shell.storage_${storage}_help`);
  });
}
