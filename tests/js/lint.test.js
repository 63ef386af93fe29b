// Remedies of hints: edits of a text, and words that join a field.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { changedValue, edited } = await import("../../assets/js/lint/list.js");

test("edits count in the text as it was, whatever their order, beyond the basic plane too", () => {
  const text = "😀 a (red:1.2) car, no people, rain";
  const edits = [
    { start: text.indexOf(", no"), end: text.indexOf(", rain"), replacement: "" },
    { start: 5, end: 14, replacement: "red" },
  ];
  assert.equal(edited(text, edits), "😀 a red car, rain");
  assert.equal(edited(text, edits.toReversed()), "😀 a red car, rain");
  assert.equal(edited(text, []), text);
});

test("words join what stands in a field by its own comma; other values take its place", () => {
  assert.equal(changedValue("", { value: "cars", append: true }), "cars");
  assert.equal(changedValue("blur ", { value: "cars", append: true }), "blur, cars");
  assert.equal(changedValue("模糊", { value: "汽车", append: true }), "模糊，汽车");
  assert.equal(changedValue(undefined, { value: "cars", append: true }), "cars");
  assert.equal(changedValue(5, { value: 10, append: false }), 10);
});
