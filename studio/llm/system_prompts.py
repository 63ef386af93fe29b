"""What a language model is told to do, from the texts in assets/writing/, in the language of the text it works on.

Vocabulary of Wan: the terms that the model's authors have their own prompts filled with
(Wan2.2, wan/utils/system_prompt.py). Other models get the same kinds of terms, which are the field's usual ones.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from studio.domain import Kind, Task

Language = Literal["en", "zh"]
FOLDER = Path(__file__).parents[2] / "assets" / "writing"
NAMES: dict[Language, dict[Language, str]] = {
    "en": {"en": "English", "zh": "Simplified Chinese"},
    "zh": {"en": "英语", "zh": "简体中文"},
}
"""Language of the instructions -> of the answer -> its name there."""
VOCABULARY: dict[Language, str] = {
    "en": "time of day, light source, light intensity, light angle, contrast, saturation, colour tone, camera angle, "
    "shot size, composition",
    "zh": "时间、光源、光线强度、光线角度、对比度、饱和度、色调、拍摄角度、景别、构图",
}
MEDIUM: dict[Language, dict[bool, str]] = {
    "en": {True: "videos", False: "pictures"},
    "zh": {True: "视频", False: "图片"},
}
HEARD: dict[Language, str] = {"en": " and heard", "zh": "、听得到"}
EDITS = (Task.IMAGE_EDIT, Task.VIDEO_TO_VIDEO)
"""Tasks whose prompt is an instruction about what is there already."""
WORDS_FROM_PICTURE = 100
"""Most words of a prompt for a video from a picture (Wan2.2)."""


def language_of(text: str) -> Language:
    """zh where a text has a share of Chinese characters, else en."""
    sample = text[:5000]
    han = sum("\u4e00" <= char <= "\u9fff" for char in sample)
    letters = sum(char.isalpha() for char in sample)
    return "zh" if han and han * 4 >= letters else "en"


def expand(language: Language, *, task: Task, sound: bool, answer: Language, max_chars: int | None) -> str:
    """For making a prompt richer. task: what it asks for. sound: the model makes the sound as well."""
    limit, named = _limit(language, max_chars), NAMES[language][answer]
    medium = MEDIUM[language][task.makes is Kind.VIDEO]
    if task is Task.IMAGE_TO_VIDEO:
        text = _text("expand_still", language, words=WORDS_FROM_PICTURE, limit=limit, language=named)
    elif task in EDITS:
        text = _text("expand_edit", language, medium=medium, limit=limit, language=named)
    else:
        heard, length = HEARD[language] if sound else "", _length(language, answer) + limit
        text = _text(
            "expand", language, medium=medium, heard=heard, vocabulary=VOCABULARY[language], length=length,
            language=named,
        )  # fmt: skip
    return text + _text("rules", language)


def translate(to: Language) -> str:
    """For translating a text of a film."""
    return _text("translate", to, language=NAMES[to][to]) + _text("rules", to)


def treatment(language: Language, seconds: float) -> str:
    """For the story of an idea."""
    filled = _text("treatment", language, seconds=f"{seconds:g}", language=NAMES[language][language])
    return filled + _text("rules", language)


def shots(language: Language, seconds: float, count: int) -> str:
    """For shots of a story. count: how many, 0 for as many as fit."""
    said = {"en": f", in {count} shots", "zh": f"，共{count}个镜头"}[language] if count else ""
    form = _text("form", language)
    return _text("shots", language, seconds=f"{seconds:g}", count=said, form=form) + _text("rules", language)


def script(language: Language) -> str:
    """For reading a script of any form."""
    return _text("script", language, form=_text("form", language)) + _text("rules", language)


def retake(language: Language, *, video: bool, max_chars: int | None) -> str:
    """For correcting a prompt by a comment."""
    medium, limit = MEDIUM[language][video], _limit(language, max_chars).strip()
    return _text("retake", language, medium=medium, length=limit) + _text("rules", language)


def _length(language: Language, answer: Language) -> str:
    if language == "zh":
        return "长度80到200个字。" if answer == "zh" else "长度60到200个英文单词。"
    return "60 to 200 words." if answer == "en" else "80 to 200 Chinese characters."


def _limit(language: Language, max_chars: int | None) -> str:
    if not max_chars:
        return ""
    return {"en": f" Never more than {max_chars} characters.", "zh": f"绝不超过{max_chars}个字符。"}[language]


def _text(name: str, of: Language, /, **blanks: object) -> str:
    """A text with its blanks filled in. Other braces, as of JSON, stay."""
    text = _file(name, of)
    for blank, value in blanks.items():
        text = text.replace(f"{{{blank}}}", str(value))
    return text


@cache
def _file(name: str, language: Language) -> str:
    return (FOLDER / language / f"{name}.md").read_text("utf-8")
