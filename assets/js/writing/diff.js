// What changed between two texts, word by word; Chinese and Japanese character by character. Nothing is lost: the old text
// is what all segments keep and remove, the new one what they keep and insert.
//
// Work is bounded for any two texts: words that stand once in both split the texts into short parts, and only parts
// below MAX_CELLS are compared in full. What is longer than that and shares no such words counts as replaced.

/**
 * @typedef {{same: string} | {old: string, new: string}} Segment
 */

const IDEOGRAPH = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}";
const TOKEN = new RegExp(`[${IDEOGRAPH}]|(?:(?![${IDEOGRAPH}])[\\p{L}\\p{N}\\p{M}_'’])+|\\n|[^\\S\\n]+|.`, "gsu");
const WORD = /[\p{L}\p{N}]/u;
const MAX_CELLS = 250_000;
const SHINGLES = [6, 3, 1]; // words in a row that have to stand once in both texts
const MAX_DEPTH = 10;

const words = (text) => text.match(TOKEN) || [];

/**
 * The segments from `before` to `after`; two changes never stand side by side.
 * @param {string} before
 * @param {string} after
 * @returns {Segment[]}
 */
export function diff(before, after) {
  const [old, now] = [words(before), words(after)];
  const pairs = []; // places of words that stay, in order
  match(old, now, 0, old.length, 0, now.length, pairs, 0);
  return readable(segments(old, now, pairs));
}

/** Collect pairs of places in old[a0, a1) and now[b0, b1) that hold the same word. */
function match(old, now, a0, a1, b0, b1, pairs, depth) {
  while (a0 < a1 && b0 < b1 && old[a0] === now[b0]) pairs.push([a0++, b0++]);
  const tail = [];
  while (a0 < a1 && b0 < b1 && old[a1 - 1] === now[b1 - 1]) tail.push([--a1, --b1]);
  if (a0 < a1 && b0 < b1) {
    if ((a1 - a0) * (b1 - b0) <= MAX_CELLS) longest(old, now, a0, a1, b0, b1, pairs);
    else if (depth < MAX_DEPTH) split(old, now, a0, a1, b0, b1, pairs, depth);
  }
  pairs.push(...tail.reverse());
}

/** The longest common subsequence of two short parts. */
function longest(old, now, a0, a1, b0, b1, pairs) {
  const width = b1 - b0 + 1;
  const lengths = new Uint32Array((a1 - a0 + 1) * width);
  for (let a = a1 - 1; a >= a0; a--)
    for (let b = b1 - 1; b >= b0; b--) {
      const at = (a - a0) * width + (b - b0);
      lengths[at] = old[a] === now[b] ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1]);
    }
  for (let a = a0, b = b0; a < a1 && b < b1; ) {
    const at = (a - a0) * width + (b - b0);
    if (old[a] === now[b]) pairs.push([a++, b++]);
    else if (lengths[at + width] >= lengths[at + 1]) a++;
    else b++;
  }
}

/** Split two long parts at words that stand once in both, and match what lies between. */
function split(old, now, a0, a1, b0, b1, pairs, depth) {
  for (const size of SHINGLES) {
    const anchors = rising(uniqueInBoth(old, now, a0, a1, b0, b1, size));
    if (!anchors.length) continue;
    let [a, b] = [a0, b0];
    for (const [x, y] of anchors) {
      if (x < a || y < b) continue; // inside the words of the anchor before
      match(old, now, a, x, b, y, pairs, depth + 1);
      for (let i = 0; i < size; i++) pairs.push([x + i, y + i]);
      [a, b] = [x + size, y + size];
    }
    return match(old, now, a, a1, b, b1, pairs, depth + 1);
  }
}

function uniqueInBoth(old, now, a0, a1, b0, b1, size) {
  const seen = new Map(); // words in a row -> [times in old, place, times in now, place]
  const count = (list, from, to, at) => {
    for (let i = from; i + size <= to; i++) {
      if (size === 1 && !WORD.test(list[i])) continue;
      const key = list.slice(i, i + size).join("\0");
      const entry = seen.get(key) || [0, 0, 0, 0];
      entry[at]++;
      entry[at + 1] = i;
      seen.set(key, entry);
    }
  };
  count(old, a0, a1, 0);
  count(now, b0, b1, 2);
  return [...seen.values()].filter(([m, , n]) => m === 1 && n === 1).map(([, a, , b]) => [a, b]);
}

/** The longest run of pairs that rise in both places; they come in the order of the first. */
function rising(found) {
  const tails = []; // index of the pair that ends the best run of each length
  const before = [];
  found.forEach(([, place], i) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (found[tails[middle]][1] < place) low = middle + 1;
      else high = middle;
    }
    before[i] = low ? tails[low - 1] : -1;
    tails[low] = i;
  });
  const run = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i]) run.push(found[i]);
  return run.reverse();
}

function segments(old, now, pairs) {
  const made = [];
  let [a, b] = [0, 0];
  let same = "";
  for (const [x, y] of [...pairs, [old.length, now.length]]) {
    if (x > a || y > b) {
      if (same) made.push({ same });
      same = "";
      made.push({ old: old.slice(a, x).join(""), new: now.slice(b, y).join("") });
    }
    same += old[x] ?? "";
    [a, b] = [x + 1, y + 1];
  }
  if (same) made.push({ same });
  return made;
}

/** A space or a comma between two changes is no reason to read three of them. */
function readable(made) {
  const joined = [];
  for (let i = 0; i < made.length; i++) {
    const [last, one, next] = [joined.at(-1), made[i], made[i + 1]];
    if ("same" in one && last && next && !("same" in last) && !WORD.test(one.same) && !one.same.includes("\n")) {
      last.old += one.same + next.old;
      last.new += one.same + next.new;
      i++;
    } else joined.push({ ...one });
  }
  return joined;
}

/**
 * The text with some of the changes.
 * @param {Segment[]} made
 * @param {(index: number) => boolean} takes whether the change at this place of `made` is taken
 */
export const combined = (made, takes = () => true) =>
  made.map((one, i) => ("same" in one ? one.same : takes(i) ? one.new : one.old)).join("");

/** How many changes there are. @param {Segment[]} made */
export const changes = (made) => made.filter((one) => !("same" in one)).length;
