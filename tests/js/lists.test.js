// Dates of the gallery, and the tabs of addresses.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { dayBefore } = await import("../../assets/js/gallery.js");
const { tabOf } = await import("../../assets/js/address.js");

test("days before today go by the calendar", () => {
  const now = new Date();
  const two = (n) => String(n).padStart(2, "0");
  assert.equal(dayBefore(0), `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`);
  const days = [0, 1, 2, 30, 31, 365].map((n) => Date.parse(dayBefore(n)));
  assert.deepEqual(
    days.map((day) => Math.round((days[0] - day) / 86_400_000)),
    [0, 1, 2, 30, 31, 365],
  );
});

test("a link to a run or a board leads to its tab", () => {
  const tab = (query) => tabOf(new URLSearchParams(query));
  assert.deepEqual(
    [tab("tab=queue&run=1"), tab("run=1"), tab("board=1"), tab("")],
    ["queue", "gallery", "storyboard", null],
  );
});
