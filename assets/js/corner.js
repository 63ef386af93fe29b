// The corner of the navigation: light or dark, the language, and the way out where a password is set.

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
import { BASE, el, t } from "./dom.js";
import { unsubscribe as endPush } from "./push.js";
import { watchStorage } from "./storage.js";

const SUN =
  "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400";
const EXIT =
  "M14 4.500H6.500a1.500 1.500 0 0 0-1.500 1.500v12a1.500 1.500 0 0 0 1.500 1.500H14M10 12h10M16.500 8.500L20 12l-3.500 3.500";

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [k, v] of Object.entries({ viewBox: "0 0 24 24", class: "st-i", "aria-hidden": "true" }))
    svg.setAttribute(k, v);
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstElementChild.setAttribute("d", path);
  return svg;
}

async function signOut() {
  await endPush().catch(() => {}); // whoever signs in next on this device is told of their own runs, not of ours
  const answer = await fetch(new URL("logout", BASE), {
    method: "POST",
    headers: { accept: "application/json" },
    redirect: "manual",
  });
  // a studio whose people sign in elsewhere names where to go on, so that they are signed out there as well
  const elsewhere = answer.ok ? (await answer.json()).next : "login";
  location.assign(new URL(elsewhere, BASE));
}

function exit() {
  if (!document.querySelector('meta[name="studio-access"]')) return [];
  return [
    el(
      "button",
      "",
      {
        type: "button",
        id: "studio-exit",
        "aria-label": t("access.sign_out"),
        title: t("access.sign_out"),
        onclick: signOut,
      },
      icon(EXIT),
    ),
  ];
}

export function mount(element) {
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
      ...exit(),
    ),
  );
  watchStorage(element);
  app.start();
  takeShared();
}
