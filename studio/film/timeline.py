"""A film as a description, and its clock: which parts of which clips, how they go over into each other, and when.

`render(cut, out)` makes the file. Everything here is plain frozen data, so a cut can be compared, hashed and kept.
`lay_out` is the only place that reckons, in whole frames, when a clip begins, how long it lasts and what two clips
share: board, player, captions, hand-over, preflight and export all read its Timeline.
Times in seconds on the film's own clock unless said otherwise; levels in dB; loudness in LUFS (EBU R 128).
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

TO_THE_MS = 0.002
"""So far a length that was kept to the millisecond may be from the frame it means."""


class Transition(StrEnum):
    """How a clip goes over into the next. All but CUT show both for a while: the film gets shorter by as much."""

    CUT = "cut"
    CROSSFADE = "crossfade"
    DIP_BLACK = "dip_black"
    DIP_WHITE = "dip_white"
    WIPE = "wipe"


@dataclass(frozen=True)
class Tone:
    """How far one shot's colours are moved, in OKLab (match.py finds it). Lightness: gain around middle, then shift.

    middle: the shot's own mean L, a, b. turn: the 2x2 matrix, row by row, that a and b are multiplied with around
    their middle; shift: of L, a, b.
    """

    middle: tuple[float, float, float]
    gain: float
    turn: tuple[float, float, float, float]
    shift: tuple[float, float, float]


@dataclass(frozen=True)
class CutClip:
    """A part of a file in the film. in_s, out_s: on the file's clock; out_s None: to its end.

    transition: into the clip that follows (ignored for the last); at most half of the shorter neighbour is used.
    tone: moves the clip's colours towards another shot's; None leaves them, and leaves the clip to be copied.
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
    """A sound laid under or over the film from start_s on. ducked: goes down while the clips or a voice are heard.

    in_s, out_s: on the file's clock. loop: repeated to the film's end.
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
    """What is heard. repair_treble: measure the clips' spectrum and take harsh treble back (see treble.py).

    loudness: integrated target, None leaves it; peak_dbtp: true-peak ceiling used with it.
    """

    tracks: tuple[Track, ...] = ()
    clips_gain_db: float = 0.0
    repair_treble: bool = False
    loudness: float | None = None
    peak_dbtp: float = -1.0


@dataclass(frozen=True)
class CaptionLine:
    """Words on the picture. caption: below; title: large, in the middle; lower: name plate; label: small, top right.

    place: where instead of the style's own, as on a number pad (1 bottom left .. 9 top right); 0: the style's.
    fade_s: so long it comes and goes.
    """

    start_s: float
    end_s: float
    text: str
    style: Literal["caption", "title", "lower", "label"] = "caption"
    place: int = 0
    fade_s: float = 0.0


@dataclass(frozen=True)
class Grade:
    """A look for the whole film. exposure: stops. contrast, saturation: 1 leaves. warmth: -1 cold .. 1 warm.

    shadows, mids, lights: the three wheels, (r, g, b) each -1..1, 0 leaves. lut: a .cube file; strength 0..1.
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
    """What is done to the picture of the whole film. burned: words drawn in; soft: subtitles the viewer switches on.

    graded_from_s: a slate before the film keeps its own colours.
    """

    grade: Grade | None = None
    graded_from_s: float = 0.0
    burned: tuple[CaptionLine, ...] = ()
    soft: tuple[CaptionLine, ...] = ()
    soft_language: str = "eng"


@dataclass(frozen=True)
class Cut:
    """The whole film. crf, preset: x264's, for the parts that must be encoded. metadata: free keys of the file."""

    shots: tuple[CutClip, ...]
    width: int
    height: int
    fps: Fraction
    sound: SoundMix = SoundMix()
    finish: Finish = Finish()
    crf: int = 17
    preset: str = "veryfast"
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Loudness:
    """Measured by ITU-R BS.1770: integrated LUFS, loudness range LU, true peak dBTP. -inf for silence."""

    lufs: float
    range_lu: float
    peak_dbtp: float


