// The difference of two texts: nothing is lost, words stay whole, Chinese goes by characters, and any text is bounded.

import assert from "node:assert/strict";
import test from "node:test";

const { changes, combined, diff } = await import("../../assets/js/writing/diff.js");

const shown = (before, after) =>
  diff(before, after)
    .map((one) => ("same" in one ? one.same : `[${one.old}|${one.new}]`))
    .join("");

/** Numbers that look random and are the same at every run. */
function numbers(seed) {
  let state = seed;
  return (most) => (state = (state * 1103515245 + 12345) % 2 ** 31) % most;
}

test("a change of words is shown as words", () => {
  assert.equal(shown("A dog runs.", "A wet dog sprints."), "A [|wet ]dog [runs|sprints].");
  assert.equal(shown("a red car at night", "a blue van at night"), "a [red car|blue van] at night");
  assert.equal(shown("same", "same"), "same");
  assert.equal(shown("", "new"), "[|new]");
  assert.equal(shown("old", ""), "[old|]");
  assert.equal(shown("", ""), "");
});

test("Chinese goes by characters, beside Latin words", () => {
  assert.equal(shown("雨中的狗跑", "雨中的湿狗奔跑"), "雨中的[|湿]狗[|奔]跑");
  assert.equal(shown("林晚用iPhone拍照", "林晚用iPad拍照"), "林晚用[iPhone|iPad]拍照");
});

test("lines stay apart, and odd characters are whole", () => {
  assert.equal(shown("one\ntwo", "one!\ntoo"), "one[|!]\n[two|too]");
  assert.equal(shown("a 🦊 b", "a 🐻 b"), "a [🦊|🐻] b");
  assert.equal(
    combined(diff("\ud83e", "x"), () => false),
    "\ud83e",
  );
});

test("either text comes back whole, and a part of the changes can be taken", () => {
  const alphabet = ["a", "fox", " ", " ", ",", "\n", "雨", "中", "the", "ran", "🦊"];
  const next = numbers(7);
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: next(40) }, () => alphabet[next(alphabet.length)]).join("");
    const [before, after] = [text(), text()];
    const made = diff(before, after);
    assert.equal(combined(made), after);
    assert.equal(
      combined(made, () => false),
      before,
    );
    assert.ok(made.every((one, i) => !i || "same" in one || "same" in made[i - 1]));
  }
  const made = diff("a red car at night", "a blue car by day");
  assert.equal(changes(made), 2);
  assert.equal(
    combined(made, (i) => i === 1),
    "a blue car at night",
  );
});

test("texts of 20,000 characters cost a bounded number of comparisons, alike or not", () => {
  const next = numbers(3);
  const chinese = () => Array.from({ length: 20_000 }, () => String.fromCodePoint(0x4e00 + next(2000))).join("");
  const english = () => Array.from({ length: 5000 }, () => `w${next(300)}`).join(" ");
  const long = chinese();
  const edited = `${long.slice(0, 9000)}，慢慢地${long.slice(9100)}`;
  const pairs = [
    [chinese(), chinese()],
    [english(), english()],
    ["a ".repeat(10_000), "b ".repeat(10_000)],
    ["a".repeat(20_000), "a".repeat(19_999)],
    ["(".repeat(20_000), ")".repeat(20_000)],
    ["a b ".repeat(5000), "b a ".repeat(5000)],
    [" ".repeat(20_000), "\n".repeat(20_000)],
  ];
  for (const [before, after] of pairs) {
    const made = diff(before, after);
    assert.equal(combined(made), after);
    assert.equal(
      combined(made, () => false),
      before,
    );
  }
  assert.equal(changes(diff(long, edited)), 1);
});
