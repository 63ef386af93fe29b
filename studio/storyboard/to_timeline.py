"""A board with its takes as a cut (media.cut) for rendering, and what is missing for it.

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
from studio.film.timeline import Cut, CutClip, Finish, Sound, Tone, Transition
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


def missing(board: Board, clips: Clips, *, allow_drafts: bool = True) -> list[str]:
    """One sentence for each shot that cannot go into the film as asked."""
    said = []
    for number, shot in enumerate(board.shots, 1):
        clip = clips.get(shot.id)
        if clip is None:
            said.append(Message("shot.no_clip", n=number))
        elif clip.draft and not allow_drafts:
            said.append(Message("shot.only_draft", n=number))
        elif not whole(clip.asset, clip.path):
            what = term("draft") if clip.draft else Message("shot.chosen_take")
            said.append(Message("shot.file_lost", n=number, what=what))
    return said


def whole(asset: Asset, path: Path) -> bool:
    """Whether the file lies where it should, with the size it was registered with."""
    try:
        return path.stat().st_size == asset.bytes and path.is_file()
    except OSError:
        return False


def part(shot: Shot, clip: Clip) -> tuple[float, float]:
    """In and out of the shot's file, in seconds on the file's clock."""
    length = clip.asset.duration_s or shot.duration_s
    start = min(shot.trim_in_s, max(0.0, length - 0.1))
    return start, min(length, start + shot.length_s)


def starts_s(board: Board, clips: Clips) -> list[float]:
    """When each shot begins in the film as its clips are: one may be shorter than planned."""
    lengths = [shot.length_s for shot in board.shots]
    for number, shot in enumerate(board.shots):
        if clip := clips.get(shot.id):
            start, end = part(shot, clip)
            lengths[number] = end - start
    at, starts = 0.0, []
    for number, shot in enumerate(board.shots):
        starts.append(round(at, 3))
        after = lengths[number + 1] if number + 1 < len(lengths) else 0.0
        blends = shot.transition is not Transition.CUT
        at += lengths[number] - (min(shot.transition_s, lengths[number] / 2, after / 2) if blends else 0.0)
    return starts


def edge_s(shot: Shot, clip: Clip, end: Literal["first", "last"]) -> float:
    """When the first or last frame that the film shows of a shot stands on its file's clock."""
    start, stop = part(shot, clip)
    return start if end == "first" else max(start, stop - 1 / (clip.asset.fps or 24))


def cut(
    board: Board, clips: Clips, *, sound: Sound | None = None, finish: Finish | None = None,
    size: tuple[int, int] | None = None, fps: int | None = None, metadata: Mapping[str, str] | None = None,
    tones: Mapping[str, Tone] | None = None, slate: Path | None = None,
) -> Cut:  # fmt: skip
    """The film as media.cut understands it. tones: by shot id, how its colours are moved. slate: a clip before it all.

    Raises CapabilityError that names the first shot with nothing to show.
    """
    if said := missing(board, clips):
        raise CapabilityError(said[0], field="shots")
    if not board.shots:
        raise CapabilityError(Message("board.no_shots"), field="shots")
    parts = [CutClip(slate)] if slate else []
    for shot in board.shots:
        start, end = part(shot, clips[shot.id])
        tone = (tones or {}).get(shot.id)
        parts.append(CutClip(clips[shot.id].path, start, end, shot.transition, shot.transition_s, tone=tone))
    width, height = size or (board.width, board.height)
    return Cut(
        shots=tuple(parts), width=width, height=height, fps=Fraction(fps or board.fps), sound=sound or Sound(),
        finish=finish or Finish(), metadata=dict(metadata or {}),
    )  # fmt: skip
