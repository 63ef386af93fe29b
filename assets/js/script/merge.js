// What somebody changed in the table, kept while the text is read again: a change belongs to the words of its shot, and
// goes when these words do. Positions are UTF-16 units, as the browser counts.

import { cellText, FILM, keyOf } from "./fields.js";

/** The words of every shot of a script, each with how often they stood before: what a change of that shot hangs on. */
export function shotKeys(script, text) {
  const parts = script.shots.map((shot) => [text.slice(shot.source_start, shot.source_end)]);
  for (const { start, end, field, shot } of script.spans)
    if (shot !== FILM && field !== "number") parts[shot]?.push(text.slice(start, end));
  const times = new Map();
  return script.shots.map((shot, i) => {
    const { number: _number, source_start: _start, source_end: _end, ...fields } = shot;
    const words = parts[i].some(Boolean) ? parts[i].join("\u0000") : JSON.stringify(fields);
    const nth = times.get(words) || 0;
    times.set(words, nth + 1);
    return `${words}\u0000${nth}`;
  });
}

/** Changes of cells, removed shots and fields of the film. */
export class Edits {
  constructor() {
    this.cells = new Map(); // key of a shot -> Map(field -> value)
    this.removed = new Set();
    this.film = new Map(); // field -> {value, was}
  }

  /** How many cells of this reading are changed. Changes of words that it does not have wait for another one. */
  count(script, keys) {
    let sum = [...this.film.keys()].filter((field) => this.holdsFilm(script, field)).length;
    for (const key of keys) sum += this.cells.get(key)?.size || 0;
    return sum;
  }

  /** Whether a field of the film was changed from what this reading says. */
  holdsFilm(script, field) {
    return this.film.get(field)?.was === JSON.stringify(script[field]);
  }

  /** Change a cell; the value that was read takes the change away. */
  set(key, shot, field, value) {
    const changed = this.cells.get(key) || new Map();
    const same = cellText({ ...shot, [keyOf(field)]: value }, field) === cellText(shot, field);
    same ? changed.delete(field) : changed.set(field, value);
    changed.size ? this.cells.set(key, changed) : this.cells.delete(key);
  }

  /** Change a field of the film. was: what was read. */
  setFilm(field, value, was) {
    const same = JSON.stringify(value) === JSON.stringify(was);
    same ? this.film.delete(field) : this.film.set(field, { value, was: JSON.stringify(was) });
  }

  /** Forget the changes whose words are no longer there, after the text was changed; how many cells that were. */
  follow(script, keys) {
    let lost = 0;
    const there = new Set(keys);
    for (const [key, changed] of this.cells) if (!there.has(key)) (lost += changed.size), this.cells.delete(key);
    for (const key of this.removed) if (!there.has(key)) this.removed.delete(key);
    for (const field of this.film.keys()) if (!this.holdsFilm(script, field)) lost++, this.film.delete(field);
    return lost;
  }

  /** The shots as they then are: {shot, key, at, changed}, removed ones left out. at: their place in the script. */
  rows(script, keys) {
    return script.shots
      .map((read, at) => {
        const changed = this.cells.get(keys[at]);
        const shot = { ...read };
        for (const [field, value] of changed || []) shot[keyOf(field)] = value;
        if (changed?.has("duration")) shot.length_from = "own";
        return { shot, read, key: keys[at], at, changed: new Set(changed?.keys()) };
      })
      .filter((row) => !this.removed.has(row.key));
  }

  /** A field of the film as it then is. */
  filmValue(script, field) {
    return this.holdsFilm(script, field) ? this.film.get(field).value : script[field];
  }
}

/** Spans of a text moved to where they stand after an edit; those that the edit touches are gone. */
export function shiftSpans(spans, before, after) {
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const by = after.length - before.length;
  const end = before.length - tail;
  return spans.flatMap((span) => {
    if (span.end <= head) return [span];
    if (span.start >= end) return [{ ...span, start: span.start + by, end: span.end + by }];
    return [];
  });
}

const CHUNK_CHARS = 2000;

/** The text in parts that end with a line, of a few thousand characters where its lines allow it. */
export function chunks(text) {
  const parts = [];
  let start = 0;
  while (start < text.length) {
    const cut = text.indexOf("\n", start + CHUNK_CHARS);
    const end = cut < 0 ? text.length : cut + 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
