"""Frames of a review's clips as pictures, exactly those that the player shows, with what was drawn over them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.media import images
from studio.media.frame_timing import frame_timing
from studio.media.frames import grab_many
from studio.review.drawing import Drawing

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE_PX = 960
QUALITY = 85
AT_ONCE = 16
"""Frames held in memory as they are decoded."""


def frames(path: Path, kind: Kind, wanted: Iterable[int]) -> Iterator[tuple[int, Image]]:
    """Each wanted frame once, by number, as an upright RGB picture. A still has one frame. Raises MediaError."""
    numbers = sorted(set(wanted))
    if kind is Kind.IMAGE:
        still = _still(path)
        yield from ((number, still) for number in numbers)
        return
    timing = frame_timing(path)
    for first in range(0, len(numbers), AT_ONCE):
        some = numbers[first : first + AT_ONCE]
        times = [timing.middle_s(min(number, timing.frames - 1)) for number in some]
        yield from zip(some, grab_many(path, times, max_side_px=MAX_SIDE_PX), strict=True)


def jpeg(picture: Image, drawing: Drawing | None) -> bytes:
    """The picture, with the drawing over it, as JPEG."""
    from studio.review.drawing_picture import draw

    data = io.BytesIO()
    (draw(picture, drawing) if drawing else picture).save(data, "JPEG", quality=QUALITY)
    return data.getvalue()


def _still(path: Path) -> Image:
    from PIL import ImageOps

    with images.opened(path) as (image, _):
        image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
        return images.to_srgb(upright).convert("RGB")
