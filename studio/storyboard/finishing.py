"""A board's look as film.render takes it: grade, words with their times, the slate's picture.

With a slate the film begins later, so every time of the board is moved by its length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.findings import Finding
from studio.film.timeline import CaptionLine, Finish, Grade, nearest_frame
from studio.storyboard.look import Look, Title
from studio.storyboard.model import Board
from studio.storyboard.to_timeline import Clips, timeline

if TYPE_CHECKING:
    from PIL import Image

FADE_S = 0.25
LABEL_S = 4.0
FINDING_TOLERANCE_S = 0.1
"""How far a finding may reach from the slate into the film."""


def slate_s(board: Board, fps: int | None = None) -> float:
    """Seconds that the slate puts before the film, in whole frames."""
    rate = fps or board.fps
    return nearest_frame(board.slate.seconds, Fraction(rate)) / rate if board.slate.on else 0.0


def grade(look: Look, lut: Path | None) -> Grade | None:
    """The look for media; lut: the kept table's file. None when it changes nothing."""
    result = Grade(
        lut, look.lut_strength if lut else 1.0, look.exposure, look.contrast, look.saturation, look.warmth,
        look.shadows, look.mids, look.lights,
    )  # fmt: skip
    return None if result == Grade() else result


def lines(titles: Iterable[Title]) -> tuple[CaptionLine, ...]:
    """The titles that have words, to be drawn in."""
    return tuple(
        CaptionLine(
            t.start_s, t.end_s, t.text.strip(), t.style, t.place, min(FADE_S, (t.end_s - t.start_s) / 4) * t.fade
        )
        for t in titles
        if t.text.strip()
    )


def finish(
    board: Board, lut: Path | None, *, captions: tuple[CaptionLine, ...] = (), burn: bool = False, label: str = ""
) -> Finish:
    """Everything done to the picture of the whole film. captions: burned in, or a track beside it."""
    burned = (*lines(board.titles), *(captions if burn else ()))
    if label.strip():
        burned = (*burned, CaptionLine(0.0, LABEL_S, label.strip(), "label"))
    at = slate_s(board)
    soft = () if burn else shifted(captions, at)
    return Finish(grade(board.look, lut), at, burned=shifted(burned, at), soft=soft)


def shifted(words: tuple[CaptionLine, ...], offset_s: float) -> tuple[CaptionLine, ...]:
    """The same words, so many seconds later."""
    return tuple(replace(line, start_s=line.start_s + offset_s, end_s=line.end_s + offset_s) for line in words)


def cuts_s(board: Board, clips: Clips, fps: int | None = None) -> tuple[float, ...]:
    """When each shot begins in the film, slate included. fps: of the export, where it is not the board's."""
    return tuple(start + slate_s(board, fps) for start in timeline(board, clips, fps=fps).starts_s())


def without_slate(findings: Iterable[Finding], slate_seconds: float) -> tuple[Finding, ...]:
    """Findings on the board's clock; a slate stands still and is silent, which is no fault."""
    in_film = (
        f
        for f in findings
        if f.at_s is None or not slate_seconds or f.at_s + (f.length_s or 0.0) > slate_seconds + FINDING_TOLERANCE_S
    )
    return tuple(f if f.at_s is None else replace(f, at_s=max(0.0, f.at_s - slate_seconds)) for f in in_film)


def slate_picture(board: Board, width: int, height: int, today: date) -> Image.Image:
    """The slate's card. The names of its rows are Chinese where the words are."""
    from studio.film import slate

    card = board.slate
    title = card.title.strip() or board.title
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in title + card.scene + card.take + card.note)
    labels = ("场", "镜次", "日期", "备注") if chinese else ("Scene", "Take", "Date", "Note")
    values = (card.scene, card.take, card.date.strip() or today.isoformat(), card.note)
    return slate.draw_slate(title, tuple(zip(labels, values, strict=True)), width, height)
