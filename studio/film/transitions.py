"""One frame blended from two: crossfade, dip to black or white, wipe; on the YUV planes, so that colours stay exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.film.timeline import Transition

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    Planes = NDArray[np.uint8]

WIPE_EDGE = 0.06
"""Width of a wipe's soft edge as a fraction of the picture's width."""


class Blender:
    """Call with two yuv420p frames in BT.709 limited range and the progress of the transition, 0..1."""

    def __init__(self, transition: Transition, width: int, height: int) -> None:
        self.transition, self.width, self.height = transition, width, height
        self._background = self._solid(235 if transition is Transition.DIP_WHITE else 16)

    def __call__(self, a: VideoFrame, b: VideoFrame, progress: float) -> VideoFrame:
        from av.video.frame import VideoFrame

        mixed = VideoFrame.from_ndarray(self._mix(_planes(a), _planes(b), progress), format="yuv420p")
        mixed.colorspace, mixed.color_range = a.colorspace, a.color_range
        mixed.color_primaries, mixed.color_trc = a.color_primaries, a.color_trc
        return mixed

    def _mix(self, a: Planes, b: Planes, progress: float) -> Planes:
        import cv2
        import numpy as np

        if self.transition is Transition.WIPE:
            return self._wipe(a, b, progress)
        if self.transition in (Transition.DIP_BLACK, Transition.DIP_WHITE):
            picture, opacity = (a, progress * 2) if progress < 0.5 else (b, 2 - progress * 2)
            return np.asarray(cv2.addWeighted(picture, 1 - opacity, self._background, opacity, 0), np.uint8)
        return np.asarray(cv2.addWeighted(a, 1 - progress, b, progress, 0), np.uint8)

    def _solid(self, luma: int) -> Planes:
        import numpy as np

        background = np.full((self.height * 3 // 2, self.width), 128, np.uint8)
        background[: self.height] = luma
        return background

    def _wipe(self, a: Planes, b: Planes, progress: float) -> Planes:
        """From left to right. The chroma planes are below the luma as rows of half width, two to a row."""
        import numpy as np

        edge = progress * (1 + WIPE_EDGE) - WIPE_EDGE
        columns = np.clip((edge + WIPE_EDGE - np.arange(self.width) / self.width) / WIPE_EDGE, 0, 1)
        chroma = np.tile(columns[::2], 2)
        mask = np.repeat(np.stack((columns, chroma)), (self.height, self.height // 2), axis=0).astype(np.float32)
        return np.rint(a + (b.astype(np.float32) - a) * mask).astype(np.uint8)


def _planes(frame: VideoFrame) -> Planes:
    """The frame as uint8 (height * 3 / 2, width): luma, then the two chroma planes."""
    import numpy as np

    planes = frame.to_ndarray(format="yuv420p") if frame.format.name != "yuv420p" else frame.to_ndarray()
    return np.asarray(planes, np.uint8)
