// The corner of the navigation: who is signed in, light or dark, the language.

import { accountMenu } from "./account_menu.js";
import * as address from "./address.js";
import * as app from "./app_install.js";
import { takeShared } from "./app_shared.js";
import { followAddress } from "./compare/view.js";
import { open } from "./detail.js";
import * as notices from "./notices.js";
import * as pages from "./page.js";
import { projectPicker } from "./projects.js";
import * as sessionKeys from "./session_keys.js";
import * as shortcuts from "./shortcuts.js";
import { el, styles, t } from "./dom.js";
import { watchStorage } from "./storage.js";

const SUN =
  "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400";

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [k, v] of Object.entries({ viewBox: "0 0 24 24", class: "st-i", "aria-hidden": "true" }))
    svg.setAttribute(k, v);
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstElementChild.setAttribute("d", path);
  return svg;
}

export function mount(element) {
  styles("corner.css");
  element.classList.add("st");
  address.followTabs();
  pages.followPage();
  notices.followRuns(element, pages.tabName, open);
  shortcuts.listen();
  const run = address.currentParams().get("run");
  if (run && address.tabOf(address.currentParams()) !== "gallery") open(run);
  followAddress();
  element.replaceChildren(
    projectPicker(),
    el(
      "div",
      "sc-line",
      {},
      accountMenu(),
      el(
        "button",
        "",
        {
          type: "button",
          id: "studio-theme",
          "aria-label": t("shell.theme"),
          title: t("shell.theme"),
          onclick: () => window.studioTheme(),
        },
        icon(SUN),
      ),
      el(
        "button",
        "",
        {
          type: "button",
          id: "studio-language",
          lang: t("shell.language") === "English" ? "en" : "zh-CN",
          onclick: () => window.studioLanguage(),
        },
        t("shell.language"),
      ),
      ...sessionKeys.corner(icon),
    ),
  );
  watchStorage(element);
  app.start();
  takeShared();
}
