"""Another shape from the same film: for each shot, the part of the picture where most happens.

Detail and motion are summed over a few frames of the shot; the window that holds most of both, with some liking for
the middle, is kept still for the whole shot: a crop that wanders looks worse than one a little off.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from studio.media import av_io

if TYPE_CHECKING:
    import numpy as np

SMALL_PX = 160
LOOKS_PER_S = 4.0
MOTION_WEIGHT = 3.0
MIDDLE_WEIGHT = 0.35


def windows(film: Path, aspect: float, cuts_s: tuple[float, ...]) -> list[tuple[float, float]]:
    """(start in s, place 0..1) for each shot: where along the longer direction the window of shape `aspect` lies.

    aspect: width / height of the target. cuts_s: where shots begin; 0 need not be given.
    """
    return Looked(film, cuts_s).windows(aspect)


class Looked:
    """What happens where in each shot of a film: looked at once, for any number of shapes."""

    def __init__(self, film: Path, cuts_s: tuple[float, ...]) -> None:
        self.starts = sorted({0.0, *(t for t in cuts_s if t > 0)})
        self.maps = _interest(film, self.starts)

    def windows(self, aspect: float) -> list[tuple[float, float]]:
        """As the function of this name."""
        return _windows(self.starts, self.maps, aspect)


def _windows(starts: list[float], maps: list[np.ndarray], aspect: float) -> list[tuple[float, float]]:
    found = []
    for start, interest in zip(starts, maps, strict=True):
        height, width = interest.shape
        across = width / height > aspect
        line = interest.sum(axis=0 if across else 1)
        share = (aspect * height / width) if across else (width / aspect / height)
        found.append((start, _best(line, min(1.0, share))))
    return found


def _interest(film: Path, starts: list[float]) -> list[np.ndarray]:
    """Detail and motion of each shot, added up on a small picture."""
    import cv2
    import numpy as np

    maps: list[np.ndarray] = []
    before, due_s, number = None, 0.0, -1
    ends = [*starts[1:], float("inf")]
    with av_io.opened(film) as (box, _):
        video = av_io.picture_stream(box)
        if video is None:
            return [np.ones((9, 16)) for _ in starts]
        av_io.threaded(video)
        height = max(2, round(SMALL_PX * video.height / video.width))
        for frame in box.decode(video):
            now = frame.time or 0.0
            if now + 1e-6 < due_s:
                continue
            due_s = now + 1 / LOOKS_PER_S
            grey = frame.reformat(width=SMALL_PX, height=height, format="gray", interpolation="AREA").to_ndarray()
            grey = grey.astype(np.float32)
            if number < 0 or now >= ends[number]:
                number = next(i for i, end in enumerate(ends) if now < end)
                before = None
                maps += [np.zeros((height, SMALL_PX), np.float32) for _ in range(number + 1 - len(maps))]
            maps[number] += np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
            if before is not None:
                maps[number] += MOTION_WEIGHT * np.abs(grey - before)
            before = grey
    maps += [np.zeros((height, SMALL_PX), np.float32) for _ in range(len(starts) - len(maps))]
    return maps


def _best(line: np.ndarray, share: float) -> float:
    """Where (0..1) a window of `share` of the line holds most, the middle preferred a little."""
    import numpy as np

    size = max(1, round(len(line) * share))
    room = len(line) - size
    if room <= 0:
        return 0.5
    line = line + line.mean() * 0.05 + 1e-6
    held = np.convolve(line, np.ones(size), "valid") / line.sum()
    place = np.arange(room + 1) / room
    return float(place[int(np.argmax(held - MIDDLE_WEIGHT * np.abs(place - 0.5) * held.mean()))])


def crop(film_size: tuple[int, int], size: tuple[int, int], places: list[tuple[float, float]]) -> str:
    """ffmpeg's crop filter that cuts the target's shape out of the film, at each shot's place."""
    width, height = film_size
    aspect = size[0] / size[1]
    if width / height > aspect:
        w, h = round(height * aspect / 2) * 2, height
        return f"crop={w}:{h}:'{_steps(places, width - w)}':0"
    w, h = width, round(width / aspect / 2) * 2
    return f"crop={w}:{h}:0:'{_steps(places, height - h)}'"


def _steps(places: list[tuple[float, float]], room: int) -> str:
    """An expression in t that jumps from place to place."""
    offsets = [round(place * room / 2) * 2 for _, place in places]
    expression = str(offsets[-1])
    for ((_, _), (next_start, _)), offset in reversed(list(zip(pairwise(places), offsets, strict=False))):
        expression = f"if(lt(t,{next_start:.4f}),{offset},{expression})"
    return expression
