// What the preview of a script works out by itself: what a cell takes, changes kept through a new reading, positions.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { cellValue, dialogueText, parseDialogue, parseLength } = await import("../../assets/js/script/fields.js");
const { chunks, Edits, shiftSpans, shotKeys } = await import("../../assets/js/script/merge.js");
const { castText, parseCast } = await import("../../assets/js/script/film.js");

const shot = (text, words, more = {}) => {
  const start = text.indexOf(words);
  return {
    number: "",
    prompt: words,
    duration_s: 4,
    length_from: "default",
    cast: [],
    dialogue: [],
    source_start: start,
    source_end: start + words.length,
    ...more,
  };
};
const script = (text, shots, spans = []) => ({
  title: "",
  style: "",
  negative: "",
  cast: [],
  unread: [],
  faults: [],
  shots: shots.map((s) => shot(text, ...[s].flat())),
  spans,
});

test("a length is read as people write it, and nothing else is one", () => {
  for (const [text, seconds] of [
    ["4", 4],
    ["4,5 s", 4.5],
    ["0:04", 4],
    ["1:00", 60],
    ["３", null],
    [" 2.25秒 ", 2.25],
  ])
    assert.equal(parseLength(text), seconds, text);
  for (const text of ["", "0", "61", "1:01", "4 min", "-3", "four", "0.05"])
    assert.equal(parseLength(text), null, text);
  assert.equal(cellValue("duration", "x"), undefined);
});

test("spoken lines come back from their cell as they went in", () => {
  const lines = [
    { speaker: "Anna", manner: "whispering", text: "Listen: the sea." },
    { speaker: "", manner: "", text: "Nobody says this" },
    { speaker: "林晚", manner: "哭", text: "你来了。" },
    { speaker: "", manner: "off screen", text: "Hello" },
  ];
  assert.deepEqual(parseDialogue(dialogueText(lines)), lines);
  assert.deepEqual(parseDialogue("林晚（哭）：「你来了」\n\nplain words"), [
    { speaker: "林晚", manner: "哭", text: "你来了" },
    { speaker: "", manner: "", text: "plain words" },
  ]);
});

test("a change stays with the words of its shot, wherever they move, and goes when they change", () => {
  const edits = new Edits();
  const [one, two] = ["A harbour.\n\nA dog.", "New first.\n\nA harbour.\n\nA cat."];
  const first = script(one, ["A harbour.", "A dog."]);
  const keys = shotKeys(first, one);
  edits.set(keys[0], first.shots[0], "duration", 7);
  edits.set(keys[1], first.shots[1], "prompt", "A wolf.");
  edits.setFilm("style", "noir", "");
  assert.deepEqual(
    edits.rows(first, keys).map((r) => [r.shot.prompt, r.shot.duration_s, r.shot.length_from]),
    [
      ["A harbour.", 7, "own"],
      ["A wolf.", 4, "default"],
    ],
  );
  const again = script(two, ["New first.", "A harbour.", "A cat."]);
  const after = shotKeys(again, two);
  assert.equal(edits.follow(again, after), 1);
  assert.deepEqual(
    edits.rows(again, after).map((r) => r.shot.duration_s),
    [4, 7, 4],
  );
  assert.equal(edits.filmValue(again, "style"), "noir");
  edits.set(after[1], again.shots[1], "duration", 4); // as it was read
  const noir = { ...again, style: "other" };
  assert.equal(edits.count(noir, after), 0);
  assert.equal(edits.count(again, after), 1, "the change of the style waits");
  assert.equal(edits.follow(noir, after), 1);
  assert.equal(edits.count(again, after), 0);
});

test("of shots with the same words only the changed or removed one is so", () => {
  const text = "Rain.\nRain.\nRain.";
  const read = script(text, ["Rain.", "Rain.", "Rain."]);
  const keys = shotKeys(read, text);
  assert.equal(new Set(keys).size, 3);
  const edits = new Edits();
  edits.set(keys[1], read.shots[1], "sound", "thunder");
  edits.removed.add(keys[2]);
  assert.deepEqual(
    edits.rows(read, keys).map((r) => r.shot.sound),
    [undefined, "thunder"],
  );
});

test("a length in the heading belongs to the words of the shot, its number does not", () => {
  const text = "Shot 1 (3s) rain";
  const spans = (n) => [
    { start: 5, end: 6, field: "number", shot: 0 },
    { start: 8, end: 9 + n, field: "duration", shot: 0 },
  ];
  const key = (from, n = 0) => shotKeys(script(from, ["rain"], spans(n)), from)[0];
  assert.equal(key(text), key("Shot 7 (3s) rain"));
  assert.notEqual(key(text), key("Shot 1 (8s) rain"));
});

test("spans keep to their words while one types, in UTF-16 units", () => {
  const before = "🌊 sea. A dog runs.";
  const spans = [
    [0, 2],
    [3, 6],
    [8, 13],
    [14, 18],
  ].map(([start, end]) => ({ start, end }));
  const after = "🌊 sea. A big 🐕 runs.";
  assert.deepEqual(
    shiftSpans(spans, before, after).map((s) => after.slice(s.start, s.end)),
    ["🌊", "sea", "runs"],
  );
  assert.deepEqual(shiftSpans(spans, before, ""), []);
});

test("a text in parts is the same text, and parts end with a line", () => {
  const long = Array.from({ length: 900 }, (_, i) => `line ${i} ${"x".repeat(i % 90)}`).join("\n");
  for (const text of ["", "\n", "a", "a\n", long, "y".repeat(9000)]) {
    const parts = chunks(text);
    assert.equal(parts.join(""), text);
    assert.ok(parts.slice(0, -1).every((part) => part.endsWith("\n")));
  }
  assert.ok(chunks(long).length > 10);
});

test("the cast comes back from its field with kinds and descriptions", () => {
  const cast = [
    { name: "Anna", kind: "character", description: "a painter of thirty, tired" },
    { name: "Harbour", kind: "place", description: "" },
    { name: "Lamp", kind: "prop", description: "brass; dented" },
  ];
  assert.deepEqual(parseCast(castText(cast), cast), cast);
  assert.deepEqual(parseCast("Old Tom (a sailor)", cast), [
    { name: "Old-Tom", kind: "character", description: "a sailor" },
  ]);
});
