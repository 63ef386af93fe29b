"""A board from text, and text from a board: multi-shot prompts, and plain scripts one paragraph a shot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio import timing
from studio.storyboard.board import Board, Shot, new_id

WORDS_PER_S = 2.6
"""Speaking rate that a line of dialogue is timed with, words a second (conversational English is 2.3 to 3)."""

HAN_PER_S = 4.5
"""The same in Chinese characters a second."""

_HEADING = re.compile(
    r"^\s*(?:(?:shot|scene)\s*#?\s*\d+|第\s*[\d一二三四五六七八九十]+\s*个?\s*(?:镜头|场景|幕)|镜头\s*\d+|\d+[.)、])\s*[:：.、-]?\s*",
    re.IGNORECASE,
)
_SLUG = re.compile(r"^\s*(?:INT|EXT|INT\./EXT|内景|外景)[.。·\s].*", re.IGNORECASE)
_STYLE = re.compile(r"^\s*(?:global\s+style|style|overall|全局风格|整体风格|风格)\s*[:：]\s*", re.IGNORECASE)
_SECONDS = re.compile(r"[\[(（]\s*(\d+(?:\.\d+)?)\s*(?:s|sec|seconds|秒)\s*[\])）]", re.IGNORECASE)
_QUOTE = re.compile(r"[\"“]([^\"”]+)[\"”]")


@dataclass(frozen=True)
class Read:
    """Shots and a style line found in a text, with sentences about what was unclear."""

    style: str
    shots: tuple[Shot, ...]
    faults: tuple[str, ...]


def read(text: str, *, default_s: float = 4.0) -> Read:
    """Shots from a multi-shot prompt (`Shot 1 [0-3s] ...`) or, without times, from paragraphs and numbered lines.

    Lengths that the text does not give are estimated from its spoken lines, `default_s` at least.
    """
    script = timing.parse(text.strip())
    if script.spans:
        shots = tuple(
            _shot(s.text, max(0.2, round(s.end_s - s.start_s, 3))) for s in script.spans if s.end_s > s.start_s
        )
        return Read(_STYLE.sub("", script.style).strip(), shots, tuple(timing.faults(script)))
    style, blocks = _blocks(text)
    shots = tuple(_shot(*_timed(block, default_s)) for block in blocks)
    return Read(style, shots, () if shots else ("There is no text to make shots of.",))


def rewritten(board: Board, read: Read) -> Board:
    """The board with the shots of a text instead of its own.

    A shot whose words stand unchanged stays as it is, with its takes, and only its length follows the text.
    """
    old = list(board.shots)
    shots = []
    for new in read.shots:
        same = next((s for s in old if describe(s) == new.prompt), None)
        if same is None:
            shots.append(new)
            continue
        old.remove(same)
        length = new.duration_s + same.trim_in_s + same.trim_out_s
        shots.append(
            same if abs(same.length_s - new.duration_s) < 1e-3 else same.model_copy(update={"duration_s": length})
        )
    return board.model_copy(update={"shots": tuple(shots), "style": read.style or board.style})


def write(board: Board, *, chinese: bool = False) -> str:
    """The whole board as one multi-shot prompt; @names are kept."""
    texts = [describe(shot) for shot in board.shots]
    return timing.write(board.style, texts, [s.length_s for s in board.shots], chinese=chinese)


def describe(shot: Shot) -> str:
    """What a model should read for this shot: framing and camera first, then the prompt, speech and sound."""
    camera = ", ".join(filter(None, (shot.shot_size, shot.lens, shot.move)))
    parts = [camera, shot.prompt.strip().rstrip("."), _spoken(shot.dialogue), shot.sound.strip()]
    return ". ".join(p for p in parts if p)


def _spoken(dialogue: str) -> str:
    dialogue = dialogue.strip()
    if not dialogue or _QUOTE.search(dialogue):
        return dialogue
    return f'Spoken: "{dialogue}"'


def _shot(prompt: str, seconds: float) -> Shot:
    return Shot(id=new_id("s"), prompt=prompt.strip(), duration_s=min(seconds, 60))


def _blocks(text: str) -> tuple[str, list[str]]:
    """Style line and one block a shot: by headings where there are any, else by paragraphs, else by lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    style = ""
    if lines and _STYLE.match(lines[0]):
        style, lines = _STYLE.sub("", lines[0]).strip(), lines[1:]
    heads = [i for i, line in enumerate(lines) if _HEADING.match(line) or _SLUG.match(line)]
    if heads:
        style = style or " ".join(line.strip() for line in lines[: heads[0]] if line.strip())
        ends = [*heads[1:], len(lines)]
        grouped = [lines[a:b] for a, b in zip(heads, ends, strict=True)]
    else:
        paragraphs = re.split(r"\n\s*\n", "\n".join(lines))
        grouped = [p.splitlines() for p in paragraphs] if len(paragraphs) > 1 else [[line] for line in lines]
    joined = (" ".join(part.strip() for part in group if part.strip()) for group in grouped)
    return style, [block for block in (_HEADING.sub("", one).strip() for one in joined) if block]


def _timed(block: str, default_s: float) -> tuple[str, float]:
    if given := _SECONDS.search(block):
        return _SECONDS.sub("", block, count=1), float(given[1])
    speech = " ".join(_QUOTE.findall(block))
    han = len(re.findall(r"[\u4e00-\u9fff]", speech))
    words = len(re.findall(r"[A-Za-z0-9']+", speech))
    spoken_s = han / HAN_PER_S + words / WORDS_PER_S
    return block, max(default_s, round(spoken_s + 0.8, 1)) if spoken_s else default_s
