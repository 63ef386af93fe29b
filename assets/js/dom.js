// Small helpers that every widget uses: elements, icons, words and numbers. Text enters by textContent only.

export const BASE = new URL(".", document.baseURI);
const STYLES = new URL("../css/", import.meta.url);

/** A text of the studio in the user's language. The tables' keys are area.words_joined; further dots and hyphens become "_". */
export const t = (key, vars) => {
  const [area, ...words] = key.split(".");
  const name = `${area}.${words.join("_").replace(/-/g, "_")}`;
  return window.studioText ? window.studioText(name, vars) : name;
};

const chinese = () => document.documentElement.lang === "zh-CN";

/** Sentences in a row; Chinese has no space between them. */
export const sentences = (...parts) => parts.filter(Boolean).join(chinese() ? "" : " ");

/** What stands between names or numbers in a row. */
export const comma = () => (chinese() ? "、" : ", ");

/** What stands between a term and its explanation. */
export const colon = () => (chinese() ? "：" : ": ");

/**
 * A new element: class, attributes (on* are listeners, data is a dataset), children (text is text).
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [cls]
 * @param {Record<string, any>} [attrs] null, undefined and false are left out (aria-* keep false)
 * @param {...any} children nodes, text, or lists of them; null, undefined and false are left out
 * @returns {HTMLElementTagNameMap[K] & Record<string, any>} widgets keep what belongs to an element on it
 */
export function el(tag, cls, attrs = {}, ...children) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
}

// Paths on a 24x24 grid, drawn with a 1.75 stroke.
const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M8 5v14M16 5v14",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 10 17.5 19.5 7",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM20.5 20.5 16 16",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  download: "M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14",
  again: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  use: "M4 17.5V20h2.5L18 8.5 15.5 6zM14 7.5 16.5 10",
  send: "M4 12h15M13 6l6 6-6 6",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  loop: "M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  compare: "M12 3v18M4 6h5v12H4M15 6h5v12h-5",
  sound: "M4 10v4h4l5 4V6L8 10zM16.5 9a4.5 4.5 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.5l3 2",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  warn: "M12 4 2.5 20h19zM12 10v4.5M12 17.3h.01",
  star: "M12 3.6l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 17l-5.2 2.8 1-5.9L3.5 9.8l5.9-.8z",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  restore: "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4",
  pencil: "M4 20l1-4.500L16.500 4 20 7.500 8.500 19zM14 6.500 17.500 10",
  plus: "M12 5v14M5 12h14",
  pointer: "M5 3.500l13 8-6 1.500-3 6z",
  arrow: "M5 19 19 5M11 5h8v8",
  line: "M5 19 19 5",
  box: "M4 6h16v12H4z",
  ellipse:
    "M12 5.500c5 0 8.500 2.900 8.500 6.500s-3.500 6.500-8.500 6.500-8.500-2.900-8.500-6.500 3.500-6.500 8.500-6.500z",
  letter: "M5 7V5h14v2M12 5v14M9 19h6",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  split: "M12 3v4M12 10v4M12 17v4M8 8 4 12l4 4M16 8l4 4-4 4",
  fade: "M4 5v14L20 5v14z",
  dip: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  people:
    "M9 4.5a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4zM3 19.500c0-3.600 2.400-5.800 6-5.800s6 2.200 6 5.800M16 5a3 3 0 0 1 0 5.800M17.500 14.200c2.200.7 3.500 2.600 3.500 5.300",
  script: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  upload: "M12 15V4M7.5 8.500 12 4l4.500 4.500M5 20h14",
  begin: "M6 5v14M19 5 9 12l10 7z",
  finish: "M18 5v14M5 5l10 7-10 7z",
  joint: "M3 6h7v12H3zM14 6h7v12h-7zM10 12h4",
  bulb: "M9 18h6M10 21h4M12 3a6 6 0 0 1 3.500 10.900V16h-7v-2.100A6 6 0 0 1 12 3z",
  info: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 11v5M12 8h.01",
  filter: "M4 6h16M7 12h10M10 18h4",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  mute: "M4 10v4h4l5 4V6L8 10zM17 10l4 4M21 10l-4 4",
  flag: "M6 21V4M6 4.500h11.500l-3 4 3 4H6",
  target: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM12 2v5M12 17v5M2 12h5M17 12h5",
  route: "M5 5.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM7 7.5h8.500a3.500 3.500 0 0 1 0 7h-7a3 3 0 0 0 0 6H19M16 17.500l3 3-3 3",
  blind:
    "M4 4l16 16M9.500 6.200A9 9 0 0 1 12 5.800c5 0 8 4 9 6.200a13 13 0 0 1-2.600 3.500M6.300 8A13 13 0 0 0 3 12c1 2.200 4 6.200 9 6.200a9 9 0 0 0 3.800-.8M10 10a2.800 2.800 0 0 0 4 4",
  keyboard: "M3.5 6.500h17v11h-17zM7 10h.01M10.500 10h.01M14 10h.01M17 10h.01M8 14h8",
  review: "M4 4.500h16v11.500h-8.500L7 20v-4H4zM10.500 7.700v5l4-2.500z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  spark:
    "M11 4l1.700 5.300L18 11l-5.300 1.700L11 18l-1.700-5.300L4 11l5.300-1.700zM18.500 15.500l.8 2.200 2.200.8-2.200.8-.8 2.200-.8-2.200-2.200-.8 2.200-.8z",
  hand: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM10 9v6M14 9v6",
};

