"""A board with its takes on the film's clock, as a cut for rendering, and what is missing for it.

A shot shows its chosen take, else its draft; trims and transitions are the board's. A take longer than the shot is
shown for the shot's length, one that is shorter for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from studio.domain import Asset
from studio.errors import CapabilityError
from studio.film.timeline import (
    ClipRange,
    Cut,
    CutClip,
    Finish,
    SoundMix,
    Timeline,
    Tone,
    frame_exact_length_s,
    lay_out,
)
from studio.messages import Message, term
from studio.storyboard.model import Board, Shot


@dataclass(frozen=True)
class Clip:
    """The file a shot shows in the film. draft: it is not a rendered take."""

    asset: Asset
    path: Path
    draft: bool


Clips = Mapping[str, Clip]
"""By shot id; a shot without one has nothing to show."""
MIN_SHOWN_S = 0.1
"""So much of a clip is shown even where trims are longer than it."""


def missing(board: Board, clips: Clips, *, allow_drafts: bool = True) -> list[str]:
    """One sentence for each shot that cannot go into the film as asked."""
    problems: list[str] = []
    for number, shot in enumerate(board.shots, 1):
        clip = clips.get(shot.id)
        if clip is None:
            problems.append(Message("shot.no_clip", n=number))
        elif clip.draft and not allow_drafts:
            problems.append(Message("shot.only_draft", n=number))
        elif not is_intact(clip.asset, clip.path):
            subject = term("draft") if clip.draft else Message("shot.chosen_take")
            problems.append(Message("shot.file_lost", n=number, what=subject))
    return problems


def is_intact(asset: Asset, path: Path) -> bool:
    """Whether the file lies where it should, with the size it was registered with."""
    try:
        return path.stat().st_size == asset.bytes and path.is_file()
    except OSError:
        return False


def timeline(board: Board, clips: Clips, *, fps: int | None = None) -> Timeline:
    """When each shot is shown in the film, without the slate: as its clip is, or as planned while it has none."""
    return lay_out([clip_range(shot, clips.get(shot.id)) for shot in board.shots], Fraction(fps or board.fps))


def in_out_s(board: Board, shot: Shot, clip: Clip) -> tuple[float, float]:
    """In and out of the shot's file, in seconds on the file's clock."""
    single = lay_out([clip_range(shot, clip)], Fraction(board.fps))
    return single.seconds(single.segments[0].first), single.seconds(single.segments[0].last)


def clip_range(shot: Shot, clip: Clip | None) -> ClipRange:
    """What the film shows of a shot, before its neighbours are known."""
    if clip is None:
        return ClipRange(shot.length_s, transition=shot.transition, transition_s=shot.transition_s)
    length = frame_exact_length_s(clip.asset.duration_s or shot.duration_s, clip.asset.fps)
    start = min(shot.trim_in_s, max(0.0, length - MIN_SHOWN_S))
    return ClipRange(length, start, start + shot.length_s, shot.transition, shot.transition_s)


def edge_frame_s(board: Board, shot: Shot, clip: Clip, end: Literal["first", "last"]) -> float:
    """When the first or last frame that the film shows of a shot stands on its file's clock."""
    start, stop = in_out_s(board, shot, clip)
    return start if end == "first" else max(start, stop - 1 / (clip.asset.fps or board.fps))


def cut(
    board: Board, clips: Clips, *, sound: SoundMix | None = None, finish: Finish | None = None,
    size: tuple[int, int] | None = None, fps: int | None = None, metadata: Mapping[str, str] | None = None,
    tones: Mapping[str, Tone] | None = None, slate: Path | None = None,
) -> Cut:  # fmt: skip
    """The film as film.render takes it. tones: by shot id, how its colours are moved. slate: a clip before it all.

    Raises CapabilityError that names the first shot with nothing to show.
    """
    if problems := missing(board, clips):
        raise CapabilityError(problems[0], field="shots")
    if not board.shots:
        raise CapabilityError(Message("board.no_shots"), field="shots")
    parts = [CutClip(slate)] if slate else []
    timing = timeline(board, clips, fps=fps)
    for shot, segment in zip(board.shots, timing.segments, strict=True):
        start, end = timing.seconds(segment.first), timing.seconds(segment.last)
        tone = (tones or {}).get(shot.id)
        parts.append(CutClip(clips[shot.id].path, start, end, shot.transition, shot.transition_s, tone=tone))
    width, height = size or (board.width, board.height)
    return Cut(
        shots=tuple(parts), width=width, height=height, fps=Fraction(fps or board.fps), sound=sound or SoundMix(),
        finish=finish or Finish(), metadata=dict(metadata or {}),
    )  # fmt: skip
