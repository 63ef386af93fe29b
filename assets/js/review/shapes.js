// What the shapes of a drawing look like, in units of a thousandth of the picture's height: the same on every size of
// the player, and on the server, whose reading of them is studio/review/drawing_picture.py.

import { getStroke } from "../vendor/perfect-freehand.js";

export const UNITS = 1000;
/** Of a line of text, and where its letters stand, in parts of its size. */
export const LINE_HEIGHT = 1.25;
export const BASELINE = 1.06;
const PEN = { thinning: 0.6, smoothing: 0.5, streamline: 0.4, simulatePressure: false, last: true };
const ARROW_ANGLE = 0.5; // radians between the shaft and each half of the head
const HALO = { least: 1.6, part: 0.16, ofText: 0.07, opacity: 0.65 };
const DARK = 0.35; // a colour with less light than this has a light halo

const MAX_POINTS = 2000; // of a stroke
const POINTS_APART = 1.5; // units; a pen that moved less adds nothing to see
const PRESSES_APART = 0.1;

const fix = (n) => Math.round(n * 100) / 100;

/** The width of everything, for a picture `aspect` times as wide as high. */
export const widthOf = (aspect) => fix(UNITS * aspect);

/** The path of what is drawn, and how it is painted: as an area (strokes) or along its line (all others). */
export function outline(shape, aspect) {
  const at = ([x, y]) => [x * UNITS * aspect, y * UNITS];
  if (shape.type === "stroke") return { area: true, d: strokePath(shape, aspect) };
  const [x, y] = at(shape.from);
  const [u, v] = at(shape.to);
  return { area: false, d: FIGURES[shape.type](x, y, u, v, shape.size * UNITS) };
}

/** The outline of a pen's way: perfect-freehand's points, joined by curves through the middles of their sides. */
function strokePath({ points, size }, aspect) {
  const ring = getStroke(
    filled(points).map(([x, y, pressure]) => [x * UNITS * aspect, y * UNITS, pressure]),
    { ...PEN, size: size * UNITS },
  );
  const parts = ring.map(([x, y], n) => {
    const [u, v] = ring[(n + 1) % ring.length];
    return `${fix(x)} ${fix(y)} ${fix((x + u) / 2)} ${fix((y + v) / 2)}`;
  });
  return `M${fix(ring[0][0])} ${fix(ring[0][1])}Q${parts.join(" ")}Z`;
}

/** A stroke's points with those that the pen passed since, as far as they say anything new. */
export function extended(points, passed, aspect) {
  const kept = [...points];
  for (const point of passed) {
    const [x, y, pressure] = kept.at(-1);
    const apart = Math.hypot((point[0] - x) * aspect, point[1] - y) * UNITS;
    if (apart >= POINTS_APART || (apart > 0 && Math.abs(point[2] - pressure) > PRESSES_APART)) kept.push(point);
  }
  return kept.length > MAX_POINTS ? kept.filter((_, n) => n % 2 === 0) : kept;
}

/** Three more points between two, with pressures: those that perfect-freehand would add have none. */
function filled(points) {
  if (points.length !== 2) return points;
  const [from, to] = points;
  const between = [0.25, 0.5, 0.75].map((share) => from.map((n, i) => n + (to[i] - n) * share));
  return [from, ...between, to];
}

const FIGURES = {
  line: (x, y, u, v) => `M${fix(x)} ${fix(y)}L${fix(u)} ${fix(v)}`,
  arrow(x, y, u, v, size) {
    const length = Math.hypot(u - x, v - y);
    const head = Math.min(5 * size + 12, length * 0.6);
    const angle = Math.atan2(v - y, u - x);
    const side = (turn) => `${fix(u - head * Math.cos(angle + turn))} ${fix(v - head * Math.sin(angle + turn))}`;
    return `M${fix(x)} ${fix(y)}L${fix(u)} ${fix(v)}M${side(ARROW_ANGLE)}L${fix(u)} ${fix(v)}L${side(-ARROW_ANGLE)}`;
  },
  box: (x, y, u, v) => `M${fix(x)} ${fix(y)}H${fix(u)}V${fix(v)}H${fix(x)}Z`,
  ellipse(x, y, u, v) {
    const [rx, ry] = [fix(Math.abs(u - x) / 2), fix(Math.abs(v - y) / 2)];
    const [left, right, middle] = [fix(Math.min(x, u)), fix(Math.max(x, u)), fix((y + v) / 2)];
    return `M${left} ${middle}A${rx} ${ry} 0 1 1 ${right} ${middle}A${rx} ${ry} 0 1 1 ${left} ${middle}Z`;
  },
};

