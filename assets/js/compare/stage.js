// Results beside one another: clips run, stop, scrub and step together, pictures and clips are enlarged together.

import { button, isTyping, t } from "../dom.js";
import { controls, stage } from "../player.js";

const MAX_ZOOM = 12;
const STEP = 1.5;
const DOUBLE_CLICK_ZOOM = 3;
const CLICK_PX = 5; // a pointer that moved no further has clicked

/** The clip that leads: the longest, and of equally long ones that with the most frames a second. */
function leadFirst(cells) {
  const length = (cell) => Math.round((cell.asset.duration_s || 0) * 10);
  return [...cells].sort((a, b) => length(b) - length(a) || (b.asset.fps || 0) - (a.asset.fps || 0));
}

/** The control bar for these clips, playing, with the leader's sound; null for none. cells: [{asset, shown}]. */
export function syncedControls(cells, keys) {
  const clips = leadFirst(cells.filter((cell) => cell.asset.kind === "video"));
  if (!clips.length) return null;
  clips.forEach((cell, i) => (cell.shown.muted = i > 0));
  const bar = controls(
    clips.map((cell) => cell.shown),
    clips[0].asset,
    { keys },
  );
  clips[0].shown.play().catch(() => {});
  return bar;
}

/** The file of a result as it stands in a cell. */
export const shownFile = (asset) => stage(asset);

/** Let every `.st-media` under `box` be enlarged and moved as one: wheel, pinch, double click, drag, buttons or keys (`steer`). */
export function linkedZoom(box) {
  let zoom = 1;
  let x = 0; // of the middle, in widths and heights of a cell
  let y = 0;
  const pointers = new Map();
  let moved = 0;
  let spread = 0;

  const limit = (n) => Math.max(-(zoom - 1) / 2, Math.min((zoom - 1) / 2, n));
  function apply() {
    x = limit(x);
    y = limit(y);
    box.style.setProperty("--zoom", `${zoom}`);
    box.style.setProperty("--pan-x", `${x * 100}%`);
    box.style.setProperty("--pan-y", `${y * 100}%`);
    box.classList.toggle("zoomed", zoom > 1);
    reset.hidden = zoom === 1;
  }
  /** Enlarge around a place in a cell, from -0.5 to 0.5 both ways. */
  function to(wanted, at = { x: 0, y: 0 }) {
    const next = Math.max(1, Math.min(MAX_ZOOM, wanted));
    x = at.x - ((at.x - x) / zoom) * next;
    y = at.y - ((at.y - y) / zoom) * next;
    zoom = next;
    apply();
  }
  const cellOf = (e) => e.target.closest?.(".cw-pic");
  function placeIn(cell, e) {
    const { left, top, width, height } = cell.getBoundingClientRect();
    return { x: (e.clientX - left) / width - 0.5, y: (e.clientY - top) / height - 0.5 };
  }
  box.addEventListener(
    "wheel",
    (e) => {
      const cell = cellOf(e);
      if (!cell) return;
      e.preventDefault();
      to(zoom * Math.exp(-e.deltaY / 400), placeIn(cell, e));
    },
    { passive: false },
  );
  box.addEventListener("dblclick", (e) => {
    const cell = cellOf(e);
    if (cell) zoom > 1 ? to(1) : to(DOUBLE_CLICK_ZOOM, placeIn(cell, e));
  });
  box.addEventListener("pointerdown", (e) => {
    if (!cellOf(e) || e.target.closest("button")) return;
    pointers.set(e.pointerId, e);
    moved = 0;
    spread = distance();
  });
  const distance = () => {
    const [a, b] = [...pointers.values()];
    return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  };
  addEventListener("pointermove", drag);
  function drag(e) {
    const before = pointers.get(e.pointerId);
    if (!before) return;
    const cell = cellOf(before);
    pointers.set(e.pointerId, e);
    const { width, height } = cell.getBoundingClientRect();
    moved += Math.abs(e.clientX - before.clientX) + Math.abs(e.clientY - before.clientY);
    const now = distance();
    if (now && spread) to((zoom * now) / spread, placeIn(cell, e));
    spread = now;
    x += (e.clientX - before.clientX) / width / pointers.size;
    y += (e.clientY - before.clientY) / height / pointers.size;
    apply();
  }
  addEventListener("pointerup", lift);
  addEventListener("pointercancel", lift);
  function lift(e) {
    pointers.delete(e.pointerId);
    spread = distance();
    if (box.isConnected) return;
    removeEventListener("pointermove", drag);
    removeEventListener("pointerup", lift);
    removeEventListener("pointercancel", lift);
  }
  // The click at the end of a drag is none.
  box.addEventListener("click", (e) => moved > CLICK_PX && cellOf(e) && (e.stopPropagation(), (moved = 0)), true);

  const reset = button(t("compare.zoom_reset"), { text: "1:1", cls: "bare", data: { do: "zoom-reset" } }, () => to(1));
  const out = button(t("compare.zoom_out"), { text: "−", cls: "bare", data: { do: "zoom-out" } }, () =>
    to(zoom / STEP),
  );
  const closer = button(t("compare.zoom_in"), { text: "+", cls: "bare", data: { do: "zoom-in" } }, () =>
    to(zoom * STEP),
  );
  apply();
  const keys = { "+": closer, "=": closer, "-": out, 0: reset };
  const steer = (e) => {
    const press = keys[e.key];
    if (!press || e.ctrlKey || e.metaKey || e.altKey || isTyping(e)) return;
    e.preventDefault();
    press.click();
  };
  return { buttons: [reset, out, closer], steer };
}
