// Settings of the person, kept in the browser: language, theme.

import { kept } from "./browser_settings.js";
import { el, t } from "./dom.js";

function row(name, control, help) {
  control.id = `pref-${name}`;
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

function language() {
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
  return row("language", list);
}

function theme() {
  const list = select(
    "theme",
    ["", "light", "dark"].map((v) => [v, t(`settings.theme_${v || "system"}`)]),
    kept("studio-theme"),
    () => window.studioTheme(list.value),
  );
  return row("theme", list);
}

/** The preferences under their heading. */
export const preferences = (box) => box("general", el("div", "st-prefs", {}, language(), theme()));