/** Black around light colours and white around dark ones, so that a shape is seen on any picture. */
export function haloOf(color) {
  const [r, g, b] = [1, 3, 5].map((n) => Number.parseInt(color.slice(n, n + 2), 16) / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < DARK ? "#ffffff" : "#000000";
}

/** How far the halo reaches around a shape. */
export const haloWidth = ({ type, size }) =>
  type === "text" ? fix(size * UNITS * HALO.ofText) : fix(HALO.least + size * UNITS * HALO.part);

/** A new SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A shape as an SVG group: its halo below, itself above, and around it a place to press. */
export function node(shape, aspect) {
  const around = {
    stroke: haloOf(shape.color),
    opacity: HALO.opacity,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  };
  const reach = 2 * haloWidth(shape);
  if (shape.type === "text") {
    const halo = { ...around, fill: around.stroke, "stroke-width": reach };
    return svg("g", { class: "rd-shape" }, words(shape, aspect, halo), words(shape, aspect, { fill: shape.color }));
  }
  const { area, d } = outline(shape, aspect);
  const wide = fix(shape.size * UNITS);
  const line = { "stroke-linejoin": "round", "stroke-linecap": "round", fill: "none" };
  return svg(
    "g",
    { class: "rd-shape" },
    svg("path", { ...around, d, fill: area ? around.stroke : "none", "stroke-width": area ? reach : wide + reach }),
    svg("path", area ? { d, fill: shape.color } : { ...line, d, stroke: shape.color, "stroke-width": wide }),
    svg("path", { ...line, class: "rd-press", d, stroke: "transparent", "stroke-width": wide + 24 }),
  );
}

/** The lines of a text; each stands by itself, as SVG breaks none. */
function words({ at, text, size }, aspect, paint) {
  const [x, y] = [fix(at[0] * UNITS * aspect), at[1] * UNITS];
  const height = fix(size * UNITS);
  const lines = text.split("\n").map((line, n) => {
    const row = svg("tspan", { x, y: fix(y + height * (BASELINE + n * LINE_HEIGHT)) });
    row.textContent = line;
    return row;
  });
  return svg("text", { class: "rd-words", "font-size": height, ...paint }, ...lines);
}

const places = (shape) =>
  shape.type === "stroke" ? shape.points : shape.type === "text" ? [shape.at] : [shape.from, shape.to];

/** The shape moved by parts of the width and height, as far as all its places stay on the picture. */
export function moved(shape, dx, dy) {
  const [xs, ys] = [0, 1].map((n) => places(shape).map((place) => place[n]));
  const across = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
  const down = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
  const to = ([x, y, ...rest]) => [part(x + across), part(y + down), ...rest];
  if (shape.type === "stroke") return { ...shape, points: shape.points.map(to) };
  if (shape.type === "text") return { ...shape, at: to(shape.at) };
  return { ...shape, from: to(shape.from), to: to(shape.to) };
}

/** A part of one side of the picture, short enough to send two thousand of them. */
export const part = (n) => Math.round(Math.min(1, Math.max(0, n)) * 1e4) / 1e4;

/**
 * The end of a figure that was drawn with Shift: at a multiple of 45 degrees, or with equal sides.
 * @param {string} type
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} aspect
 */
export function straightened(type, [x, y], [u, v], aspect) {
  let [dx, dy] = [(u - x) * aspect, v - y];
  if (type === "box" || type === "ellipse") {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    [dx, dy] = [side * (Math.sign(dx) || 1), side * (Math.sign(dy) || 1)];
  } else {
    const angle = (Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * Math.PI) / 4;
    const length = Math.hypot(dx, dy);
    [dx, dy] = [length * Math.cos(angle), length * Math.sin(angle)];
  }
  const room = Math.min(1, reach(x, dx / aspect), reach(y, dy)); // the picture's edge keeps the angle
  return [part(x + (dx * room) / aspect), part(y + dy * room)];
}

/** How much of the way `by` from `from` lies between 0 and 1. */
const reach = (from, by) => (by > 0 ? (1 - from) / by : by < 0 ? -from / by : 1);
