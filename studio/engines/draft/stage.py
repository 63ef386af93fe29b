"""Layers as YUV planes, and the camera's view of them, drawn straight into a frame's memory.

Warping planes of half-size chroma is far cheaper than warping RGB, and a layer is only touched where it is not empty.
Colour within a layer is premultiplied by its alpha, so that edges stay clean when they are moved by parts of a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from studio.engines.draft.camera import Pose
from studio.media import encode

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]
INVERSE = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True)
class Plate:
    """One layer. luma: (h, w) when it covers everything, else (h, w, 2): premultiplied Y and 255 - alpha.

    chroma: (h / 2, w / 2, 2): U, V; with alpha (.., 3): premultiplied U, V and 255 - alpha. left, top: where the
    plate's first pixel lies, in plate pixels from the stage's centre. scale: plate pixels in a frame pixel.
    depth: 0 far, 1 near.
    """

    luma: np.ndarray
    chroma: np.ndarray
    left: float
    top: float
    depth: float
    scale: float = 1.0

    @property
    def opaque(self) -> bool:
        """True when nothing behind it shows through."""
        return self.luma.ndim == 2

    def matrix(self, pose: Pose, width: int, height: int) -> np.ndarray:
        """2x3 matrix from frame pixels to plate pixels, for this pose."""
        x, y, size = pose.seen(self.depth)
        k = self.scale / size
        cos, sin = k * math.cos(pose.roll), k * math.sin(pose.roll)
        cx, cy = (width - 1) / 2 + x * width, (height - 1) / 2 + y * height
        return np.array(
            [[cos, sin, -cos * cx - sin * cy - self.left], [-sin, cos, sin * cx - cos * cy - self.top]], np.float64
        )


def plate(rgba: np.ndarray, *, depth: float, scale: float = 1.0) -> Plate | None:
    """A layer from straight-alpha RGBA (or RGB), uint8, centred on the stage. None when it is empty."""
    height, width = rgba.shape[:2]
    left, top = -(width - 1) / 2, -(height - 1) / 2
    if rgba.shape[2] == 3 or rgba[..., 3].min() == 255:
        rgba = rgba[: height - height % 2, : width - width % 2]
        y, u, v = encode.planes(encode.from_rgb(rgba[..., :3]))
        return Plate(y.copy(), np.dstack((u, v)), left, top, depth, scale)
    x0, y0, wide, tall = cv2.boundingRect(rgba[..., 3])
    if not wide:
        return None
    x0, y0 = x0 // 2 * 2, y0 // 2 * 2
    part = rgba[y0 : y0 + tall + 3, x0 : x0 + wide + 3]
    part = cv2.copyMakeBorder(part, 0, part.shape[0] % 2, 0, part.shape[1] % 2, cv2.BORDER_REPLICATE)
    luma, chroma = premultiplied(part)
    return Plate(luma, chroma, left + x0, top + y0, depth, scale)


def premultiplied(rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight RGBA with even sides as Plate's luma and chroma with alpha."""
    alpha = rgba[..., 3]
    rest = 255 - alpha
    colour = cv2.multiply(rgba[..., :3], cv2.merge((alpha, alpha, alpha)), scale=1 / 255)
    y, u, v = encode.planes(encode.from_rgb(colour))
    half = cv2.resize(rest, (rest.shape[1] // 2, rest.shape[0] // 2), interpolation=cv2.INTER_AREA)
    luma = cv2.merge((cv2.subtract(y.copy(), _part(rest, 16)), rest))
    chroma = cv2.merge((cv2.subtract(u.copy(), _part(half, 128)), cv2.subtract(v.copy(), _part(half, 128)), half))
    return luma, chroma


def _part(rest: np.ndarray, offset: int) -> np.ndarray:
    """The share of the plane's offset (16 or 128) that the picture behind brings along."""
    return cv2.convertScaleAbs(rest, alpha=offset / 255)


def draw(plates: Sequence[Plate], pose: Pose, canvas: Planes) -> None:
    """The camera's view of the plates, far to near, into the planes of a frame. The first plate must be opaque."""
    for one in plates:
        _lay(one, pose, canvas)


def _lay(one: Plate, pose: Pose, canvas: Planes) -> None:
    y, u, v = canvas
    height, width = y.shape
    matrix = one.matrix(pose, width, height)
    x0, y0, x1, y1 = (0, 0, width, height) if one.opaque else _touched(one, matrix, width, height)
    if x1 <= x0 or y1 <= y0:
        return
    luma_m = matrix.copy()
    luma_m[:, 2] += matrix[:, 0] * x0 + matrix[:, 1] * y0
    half_m = luma_m.copy()
    half_m[:, 2] = (luma_m[:, 2] + 0.5 * (luma_m[:, 0] + luma_m[:, 1]) - 0.5) / 2
    size, half = (x1 - x0, y1 - y0), ((x1 - x0) // 2, (y1 - y0) // 2)
    box = y[y0:y1, x0:x1], u[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], v[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
    if one.opaque:
        cv2.warpAffine(one.luma, luma_m, size, dst=box[0], flags=INVERSE, borderMode=cv2.BORDER_REPLICATE)
        chroma = cv2.warpAffine(one.chroma, half_m, half, flags=INVERSE, borderMode=cv2.BORDER_REPLICATE)
        cv2.extractChannel(chroma, 0, dst=box[1])
        cv2.extractChannel(chroma, 1, dst=box[2])
        return
    luma = cv2.warpAffine(one.luma, luma_m, size, flags=INVERSE, borderValue=(0, 255))
    chroma = cv2.warpAffine(one.chroma, half_m, half, flags=INVERSE, borderValue=(0, 0, 255))
    blend(box, *cv2.split(luma), *cv2.split(chroma))


def blend(box: Planes, py: np.ndarray, ry: np.ndarray, pu: np.ndarray, pv: np.ndarray, rc: np.ndarray) -> None:
    """Lay premultiplied planes over the box in place; ry and rc are 255 - alpha at luma and chroma size."""
    for plane, colour, rest in ((box[0], py, ry), (box[1], pu, rc), (box[2], pv, rc)):
        cv2.multiply(plane, rest, dst=plane, scale=1 / 255)
        cv2.add(plane, colour, dst=plane)


def _touched(one: Plate, matrix: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """The even box of the frame that the plate can reach."""
    forward = cv2.invertAffineTransform(matrix)
    tall, wide = one.luma.shape[:2]
    corners = np.array([[-1, -1, 1], [wide, -1, 1], [-1, tall, 1], [wide, tall, 1]], np.float64)
    xs, ys = forward @ corners.T
    x0, y0 = max(0, math.floor(xs.min()) // 2 * 2), max(0, math.floor(ys.min()) // 2 * 2)
    x1, y1 = min(width, math.ceil(xs.max()) // 2 * 2 + 2), min(height, math.ceil(ys.max()) // 2 * 2 + 2)
    return x0, y0, min(x1, width), min(y1, height)


class Overlay:
    """Something that lies still over every frame, such as the caption; touched only inside its box."""

    def __init__(self, rgba: np.ndarray, box: tuple[int, int, int, int]) -> None:
        """rgba: straight alpha, of the box's size. box: left, top, right, bottom in the frame, even numbers."""
        luma, chroma = premultiplied(rgba)
        self._planes = (*cv2.split(luma), *cv2.split(chroma))
        self._box = box

    def lay(self, canvas: Planes) -> None:
        """Blend it over the frame."""
        left, top, right, bottom = self._box
        y, u, v = canvas
        half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
        py, ry, pu, pv, rc = self._planes
        blend((y[top:bottom, left:right], u[half], v[half]), py, ry, pu, pv, rc)
