// Settings of the person, kept in the browser: language, theme, notifications.

import { el, t } from "./dom.js";
import { toast } from "./net.js";
import { isSupported, setEnabled, isEnabled } from "./notices.js";

const stored = (key) => {
  try {
    return localStorage.getItem(key) || "";
  } catch {
    return "";
  }
};

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
    stored("studio-theme"),
    () => window.studioTheme(list.value),
  );
  return row("theme", list);
}

function notifications() {
  const box = el("input", "", { type: "checkbox", checked: isEnabled() || null, disabled: !isSupported() || null });
  box.addEventListener("change", async () => {
    const asked = box.checked;
    box.checked = await setEnabled(asked);
    if (asked && !box.checked) toast(t("settings.notify_blocked"));
  });
  return row("notify", box, t(isSupported() ? "settings.notify_help" : "settings.notify_cannot"));
}

/** The preferences under their heading. */
export const preferences = (box) => box("general", el("div", "st-prefs", {}, language(), theme(), notifications()));
