"""A film as one prompt of several shots, each model family in the syntax that its makers publish.

Sources, read on 30 November 2026: Alibaba Model Studio's text-to-video prompt guide (`Shot 1 [0-3s] ...`); Kling 3.0
Turbo's API reference (`shot 1, 3, words;`, up to 6 shots of 512 characters); BytePlus' Seedance prompt guide (a line
`0-3s: ...` for each shot); Google's prompting guide for Veo 3.1 (`[00:00-00:02] ...`); OpenAI's Sora 2 prompting guide
(a block with Cinematography, Actions, Dialogue and Background Sound for each shot).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from studio.catalogue import Model
from studio.messages import Message, term
from studio.prompt.script.times import write_timed
from studio.storyboard.model import Board, Shot
from studio.storyboard.wording import camera, describe, quoted, spoken

Timed = Sequence[tuple[Shot, float, float]]
"""Shots with their start and end in seconds."""

KLING_SHOTS, KLING_CHARS = 6, 512


def write(board: Board, model: Model | None = None, *, heard: bool = True) -> str:
    """The whole board as one prompt for this model, @names kept. Without a model in the form that most of them read.

    heard: as in wording.describe.
    """
    syntax = _SYNTAX.get(model.family) if model else None
    if syntax is None:
        texts = [describe(shot, heard=heard) for shot in board.shots]
        return write_timed(board.style, texts, [s.length_s for s in board.shots])
    return syntax(board.style.strip(), list(_timed(board)), heard)


def limits(board: Board, model: Model) -> list[Message]:
    """What the model's syntax has no room for."""
    if model.family != "Kling":
        return []
    problems: list[Message] = []
    if len(board.shots) > KLING_SHOTS:
        problems.append(Message("multishot.too_many", model=term(model.label), most=KLING_SHOTS))
    for number, shot in enumerate(board.shots, 1):
        if len(describe(shot)) > KLING_CHARS:
            problems.append(Message("multishot.too_long", model=term(model.label), n=number, most=KLING_CHARS))
    return problems


def _timed(board: Board) -> Iterator[tuple[Shot, float, float]]:
    start = 0.0
    for shot in board.shots:
        end = round(start + shot.length_s, 3)
        yield shot, start, end
        start = end


def _kling(style: str, shots: Timed, heard: bool) -> str:
    lines = [
        f"shot {number}, {end - start:g}, {_flat(describe(shot, heard=heard))};"
        for number, (shot, start, end) in enumerate(shots, 1)
    ]
    return "\n".join(filter(None, (style, " ".join(lines))))


def _seedance(style: str, shots: Timed, heard: bool) -> str:
    return "\n".join(
        [*filter(None, [style]), *(f"{a:g}-{b:g}s: {_flat(describe(s, heard=heard))}" for s, a, b in shots)]
    )


def _veo(style: str, shots: Timed, heard: bool) -> str:
    lines = (f"[{_clock(a)}-{_clock(b)}] {_flat(describe(shot, heard=heard))}" for shot, a, b in shots)
    return "\n".join([*filter(None, [style]), *lines])


def _sora(style: str, shots: Timed, heard: bool) -> str:
    blocks = [f"Style: {style}"] if style else []
    for number, (shot, start, end) in enumerate(shots, 1):
        blocks.append("\n".join((f"Shot {number} ({start:g}-{end:g}s)", *_block(shot, heard))))
    return "\n\n".join(blocks)


def _block(shot: Shot, heard: bool) -> Iterator[str]:
    present = ", ".join(f"@{name}" for name in shot.unnamed_cast())
    rows = {
        "Scene": shot.place, "Characters": present, "Cinematography": camera(shot), "Actions": shot.prompt,
        "Dialogue": spoken(shot.dialogue), "Voice-over": quoted(shot.voice_over) if heard else "",
        "Background Sound": shot.sound, "Music": shot.music if heard else "",
    }  # fmt: skip
    for name, words in rows.items():
        if words.strip():
            yield f"{name}: {words.strip()}"


def _flat(words: str) -> str:
    """One line without the semicolons that end a shot."""
    return " ".join(words.replace(";", ",").replace("；", "，").split())


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{int(minutes):02d}:{rest:02.0f}" if rest == round(rest) else f"{int(minutes):02d}:{rest:05.2f}"


_SYNTAX: dict[str, Callable[[str, Timed, bool], str]] = {
    "Kling": _kling, "Seedance": _seedance, "Veo": _veo, "Sora": _sora,
}  # fmt: skip
"""By family of the catalogue; the others read timed shots."""
