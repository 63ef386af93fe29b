// Settings of the person, kept in the browser: language, theme.

import { kept } from "./browser_settings.js";
import { el, t } from "./dom.js";

function row(page, name, control, help) {
  control.id = `${page}-${name}`;
  return el(
    "div",
    "st-pref",
    {},
    el("label", "", { for: control.id }, t(`settings.${name}`)),
    control,
    help ? el("small", "st-dim", {}, help) : null,
  );
}

const select = (name, pairs, value, onchange) =>
  el(
    "select",
    "st-select",
    { name, onchange },
    ...pairs.map(([v, words, lang]) =>
      el("option", "", { value: v, selected: v === value, lang: lang || null }, words),
    ),
  );

function language(page) {
  const now = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en";
  const list = select(
    "language",
    [
      ["en", "English", "en"],
      ["zh-CN", "中文", "zh-CN"],
    ],
    now,
    () => list.value !== now && window.studioLanguage(),
  );
  return row(page, "language", list);
}

function theme(page) {
  const list = select(
    "theme",
    ["", "light", "dark"].map((v) => [v, t(`settings.theme_${v || "system"}`)]),
    kept("studio-theme"),
    () => window.studioTheme(list.value),
  );
  return row(page, "theme", list);
}

/** The preferences under their heading. page: what the names of the fields begin with, for they stand on two pages. */
export const preferences = (box, page = "pref") =>
  box("general", el("div", "st-prefs", {}, language(page), theme(page)));
