"""A shot in the words that a model reads, all its fields in one text.

What shots have had from the beginning (camera, prompt, dialogue, sound) is worded as it always was: a word changed here
would make every take of every board stale.
"""

from __future__ import annotations

import re

from studio.storyboard.model import Shot

_QUOTE = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LABELS = {
    False: {"place": "Location", "cast": "Characters", "voice_over": "Voice-over", "music": "Music"},
    True: {"place": "地点", "cast": "角色", "voice_over": "旁白", "music": "音乐"},
}
"""Words in front of a field, by whether the shot is written in Chinese."""


def describe(shot: Shot, *, heard: bool = True) -> str:
    """What a model should read for this shot: framing and camera, where and who, the prompt, speech and sound.

    heard: False leaves out what nobody could see of a silent clip: voice-over and music.
    """
    labels = _LABELS[is_chinese(shot)]
    unnamed = (", " if not is_chinese(shot) else "、").join(f"@{name}" for name in shot.unnamed_cast())
    labelled = {
        "place": _one_line(shot.place),
        "cast": unnamed,
        "voice_over": quoted(shot.voice_over) if heard else "",
        "music": _one_line(shot.music) if heard else "",
    }
    said = {name: f"{labels[name]}: {words}" if words else "" for name, words in labelled.items()}
    parts = [
        *(camera(shot), said["place"], said["cast"], shot.prompt.strip().rstrip("."), spoken(shot.dialogue)),
        *(said["voice_over"], shot.sound.strip(), said["music"]),
    ]
    return ". ".join(part for part in parts if part)


def camera(shot: Shot) -> str:
    """Framing and camera in one phrase."""
    return ", ".join(filter(None, (shot.shot_size, shot.angle, shot.lens, shot.move)))


def spoken(dialogue: str) -> str:
    """A shot's dialogue as a prompt has it: in quotes, after who says it where that is known."""
    dialogue = dialogue.strip()
    if not dialogue or _QUOTE.search(dialogue):
        return dialogue
    return f'Spoken: "{dialogue}"'


def quoted(words: str) -> str:
    """Words in quotes, unless they have some."""
    words = words.strip()
    return words if not words or _QUOTE.search(words) else f'"{words}"'


def is_chinese(shot: Shot) -> bool:
    """Whether a shot's own words are Chinese."""
    return _HAN.search(shot.prompt or shot.place or shot.dialogue) is not None


def _one_line(words: str) -> str:
    return " ".join(words.split()).rstrip(".。")
