"""The caption strip in a file that this engine drew before: how much of it, so that no input brings its strip along.

Captions are made from the request that stands in the file, so their height is known and not looked for.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from studio.animatic.draw.caption import strip
from studio.animatic.text.reader import read, read_shot
from studio.animatic.text.shots import shots
from studio.domain import Task
from studio.media import metadata

UNCAPTIONED = (Task.IMAGE_EDIT.value, Task.VIDEO_TO_VIDEO.value)
"""Tasks whose results have the DRAFT mark alone."""
LONGEST_S = 60.0
"""Length taken for a clip whose request left it open; it decides only which shots are seen."""


@lru_cache(maxsize=64)
def rows(path: str, width: int, height: int) -> int:
    """Height in px of the strip along the foot of this file's picture, which is width x height; 0 where it has none."""
    request = metadata.draft_request(Path(path))
    if request is None or request.get("task") in UNCAPTIONED or request.get("caption") is False:
        return 0
    prompt = str(request.get("prompt") or "")
    if request.get("task") == Task.TEXT_TO_IMAGE.value:
        readings = [read(prompt)]
    else:
        given = request.get("duration_s")
        seconds = float(given) if isinstance(given, (int, float)) else LONGEST_S
        readings = [read_shot(span) for span in shots(prompt, seconds)]
    found = [strip(reading, width, height).box for reading in readings]
    tall = max(bottom - top for _, top, _, bottom in found)
    return tall if tall < height / 2 else 0


def above(pixels: np.ndarray, strip_rows: int) -> np.ndarray:
    """The part above the strip in the shape of the whole: as much as the strip is cut off at the sides."""
    if not strip_rows:
        return pixels
    tall, wide = pixels.shape[:2]
    kept = tall - strip_rows
    across = max(1, round(wide * kept / tall))
    left = (wide - across) // 2
    return np.ascontiguousarray(pixels[:kept, left : left + across])
