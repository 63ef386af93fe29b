// Lines over a picture: action and title safe areas, the centre, and what another shape of frame would show.

const SVG = "http://www.w3.org/2000/svg";
const ACTION = 0.93; // of width and height, SMPTE ST 2046-1
const TITLE = 0.9;
const CROSS = 0.03; // half of the centre's cross, of the picture's height

/** Shapes that a picture may be cut to, as width by height. */
export const ASPECTS = { "9:16": 9 / 16, "4:5": 4 / 5, "1:1": 1, "16:9": 16 / 9, "2.39:1": 2.39 };

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  return made;
}

/** The part of the picture that is left at another shape: {x, y, width, height} in parts of it. */
export function cutTo(aspect, picture) {
  const width = Math.min(1, aspect / picture);
  const height = Math.min(1, picture / aspect);
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

/**
 * Draw guides into an SVG that lies over the picture. picture: its width by its height.
 * @param {SVGSVGElement} svg
 * @param {{action?: boolean, title?: boolean, centre?: boolean, aspect?: string}} chosen
 */
export function drawGuides(svg, chosen, picture) {
  const width = 1000 * picture;
  svg.setAttribute("viewBox", `0 0 ${width} 1000`);
  svg.setAttribute("preserveAspectRatio", "none");
  const parts = [];
  const cut = ASPECTS[chosen.aspect] ? cutTo(ASPECTS[chosen.aspect], picture) : { x: 0, y: 0, width: 1, height: 1 };
  const frame = { x: cut.x * width, y: cut.y * 1000, width: cut.width * width, height: cut.height * 1000 };
  if (ASPECTS[chosen.aspect]) {
    const { x, y } = frame;
    const whole = `M0 0H${width}V1000H0Z`;
    parts.push(
      shape("path", { class: "shade", d: `${whole}M${x} ${y}v${frame.height}h${frame.width}v${-frame.height}Z` }),
    );
    parts.push(shape("rect", { ...frame, class: "aspect" }));
  }
  const inner = (part, name) =>
    shape("rect", {
      class: name,
      x: frame.x + (frame.width * (1 - part)) / 2,
      y: frame.y + (frame.height * (1 - part)) / 2,
      width: frame.width * part,
      height: frame.height * part,
    });
  if (chosen.action) parts.push(inner(ACTION, "action"));
  if (chosen.title) parts.push(inner(TITLE, "title"));
  if (chosen.centre) {
    const [x, y, reach] = [width / 2, 500, CROSS * 1000];
    parts.push(shape("path", { class: "centre", d: `M${x - reach} ${y}h${2 * reach}M${x} ${y - reach}v${2 * reach}` }));
  }
  svg.replaceChildren(...parts);
}

/** An empty sheet for guides. */
export const guideSheet = () => {
  const svg = shape("svg", { class: "fp-guides", "aria-hidden": "true" });
  return /** @type {SVGSVGElement} */ (svg);
};
