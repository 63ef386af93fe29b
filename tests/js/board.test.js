// What the storyboard's page works out by itself: edits ahead of the studio, colour wheels, sizes.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { Store } = await import("../../assets/js/board/store.js");
const { mergeAnswer } = await import("../../assets/js/board/changes.js");
const { rgbToDisc: place, discToRgb: triple } = await import("../../assets/js/board/wheel.js");
const { SHAPES, sizeById: shapeOf } = await import("../../assets/js/board/shapes.js");

const answer = () => ({
  board: {
    title: "",
    cast: [{ id: "c", name: "Anna" }],
    shots: [
      { id: "a", prompt: "one" },
      { id: "b", prompt: "two" },
    ],
  },
  shots: {},
});

test("an edit is on the page before the studio has it, and a later answer does not undo it", () => {
  const store = new Store("x");
  store.applyBoard(answer());
  store.typed.set("a.prompt", { op: "shot", shot: "a", prompt: "typed", same: "k" });
  store.shown.push({ op: "reorder", order: ["b", "a"] });
  store.applyBoard(answer()); // of an edit that was sent before both
  assert.deepEqual(
    store.data.board.shots.map((s) => [s.id, s.prompt]),
    [
      ["b", "two"],
      ["a", "typed"],
    ],
  );
});

test("an edit of the film, of a member and of nothing that is there", () => {
  const store = new Store("x");
  store.applyBoard(answer());
  store.apply({ op: "update", title: "Night" });
  store.apply({ op: "cast", id: "c", name: "Ben" });
  store.apply({ op: "shot", shot: "gone", prompt: "!" });
  assert.deepEqual([store.data.board.title, store.data.board.cast[0].name], ["Night", "Ben"]);
});

test("a newer card of a take is taken over wherever it is shown", () => {
  const store = new Store("x");
  const card = { id: "r", status: "running", percent: 10 };
  store.applyBoard({ ...answer(), shots: { a: { takes: [card], running: { ...card } } } });
  store.progress([{ ...card, percent: 60 }]);
  assert.deepEqual([store.data.shots.a.takes[0].percent, store.data.shots.a.running.percent], [60, 60]);
  assert.ok(store.hasRun("r") && !store.hasRun("s"));
});

test("an answer about one shot leaves the others the very same objects, and an answer to another version does not fit", () => {
  const store = new Store("x");
  store.applyBoard({ ...answer(), version: "1", shots: { a: { takes: [] }, b: { takes: [] } } });
  const [before, list] = [[...store.shots], store.shots];
  store.notify();
  assert.equal(store.shots, list, "nothing is other: the same list");
  const part = {
    since: "1",
    version: "2",
    planned: { b: { id: "b", prompt: "new" } },
    shots: {},
    clock: {},
    board: {},
  };
  store.applyBoard(part);
  assert.deepEqual([store.shots[0] === before[0], store.shots[1].prompt], [true, "new"]);
  assert.equal(mergeAnswer(store.data, part), null, "the page is at version 2 by now: it asks for the whole board");
});

test("a place on a colour wheel and its colour are each other's reverse", () => {
  for (const at of [
    { x: 0, y: 0, level: 0 },
    { x: 0.5, y: 0.2, level: 0.1 },
    { x: -0.6, y: -0.7, level: -0.3 },
  ]) {
    const back = place(triple(at));
    for (const part of ["x", "y", "level"])
      assert.ok(Math.abs(back[part] - at[part]) < 1e-3, `${part} of ${back[part]}`);
  }
  const sum = triple({ x: 3, y: 0, level: 0 }).reduce((a, b) => a + b);
  assert.deepEqual([triple({ x: 3, y: 0, level: 0 })[0], Math.abs(sum) < 1e-3], [0.4, true]); // outside the disc is its rim
});

test("a film's size is found by its name, one of your own is itself", () => {
  assert.equal(shapeOf("1280x720").aspect, "16:9");
  assert.deepEqual(shapeOf("999x500"), { id: "999x500", width: 999, height: 500, aspect: "", label: "999×500" });
  assert.equal(new Set(SHAPES.map((s) => s.id)).size, SHAPES.length);
});
