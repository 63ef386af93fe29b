"""Layers as YUV planes, and the camera's view of them, drawn straight into a frame's memory.

Moving planes with half-size chroma is far cheaper than moving RGB, and a layer is only touched where it is not empty.
Colour within a layer is premultiplied by its alpha, so that edges stay clean when they are moved by parts of a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from studio.animatic.clips.camera import CameraPose, Path
from studio.media import encode

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]
Rows = tuple[int, int]
"""First and end (not included) of some rows."""

LEAST_SOLID = 24
"""Fewer opaque rows are blended like the rest."""

RIM = 4
"""Empty px kept around what a layer shows, so that its edge fades into nothing when it is moved by parts of a pixel."""


@dataclass(frozen=True)
class Plate:
    """One layer as planes of uint8. y: (h, w); u, v: (h / 2, w / 2), premultiplied by alpha.

    rest, rest_half: 255 - alpha at both sizes, or None when the layer covers everything. left, top: where the plate's
    first pixel lies, in plate pixels from the stage's centre. scale: plate pixels in a frame pixel. depth: 0 far to 1.
    followed: who is on it walks along with a tracking camera, and so stays in the frame. solid: runs of rows
    (first, end) that let nothing through, such as the ground, from the top down.
    """

    y: np.ndarray
    u: np.ndarray
    v: np.ndarray
    rest: np.ndarray | None
    rest_half: np.ndarray | None
    left: float
    top: float
    depth: float
    scale: float = 1.0
    followed: bool = False
    solid: tuple[Rows, ...] = ()

    def window(self, pose: CameraPose, width: int, height: int) -> tuple[float, float, float]:
        """(step, x, y): frame pixel (i, j) shows plate position (x + step * i, y + step * j)."""
        dx, dy, size = (replace(pose, move_x=0.0) if self.followed else pose).seen(self.depth)
        step = self.scale / size
        return (
            step,
            -step * ((width - 1) / 2 + dx * width) - self.left,
            -step * ((height - 1) / 2 + dy * height) - self.top,
        )


def plate(rgba: np.ndarray, *, depth: float, scale: float = 1.0) -> Plate | None:
    """A layer from straight-alpha RGBA (or RGB), uint8, centred on the stage. None when it is empty."""
    height, width = rgba.shape[:2]
    left, top = -(width - 1) / 2, -(height - 1) / 2
    if rgba.shape[2] == 3 or rgba[..., 3].min() == 255:
        rgba = rgba[: height - height % 2, : width - width % 2]
        y, u, v = encode.planes(encode.from_rgb(rgba[..., :3]))
        return Plate(y.copy(), u.copy(), v.copy(), None, None, left, top, depth, scale)
    x0, y0, wide, tall = cv2.boundingRect(rgba[..., 3])
    if not wide:
        return None
    x1, y1 = x0 + wide + RIM, y0 + tall + RIM
    x0, y0 = max(0, x0 - RIM) // 2 * 2, max(0, y0 - RIM) // 2 * 2  # even, so that plates can be merged
    part = rgba[y0:y1, x0:x1]
    part = cv2.copyMakeBorder(part, 0, part.shape[0] % 2, 0, part.shape[1] % 2, cv2.BORDER_REPLICATE)
    y, u, v, rest, half = premultiplied(part)
    return Plate(y, u, v, rest, half, left + x0, top + y0, depth, scale, solid=solid_rows(rest))


def solid_rows(rest: np.ndarray) -> tuple[Rows, ...]:
    """Runs of rows, long enough to be worth it, that are opaque from end to end; from the top down."""
    opaque = np.concatenate(([0], (rest.max(axis=1) == 0).astype(np.int8), [0]))
    runs = np.flatnonzero(np.diff(opaque)).reshape(-1, 2).tolist()
    return tuple((first, end) for first, end in runs if end - first >= LEAST_SOLID)


def merged(under: Plate, over: Plate) -> Plate:
    """Two plates of one scale as one, at the depth between them (that of the background, where it is one)."""
    left, top = min(under.left, over.left), min(under.top, over.top)
    right, bottom = (
        max(under.left + under.y.shape[1], over.left + over.y.shape[1]),
        max(under.top + under.y.shape[0], over.top + over.y.shape[0]),
    )
    if under.rest is None:  # nothing can be seen beyond the background
        left, top, right, bottom = under.left, under.top, under.left + under.y.shape[1], under.top + under.y.shape[0]
    wide, tall = round(right - left) // 2 * 2, round(bottom - top) // 2 * 2
    out = [np.zeros((tall >> half, wide >> half), np.uint8) for half in (0, 1, 1)]
    rests = [np.full((tall >> half, wide >> half), 255, np.uint8) for half in (0, 1)]
    for one in (under, over):
        _stack(one, out, rests, round(one.left - left), round(one.top - top))
    rest, half = (None, None) if under.rest is None else rests
    depth = under.depth if under.rest is None else (under.depth + over.depth) / 2
    solid = () if rest is None else solid_rows(rest)
    return Plate(out[0], out[1], out[2], rest, half, left, top, depth, under.scale, solid=solid)


def _stack(one: Plate, out: list[np.ndarray], rests: list[np.ndarray], x: int, y: int) -> None:
    """Lay a plate over the planes at (x, y), even numbers, cut off at their edges; rests keep what shows through."""
    for k, (plane, alpha) in enumerate(((one.y, one.rest), (one.u, one.rest_half), (one.v, one.rest_half))):
        half = 1 if k else 0
        x0, y0 = max(0, x >> half), max(0, y >> half)
        cut_x, cut_y = x0 - (x >> half), y0 - (y >> half)
        to = out[k][y0 : y0 + plane.shape[0] - cut_y, x0 : x0 + plane.shape[1] - cut_x]
        inside = slice(cut_y, cut_y + to.shape[0]), slice(cut_x, cut_x + to.shape[1])
        shows = rests[half][y0 : y0 + to.shape[0], x0 : x0 + to.shape[1]]
        if alpha is None:
            to[:] = plane[inside]
            shows[:] = 0
            continue
        left = np.ascontiguousarray(alpha[inside])
        to[:] = cv2.add(cv2.multiply(to, left, scale=1 / 255), np.ascontiguousarray(plane[inside]))
        if k < 2:
            shows[:] = cv2.multiply(shows, left, scale=1 / 255)


def premultiplied(rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Straight RGBA with even sides as Plate's y, u, v, rest and rest_half."""
    alpha = rgba[..., 3]
    rest = cv2.bitwise_not(alpha)
    colour = cv2.multiply(rgba[..., :3], cv2.merge((alpha, alpha, alpha)), scale=1 / 255)
    y, u, v = encode.planes(encode.from_rgb(colour))
    half = cv2.resize(rest, (rest.shape[1] // 2, rest.shape[0] // 2), interpolation=cv2.INTER_AREA)
    u, v = (cv2.subtract(plane.copy(), _part(half, 128)) for plane in (u, v))
    return cv2.subtract(y.copy(), _part(rest, 16)), u, v, rest, half


def _part(rest: np.ndarray, offset: int) -> np.ndarray:
    """The share of the plane's offset (16 or 128) that the picture behind brings along."""
    return cv2.convertScaleAbs(rest, alpha=offset / 255)


def draw(plates: Sequence[Plate], pose: CameraPose, canvas: Planes) -> None:
    """The camera's view of the plates, far to near, into the planes of a frame. The first plate must be opaque.

    Rows that nearer plates hide are not drawn.
    """
    height, width = canvas[0].shape
    visible: list[Rows] = [(0, height)]
    seen_plates: list[tuple[Plate, tuple[float, float, float], list[Rows], list[Rows]]] = []
    for one in reversed(plates):
        window = one.window(pose, width, height)
        hidden = _hidden_rows(one, window, width, height)
        seen_plates.append((one, window, hidden, visible))
        visible = [part for rows in visible for part in _outside(rows, hidden)]
    for one, window, hidden, parts in reversed(seen_plates):
        for rows in parts:
            _composite(one, window, rows, hidden, canvas)


def _outside(rows: Rows, taken: Sequence[Rows]) -> list[Rows]:
    """What is left of the rows without those that are taken, which are in order."""
    left, first = [], rows[0]
    for a, b in taken:
        left.append((first, min(rows[1], a)))
        first = max(first, b)
    return [(a, b) for a, b in (*left, (first, rows[1])) if b > a]


def _hidden_rows(one: Plate, window: tuple[float, float, float], width: int, height: int) -> list[Rows]:
    """The rows of the frame, even numbers, through which nothing is seen behind this plate."""
    step, x, y = window
    left, top, right, bottom = _touched(one, step, x, y, width, height)
    if one.rest is None or left > 0 or right < width:
        return []
    hidden, tall = [], one.y.shape[0]
    for first, end in one.solid:  # at the plate's own ends the edge is repeated, elsewhere keep clear of what is not
        above = top if first == 0 else math.ceil((first + RIM - y) / step)
        below = bottom if end == tall else math.floor((end - RIM - y) / step)
        a, b = max(0, -(-above // 2) * 2), min(height, below // 2 * 2)
        hidden += [(a, b)] if b > a else []
    return hidden


def _composite(
    one: Plate, window: tuple[float, float, float], rows: Rows, hidden: Sequence[Rows], canvas: Planes
) -> None:
    """Lay these rows of the plate over the frame. hidden: rows of the frame that it covers wholly."""
    height, width = canvas[0].shape
    step, x, y = window
    left, top, right, bottom = (0, 0, width, height) if one.rest is None else _touched(one, step, x, y, width, height)
    top, bottom = max(top, rows[0]), min(bottom, rows[1])
    if right <= left or bottom <= top:
        return
    box = left, top, right, bottom
    if one.rest is None or one.rest_half is None:
        _planes_seen(one, window, box, box_of(canvas, *box))
        return
    colours = _planes_seen(one, window, box, (None, None, None))
    mixed = _outside((top, bottom), hidden)
    for a, b in mixed:
        at, half_at = _places(window, left, a)
        size = right - left, b - a
        rest = seen(one.rest, step, *at, size)
        rest_half = seen(one.rest_half, step, *half_at, (size[0] // 2, size[1] // 2))
        y_part, u_part, v_part = box_of(colours, 0, a - top, size[0], b - top)
        blend(box_of(canvas, left, a, right, b), y_part, rest, u_part, v_part, rest_half)
    for a, b in _outside((top, bottom), mixed):
        opaque = box_of(colours, 0, a - top, right - left, b - top)
        for plane, colour in zip(box_of(canvas, left, a, right, b), opaque, strict=True):
            np.copyto(plane, colour)


def _places(window: tuple[float, float, float], left: int, top: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the frame's pixel (left, top) lies on the plate's luma and on its chroma, between two luma samples."""
    step, x, y = window
    x, y = x + step * left, y + step * top
    return (x, y), ((x + 0.5 * step - 0.5) / 2, (y + 0.5 * step - 0.5) / 2)


def _planes_seen(
    one: Plate,
    window: tuple[float, float, float],
    box: tuple[int, int, int, int],
    into: tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None],
) -> Planes:
    """The plate's planes in a box of the frame."""
    left, top, right, bottom = box
    at, half_at = _places(window, left, top)
    size = right - left, bottom - top
    half_size = size[0] // 2, size[1] // 2
    return (
        seen(one.y, window[0], *at, size, into[0]),
        seen(one.u, window[0], *half_at, half_size, into[1]),
        seen(one.v, window[0], *half_at, half_size, into[2]),
    )


def seen(
    plane: np.ndarray, step: float, x: float, y: float, size: tuple[int, int], into: np.ndarray | None = None
) -> np.ndarray:
    """The window of a plane from (x, y) on, one sample every `step`: bilinear, edges repeated.

    Enlarging by whole samples and shifting the result by the part that is left costs a third of an affine warp, and is
    as even: the scale is exact, and so is the place.
    """
    width, height = size
    tall, wide = plane.shape
    if abs(step - 1) < 1e-9:
        return cv2.getRectSubPix(plane, size, (x + (width - 1) / 2, y + (height - 1) / 2), into)
    x0, y0 = max(0, math.floor(x) - 1), max(0, math.floor(y) - 1)
    x1, y1 = min(wide, math.ceil(x + step * width) + 2), min(tall, math.ceil(y + step * height) + 2)
    scaled = cv2.resize(plane[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)], None, fx=1 / step, fy=1 / step)
    at = (x - x0 + 0.5) / step - 0.5, (y - y0 + 0.5) / step - 0.5
    return cv2.getRectSubPix(scaled, size, (at[0] + (width - 1) / 2, at[1] + (height - 1) / 2), into)


def box_of(canvas: Planes, left: int, top: int, right: int, bottom: int) -> Planes:
    """The part of a frame's planes inside a box with even edges."""
    half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
    return canvas[0][top:bottom, left:right], canvas[1][half], canvas[2][half]


def blend(box: Planes, y: np.ndarray, rest: np.ndarray, u: np.ndarray, v: np.ndarray, rest_half: np.ndarray) -> None:
    """Lay premultiplied planes over the box in place."""
    for plane, colour, left in ((box[0], y, rest), (box[1], u, rest_half), (box[2], v, rest_half)):
        cv2.multiply(plane, left, dst=plane, scale=1 / 255)
        cv2.add(plane, colour, dst=plane)


def tint(box: Planes, alpha: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Move the box towards an RGB colour by alpha (uint8, of the luma's size), in place."""
    luma, blue, red = yuv_of(colour)
    half = cv2.resize(alpha, box[1].shape[::-1], interpolation=cv2.INTER_AREA)
    for plane, share, value in zip(box, (alpha, half, half), (luma, blue, red), strict=True):
        cv2.multiply(plane, cv2.bitwise_not(share), dst=plane, scale=1 / 255)
        cv2.add(plane, cv2.convertScaleAbs(share, alpha=value / 255), dst=plane)


def yuv_of(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """An sRGB colour as Y, U, V in BT.709 limited range (ITU-R BT.709-6, item 3)."""
    red, green, blue = (c / 255 for c in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748


def _touched(one: Plate, step: float, x: float, y: float, width: int, height: int) -> tuple[int, int, int, int]:
    """The even box of the frame that the plate can reach."""
    tall, wide = one.y.shape
    left, top = max(0, math.floor(-x / step) // 2 * 2), max(0, math.floor(-y / step) // 2 * 2)
    right = min(width, math.ceil((wide - 1 - x) / step) // 2 * 2 + 2)
    bottom = min(height, math.ceil((tall - 1 - y) / step) // 2 * 2 + 2)
    return left, top, right, bottom


class View:
    """The camera's view of some plates, frame by frame. A camera at rest draws once and copies."""

    def __init__(self, plates: Sequence[Plate], path: Path, *, frames: int) -> None:
        self._plates, self._path, self._last = plates, path, max(1, frames - 1)
        self._cached: Planes | None = None
        self.pose = path.at(0.0)

    def draw(self, n: int, canvas: Planes, offset: CameraPose | None = None) -> None:
        """Frame n into the planes. offset: a movement on top of the camera's path."""
        self.pose = self._path.at(min(1.0, n / self._last)) + (offset or CameraPose())
        if self._cached is None or offset:
            self._draw(self.pose, canvas)
            if self._path.still and not offset:
                y, u, v = canvas
                self._cached = y.copy(), u.copy(), v.copy()
            return
        for plane, cached in zip(canvas, self._cached, strict=True):
            np.copyto(plane, cached)

    def _draw(self, pose: CameraPose, canvas: Planes) -> None:
        draw(self._plates, pose, canvas)


class Overlay:
    """Something that lies still over every frame, such as the caption; touched only inside its box."""

    def __init__(self, rgba: np.ndarray, box: tuple[int, int, int, int]) -> None:
        """rgba: straight alpha, of the box's size. box: left, top, right, bottom in the frame, even numbers."""
        self._y, self._u, self._v, self._rest, self._rest_half = premultiplied(rgba)
        self._box = box

    def composite(self, canvas: Planes) -> None:
        """Blend it over the frame."""
        blend(box_of(canvas, *self._box), self._y, self._rest, self._u, self._v, self._rest_half)
