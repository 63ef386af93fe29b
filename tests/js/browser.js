// What our scripts find in a browser, as far as their arithmetic needs it: an address, a language, storage, events.
// Import this first; `texts` are the English tables, so that a test reads what a person reads.

import { readFileSync } from "node:fs";

const ENGLISH = new URL("../../assets/i18n/en/", import.meta.url);
const tables = new Map();

function table(area) {
  if (!tables.has(area)) tables.set(area, JSON.parse(readFileSync(new URL(`${area}.json`, ENGLISH), "utf8")));
  return tables.get(area);
}

/** The text of a key with its values; plural forms are not needed here. */
export function text(key, values = {}) {
  const [area, name] = key.split(".");
  const words = table(area)[name] ?? table(area)[key];
  if (words === undefined) throw new Error(`no text for ${key}`);
  return words.replace(/\{(\w+)\}/g, (_, blank) => values[blank]);
}

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, String(value)),
};
globalThis.document = Object.assign(new EventTarget(), {
  baseURI: process.env.STUDIO_URL || "http://studio.example/",
  documentElement: { lang: "en" },
  hidden: false,
});
globalThis.window = Object.assign(globalThis, { studioText: text });
globalThis.ResizeObserver = class {
  observe() {}
};

/** An event stream that a test feeds: `EventSource.last.send("runs", cards)`. */
globalThis.EventSource = class extends EventTarget {
  static CLOSED = 2;
  static last = null;
  readyState = 1;
  constructor(url) {
    super();
    this.url = url;
    EventSource.last = this;
  }
  send(kind, data) {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }));
  }
};
