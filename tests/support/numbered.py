"""Clips whose frames carry their own number as a row of black and white cells."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS, CELL = 8, 16
SEEN = """(media) => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.canvas.width = BITS;
  context.canvas.height = 1;
  context.drawImage(media, 0, 0, media.videoWidth || media.width, 1, 0, 0, BITS, 1);
  let n = 0;
  for (let bit = 0; bit < BITS; bit++) n |= (context.getImageData(bit, 0, 1, 1).data[0] > 127) << bit;
  return n;
}""".replace("BITS", str(BITS))
"""A script: the number drawn in the frame that a video or canvas shows."""


def picture(number: int, *, scale: int = 1) -> av.VideoFrame:
    """A frame BITS * CELL px wide and half as high, times `scale`."""
    row = np.array([255 if number >> bit & 1 else 0 for bit in range(BITS)], np.uint8).repeat(CELL * scale)
    grid = np.broadcast_to(row[None, :, None], (BITS * CELL * scale // 2, BITS * CELL * scale, 3))
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(grid), format="rgb24")


def numbered(
    path: Path,
    rate: Fraction,
    *,
    count: int = 90,
    ticks: Sequence[int] | None = None,
    codec: str = "libx264",
    scale: int = 1,
    options: dict[str, str] | None = None,
) -> Path:
    """A clip of `count` frames with B-frames where the codec has them.

    ticks: when each is shown, in units of 1/rate.
    """
    ours = {"crf": "12", "bf": "3", "g": "30"} if codec == "libx264" else {}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=ours | (options or {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = BITS * CELL * scale, BITS * CELL * scale // 2, "yuv420p"
        stream.codec_context.time_base = 1 / rate
        for number in range(count):
            frame = picture(number, scale=scale)
            frame.pts, frame.time_base = ticks[number] if ticks else number, 1 / rate
            if ticks and number + 1 < count:
                frame.duration = ticks[number + 1] - ticks[number]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
