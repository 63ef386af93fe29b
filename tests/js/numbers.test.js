// Numbers, amounts and times as people read them.

import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";

const { ago, bytes, dollars, media, number, seconds, t } = await import("../../assets/js/dom.js");

const cases = (name, work, rows) =>
  test(name, () => {
    for (const [given, shown] of rows) assert.equal(work(given), shown, `${name} of ${given}`);
  });

cases("money: cents as two digits, a part of a cent as it is, nothing as a word", dollars, [
  [0.43, "$0.43"],
  [0.435, "$0.435"],
  [12.5, "$12.50"],
  [1.005, "$1.00"],
  [0.0042, "$0.0042"],
  [0, t("widgets.free")],
  [null, t("widgets.unknown")],
  [undefined, t("widgets.unknown")],
]);

cases("bytes: three digits at most", bytes, [
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [12_345_678, "12 MB"],
  [3.2e13, "32 TB"],
  [5e15, "5000 TB"],
]);

cases("times: tenths below ten seconds, then a clock", seconds, [
  [4.23, "4.2 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [65, "1:05"],
  [7390, "2:03:10"],
  [null, ""],
  [Number.NaN, ""],
]);

test("an address of a file keeps odd names in one piece", () => {
  assert.equal(media("a/b?c", "thumb"), "http://studio.example/media/a%2Fb%3Fc/thumb");
  assert.equal(media("a"), "http://studio.example/media/a");
});

test("numbers have the digits asked for, in the page's language", () => {
  assert.equal(number(1234.567), "1,235");
  assert.equal(number(0.25, 1), "0.3");
});

test("how long ago: a word for just now, then the largest whole unit", () => {
  const before = (s) => ago(new Date(Date.now() - s * 1000).toISOString());
  assert.equal(before(10), t("widgets.just_now"));
  assert.match(before(120), /^2 min/);
  assert.match(before(3599), /^1 hr/);
  assert.equal(before(86_400 * 1.1), "yesterday");
  assert.match(before(86_400 * 800), /^2 yr/);
});
