"""A film as a description: which parts of which clips, how they go over into each other, sound and finishing.

`render(cut, out)` makes the file. Everything here is plain frozen data, so a cut can be compared, hashed and kept.
Times in seconds on the film's own clock unless said otherwise; levels in dB; loudness in LUFS (EBU R 128).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

from studio.errors import MediaError


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
class Sound:
    """What is heard. repair_treble: measure the clips' spectrum and take harsh treble back (see treble.py).

    loudness: integrated target, None leaves it; peak_dbtp: true-peak ceiling used with it.
    """

    tracks: tuple[Track, ...] = ()
    clips_gain_db: float = 0.0
    repair_treble: bool = False
    loudness: float | None = None
    peak_dbtp: float = -1.0


@dataclass(frozen=True)
class Line:
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
    burned: tuple[Line, ...] = ()
    soft: tuple[Line, ...] = ()
    soft_language: str = "eng"


@dataclass(frozen=True)
class Cut:
    """The whole film. crf, preset: x264's, for the parts that must be encoded. metadata: free keys of the file."""

    shots: tuple[CutClip, ...]
    width: int
    height: int
    fps: Fraction
    sound: Sound = Sound()
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
class Span:
    """One clip on the film's clock, in frames. first, last: of the file, last excluded; at: where it begins in the
    film; overlap: frames it shares with the next clip."""

    clip: CutClip
    first: int
    last: int
    at: int
    overlap: int

    @property
    def frames(self) -> int:
        return self.last - self.first


def lay_out(cut: Cut, lengths_s: list[float]) -> list[Span]:
    """Each clip's place, in whole frames. lengths_s: of the files. Raises MediaError for an empty part or film."""
    if not cut.shots:
        raise MediaError("The film has no clips yet.")
    parts = [_part(clip, length_s, cut.fps) for clip, length_s in zip(cut.shots, lengths_s, strict=True)]
    overlaps = [_overlap(a, b, clip, cut.fps) for (a, b), clip in zip(pairwise(parts), cut.shots, strict=False)] + [0]
    spans, at = [], 0
    for clip, (first, last), overlap in zip(cut.shots, parts, overlaps, strict=True):
        spans.append(Span(clip, first, last, at, overlap))
        at += last - first - overlap
    return spans


def _part(clip: CutClip, length_s: float, fps: Fraction) -> tuple[int, int]:
    whole = round(length_s * fps)
    first = min(max(0, round(clip.in_s * fps)), whole)
    last = whole if clip.out_s is None else min(whole, round(clip.out_s * fps))
    if last <= first:
        raise MediaError(f"Nothing is left of {clip.path.name} between {clip.in_s:g} s and its end. Trim it less.")
    return first, last


def _overlap(a: tuple[int, int], b: tuple[int, int], clip: CutClip, fps: Fraction) -> int:
    if clip.transition is Transition.CUT:
        return 0
    return max(0, min(round(clip.transition_s * fps), (a[1] - a[0]) // 2, (b[1] - b[0]) // 2))
