"""When each frame of a clip is shown: rate as a fraction, number of frames, start, and the times where they vary."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.media import av_io
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

STANDARD = tuple(
    Fraction(rate)
    for rate in (24, "24000/1001", 25, 30, "30000/1001", 16, 50, 60, "60000/1001", 48, "48000/1001", 12, 15, 8, 120)
)
"""Rates that a clip's times are held against, besides what its header says."""
UNKNOWN_RATE = Fraction(25)
"""Of a clip with a single frame whose header names no rate."""
MAX_RATE = 1000
ROUNDING_S = Fraction(1, 1000)
"""A file's times may be rounded to its own unit, WebM's to milliseconds, and the rounding may be off by one."""


@dataclass(frozen=True)
class FrameTiming:
    """Frames are counted from 0. num, den: frames a second as a fraction (the average where it varies).

    start_s: when frame 0 is shown, on the clip's own time line. constant: whether frame n is shown at
    start_s + n * den / num. times: where it is not, when each frame is shown, in seconds from frame 0.
    """

    num: int
    den: int
    frames: int
    start_s: float
    constant: bool
    times: tuple[float, ...] | None = None

    @property
    def rate(self) -> Fraction:
        return Fraction(self.num, self.den)

    def shown_at_s(self, frame: int) -> float:
        """When the frame appears, in seconds from frame 0; frames outside of the clip go on at its rate."""
        if self.times and 0 <= frame < len(self.times):
            return self.times[frame]
        return float(frame / self.rate)

    def middle_s(self, frame: int) -> float:
        """A moment, in seconds from frame 0, at which surely this frame is shown: what to seek to."""
        until = self.shown_at_s(frame + 1)
        at = self.shown_at_s(frame)
        return (at + until) / 2 if until > at else at + float(1 / self.rate) / 2

    def frame_at(self, t_s: float) -> int:
        """The frame that is shown t_s seconds after frame 0 appeared; the nearest one outside of the clip."""
        if self.times:
            return max(0, bisect.bisect_right(self.times, t_s + 1e-6) - 1)
        return max(0, min(self.frames - 1, int((t_s + 1e-6) * self.rate)))


def frame_timing(path: Path) -> FrameTiming:
    """The timing of a video file, from its packets: nothing is decoded. Raises MediaError where it has no picture."""
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        if video is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        base = video.time_base or Fraction(1, 1_000_000)
        ticks, count = _ticks(box, video)
        named = (video.base_rate, video.average_rate, video.guessed_rate)
        said = [rate for rate in named if rate and 0 < rate <= MAX_RATE]
        return _timing([tick * base for tick in ticks], base, count, said)


def _ticks(box: InputContainer, video: VideoStream) -> tuple[list[int], int]:
    """The rising presentation times of frames that are shown, in units of the stream, and the number of packets.

    No times where the file does not say them for every packet.
    """
    from av.stream import Discard

    ticks: list[int] = []
    count = 0
    for other in box.streams:
        if other.index != video.index:
            other.discard = Discard.all
    hidden = _hidden_vp8 if video.codec_context.name in ("vp8", "libvpx") else _never
    for packet in box.demux(video):
        if not packet.size or packet.is_discard or hidden(bytes(memoryview(packet)[:1])):
            continue  # what an edit list leaves out is decoded for the others' sake and never shown
        count += 1
        if packet.pts is not None:
            ticks.append(packet.pts)
    rising = sorted(set(ticks))
    return (rising, count) if len(ticks) == count else ([], count)


def _hidden_vp8(first: bytes) -> bool:
    """Whether a VP8 packet is a frame for reference only, by its show_frame bit (RFC 6386, 9.1)."""
    return not first[0] >> 4 & 1


def _never(_first: bytes) -> bool:
    return False


def _timing(times: list[Fraction], base: Fraction, count: int, said: list[Fraction]) -> FrameTiming:
    if len(times) < 2:
        rate = next(iter(said), UNKNOWN_RATE)
        return FrameTiming(*rate.as_integer_ratio(), max(count, 1), float(times[0]) if times else 0.0, constant=True)
    start = times[0]
    shown = [t - start for t in times]
    average = (len(shown) - 1) / shown[-1]
    allowed = max(base, ROUNDING_S) if base > Fraction(1, 10_000) else ROUNDING_S / 2
    near = sorted((r for r in STANDARD if abs(r / average - 1) < 0.02), key=lambda r: abs(r - average))
    usual = [rate for rate in said if rate in STANDARD]
    rate = average.limit_denominator(1001)
    for one in (*usual, *near, *said, rate):
        if all(abs(t - n / one) <= allowed for n, t in enumerate(shown)):
            return FrameTiming(*one.as_integer_ratio(), len(shown), float(start), constant=True)
    exact = tuple(round(float(t), 6) for t in shown)
    return FrameTiming(*rate.as_integer_ratio(), len(shown), float(start), constant=False, times=exact)