@dataclass(frozen=True)
class TrebleFix:
    """What was wrong with the treble and what was done: a shelf above corner_hz by gain_db (0: nothing to repair).

    Curves in dB against the reference, at bands_hz.
    """

    corner_hz: float
    gain_db: float
    bands_hz: tuple[float, ...]
    before_db: tuple[float, ...]
    after_db: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """What was made. copied, encoded: frames taken over bit by bit, and frames encoded anew. notes: sentences."""

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
    """What a film takes of one clip, in seconds. length_s: of the whole clip. in_s, out_s: on its own clock; out_s
    None: to its end. transition: into the clip that follows.
    """

    length_s: float
    in_s: float = 0.0
    out_s: float | None = None
    transition: Transition = Transition.CUT
    transition_s: float = 0.5


@dataclass(frozen=True)
class Segment:
    """One clip on the film's clock, in frames. first, last: of the clip, last excluded; start: where it begins in the
    film; overlap: frames it shares with the next clip."""

    first: int
    last: int
    start: int
    overlap: int

    @property
    def frames(self) -> int:
        """How many frames of the clip the film shows."""
        return self.last - self.first

    @property
    def end(self) -> int:
        """The first frame of the film that no longer shows the clip."""
        return self.start + self.frames


@dataclass(frozen=True)
class Timeline:
    """When each clip of a film is shown. Frames are whole; seconds are frames divided by fps."""

    segments: tuple[Segment, ...]
    fps: Fraction

    @property
    def frames(self) -> int:
        """Of the whole film."""
        return self.segments[-1].end if self.segments else 0

    @property
    def length_s(self) -> float:
        """Running time of the whole film."""
        return self.seconds(self.frames)

    def seconds(self, frames: int) -> float:
        """So many frames in seconds, to the microsecond."""
        return round(float(frames / self.fps), 6)

    def starts_s(self) -> tuple[float, ...]:
        """When each clip begins."""
        return tuple(self.seconds(segment.start) for segment in self.segments)

    def shown_s(self, number: int) -> float:
        """How long the film shows this clip (from 0), transitions included."""
        return self.seconds(self.segments[number].frames)

    def at(self, at_s: float) -> int:
        """The number of the clip that is on top at this time; the first before the film, the last after it."""
        frame = math.floor(at_s * float(self.fps) + 1e-3)
        return max((n for n, segment in enumerate(self.segments) if segment.start <= frame), default=0)


def nearest_frame(seconds: float, fps: Fraction) -> int:
    """The frame nearest to this time; half-way times go to the later one, though no decimal fraction is exact."""
    return math.floor(seconds * float(fps) + 0.5 + 1e-6)


def whole_length_s(length_s: float, fps: float | None) -> float:
    """A clip's length to the frame, where it is known to the millisecond only."""
    if not fps:
        return length_s
    rate = exact_rate(fps)
    exact = round(length_s * rate) / rate
    return exact if abs(exact - length_s) < TO_THE_MS else length_s


def exact_rate(fps: float) -> float:
    """A frame rate that was kept to three places: 23.976 is 24000/1001."""
    ntsc = round(fps) * 1000 / 1001
    return ntsc if abs(ntsc - fps) < TO_THE_MS / 2 else fps


def lay_out(ranges: Sequence[ClipRange], fps: Fraction) -> Timeline:
    """The clips one after another, each for at least one frame; a transition takes at most half of either neighbour."""
    shown = [_shown(one, fps) for one in ranges]
    overlaps = [_overlap(a, b, one, fps) for (a, b), one in zip(pairwise(shown), ranges, strict=False)]
    segments, start = [], 0
    for (first, last), overlap in zip(shown, [*overlaps, 0], strict=False):
        segments.append(Segment(first, last, start, overlap))
        start += last - first - overlap
    return Timeline(tuple(segments), fps)


def timeline_of(cut: Cut, lengths_s: Sequence[float]) -> Timeline:
    """The timeline of a cut whose files have these lengths. Raises MediaError for an empty part or film."""
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


def _shown(one: ClipRange, fps: Fraction) -> tuple[int, int]:
    whole = max(1, nearest_frame(one.length_s, fps))
    first = min(max(0, nearest_frame(one.in_s, fps)), whole - 1)
    last = whole if one.out_s is None else min(whole, nearest_frame(one.out_s, fps))
    return first, max(last, first + 1)


def _overlap(a: tuple[int, int], b: tuple[int, int], one: ClipRange, fps: Fraction) -> int:
    if one.transition is Transition.CUT:
        return 0
    return max(0, min(nearest_frame(one.transition_s, fps), (a[1] - a[0]) // 2, (b[1] - b[0]) // 2))
