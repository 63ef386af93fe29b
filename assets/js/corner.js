// The corner of the navigation: light or dark, and the language.

import { el, t } from "./dom.js";

const SUN = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400";

export function mount(element) {
  element.classList.add("st");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [k, v] of Object.entries({ viewBox: "0 0 24 24", class: "st-i", "aria-hidden": "true" })) svg.setAttribute(k, v);
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", SUN);
  element.replaceChildren(el("div", "sc-line", {},
    el("button", "", { type: "button", id: "studio-theme", "aria-label": t("shell.theme"), title: t("shell.theme"), onclick: () => window.studioTheme() }, svg),
    el("button", "", { type: "button", id: "studio-language", lang: t("shell.language") === "English" ? "en" : "zh-CN", onclick: () => window.studioLanguage() }, t("shell.language"))));
}
