"""A list of shots as a language model answers it: the JSON schema that is asked for, and what is made of the answer.

The schema is strict, as OpenAI's structured outputs want it; the reading is not, since servers without schemas leave
fields out or write null. What cannot be a script is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from studio.domain import JSON
from studio.llm.json_answer import object_of
from studio.messages import Message
from studio.prompt.script.model import (
    FILM,
    DialogueLine,
    LengthFrom,
    MemberKind,
    Script,
    ScriptMember,
    ScriptShot,
    ShotField,
    SourceSpan,
    Unread,
)
from studio.prompt.script.model import Field as ScriptField
from studio.storyboard.limits import MAX_CAST, MAX_NAME_CHARS, MAX_SHOTS, MAX_TEXT_CHARS

FORM = "language_model"
MAX_LINES = 100
MIN_SHOT_S, MAX_SHOT_S = 0.5, 60.0
KINDS = get_args(MemberKind)
DEFAULT_S = 4.0
WORD = re.compile(r"[a-z0-9]{2,40}")
MIN_LINE_WORDS, UNREAD_SHARE = 4, 0.4
"""A line of fewer words tells nothing; one of which less than this share is in the script was left out."""


def _as_text(value: Any) -> Any:
    """Null is empty, a number is its digits; marks that no text may have are taken out."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value.strip() if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [] if value is None or value == "" else value


