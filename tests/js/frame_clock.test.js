// Frames, times and timecode, as the review player reckons them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const clock = await import("../../assets/js/frames/frame_clock.js");
const { frameAt, frameOf, frameShown, rateOf, seekTime, timecode, timingOf } = clock;

const CASES = JSON.parse(readFileSync(new URL("../review/timecode_cases.json", import.meta.url), "utf8"));
const RATES = [16, 24000 / 1001, 24, 25, 30000 / 1001, 30, 60].map((fps) => rateOf(Math.round(fps * 1000) / 1000));

test("a frame has the same timecode as in the studio, and each timecode its frame", () => {
  for (const { num, den, frame, timecode: label } of CASES) {
    assert.equal(timecode(frame, { num, den }), label);
    assert.equal(frameOf(label, { num, den }), frame);
  }
});

test("what is no timecode has no frame", () => {
  assert.equal(frameOf("00:01:00;00", { num: 30000, den: 1001 }), null); // left out by drop-frame
  assert.equal(frameOf("00:00:00:24", { num: 24, den: 1 }), null);
  assert.equal(frameOf("12", { num: 24, den: 1 }), null);
});

test("a decimal rate is the fraction it was rounded from", () => {
  assert.deepEqual(rateOf(23.976), { num: 24000, den: 1001 });
  assert.deepEqual(rateOf(59.94), { num: 60000, den: 1001 });
  assert.deepEqual(rateOf(12.5), { num: 12500, den: 1000 });
  assert.deepEqual(rateOf(25), { num: 25, den: 1 });
});

test("the frame on screen has the number that was sought, an hour long, whatever the rate and the start", () => {
  for (const rate of RATES)
    for (const start_s of [0, 0.5, 1.48]) {
      const timing = timingOf({ rate, frames: 216_000, start_s });
      for (const n of [0, 1, 2, 23, 24, 29, 1799, 1800, 17_982, 215_999]) {
        const shown = Math.round((start_s + (n * rate.den) / rate.num) * 1e6) / 1e6; // as browsers tell it
        assert.equal(frameShown(timing, shown), n);
        assert.equal(frameAt(timing, shown), n);
        assert.equal(frameAt(timing, seekTime(timing, n)), n);
      }
    }
});

test("frames of a variable rate go by their own times", () => {
  const times = [0, 0.05, 0.0667, 0.4, 0.4333];
  const timing = timingOf({ rate: { num: 12, den: 1 }, start_s: 1, times });
  assert.equal(timing.frames, 5);
  assert.deepEqual(
    times.map((t) => frameShown(timing, 1 + t + 0.0004)),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(
    times.map((_, n) => frameAt(timing, seekTime(timing, n))),
    [0, 1, 2, 3, 4],
  );
  assert.equal(frameAt(timing, 1.3), 2);
});
