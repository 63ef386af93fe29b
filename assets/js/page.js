// What holds for the page as a whole: one stop of the Tab key for all tabs, names on narrow screens, a link past the navigation.

import { el, t } from "./dom.js";

const TABS = "#studio-tabs > .tab-wrapper [role=tab]";

/** The name of the open tab. */
export const tabName = () => document.querySelector(`${TABS}[aria-selected="true"]`)?.textContent.trim() || "";

/** Call it once, when the tabs are there. */
export function followPage() {
  const settle = () => {
    for (const tab of document.querySelectorAll(TABS)) {
      const open = tab.getAttribute("aria-selected") === "true";
      tab.tabIndex = open ? 0 : -1;
      tab.title = tab.textContent.trim();
      if (open && innerWidth <= 820) tab.scrollIntoView({ inline: "center", block: "nearest" });
    }
  };
  document.addEventListener("studio-tab", settle);
  settle();
  const skip = el("a", "studio-skip", { href: "#studio-tabs" }, t("shell.skip"));
  skip.addEventListener("click", (e) => {
    e.preventDefault();
    const panel = [...document.querySelectorAll("#studio-tabs > [role=tabpanel], #studio-tabs > .tabitem")].find(
      (p) => p.offsetParent !== null,
    );
    if (panel) (panel.tabIndex = -1), panel.focus();
  });
  document.body.prepend(skip);
}

/** The page's heading. seen: shown on the page; otherwise only for screen readers. */
export const heading = (text, { seen = true } = {}) => el("h1", seen ? "st-h1" : "st-off", {}, text);
