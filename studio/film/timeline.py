"""A film as a description: the range of each clip, the transitions between them, and when each is shown.

`render(cut, out)` makes the file. Everything here is plain frozen data, so a cut can be compared, hashed and kept.
`lay_out` is the only place that computes, in whole frames, where a clip starts, how long it lasts and how many frames
two clips overlap: board, player, captions, interchange, preflight and export all read its Timeline.
Times are seconds on the film's clock unless stated otherwise; levels in dB; loudness in LUFS (EBU R 128).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

from studio.errors import MediaError
from studio.messages import Message

ROUNDING_S = 0.002
"""Seconds by which a length rounded to the millisecond may differ from a whole number of frames."""


class Transition(StrEnum):
    """How one clip changes to the next. All but CUT overlap the two clips, which shortens the film by the overlap."""

    CUT = "cut"
    CROSSFADE = "crossfade"
    DIP_BLACK = "dip_black"
    DIP_WHITE = "dip_white"
    WIPE = "wipe"


@dataclass(frozen=True)
class Tone:
    """A shot's colour correction in OKLab (computed by colour_match.py): gain around the mean, then an offset.

    middle: the shot's mean L, a, b. gain: factor of lightness. turn: the 2x2 matrix, row by row, for a and b.
    shift: offset of L, a, b.
    """

    middle: tuple[float, float, float]
    gain: float
    turn: tuple[float, float, float, float]
    shift: tuple[float, float, float]


@dataclass(frozen=True)
class CutClip:
    """A range of a file in the film. in_s, out_s: in and out point on the file's clock; out_s None: the file's end.

    transition: to the next clip (ignored for the last); its overlap is at most half of the shorter neighbour.
    tone: matches the clip's colours to another shot's; None keeps them, so that the clip can be copied.
    """

    path: Path
    in_s: float = 0.0
    out_s: float | None = None
    transition: Transition = Transition.CUT
    transition_s: float = 0.5
    gain_db: float = 0.0
    silent: bool = False
    tone: Tone | None = None


@dataclass(frozen=True)
class Track:
    """A sound mixed into the film from start_s. ducked: its level drops while the clips or a voice are heard.

    in_s, out_s: in and out point on the file's clock. loop: repeat to the film's end.
    """

    path: Path
    role: Literal["music", "voice", "effect"] = "music"
    start_s: float = 0.0
    in_s: float = 0.0
    out_s: float | None = None
    gain_db: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    ducked: bool = False
    loop: bool = False


@dataclass(frozen=True)
class SoundMix:
    """The film's sound. repair_treble: measure the clips' spectrum and reduce harsh treble (see treble.py).

    loudness: integrated target in LUFS, None keeps the level; peak_dbtp: the true-peak ceiling with a target.
    """

    tracks: tuple[Track, ...] = ()
    clips_gain_db: float = 0.0
    repair_treble: bool = False
    loudness: float | None = None
    peak_dbtp: float = -1.0


@dataclass(frozen=True)
class CaptionLine:
    """Text on the picture. caption: at the bottom; title: large, centred; lower: lower third; label: small, top right.

    place: alignment as on a number pad (1 bottom left .. 9 top right); 0: the style's own.
    fade_s: length of the fade in and of the fade out.
    """

    start_s: float
    end_s: float
    text: str
    style: Literal["caption", "title", "lower", "label"] = "caption"
    place: int = 0
    fade_s: float = 0.0


@dataclass(frozen=True)
class Grade:
    """A look for the whole film. exposure: stops. contrast, saturation: 1 is neutral. warmth: -1 cold .. 1 warm.

    shadows, mids, lights: colour wheels, (r, g, b) each -1..1, 0 is neutral. lut: a .cube file; lut_strength: 0..1.
    """

    lut: Path | None = None
    lut_strength: float = 1.0
    exposure: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    warmth: float = 0.0
    shadows: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mids: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lights: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Finish:
    """Finishing of the whole film. burned: captions in the picture; soft: a subtitle track the viewer can switch on.

    graded_from_s: where the grade starts, after a slate that keeps its own colours.
    """

    grade: Grade | None = None
    graded_from_s: float = 0.0
    burned: tuple[CaptionLine, ...] = ()
    soft: tuple[CaptionLine, ...] = ()
    soft_language: str = "eng"


@dataclass(frozen=True)
class Cut:
    """The whole film. crf, preset: of x264, for the frames that must be encoded. metadata: the file's free keys."""

    shots: tuple[CutClip, ...]
    width: int
    height: int
    fps: Fraction
    sound: SoundMix = SoundMix()
    finish: Finish = Finish()
    crf: int = 17
    preset: str = "veryfast"
    metadata: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Loudness:
    """Measured by ITU-R BS.1770: integrated LUFS, loudness range LU, true peak dBTP. -inf for silence."""

    lufs: float
    range_lu: float
    peak_dbtp: float


