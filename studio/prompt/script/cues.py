"""Captions as shots: a cue is a shot with its words. SRT and WebVTT.

pysubs2 reads the times. It does not tell where a cue stands in the text, so the cues are found here, by the lines that
hold their times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.dialogue import lines_of
from studio.prompt.script.model import DialogueLine
from studio.prompt.script.records import CAMERA
from studio.prompt.script.shot_builder import ShotBuilder
from studio.prompt.script.source import Slice
from studio.prompt.script.words import free

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}|\d{1,3}:\d{1,2}:\d{1,2}"
TIMES = re.compile(rf"^[ \t\ufeff]{{0,9}}({_TIME})[ \t]{{0,9}}-+>[ \t]{{0,9}}({_TIME})[^\n]{{0,200}}$", re.MULTILINE)
"""The line of a cue's times, with VTT's settings after them."""
_VOICE = re.compile(r"<v(?:\.[\w.-]{1,40})?[ \t]+([^<>\n]{1,80})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}\n]{0,200}\}")
_SOUND = re.compile(r"[\[(（【][^\[\]()（）【】\n]{1,200}[\])）】]")
_MUSIC = re.compile(r"[♪♫🎵]|\b(?:music|song|singing|score)\b|音乐|歌曲|配乐", re.IGNORECASE)
_DASH = re.compile(r"\s*[-–—]\s*(?=\S)")
_VTT_BLOCK = re.compile(r"\s*(?:NOTE|STYLE|REGION)\b")


@dataclass(frozen=True)
class Cue:
    """A cue with its times in seconds. times: where they stand. words: its lines. comments: those after it."""

    start_s: float
    end_s: float
    times: Slice
    words: tuple[Slice, ...]
    comments: tuple[Slice, ...]


def cues(source: Slice) -> Iterator[Cue]:
    """The cues, in the order of the text."""
    heads = list(TIMES.finditer(source.text))
    ends = [*(head.start() for head in heads[1:]), len(source.text)]
    for head, end in zip(heads, ends, strict=False):
        lines = [line.strip() for line in source.part(head.end(), end).lines()][1:]  # after the rest of that line
        paragraphs = _paragraphs(lines, last=end == len(source.text))
        words = tuple(line for lines in paragraphs for line in lines if not _is_comment(lines))
        comments = tuple(line for lines in paragraphs for line in lines if _is_comment(lines))
        yield Cue(_seconds(head[1]), _seconds(head[2]), source.part(head.start(1), head.end(2)), words, comments)


def _paragraphs(lines: list[Slice], *, last: bool) -> list[list[Slice]]:
    """Lines between empty ones; without the number or name of the next cue, which stands right above its times."""
    if not last and lines and lines[-1] and (lines[-1].text.isdecimal() or (len(lines) > 1 and not lines[-2])):
        lines = lines[:-1]
    paragraphs: list[list[Slice]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]


def _is_comment(lines: list[Slice]) -> bool:
    return bool(_VTT_BLOCK.match(lines[0].text))


def put(build: ScriptBuilder) -> None:
    """A shot of each cue."""
    found = list(cues(build.source))
    if not found:
        build.unread(build.source, Message("tables.no_cues"))
    else:
        _put_head(build, build.source.part(0, found[0].times.start))
    shows = _are_pictures(found)
    for cue in found:
        shot = build.shot()
        if cue.end_s > cue.start_s:
            shot.times(cue.start_s, cue.end_s, cue.times)
        if shows and cue.words:
            shot.read(build.source.part(cue.words[0].start, cue.words[-1].end))
        else:
            _put_words(shot, cue.words)
        for comment in cue.comments:
            build.unread(comment, Message("tables.captions_comment"))


def _are_pictures(found: list[Cue]) -> bool:
    """Whether most cues speak of the camera: then they say what is seen, and nobody speaks them."""
    judged = [cue.words[0] for cue in found[:100] if cue.words]
    camera = sum(any(piece.field in CAMERA for piece in free(words)) for words in judged)
    return bool(judged) and 2 * camera > len(judged)


def _put_head(build: ScriptBuilder, head: Slice) -> None:
    """What stands before the first cue: its number, or the head of a VTT file with its comments."""
    lines = [line.strip(" \t\ufeff") for line in head.lines()]
    if lines and not lines[-1]:
        lines.pop()  # blanks before the times
    if lines and lines[0].text.startswith("WEBVTT"):
        lines = lines[1:]
    for paragraph in _paragraphs(lines, last=False):
        for line in paragraph:
            build.unread(line, Message("tables.captions_comment"))


def _put_words(shot: ShotBuilder, words: tuple[Slice, ...]) -> None:
    """Spoken lines, sounds in brackets and music of one cue."""
    spoken: list[Slice] = []
    speaker = manner = ""
    for line in words:
        voice = _VOICE.search(line.text)
        clean = _clean(line)
        dash = _DASH.match(clean.text)
        if voice or dash:
            _say(shot, speaker, manner, spoken)
            spoken = []
            speaker, manner = _who(voice[1]) if voice else ("", "")
            clean = clean.part(dash.end() if dash else 0)
        clean = clean.strip()
        if not clean:
            continue
        if "♪" in clean.text or "♫" in clean.text or "🎵" in clean.text:
            shot.put("music", clean.strip(" ♪♫🎵[]()"))
        elif _SOUND.fullmatch(clean.text):
            shot.put("music" if _MUSIC.search(clean.text) else "sound", clean.part(1, len(clean.text) - 1).strip())
        else:
            spoken.append(clean)
    _say(shot, speaker, manner, spoken)


def _who(words: str) -> tuple[str, str]:
    """Name and manner of `Skipper (shouting)`."""
    name, _, manner = words.partition("(")
    return name.strip(), manner.strip(" )")


def _say(shot: ShotBuilder, speaker: str, manner: str, lines: list[Slice]) -> None:
    if not lines:
        return
    words = " ".join(line.text for line in lines)
    part = Slice(words, lines[0].start, cell=(lines[0].span[0], lines[-1].span[1])) if len(lines) > 1 else lines[0]
    if not speaker:
        shot.put("dialogue", part)
        return
    for line, where in lines_of(part):
        shot.say(DialogueLine(speaker=line.speaker or speaker, manner=line.manner or manner, text=line.text), where)


def _clean(line: Slice) -> Slice:
    """A line without tags, with its entities as signs."""
    text = html.unescape(_TAG.sub("", line.text)).replace("\xa0", " ").strip()
    inner = line.text.find(text) if text else 0
    return line.part(inner, inner + len(text)) if inner >= 0 else Slice(text, line.start, cell=line.span)


def _seconds(time: str) -> float:
    from pysubs2.time import timestamp_to_ms  # pysubs2 takes a while to load

    clock, _, fraction = time.replace(",", ".").partition(".")
    return timestamp_to_ms([*["0", "0", *clock.split(":")][-3:], fraction or "0"]) / 1000
