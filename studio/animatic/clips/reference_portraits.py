"""The small pictures beside the names of those who wear the colours of a reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from studio.animatic.clips import reference_colours, source_media
from studio.animatic.order import InputFile
from studio.animatic.text.reading import PromptReading

SIDE_PX = 160
HEAD = 0.42
"""Share of a figure's height, from its top, that its portrait shows."""


def of(reading: PromptReading, sources: Sequence[InputFile]) -> list[tuple[str, np.ndarray]]:
    """Name and square RGB picture of each figure of the shot that has a reference, in order, each once."""
    by_path = {source.path: source for source in sources}
    shown = {f.reference: f for f in reading.figures if f.reference in by_path}
    return [(figure.name, _portrait(by_path[path])) for path, figure in shown.items()]


@lru_cache(maxsize=32)
def _portrait(source: InputFile) -> np.ndarray:
    """The upper part of whom the picture shows, uint8 (SIDE_PX, SIDE_PX, 3); of a clip, as its first frame shows it."""
    pixels = next(source_media.frames(source, 1.0)) if source.kind == "video" else source_media.picture(source)
    left, top, wide, tall = reference_colours.figure_box(pixels)
    side = max(2, min(pixels.shape[0], pixels.shape[1], round(max(wide, HEAD * tall))))
    x = int(np.clip(left + wide / 2 - side / 2, 0, pixels.shape[1] - side))
    y = int(np.clip(top - 0.04 * tall, 0, pixels.shape[0] - side))
    part = pixels[y : y + side, x : x + side]
    if part.shape[2] == 4:
        alpha = part[..., 3:].astype(np.float32) / 255
        part = (part[..., :3] * alpha + np.float32(64) * (1 - alpha)).astype(np.uint8)
    return source_media.resized(np.ascontiguousarray(part), SIDE_PX, SIDE_PX)
