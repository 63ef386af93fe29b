// Sentences of the studio in the page's language. The studio says them in English, wherever they arise, joined to others and
// kept with runs; the tables' area `said` knows them with blanks, as a phrase book does. What it does not know stays English.

import { told } from "./form/common.js";

const KEPT = 500;
const known = new Map();
let book;

/** Templates as patterns: `whole` ones are sentences, the others stand in a sentence's blanks. No blank spans two sentences. */
function phrases() {
  const plain = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const english = Object.entries(window.gradio_config?.i18n_translations?.en || {}).filter(([key]) =>
    key.startsWith("said."),
  );
  return english.map(([key, text]) => {
    const pattern = text
      .split(/(\{\w+\})/)
      .map((part) => (/^\{\w+\}$/.test(part) ? `(?<${part.slice(1, -1)}>(?:(?!\\. [A-Z@]).)+?)` : plain(part)))
      .join("");
    const whole = text.endsWith(".");
    return {
      key,
      whole,
      size: text.replace(/\{\w+\}/g, "").length,
      pattern: new RegExp(`^${pattern}${whole ? "(?=\\s|$)" : "$"}`, "s"),
    };
  });
}

/** The phrase that ends first, and among those the one that says most itself. */
function best(text, whole) {
  const found = book
    .filter((p) => p.whole === whole)
    .map((phrase) => ({ phrase, match: phrase.pattern.exec(text) }))
    .filter((f) => f.match);
  return found.sort((a, b) => a.match[0].length - b.match[0].length || b.phrase.size - a.phrase.size)[0];
}

function filled({ phrase, match }) {
  const blanks = Object.entries(match.groups || {}).map(([name, value]) => [name, part(value)]);
  return window.studioText(phrase.key, Object.fromEntries(blanks));
}

function part(text) {
  const found = best(text, false);
  return found ? filled(found) : told(text);
}

function translated(text) {
  const said = [];
  for (let rest = text.trim(); rest; ) {
    const found = best(rest, true);
    const taken = found ? found.match[0] : /^.*?[.!?](?=\s|$)|^.*$/s.exec(rest)[0];
    said.push(found ? filled(found) : taken);
    rest = rest.slice(taken.length).trim();
  }
  return said.reduce((all, one) => all + (/[\u3002\uff01\uff1f]$/.test(all) ? "" : " ") + one, "").trim();
}

/** A sentence, or several, as the page says them. */
export function say(text) {
  if (typeof text !== "string" || !text || !document.documentElement.lang.startsWith("zh")) return text;
  book ||= phrases();
  if (known.size > KEPT) known.clear();
  if (!known.has(text)) known.set(text, translated(text));
  return known.get(text);
}
