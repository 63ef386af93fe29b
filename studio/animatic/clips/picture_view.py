"""A user's own picture under a moving camera.

A turn of the camera or the lens moves the picture as a whole. When the camera itself travels, near parts move more than
far ones: a soft guess of depth (the ground is near, the sky is far, what stands in the middle comes forward) bends the
picture smoothly, without cut-out edges or holes.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from studio.animatic.clips import camera, camera_view
from studio.animatic.clips.camera_view import Planes
from studio.animatic.clips.source_media import resized

CELL = 8
"""px of the frame between the points where the bend is computed; it is smooth, so the rest is interpolated."""

SHARPER = 1.5
"""Most plate pixels kept for one frame pixel, for moves that magnify."""

MAX_OUTSIDE = 3.0
"""How many times longer than the frame's shape the part of a picture may be that the camera is given."""

ANALYSIS_PX = 200
"""Longer side of the small copy on which the subject is looked for."""


class PictureView(camera_view.View):
    """Draws a picture (uint8 RGB) as the camera sees it. The rest pose shows as much of it as the move allows."""

    def __init__(self, rgb: np.ndarray, path: camera.Path, *, size: tuple[int, int], frames: int) -> None:
        rgb = _cropped_to_reach(rgb, size)
        self._size, self._plate = size, _fitted(rgb, path, size)
        self._depth = depth_of(rgb) if path.travels else np.empty((0, 0), np.float32)
        super().__init__([self._plate], path, frames=frames)

    def _draw(self, pose: camera.CameraPose, canvas: Planes) -> None:
        if self._depth.size:
            self._parallax(pose, canvas)
        else:
            super()._draw(pose, canvas)

    def _parallax(self, pose: camera.CameraPose, canvas: Planes) -> None:
        """The picture with every point moved by its own depth."""
        width, height = self._size
        xs = (np.arange(-1, -(-width // CELL) + 1, dtype=np.float32) + 0.5) * CELL - 0.5
        ys = (np.arange(-1, -(-height // CELL) + 1, dtype=np.float32) + 0.5) * CELL - 0.5
        grid = np.stack(np.meshgrid(xs, ys), -1)
        far, middle, near = (
            _positions(grid, replace(self._plate, depth=d).window(pose, width, height)) for d in (0.0, 0.5, 1.0)
        )
        tall, wide = self._plate.y.shape
        rows, cols = self._depth.shape
        look = (middle * (cols / wide, rows / tall)).astype(np.float32)
        depth = _remapped(self._depth, look)
        bend = far + (near - far) * depth[..., None]
        at = cv2.resize(bend, (len(xs) * CELL, len(ys) * CELL))[CELL : CELL + height, CELL : CELL + width]
        _remapped(self._plate.y, at, canvas[0])
        small = cv2.resize((bend - 0.5) / 2, (len(xs) * CELL // 2, len(ys) * CELL // 2))
        half = CELL // 2
        small = small[half : half + height // 2, half : half + width // 2]
        _remapped(self._plate.u, small, canvas[1])
        _remapped(self._plate.v, small, canvas[2])


def _cropped_to_reach(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture without what lies so far outside the frame that no move reaches it: a strip of 64:1 that covers a
    square frame would be a plate of more pixels than OpenCV's remap and the encoder's frames can address."""
    tall, wide = rgb.shape[:2]
    shape = size[0] / size[1]
    keep_w, keep_h = (
        min(wide, math.ceil(tall * shape * MAX_OUTSIDE)),
        min(tall, math.ceil(wide / shape * MAX_OUTSIDE)),
    )
    if (keep_w, keep_h) == (wide, tall):
        return rgb
    x, y = (wide - keep_w) // 2, (tall - keep_h) // 2
    return np.ascontiguousarray(rgb[y : y + keep_h, x : x + keep_w])


def _fitted(rgb: np.ndarray, path: camera.Path, size: tuple[int, int]) -> camera_view.Plate:
    """The picture as a plate just large enough that the frame never leaves it."""
    (width, height), (tall, wide) = size, rgb.shape[:2]
    reach_x, reach_y = path.reach(width, height)
    scale = min(wide / (width * reach_x), tall / (height * reach_y))
    kept = min(max(scale, 1.0), max(1.0, min(SHARPER, path.most_zoom)))
    new = (max(2, round(wide * kept / scale / 2) * 2), max(2, round(tall * kept / scale / 2) * 2))
    result = camera_view.plate(resized(rgb, *new), depth=0.6, scale=kept)
    if result is None:
        raise ValueError("an opaque picture gives a plate")
    return result


def _remapped(plane: np.ndarray, at: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """The plane seen at positions (h, w, 2), edges repeated."""
    return cv2.remap(plane, at, None, cv2.INTER_LINEAR, dst=into, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]


def _positions(grid: np.ndarray, window: tuple[float, float, float]) -> np.ndarray:
    """Plate positions of frame positions (.., 2)."""
    step, x, y = window
    return (grid * np.float32(step) + np.array((x, y), np.float32)).astype(np.float32)


def depth_of(rgb: np.ndarray) -> np.ndarray:
    """A soft guess of nearness, small float32 (h, w), 0 far to 1 near."""
    mask = subject_of(rgb)
    rows = np.linspace(0.1, 0.9, mask.shape[0], dtype=np.float32)[:, None]
    depth = np.maximum(np.broadcast_to(rows, mask.shape), 0.85 * mask)
    return cv2.GaussianBlur(np.ascontiguousarray(depth, np.float32), (0, 0), 0.045 * ANALYSIS_PX)


def subject_of(rgb: np.ndarray) -> np.ndarray:
    """What stands in the middle, small float32 (h, w), 0..1; all zero where nothing stands out.

    GrabCut (Rother et al. 2004) from a box in the middle of a small copy.
    """
    tall, wide = rgb.shape[:2]
    scale = ANALYSIS_PX / max(tall, wide)
    small = resized(rgb, max(16, round(wide * scale)), max(16, round(tall * scale)))
    rows, cols = small.shape[:2]
    mask = np.zeros((rows, cols), np.uint8)
    box = (round(cols * 0.15), round(rows * 0.1), round(cols * 0.7), round(rows * 0.86))
    cv2.setRNGSeed(1)
    bgr, models = np.ascontiguousarray(small[..., ::-1]), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(bgr, mask, box, *models, 3, cv2.GC_INIT_WITH_RECT)
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.float32)
    return found if 0.02 < found.mean() < 0.6 else np.zeros_like(found)