/** An icon by name; decorative, so hidden from screen readers. */
export function icon(name, cls = "st-i") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [k, v] of Object.entries({ class: cls, viewBox: "0 0 24 24", "aria-hidden": "true" }))
    svg.setAttribute(k, v);
  path.setAttribute("d", ICONS[name] || "");
  svg.append(path);
  return svg;
}

/**
 * A button with an icon, a text or both. `label` is what screen readers and tooltips say.
 * @param {string} label
 * @param {{name?: string, text?: string, cls?: string, [attribute: string]: any}} [look] name: of the icon
 * @param {(event: any) => any} [onclick]
 */
export function button(label, { name, text, cls = "", ...attrs } = {}, onclick) {
  const made = el("button", `st-b ${cls}${name && !text ? " only" : ""}`, {
    type: "button",
    "aria-label": label,
    title: text ? null : label,
    onclick,
    ...attrs,
  });
  if (name) made.append(icon(name));
  if (text) made.append(el("span", "", {}, text));
  return made;
}

/** Load a stylesheet of ours once; it never waits. */
export function styles(...names) {
  for (const name of names) {
    const href = new URL(name, STYLES).href;
    if (![...document.styleSheets].some((s) => s.href === href) && !document.querySelector(`link[href="${href}"]`))
      document.head.append(el("link", "", { rel: "stylesheet", href }));
  }
}

export const media = (id, which = "") => new URL(`media/${encodeURIComponent(id)}${which && `/${which}`}`, BASE).href;

const locale = () => document.documentElement.lang || navigator.language || "en";
export const number = (n, digits = 0) => Number(n).toLocaleString(locale(), { maximumFractionDigits: digits });

/** Money as people write it: cents need two digits, less needs more. Null is unknown. */
export function dollars(usd) {
  if (usd === null || usd === undefined) return t("widgets.unknown");
  if (usd === 0) return t("widgets.free");
  const whole = Math.abs(usd * 100 - Math.round(usd * 100)) < 0.05;
  return `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(usd < 1 && !whole ? 3 : 2)}`;
}

export function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) (n /= 1000), i++;
  return `${n.toFixed(n < 10 && i ? 1 : 0)} ${units[i]}`;
}

/** 4.2 s, 1:05, 2:03:10. */
export function seconds(s) {
  if (s === null || s === undefined || !Number.isFinite(s)) return "";
  if (s < 60) return `${s < 10 ? Math.round(s * 10) / 10 : Math.round(s)} s`;
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  return s < 3600
    ? `${Math.floor(s / 60)}:${two(s % 60)}`
    : `${Math.floor(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)}`;
}

let made;
/** Formats of moments in the page's language: making one takes longer than drawing a card. */
function formats() {
  const language = locale();
  if (made?.language !== language)
    made = {
      language,
      ago: new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }),
      exact: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }),
    };
  return made;
}

/** How long ago, in the user's words; the exact time belongs in a title. */
export function ago(iso) {
  const s = (Date.now() - Date.parse(iso)) / 1000;
  if (s < 45) return t("widgets.just_now");
  const words = formats().ago;
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [
    ["minute", 60],
    ["hour", 3600],
    ["day", 86400],
    ["month", 2629800],
    ["year", 31557600],
  ];
  for (const [unit, size] of units)
    if (s < { minute: 3570, hour: 86400, day: 2629800, month: 31557600, year: Infinity }[unit])
      return words.format(-Math.round(s / size), unit).replace(/(\d)(?=\p{Script=Han})/gu, "$1 "); // as our own texts have it
}

const TICK_MS = 20_000;
let ticking;
/** How long ago as an element that stays true while it is on the page. before: text in front of it. */
export function since(iso, { before = "" } = {}) {
  const node = el("time", "st-since", { datetime: iso, title: exactTime(iso), data: { before } }, before + ago(iso));
  if (!ticking)
    ticking = setInterval(() => {
      for (const shown of document.querySelectorAll("time.st-since")) {
        const words = shown.dataset.before + ago(shown.dateTime);
        if (shown.textContent !== words) shown.textContent = words;
      }
    }, TICK_MS);
  return node;
}

export const exactTime = (iso) => (iso ? formats().exact.format(new Date(iso)) : "");

/** Whether the person asked for less motion. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether a key press belongs to a field that is being typed in. */
export const isTyping = (e) =>
  !!e.target.closest?.("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]");
