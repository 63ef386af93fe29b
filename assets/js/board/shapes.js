// Sizes a film can have: what platforms show and models make.

const MADE = [
  ["16:9", 832, 480],
  ["16:9", 1280, 720],
  ["16:9", 1920, 1080],
  ["9:16", 480, 832],
  ["9:16", 720, 1280],
  ["9:16", 1080, 1920],
  ["1:1", 960, 960],
  ["1:1", 1440, 1440],
  ["4:3", 1088, 832],
  ["3:4", 832, 1088],
  ["4:5", 864, 1080],
  ["21:9", 1470, 630],
];
export const SHAPES = MADE.map(([aspect, width, height]) => ({
  id: `${width}x${height}`,
  aspect,
  width,
  height,
  label: `${aspect}   ${width}×${height}`,
}));
export const RATES = [12, 16, 24, 25, 30, 50, 60];

/** The size with this id; one that is not in the list is itself. */
export function sizeById(id) {
  const [width, height] = id.split("x").map(Number);
  return SHAPES.find((s) => s.id === id) || { id, width, height, aspect: "", label: `${width}×${height}` };
}