def _as_seconds(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip().removesuffix("seconds").removesuffix("s").removesuffix("秒").strip()
    return 0 if value in (None, "") else value


def _as_speech(value: Any) -> Any:
    """Lines of speech; a bare text is one line that names nobody."""
    if isinstance(value, str):
        return [{"text": value}] if value.strip() else []
    return [{"text": line} if isinstance(line, str) else line for line in value] if isinstance(value, list) else value


Words = Annotated[str, BeforeValidator(_as_text), Field(max_length=MAX_NAME_CHARS)]
Prose = Annotated[str, BeforeValidator(_as_text), Field(max_length=MAX_TEXT_CHARS)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _Line(_Part):
    speaker: Words = ""
    manner: Words = ""
    text: Prose = ""


class _Member(_Part):
    name: Words = ""
    kind: Annotated[str, BeforeValidator(_as_text)] = ""
    description: Prose = ""


class _Shot(_Part):
    number: Words = ""
    duration_s: Annotated[float, BeforeValidator(_as_seconds), Field(ge=0, le=3600)] = 0.0
    shot_size: Words = ""
    angle: Words = ""
    lens: Words = ""
    move: Words = ""
    place: Words = ""
    cast: Annotated[tuple[Words, ...], BeforeValidator(_as_list), Field(max_length=MAX_CAST)] = ()
    prompt: Prose = ""
    dialogue: Annotated[tuple[_Line, ...], BeforeValidator(_as_speech), Field(max_length=MAX_LINES)] = ()
    voice_over: Prose = ""
    sound: Prose = ""
    music: Prose = ""
    transition: Words = ""
    notes: Prose = ""


class _Answer(_Part):
    title: Words = ""
    style: Prose = ""
    negative: Prose = ""
    cast: Annotated[tuple[_Member, ...], BeforeValidator(_as_list), Field(max_length=MAX_CAST)] = ()
    shots: tuple[_Shot, ...] = Field(min_length=1, max_length=MAX_SHOTS)


def schema() -> JSON:
    """The answer's JSON schema: every field required, nothing else allowed."""
    text: JSON = {"type": "string"}
    line = _object(speaker=text, manner=text, text=text)
    member = _object(name=text, kind={"type": "string", "enum": list(KINDS)}, description=text)
    shot_fields: dict[str, JSON] = dict.fromkeys(_Shot.model_fields, text)
    shot_fields |= {"duration_s": {"type": "number"}, "cast": _list(text), "dialogue": _list(line)}
    return _object(title=text, style=text, negative=text, cast=_list(member), shots=_list(_object(**shot_fields)))


def read(answer: str) -> Script:
    """The script in an answer. Raises ValueError where the answer has none."""
    try:
        found = _Answer.model_validate(object_of(answer))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    cast = {name: member for member in found.cast if (name := _name(member.name))}
    return Script(
        form=FORM,
        title=found.title,
        style=found.style,
        negative=found.negative,
        cast=tuple(_member(name, member) for name, member in cast.items()),
        shots=tuple(_shot(number, shot) for number, shot in enumerate(found.shots, 1)),
    )


def placed(script: Script, text: str) -> Script:
    """The script with the places in the text from which its words were taken, and the lines of which nothing was."""
    spans: list[SourceSpan] = []
    at, shots = 0, list[ScriptShot]()
    for number, shot in enumerate(script.shots):
        found = [span for name, words in _fields(shot) if (span := _span(text, words, at, name, number))]
        start = min((span.start for span in found), default=at)
        end = max((span.end for span in found), default=at)
        at = max(at, start)
        spans += found
        shots.append(shot.model_copy(update={"source_start": start, "source_end": end}))
    film: list[tuple[ScriptField, str]] = [
        ("title", script.title), ("style", script.style), ("negative", script.negative)
    ]  # fmt: skip
    spans += [span for name, words in film if (span := _span(text, words, 0, name, FILM))]
    spans.sort(key=lambda span: span.start)
    return script.model_copy(
        update={"shots": tuple(shots), "spans": tuple(spans), "unread": tuple(_unread(script, text))}
    )


def words_of(script: Script) -> str:
    """All that a script says, in one text."""
    members = [f"{one.name} {one.name.replace('_', ' ')} {one.description}" for one in script.cast]
    shots = [" ".join((*(words for _, words in _fields(shot)), *shot.cast, shot.number)) for shot in script.shots]
    speakers = [f"{line.speaker} {line.manner}" for shot in script.shots for line in shot.dialogue]
    return "\n".join((script.title, script.style, script.negative, *members, *shots, *speakers))


def _fields(shot: ScriptShot) -> list[tuple[ShotField, str]]:
    """The texts of a shot by field, each spoken line for itself."""
    names: tuple[ShotField, ...] = (
        *("prompt", "shot_size", "angle", "lens", "move", "place", "voice_over", "sound", "music", "transition"),
        "notes",
    )
    found: list[tuple[ShotField, str]] = [(name, words) for name in names if (words := str(getattr(shot, name)))]
    return found + [("dialogue", line.text) for line in shot.dialogue]


def _span(text: str, words: str, at: int, name: ScriptField, shot: int) -> SourceSpan | None:
    """Where these words stand in the text, from `at` on or else anywhere; None where they were put otherwise."""
    if not words:
        return None
    found = text.find(words, at)
    found = text.find(words) if found < 0 else found
    return None if found < 0 else SourceSpan(start=found, end=found + len(words), field=name, shot=shot)


def _unread(script: Script, text: str) -> Iterator[Unread]:
    """Lines of the text of whose words the script has hardly any."""
    said = words_of(script).casefold()
    words, signs = set(WORD.findall(said)), set(said)
    at = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        kept = line.strip()
        mine = WORD.findall(kept.casefold())
        han = [sign for sign in kept if "\u4e00" <= sign <= "\u9fff"]
        there = sum(word in words for word in mine) + sum(sign in signs for sign in han)
        if len(mine) + len(han) >= MIN_LINE_WORDS and there < UNREAD_SHARE * (len(mine) + len(han)):
            first = start + line.index(kept)
            yield Unread(start=first, end=first + len(kept), text=kept[:80], reason=Message("writing.left_out"))


def _member(name: str, member: _Member) -> ScriptMember:
    kind: MemberKind = "place" if member.kind.lower() == "place" else "prop" if member.kind == "prop" else "character"
    return ScriptMember(name=name, kind=kind, description=member.description)


def _shot(number: int, shot: _Shot) -> ScriptShot:
    length_from: LengthFrom = "own" if shot.duration_s else "default"
    texts = shot.model_dump(exclude={"number", "duration_s", "cast", "dialogue"})
    return ScriptShot(
        number=shot.number or str(number),
        duration_s=min(MAX_SHOT_S, max(MIN_SHOT_S, shot.duration_s)) if shot.duration_s else DEFAULT_S,
        length_from=length_from,
        cast=tuple(name for one in shot.cast if (name := _name(one))),
        dialogue=tuple(
            DialogueLine(speaker=line.speaker, manner=line.manner, text=line.text)
            for line in shot.dialogue
            if line.text
        ),
        **texts,
    )


def _name(text: str) -> str:
    """A name as it follows an @: without spaces, of at most 40 characters."""
    joined = "_".join(text.removeprefix("@").split())
    return "".join(char for char in joined if char.isalnum() or char in "_-").lstrip("-")[:40]


def _object(**fields: JSON) -> JSON:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(of: JSON) -> JSON:
    return {"type": "array", "items": of}
