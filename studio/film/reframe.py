"""Reframing to another aspect ratio: for each shot, the part of the picture with the most detail and motion.

Both are summed over a few frames of the shot. The crop window with the highest sum, with a preference for the centre,
stays still for the whole shot: a moving crop looks worse than one slightly off.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from studio.media import av_io

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Map = NDArray[np.floating]

ANALYSIS_WIDTH_PX = 160
SAMPLES_PER_S = 4.0
MOTION_WEIGHT = 3.0
CENTRE_WEIGHT = 0.35


def windows(film: Path, aspect: float, cuts_s: tuple[float, ...]) -> list[tuple[float, float]]:
    """(start in seconds, position 0..1) of each shot: where along the cropped axis the crop window is.

    aspect: width / height of the target. cuts_s: start of each shot in seconds; 0 is optional.
    """
    return ShotInterest(film, cuts_s).windows(aspect)


class ShotInterest:
    """Detail and motion in each shot of a film, computed once for any number of aspect ratios."""

    def __init__(self, film: Path, cuts_s: tuple[float, ...]) -> None:
        self.starts = sorted({0.0, *(t for t in cuts_s if t > 0)})
        self.maps = _interest(film, self.starts)

    def windows(self, aspect: float) -> list[tuple[float, float]]:
        """See the function windows."""
        return _windows(self.starts, self.maps, aspect)


def _windows(starts: list[float], maps: list[Map], aspect: float) -> list[tuple[float, float]]:
    positions: list[tuple[float, float]] = []
    for start, interest in zip(starts, maps, strict=True):
        height, width = interest.shape
        is_horizontal = width / height > aspect
        profile = interest.sum(axis=0 if is_horizontal else 1)
        fraction = (aspect * height / width) if is_horizontal else (width / aspect / height)
        positions.append((start, _best_position(profile, min(1.0, fraction))))
    return positions


def _interest(film: Path, starts: list[float]) -> list[Map]:
    """Sums of detail and motion of each shot, float32 (height, ANALYSIS_WIDTH_PX)."""
    import cv2
    import numpy as np

    maps: list[Map] = []
    previous, next_s, number = None, 0.0, -1
    ends = [*starts[1:], float("inf")]
    with av_io.opened(film) as (container, _):
        video = av_io.picture_stream(container)
        if video is None:
            return [np.ones((9, 16)) for _ in starts]
        av_io.threaded(video)
        height = max(2, round(ANALYSIS_WIDTH_PX * video.height / video.width))
        for frame in container.decode(video):
            time_s = frame.time or 0.0
            if time_s + 1e-6 < next_s:
                continue
            next_s = time_s + 1 / SAMPLES_PER_S
            grey = frame.reformat(
                width=ANALYSIS_WIDTH_PX, height=height, format="gray", interpolation="AREA"
            ).to_ndarray()
            grey = grey.astype(np.float32)
            if number < 0 or time_s >= ends[number]:
                number = next(i for i, end in enumerate(ends) if time_s < end)
                previous = None
                maps += [np.zeros((height, ANALYSIS_WIDTH_PX), np.float32) for _ in range(number + 1 - len(maps))]
            maps[number] += np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
            if previous is not None:
                maps[number] += MOTION_WEIGHT * np.abs(grey - previous)
            previous = grey
    maps += [np.zeros((height, ANALYSIS_WIDTH_PX), np.float32) for _ in range(len(starts) - len(maps))]
    return maps


def _best_position(profile: Map, fraction: float) -> float:
    """Position (0..1) of the window with the highest sum, with a preference for the centre.

    fraction: the window's length as a fraction of the profile's.
    """
    import numpy as np

    size = max(1, round(len(profile) * fraction))
    room = len(profile) - size
    if room <= 0:
        return 0.5
    profile = profile + profile.mean() * 0.05 + 1e-6
    weights = np.convolve(profile, np.ones(size), "valid") / profile.sum()
    position = np.arange(room + 1) / room
    return float(position[int(np.argmax(weights - CENTRE_WEIGHT * np.abs(position - 0.5) * weights.mean()))])


def crop(film_size: tuple[int, int], size: tuple[int, int], positions: list[tuple[float, float]]) -> str:
    """ffmpeg's crop filter for the target's aspect ratio, at each shot's position. Sizes: (width, height) in pixels."""
    width, height = film_size
    aspect = size[0] / size[1]
    if width / height > aspect:
        w, h = round(height * aspect / 2) * 2, height
        return f"crop={w}:{h}:'{_position_expression(positions, width - w)}':0"
    w, h = width, round(width / aspect / 2) * 2
    return f"crop={w}:{h}:0:'{_position_expression(positions, height - h)}'"


def _position_expression(positions: list[tuple[float, float]], room: int) -> str:
    """An ffmpeg expression in t for the crop's offset in pixels: constant within each shot."""
    offsets = [round(position * room / 2) * 2 for _, position in positions]
    expression = str(offsets[-1])
    for ((_, _), (next_start, _)), offset in reversed(list(zip(pairwise(positions), offsets, strict=False))):
        expression = f"if(lt(t,{next_start:.4f}),{offset},{expression})"
    return expression