@dataclass(frozen=True)
class TrebleFix:
    """The treble's fault and its repair: a shelf of gain_db above corner_hz (0: nothing to repair).

    before_db, after_db: levels in dB relative to a natural tilt, at bands_hz.
    """

    corner_hz: float
    gain_db: float
    bands_hz: tuple[float, ...]
    before_db: tuple[float, ...]
    after_db: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """The rendered film. copied: frames taken over bit by bit; encoded: frames encoded again. notes: sentences."""

    path: Path
    frames: int
    duration_s: float
    copied: int
    encoded: int
    loudness_before: Loudness | None = None
    loudness: Loudness | None = None
    treble: TrebleFix | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipRange:
    """The range of one clip that a film uses, in seconds. length_s: of the whole clip. in_s, out_s: in and out point on
    the clip's clock; out_s None: the clip's end. transition: to the next clip.
    """

    length_s: float
    in_s: float = 0.0
    out_s: float | None = None
    transition: Transition = Transition.CUT
    transition_s: float = 0.5


@dataclass(frozen=True)
class Segment:
    """One clip on the film's clock, in frames. first, last: the clip's in and out point, out excluded; start: its first
    frame in the film; overlap: frames shared with the next clip."""

    first: int
    last: int
    start: int
    overlap: int

    @property
    def frames(self) -> int:
        """Frames of the clip in the film."""
        return self.last - self.first

    @property
    def end(self) -> int:
        """The film's first frame after the clip."""
        return self.start + self.frames


@dataclass(frozen=True)
class Timeline:
    """When each clip of a film is shown. Frames are whole; seconds are frames divided by fps."""

    segments: tuple[Segment, ...]
    fps: Fraction

    @property
    def frames(self) -> int:
        """Frames of the whole film."""
        return self.segments[-1].end if self.segments else 0

    @property
    def length_s(self) -> float:
        """Running time of the whole film in seconds."""
        return self.seconds(self.frames)

    def seconds(self, frames: int) -> float:
        """The length of this many frames in seconds, rounded to the microsecond."""
        return round(frames * self.fps.denominator / self.fps.numerator, 6)

    def starts_s(self) -> tuple[float, ...]:
        """Start of each clip on the film's clock, in seconds."""
        return tuple(self.seconds(segment.start) for segment in self.segments)

    def shown_s(self, number: int) -> float:
        """Length of clip `number` (from 0) in the film, overlaps included, in seconds."""
        return self.seconds(self.segments[number].frames)

    def at(self, at_s: float) -> int:
        """The clip shown at this time, in an overlap the later one; the first before the film, the last after it."""
        frame = math.floor(at_s * float(self.fps) + 1e-3)
        return max((n for n, segment in enumerate(self.segments) if segment.start <= frame), default=0)


def nearest_frame(seconds: float, fps: Fraction) -> int:
    """The frame nearest to this time; halfway between two frames, the later one."""
    return math.floor(seconds * float(fps) + 0.5 + 1e-6)


def frame_exact_length_s(length_s: float, fps: float | None) -> float:
    """A clip's length in seconds to the frame, from one rounded to the millisecond; unchanged if none is near."""
    if not fps:
        return length_s
    rate = exact_fps(fps)
    exact = round(length_s * rate) / rate
    return exact if abs(exact - length_s) < ROUNDING_S else length_s


def exact_fps(fps: float) -> float:
    """The exact frame rate of one rounded to three places: 23.976 is 24000/1001."""
    ntsc = round(fps) * 1000 / 1001
    return ntsc if abs(ntsc - fps) < ROUNDING_S / 2 else fps


def lay_out(ranges: Sequence[ClipRange], fps: Fraction) -> Timeline:
    """The clips in order, each at least one frame long; an overlap is at most half of either neighbour."""
    in_out = [_in_and_out(clip, fps) for clip in ranges]
    overlaps = [_overlap(a, b, clip, fps) for (a, b), clip in zip(pairwise(in_out), ranges, strict=False)]
    segments: list[Segment] = []
    start = 0
    for (first, last), overlap in zip(in_out, [*overlaps, 0], strict=False):
        segments.append(Segment(first, last, start, overlap))
        start += last - first - overlap
    return Timeline(tuple(segments), fps)


def cut_timeline(cut: Cut, lengths_s: Sequence[float]) -> Timeline:
    """The timeline of a cut whose files have these lengths. Raises MediaError for an empty range or film."""
    if not cut.shots:
        raise MediaError(Message("film.no_clips"))
    for clip, length_s in zip(cut.shots, lengths_s, strict=True):
        end_s = length_s if clip.out_s is None else min(length_s, clip.out_s)
        if nearest_frame(end_s, cut.fps) <= nearest_frame(clip.in_s, cut.fps):
            raise MediaError(Message("film.nothing_left", name=clip.path.name, start=f"{clip.in_s:g}"))
    ranges = [
        ClipRange(length_s, clip.in_s, clip.out_s, clip.transition, clip.transition_s)
        for clip, length_s in zip(cut.shots, lengths_s, strict=True)
    ]
    return lay_out(ranges, cut.fps)


def _in_and_out(clip: ClipRange, fps: Fraction) -> tuple[int, int]:
    whole = max(1, nearest_frame(clip.length_s, fps))
    first = min(max(0, nearest_frame(clip.in_s, fps)), whole - 1)
    last = whole if clip.out_s is None else min(whole, nearest_frame(clip.out_s, fps))
    return first, max(last, first + 1)


def _overlap(a: tuple[int, int], b: tuple[int, int], clip: ClipRange, fps: Fraction) -> int:
    if clip.transition is Transition.CUT:
        return 0
    return max(0, min(nearest_frame(clip.transition_s, fps), (a[1] - a[0]) // 2, (b[1] - b[0]) // 2))
