// The list of runs as the event stream changes it: what is under way, what has ended, what is gone.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { replaceList: adopt, ended, follow, updateRun: learn } = await import("../../assets/js/live.js");

const run = (id, status, more = {}) => ({ id, status, ...more });
const listener = { isConnected: true };
let heard = [];
let now = null;
follow(listener, (state, changed) => {
  now = state;
  heard.push(changed?.map((card) => card.id) ?? null);
});
const stream = EventSource.last;

test("the stream is ours, and its first word is the whole list", () => {
  assert.equal(stream.url.href, "http://studio.example/events/runs");
  stream.send("queue", {
    active: [run("a", "running"), run("b", "queued")],
    recent: [run("z", "failed")],
    paused: false,
    storage: null,
  });
  assert.deepEqual([now.order, now.recent, now.ready, heard], [["a", "b"], ["z"], true, [null]]);
});

test("a run that ends goes to the newest of the recent ones, once", () => {
  stream.send("runs", [run("a", "succeeded")]);
  stream.send("runs", [run("a", "succeeded", { rating: 5 })]);
  assert.deepEqual([now.order, now.recent, now.runs.get("a").rating], [["b"], ["a", "z"], 5]);
  assert.ok(ended(now.runs.get("a")) && !ended(now.runs.get("b")));
});

test("a run that is tried again leaves the recent ones", () => {
  learn(run("z", "queued"));
  assert.deepEqual([now.order, now.recent], [["b", "z"], ["a"]]);
});

test("what is gone or in the trash is in no list", () => {
  stream.send("runs", [run("b", "cancelled", { trashed: true }), run("z", "queued", { gone: true })]);
  assert.deepEqual([now.order, now.recent, now.runs.has("b")], [[], ["a"], false]);
});

test("the recent ones stay a short list", () => {
  stream.send(
    "runs",
    Array.from({ length: 60 }, (_, i) => run(`r${i}`, "failed")),
  );
  assert.deepEqual([now.recent.length, now.recent[0]], [40, "r59"]);
});

test("a whole list that an answer brought replaces what was known", () => {
  adopt({ active: [run("n", "held")], recent: [], paused: true, storage: "full" });
  assert.deepEqual(
    [now.order, now.recent, now.paused, now.storage, [...now.runs.keys()]],
    [["n"], [], true, "full", ["n"]],
  );
});

test("a listener whose element has left the page hears nothing more", () => {
  listener.isConnected = false;
  heard = [];
  learn(run("m", "queued"));
  learn(run("m", "running"));
  assert.deepEqual(heard, []);
});
