// What was done to harsh treble, as curves: the sound's long-term level against its natural tilt, before and after.

import { el, number, t } from "../dom.js";

const [W, H, LEFT, RIGHT, TOP, BOTTOM] = [360, 150, 34, 10, 10, 24];
const LEAST_DB = 6; // the scale shows at least so much above and below
const TICKS_HZ = [250, 500, 1000, 2000, 4000, 8000];

const svg = (name, attrs, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attrs)) made.setAttribute(k, v);
  made.append(...children);
  return made;
};

/** The plot with one sentence, for the `treble` part of a film's report; null where nothing was measured. */
export function trebleCurves(treble) {
  if (!treble?.bands_hz?.length) return null;
  const { bands_hz: bands, before_db: before, after_db: after, corner_hz: corner, gain_db: gain } = treble;
  const most = Math.max(LEAST_DB, ...before.map(Math.abs), ...after.map(Math.abs));
  const top = Math.ceil(most / 3) * 3;
  const x = (hz) => LEFT + (Math.log(hz / bands[0]) / Math.log(bands.at(-1) / bands[0])) * (W - LEFT - RIGHT);
  const y = (db) => TOP + ((top - db) / (2 * top)) * (H - TOP - BOTTOM);
  const path = (levels) =>
    levels.map((db, i) => `${i ? "L" : "M"}${x(bands[i]).toFixed(1)} ${y(db).toFixed(1)}`).join("");
  const said = gain
    ? t("film.treble_done", { hz: number(corner / 1000, 1), db: number(gain, 1) })
    : t("film.treble_none");
  const rows = [top, 0, -top].flatMap((db) => [
    svg("line", { class: db ? "grid" : "zero", x1: LEFT, x2: W - RIGHT, y1: y(db), y2: y(db) }),
    label(LEFT - 6, y(db) + 3.5, `${db > 0 ? "+" : ""}${db}`, "end"),
  ]);
  const columns = TICKS_HZ.filter((hz) => hz >= bands[0] && hz <= bands.at(-1)).flatMap((hz) => [
    svg("line", { class: "grid", x1: x(hz), x2: x(hz), y1: TOP, y2: H - BOTTOM }),
    label(x(hz), H - 8, hz < 1000 ? `${hz}` : `${hz / 1000}k`, "middle"),
  ]);
  const plot = svg(
    "svg",
    { viewBox: `0 0 ${W} ${H}`, class: "bd-curves", role: "img", "aria-label": said },
    ...columns,
    ...rows,
    gain ? svg("line", { class: "corner", x1: x(corner), x2: x(corner), y1: TOP, y2: H - BOTTOM }) : "",
    svg("path", { class: "before", d: path(before) }),
    gain ? svg("path", { class: "after", d: path(after) }) : "",
  );
  const key = el(
    "div",
    "bd-curvekey",
    {},
    el("span", "before", {}, t("film.treble_before")),
    gain ? el("span", "after", {}, t("film.treble_after")) : "",
    el("span", "st-dim", {}, t("film.treble_axes")),
  );
  return el("figure", "bd-treble", {}, plot, key, el("figcaption", "", {}, said));
}

function label(x, y, text, anchor) {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}
