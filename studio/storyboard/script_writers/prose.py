"""Shots as people write them: timed shots with their fields on lines below, and blocks of labelled fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from studio.prompt.script.model import DialogueLine, MemberKind, Script, ScriptShot

_EN = {
    "title": "Title", "style": "Style", "negative": "Negative prompt", "character": "Cast", "place": "Places",
    "prop": "Props", "duration": "Duration", "shot_size": "Shot size", "angle": "Camera angle", "lens": "Lens",
    "move": "Camera movement", "where": "Location", "cast": "Characters", "prompt": "Action", "dialogue": "Dialogue",
    "voice_over": "Voice-over", "sound": "Sound", "music": "Music", "transition": "Transition", "notes": "Notes",
}  # fmt: skip
_ZH = {
    "title": "标题", "style": "整体风格", "negative": "负面提示词", "character": "人物", "place": "场所",
    "prop": "道具", "duration": "时长", "shot_size": "景别", "angle": "拍摄角度", "lens": "焦距", "move": "运镜",
    "where": "地点", "cast": "出镜人物", "prompt": "画面", "dialogue": "台词", "voice_over": "旁白", "sound": "音效",
    "music": "音乐", "transition": "转场", "notes": "备注",
}  # fmt: skip
_TRANSITIONS_ZH = {"Dissolve": "叠化", "Fade to black": "淡出", "Fade to white": "渐白", "Wipe": "划像"}
_PLAIN_NUMBER = re.compile(r"\d{1,4}[A-Za-z]?")
_MENTION, _HAN = re.compile(r"@([\w][\w-]*)( ?)"), re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_KINDS: tuple[MemberKind, ...] = ("character", "place", "prop")


def timed_shots(script: Script, *, chinese: bool = False) -> str:
    """`Shot 1 [0-4s] ...` or `第1个镜头[0-4秒] ...`, a paragraph a shot where any shot has more than words."""
    labels = _ZH if chinese else _EN
    colon = "：" if chinese else ": "
    paragraphs: list[str] = []
    for place, shot in enumerate(script.shots, 1):
        lines = [f"{name}{colon}{words}" for name, words in _rows(shot, labels, chinese=chinese)]
        paragraphs.append(
            "\n".join((f"{_head(shot, place, chinese=chinese)} {_one_line(shot.prompt)}".rstrip(), *lines))
        )
    head = list(_header(script, labels, colon))
    plain = not any("\n" in paragraph for paragraph in paragraphs)
    if not plain:
        return "\n\n".join(filter(None, ("\n".join(head), *paragraphs)))
    return "\n".join((*head, *([""] if len(head) > 1 else []), *paragraphs))


def labelled(script: Script, *, chinese: bool = False) -> str:
    """A block of labelled fields for each shot, under `Shot 1` or `镜头1`."""
    labels = _ZH if chinese else _EN
    colon = "：" if chinese else ": "
    blocks = ["\n".join(_header(script, labels, colon))]
    for place, shot in enumerate(script.shots, 1):
        number = _number(shot, place)
        head = f"镜头{number}" if chinese else f"Shot {number}"
        length = f"{shot.duration_s:g}{'秒' if chinese else ' s'}"
        rows = [(labels["duration"], length), *_rows(shot, labels, chinese=chinese)]
        rows += [(labels["prompt"], _one_line(shot.prompt))] if shot.prompt.strip() else []
        blocks.append("\n".join((head, *(f"{name}{colon}{words}" for name, words in rows))))
    return "\n\n".join(filter(None, blocks))


def _header(script: Script, labels: Mapping[str, str], colon: str) -> Iterator[str]:
    for name, words in (("title", script.title), ("style", script.style), ("negative", script.negative)):
        if words.strip():
            yield f"{labels[name]}{colon}{_one_line(words)}"
    for kind in _KINDS:
        if members := [m for m in script.cast if m.kind == kind]:
            yield f"{labels[kind]}{colon.rstrip()}"
            for member in members:
                about = _one_line(member.description)
                yield f"- {member.name}{colon}{about}" if about else f"- {member.name}"


def _head(shot: ScriptShot, place: int, *, chinese: bool) -> str:
    number, start_s, end_s = _number(shot, place), shot.start_s or 0.0, shot.end_s or 0.0
    return f"第{number}个镜头[{start_s:g}-{end_s:g}秒]" if chinese else f"Shot {number} [{start_s:g}-{end_s:g}s]"


def _number(shot: ScriptShot, place: int) -> str:
    return shot.number if _PLAIN_NUMBER.fullmatch(shot.number) else str(place)


def _rows(shot: ScriptShot, labels: Mapping[str, str], *, chinese: bool) -> Iterator[tuple[str, str]]:
    """The shot's fields but its words and its length, as label and words; the spoken lines come last."""
    transition = _TRANSITIONS_ZH.get(shot.transition, shot.transition) if chinese else shot.transition
    rows = {
        "shot_size": shot.shot_size, "angle": shot.angle, "lens": shot.lens, "move": shot.move, "where": shot.place,
        "cast": ("、" if chinese else ", ").join(shot.cast) if not _all_named(shot) else "", "sound": shot.sound,
        "music": shot.music, "transition": transition, "notes": shot.notes, "voice_over": shot.voice_over,
    }  # fmt: skip
    for name, words in rows.items():
        if words.strip():
            yield labels[name], _one_line(words)
    if shot.dialogue:
        yield labels["dialogue"], spoken_lines(shot)


def _all_named(shot: ScriptShot) -> bool:
    """Whether the words name everybody, so that a list would say nothing new."""
    speakers = {line.speaker.casefold() for line in shot.dialogue}
    words = shot.prompt.casefold()
    return all(f"@{name.casefold()}" in words or name.casefold() in speakers for name in shot.cast)


def without_marks(words: str) -> str:
    """Words without the @ of names; a Chinese name loses the gap behind it as well."""
    return _MENTION.sub(lambda m: m[1] if m[2] and _HAN.search(m[1]) else m[1] + m[2], words)


def spoken_lines(shot: ScriptShot) -> str:
    """A line each. Behind somebody's line, one of nobody's says that it is not theirs."""
    lines: list[str] = []
    for line in shot.dialogue:
        unnamed = not line.speaker and lines
        lines.append(spoken(line.model_copy(update={"speaker": "Spoken"}) if unnamed else line))
    return "\n".join(lines)


def spoken(line: DialogueLine) -> str:
    """`Anna (whispering): "Wait."`"""
    head = " ".join(filter(None, (line.speaker, f"({line.manner})" if line.manner else "")))
    return f'{head}: "{line.text}"' if head else f'"{line.text}"'


def _one_line(words: str) -> str:
    return " ".join(words.split())
