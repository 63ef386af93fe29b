"""One frame between two: crossfade, dip to black or white, wipe. On the video's own planes, so colours stay exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.film.timeline import Transition

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame

WIPE_EDGE = 0.06
"""Width of the soft edge of a wipe, as a part of the picture."""


class Blender:
    """Call with two yuv420p frames in BT.709 limited range and how far the transition is, 0..1."""

    def __init__(self, transition: Transition, width: int, height: int) -> None:
        self.transition, self.width, self.height = transition, width, height
        self._ground = self._plain(235 if transition is Transition.DIP_WHITE else 16)

    def __call__(self, a: VideoFrame, b: VideoFrame, share: float) -> VideoFrame:
        from av.video.frame import VideoFrame

        mixed = VideoFrame.from_ndarray(self._mix(_planes(a), _planes(b), share), format="yuv420p")
        mixed.colorspace, mixed.color_range = a.colorspace, a.color_range
        mixed.color_primaries, mixed.color_trc = a.color_primaries, a.color_trc
        return mixed

    def _mix(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        import cv2

        if self.transition is Transition.WIPE:
            return self._wiped(a, b, share)
        if self.transition in (Transition.DIP_BLACK, Transition.DIP_WHITE):
            side, depth = (a, share * 2) if share < 0.5 else (b, 2 - share * 2)
            return cv2.addWeighted(side, 1 - depth, self._ground, depth, 0)
        return cv2.addWeighted(a, 1 - share, b, share, 0)

    def _plain(self, luma: int) -> np.ndarray:
        import numpy as np

        ground = np.full((self.height * 3 // 2, self.width), 128, np.uint8)
        ground[: self.height] = luma
        return ground

    def _wiped(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        """From left to right; the chroma planes lie below the luma as rows of half width, two to a row."""
        import numpy as np

        edge = share * (1 + WIPE_EDGE) - WIPE_EDGE
        columns = np.clip((edge + WIPE_EDGE - np.arange(self.width) / self.width) / WIPE_EDGE, 0, 1)
        chroma = np.tile(columns[::2], 2)
        mask = np.repeat(np.stack((columns, chroma)), (self.height, self.height // 2), axis=0).astype(np.float32)
        return np.rint(a + (b.astype(np.float32) - a) * mask).astype(np.uint8)


def _planes(frame: VideoFrame) -> np.ndarray:
    """The frame as uint8 (height * 3 / 2, width): luma, then the two chroma planes."""
    return frame.to_ndarray(format="yuv420p") if frame.format.name != "yuv420p" else frame.to_ndarray()
