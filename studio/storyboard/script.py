"""A board from text, and text from a board: multi-shot prompts, and plain scripts one paragraph a shot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.messages import Message
from studio.prompt import shots as prompt_shots
from studio.storyboard import limits
from studio.storyboard import script_header as heads
from studio.storyboard.from_script import BoardParts
from studio.storyboard.model import Board, CastMember, Shot, new_id
from studio.storyboard.wording import describe

WORDS_PER_S = 2.6
"""Speaking rate that a line of dialogue is timed with, words a second (conversational English is 2.3 to 3)."""

HAN_PER_S = 4.5
"""The same in Chinese characters a second."""

_HEADING = re.compile(
    r"^\s*(?:(?:shot|scene)\s*(?:#\s*)?\d+|第\s*[\d一二三四五六七八九十]+\s*(?:个\s*)?(?:镜头|场景|幕)|镜头\s*\d+|\d+[.)、])"
    r"\s*(?:[:：.、-]\s*)?",
    re.IGNORECASE,
)
_SLUG = re.compile(r"^\s*(?:INT|EXT|INT\./EXT|内景|外景)[.。·\s].*", re.IGNORECASE)
_STYLE = re.compile(r"^\s*(?:global\s+style|style|overall|全局风格|整体风格|风格)\s*[:：]\s*", re.IGNORECASE)
_SECONDS = re.compile(r"[\[(（]\s*(\d{1,9}(?:\.\d{1,9})?)\s*(?:s|sec|seconds|秒)\s*[\])）]", re.IGNORECASE)
_QUOTE = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_SPEECH = re.compile(
    r"(?:^|(?<=[.!?。！？…;；\n\"”]))\s*"
    r"(?P<who>@?[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*)?)\s*[:：]\s*(?P<line>[\"“][^\"“”]+[\"”])"
)
"""`Maren: "Every night."` as a sentence of its own: who speaks, in one or two words, and the line."""

_WHITE = re.compile(r"\s{2,}")

_NOT_SPEAKERS = {"spoken", "dialogue", "voice", "对白", "台词"}
"""Words before a quoted line that name no speaker."""


@dataclass(frozen=True)
class ParsedScript:
    """What was found in a text: style line, shots, title and cast, and sentences about what was unclear.

    texts: the words of each shot as they were written, before names and spoken lines were taken out of them.
    """

    style: str = ""
    shots: tuple[Shot, ...] = ()
    faults: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    title: str = ""
    cast: tuple[CastMember, ...] = ()


def parse(text: str, *, default_s: float = 4.0) -> ParsedScript:
    """Shots from a multi-shot prompt (`Shot 1 [0-3s] ...`) or, without times, from paragraphs and numbered lines.

    Lengths that the text does not give are estimated from its spoken lines, `default_s` at least.
    """
    header = heads.split_header(text)
    script = prompt_shots.parse(header.rest.strip())
    if script.spans:
        style, faults = _STYLE.sub("", script.style).strip(), tuple(prompt_shots.faults(script))
        texts = [(s.text, max(0.2, round(s.end_s - s.start_s, 3))) for s in script.spans if s.end_s > s.start_s]
    else:
        style, blocks = _blocks(header.rest)
        texts = [_with_duration(block, default_s) for block in blocks]
        faults = () if texts else (Message("script.empty"),)
    if len(texts) > limits.MAX_SHOTS:
        texts = texts[: limits.MAX_SHOTS + 1]  # one too many, so that nobody takes them for the whole
        faults = (Message("board.too_many_shots", most=limits.MAX_SHOTS),)
    linker = heads.Linker(header.cast)
    shots = tuple(_shot(words, seconds, linker) for words, seconds in texts)
    return ParsedScript(style, shots, faults, tuple(words.strip() for words, _ in texts), header.title, header.cast)


def parts_of(text: str, *, form: str = "") -> BoardParts:
    """What a text gives to a board. form: the id of its form; "" finds out."""
    parsed = parse(text) if text.strip() else ParsedScript()
    return BoardParts(parsed.shots, parsed.cast, parsed.style, title=parsed.title)


def write(board: Board, *, chinese: bool = False) -> str:
    """The whole board as one multi-shot prompt; @names are kept."""
    texts = [describe(shot) for shot in board.shots]
    return prompt_shots.write(board.style, texts, [s.length_s for s in board.shots], chinese=chinese)


def _shot(words: str, seconds: float, linker: heads.Linker) -> Shot:
    words = _WHITE.sub(lambda run: "\n " if "\n" in run[0] else " ", linker.link(words))
    spoken = " ".join(map(_line, _SPEECH.finditer(words)))
    prompt = _WHITE.sub(" ", _SPEECH.sub(" ", words)).strip()
    return Shot(id=new_id("s"), prompt=prompt, dialogue=spoken, duration_s=min(seconds, 60))


def _line(spoken: re.Match[str]) -> str:
    return (
        spoken["line"].strip('"“”')
        if spoken["who"].casefold() in _NOT_SPEAKERS
        else f"{spoken['who']}: {spoken['line']}"
    )


def _blocks(text: str) -> tuple[str, list[str]]:
    """Style line and one block a shot: by headings where there are any, else by paragraphs, else by lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    style = ""
    if lines and _STYLE.match(lines[0]):
        style, lines = _STYLE.sub("", lines[0]).strip(), lines[1:]
    heading_lines = [i for i, line in enumerate(lines) if _HEADING.match(line) or _SLUG.match(line)]
    if heading_lines:
        style = style or " ".join(line.strip() for line in lines[: heading_lines[0]] if line.strip())
        ends = [*heading_lines[1:], len(lines)]
        grouped = [lines[a:b] for a, b in zip(heading_lines, ends, strict=True)]
    else:
        paragraphs = re.split(r"\n\s*\n", "\n".join(lines))
        grouped = [p.splitlines() for p in paragraphs] if len(paragraphs) > 1 else [[line] for line in lines]
    joined = (" ".join(part.strip() for part in group if part.strip()) for group in grouped)
    return style, [block for block in (_HEADING.sub("", block_).strip() for block_ in joined) if block]


def _with_duration(block: str, default_s: float) -> tuple[str, float]:
    if duration := _SECONDS.search(block):
        return _SECONDS.sub("", block, count=1), float(duration[1])
    speech = " ".join(_QUOTE.findall(block))
    han = len(re.findall(r"[\u4e00-\u9fff]", speech))
    words = len(re.findall(r"[A-Za-z0-9']+", speech))
    spoken_s = han / HAN_PER_S + words / WORDS_PER_S
    return block, max(default_s, round(spoken_s + 0.8, 1)) if spoken_s else default_s
