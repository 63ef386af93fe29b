// Events of a stream come whole, wherever its chunks end.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { events } = await import("../../assets/js/writing/stream.js");

async function read(chunks) {
  const found = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const one of events(stream())) found.push([one.event, one.data]);
  return found;
}

const TEXT = ': hello\n\nevent: delta\ndata: {"text":"雨"}\n\nevent: done\ndata: {"a":\ndata: 1}\n\n';
const RIGHT = [
  ["delta", '{"text":"雨"}'],
  ["done", '{"a":\n1}'],
];

test("events come whole, in one chunk, by characters, or with the line ends of another system", async () => {
  assert.deepEqual(await read([TEXT]), RIGHT);
  assert.deepEqual(await read([...TEXT]), RIGHT);
  assert.deepEqual(await read([TEXT.replaceAll("\n", "\r\n")]), RIGHT);
});

test("an event that was cut off does not count", async () => {
  assert.deepEqual(await read(["event: done\ndata: {}"]), []);
});
