"""Lines below the last shot that speak of the whole film: `Overall tone: ...`, `Camera: ...` after shots without such a
line, `整体风格：...`, `Preserve identity in every shot.`"""

from __future__ import annotations

import re
from collections.abc import Iterable

from studio.prompt.script.film_words import is_chat
from studio.prompt.script.labels import film_field, shot_field
from studio.prompt.script.source import Slice

_LABEL = re.compile(
    r"[ \t]{0,8}(?:[-*•#>]{1,4}[ \t]{0,3}|[一二三四五六七八九十]{1,3}[、.．])?[*_]{0,3}"
    r"(?:[\[【][ \t]?(?P<boxed>[^\[\]【】\n:：]{2,40}?)[ \t]?[\]】][*_]{0,3}[:：]?"
    r"|(?P<label>[^\W\d_][^\n:：.。!！?？\"“「]{0,40}?)[*_ \t]{0,4}[:：])"
)
_FILM_WIDE = re.compile(
    r"\b(?:overall|global|throughout|entire|whole (?:film|video|clip|thing|sequence)|all (?:shots|scenes)"
    r"|every (?:shot|scene|frame)|consistent|consistency|preserve|maintain|keep (?:the )?same"
    r"|no (?:text|music|subtitles?|watermarks?|logos?))\b"
    r"|整体|全片|全程|整段|通篇|所有镜头|每个镜头|统一|一致|画面流畅|无字幕|无水印|不要(?:出现)?|禁止|保持",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?:overall|global|general|whole|entire|common)(?![a-z])|(?:visual |art |film )?style\b|tone\b|look\b|mood\b"
    r"|aesthetics?\b|(?:character|subject|style|image|face)s? (?:reference|consistency|sheet|description)"
    r"|characters?\b|cast\b"
    r"|continuity\b|consistency\b|negative|avoid|constraints?\b|exclude|aspect ratio|duration\b|total\b|technical"
    r"|quality\b|format\b|colou?r (?:palette|grade|grading)|palette\b"
    r"|整体|全局|全片|风格|画风|画面风格|视觉风格|基调|色调|氛围|角色|人物|负面|反向|禁止|避免|约束|要求|注意|比例"
    r"|画幅|总时长|画质|参考|贯穿",
    re.IGNORECASE,
)
"""Labels that a single shot does not have."""
_OF_A_SHOT = ("dialogue", "voice_over", "prompt", "duration", "number", "transition")
"""Fields that no film has as a whole."""
_SENTENCE = re.compile(
    r"(?<=[.!?。！？;；\"”)）])[ \t]{0,3}(?="
    r"(?:(?:overall|global|visual|general) (?:tone|style|mood|look|atmosphere|aesthetic|feel|rules?|lighting)"
    r"|style|negative prompt|negative|character reference"
    r"|整体风格|整体氛围|整体基调|整体|全片风格|画面风格|风格|负面提示词|色调) ?[:：])",
    re.IGNORECASE,
)
"""Where such a label begins within a paragraph."""
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]{1,4}(?P<label>[^\n:：]{1,40}?)[ \t]*[:：]?[ \t]*\Z")
_ITEM = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)、])\s")


def closing_start(last: Slice, others: Iterable[Slice]) -> int:
    """Where the film's own closing lines begin in the words of the last shot; its length where there are none.

    others: the words of the other shots. A label that they have too belongs to the shot.
    """
    shared: set[str] | None = None
    seen = set[str]()
    after_gap = False
    at = 0
    for number, line in enumerate(last.lines()):
        at = line.start - last.start
        if not line.text.strip():
            after_gap = bool(number) or after_gap
            continue
        label = _label(line.text)
        if label:
            shared = _labels(others) if shared is None else shared
            if _is_film_label(label, shared, seen, first=not last.text[:at].strip()):
                return at
            seen.add(label)
        elif after_gap and (is_chat(line.text) or (not _ITEM.match(line.text) and _FILM_WIDE.search(line.text[:400]))):
            return at
        after_gap = False
    sentence = _SENTENCE.search(last.text)
    return sentence.end() if sentence else len(last.text)


def _is_film_label(label: str, shared: set[str], seen: set[str], *, first: bool) -> bool:
    if label in shared and label not in seen:
        return False
    if _STRONG.match(label) or (label.startswith("#") and not first):
        return True
    if label not in seen and any(shot_field(other) for other in shared | seen):
        return False  # shots with labelled lines have "Music" and "Dialogue" of their own
    return not first and shot_field(label) not in _OF_A_SHOT and bool(shot_field(label) or film_field(label))


def _labels(bodies: Iterable[Slice]) -> set[str]:
    return {label for body in bodies for line in body.lines() if (label := _label(line.text))}


def _label(line: str) -> str:
    """What stands before a colon or in a box, in lower case; a heading keeps its #."""
    if heading := _HEADING.match(line[:80]):
        return "#" + heading["label"].strip(" *_").casefold()
    match = _LABEL.match(line[:80])
    return (match["boxed"] or match["label"] or "").strip(" \t*_").casefold() if match else ""
