"""Several pictures put together into one: side by side, stacked, a grid, an inset, a double exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from studio.animatic.clips.source_media import cover, resized

GAP = 0.008
"""Width of the white gap between pictures, as a share of the longer side of the result."""

LARGEST_PX = 4096


def together(pictures: Sequence[np.ndarray], layout: str) -> np.ndarray:
    """One RGB picture from several (uint8 RGB). layout: side by side, stacked, grid, inset or blend."""
    if layout == "inset":
        return _inset(pictures)
    if layout == "blend":
        return _blend(pictures)
    if layout == "stacked":
        return _rows([[p] for p in pictures])
    if layout == "grid" or len(pictures) > 4:
        columns = math.ceil(math.sqrt(len(pictures)))
        return _grid(pictures, columns)
    return _rows([list(pictures)])


def _rows(rows: list[list[np.ndarray]]) -> np.ndarray:
    """Rows of whole pictures, each row as wide as the widest; nothing is cut off."""
    height = max(p.shape[0] for row in rows for p in row)
    natural = [sum(p.shape[1] * height / p.shape[0] for p in row) for row in rows]
    width = min(max(natural), LARGEST_PX)
    heights = [height * width / n for n in natural]
    shrink = min(1.0, LARGEST_PX / sum(heights))
    width, gap = round(width * shrink), max(2, round(GAP * width * shrink))
    lines = []
    for row, tall in zip(rows, heights, strict=True):
        tall = round(tall * shrink)
        room = width - gap * (len(row) - 1)
        shares = np.array([p.shape[1] / p.shape[0] for p in row])
        edges = np.round(np.concatenate(([0], np.cumsum(shares / shares.sum()))) * room).astype(int)
        line = np.full((tall, width, 3), 255, np.uint8)
        for i, p in enumerate(row):
            x = edges[i] + gap * i
            line[:, x : x + edges[i + 1] - edges[i]] = resized(p, max(1, int(edges[i + 1] - edges[i])), tall)
        lines.append(line)
    spacer = np.full((gap, width, 3), 255, np.uint8)
    return np.concatenate([part for line in lines for part in (spacer, line)][1:])


def _grid(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Equal cells in the shape of the first picture; each picture fills its cell."""
    rows = math.ceil(len(pictures) / columns)
    tall, wide = pictures[0].shape[:2]
    shrink = min(1.0, LARGEST_PX / (wide * columns), LARGEST_PX / (tall * rows))
    wide, tall = max(2, round(wide * shrink)), max(2, round(tall * shrink))
    gap = max(2, round(GAP * max(wide * columns, tall * rows)))
    out = np.full((tall * rows + gap * (rows - 1), wide * columns + gap * (columns - 1), 3), 255, np.uint8)
    for i, p in enumerate(pictures):
        y, x = i // columns * (tall + gap), i % columns * (wide + gap)
        out[y : y + tall, x : x + wide] = cover(p, wide, tall)
    return out


def _inset(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The first picture whole, the others small in its right lower corner, one above the other."""
    out = pictures[0].copy()
    tall, wide = out.shape[:2]
    margin, frame = round(0.03 * min(tall, wide)), max(2, round(0.006 * min(tall, wide)))
    bottom = tall - margin
    for p in pictures[1:]:
        scale = min(0.3 * wide / p.shape[1], 0.3 * tall / p.shape[0])
        w, h = min(wide, max(2, round(p.shape[1] * scale))), min(tall, max(2, round(p.shape[0] * scale)))
        top, left = bottom - h, wide - margin - w
        if top < margin:
            break
        out[max(0, top - frame) : bottom + frame, max(0, left - frame) : left + w + frame] = 255
        out[top:bottom, left : left + w] = resized(p, w, h)
        bottom = top - margin
    return out


def _blend(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """A double exposure: all pictures at the size of the first, averaged in linear light."""
    tall, wide = pictures[0].shape[:2]
    light = np.zeros((tall, wide, 3), np.float32)
    for p in pictures:
        light += (cover(p, wide, tall).astype(np.float32) / 255) ** 2.2
    return np.clip((light / len(pictures)) ** (1 / 2.2) * 255 + 0.5, 0, 255).astype(np.uint8)
