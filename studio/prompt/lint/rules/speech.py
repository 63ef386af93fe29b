"""Spoken words in a clip without sound, or more of them than the shot has time for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Facts, FieldChange, Finding, Remedy
from studio.prompt.lint.source import HAN, WORD, Source

WORDS_PER_S, HAN_PER_S = 2.6, 4.5
"""Calm speech, as lengths are estimated with."""
FASTEST_WORDS_PER_S, FASTEST_HAN_PER_S = 3.6, 6.5
"""Beyond this nobody speaks clearly."""

_SPEAKS = re.compile(
    r"\b(?:says?|said|saying|asks?|asking|whispers?|whispering|shouts?|shouting|yells?|replies|replying|answers?"
    r"|speaks?|speaking|"
    r"murmurs?|mutters?|exclaims?|announces?|narrates?|narrator|narration|voice-?over|dialogue|spoken|line"
    r"|sings?|singing|tells?|calls? out)\b"
    r"|说|道|喊|问|答|低语|旁白|台词|对白|念|唱|叫",
    re.IGNORECASE,
)
_TAG = re.compile(r"\s?,?\s?(?:(?:he|she|they|[A-Z]\w+)\s)?(?:says|said|asks|whispers|shouts|replies)\b")
"""Behind the words: who says them."""
_WRITTEN = re.compile(
    r"\b(?:reads?|reading|written|labell?ed|titled|text|words?|sign|caption|letters|logo|title|label|named"
    r"|called|known as|brand|print(?:ed)?|"
    r"screen|banner|poster|style|neon|typed?|font|subtitle|super|breakdown|chapter|episode)\b|\"\s?:$|写着|字样|标题|文字|招牌|字幕|名为|叫做|标语|印着|题",
    re.IGNORECASE,
)
NEAR = 48
"""Characters before a quotation that say what it is."""


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """Speech in quotation marks, shot by shot, and the shot's own dialogue."""
    if facts.makes != "video":
        return
    spoken = [span for span in source.quoted if is_spoken(source.text, span)]
    dialogue = facts.dialogue.strip()
    if not spoken and not dialogue:
        return
    if facts.sound in ("off", "never"):
        yield _silent(facts, spoken[0] if spoken else None)
        return
    for start, end, seconds in source.shots:
        mine = [span for span in spoken if start <= span[0] < end]
        words = " ".join(source.text[low:high] for low, high in mine)
        if len(source.shots) == 1:
            words = f"{words} {_without_speakers(dialogue)}"
        if seconds and fastest_s(words) > seconds:
            yield _hurried(facts, words, seconds, mine, single=len(source.shots) == 1)


def is_spoken(text: str, span: tuple[int, int]) -> bool:
    """Whether a quotation is speech rather than writing in the picture: what stands near it says so."""
    before = text[max(0, span[0] - NEAR) : span[0]].rstrip()
    before = before.rpartition("\n")[2]  # a line of its own says nothing about the next
    after = text[span[1] : span[1] + NEAR // 2]
    written, said = _last(_WRITTEN, before), _last(_SPEAKS, before)
    if said < 0 and written < 0:
        return before.endswith((":", "：")) or bool(_TAG.match(after))
    return said > written


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.start() for found in pattern.finditer(text)), default=-1)


def seconds_of(words: str) -> float:
    """Seconds that these words take when spoken calmly."""
    return _rate(words, WORDS_PER_S, HAN_PER_S)


def fastest_s(words: str) -> float:
    """Seconds that these words take at the least."""
    return _rate(words, FASTEST_WORDS_PER_S, FASTEST_HAN_PER_S)


def _rate(words: str, words_per_s: float, han_per_s: float) -> float:
    han = len(HAN.findall(words))
    return han / han_per_s + sum(1 for _ in WORD.finditer(HAN.sub(" ", words))) / words_per_s


def _without_speakers(dialogue: str) -> str:
    return re.sub(r"(?m)^[^\n:：\"“]{1,40}[:：]", " ", dialogue)


def _silent(facts: Facts, place: tuple[int, int] | None) -> Finding:
    start, end = place or (0, 0)
    field = "prompt" if place else "dialogue"
    if not facts.sound_switch:
        return Finding(
            rule="speech.silent_model",
            field=field,
            start=start,
            end=end,
            message=Message("lint.silent_model", model=facts.model),
        )
    on = Remedy(label=Message("lint.do_sound"), changes=(FieldChange(field="audio", value=True),))
    return Finding(
        rule="speech.sound_off",
        field=field,
        start=start,
        end=end,
        severity="warning",
        message=Message("lint.sound_off"),
        remedies=(on,),
    )


def _hurried(facts: Facts, words: str, seconds: float, places: list[tuple[int, int]], *, single: bool) -> Finding:
    needed = math.ceil(seconds_of(words) + 0.5)
    longer = facts.at_least(needed) if single else None
    remedies: tuple[Remedy, ...] = ()
    if longer:
        change = FieldChange(field="duration_s", value=longer)
        remedies = (Remedy(label=Message("lint.do_length", seconds=f"{longer:g}"), changes=(change,)),)
    start, end = (places[0][0], places[-1][1]) if places else (0, 0)
    message = Message("lint.speech_long", needed=needed, seconds=f"{seconds:g}")
    return Finding(
        rule="speech.too_long",
        field="prompt" if places else "dialogue",
        start=start,
        end=end,
        severity="warning",
        message=message,
        remedies=remedies,
    )
