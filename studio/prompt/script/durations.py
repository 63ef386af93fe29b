"""Lengths and times as scripts write them: `3s`, `2.5 sec`, `4秒`, `1:05`, `00:00-00:04`, `0–3 s`, `48 frames`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

FRAMES_PER_S = 24.0
"""What frames are counted with where a text has them: `72 frames`, the last part of `00:00:03:12`."""
MAX_SECONDS = 36_000.0

_N = r"\d{1,6}(?:[.,]\d{1,6})?"
_UNIT_S = r"(?:seconds?|secs?|sek(?:unden?)?|s|秒钟?|\")"
UNIT = rf"(?:\s*{_UNIT_S}(?![a-z]))"
_MIN = r"(?:minutes?|mins?|m|分钟?|')"
_CLOCK = r"\d{1,3}(?::\d{1,2}){1,3}(?:[.,]\d{1,6})?"
TIME = rf"(?:{_CLOCK}|(?:\d{{1,4}}\s*{_MIN}(?![a-z])\s*)?{_N}{UNIT}?)"
"""One point in time or one length, without brackets."""
DASH = r"\s*(?:-+>?|–|—|~|～|至|到|→|〜|to\b|until\b|till\b)\s*"
RANGE = rf"{TIME}{DASH}{TIME}"
"""Two times with a dash or a word between them."""

_SECONDS = re.compile(rf"(?:(?P<min>\d{{1,4}})\s*{_MIN}(?![a-z])\s*)?(?:(?P<s>{_N}){UNIT}?)?", re.IGNORECASE)
_MINUTES = re.compile(rf"(?P<min>{_N})\s*(?:minutes?|mins?|分钟?)", re.IGNORECASE)
_FRAMES = re.compile(r"(?P<n>\d{1,6})\s*(?:frames?|fr|f|帧)(?![a-z])", re.IGNORECASE)
_WHOLE_RANGE = re.compile(rf"(?P<a>{TIME}){DASH}(?P<b>{TIME})", re.IGNORECASE)
_AROUND = " \t\r\n[]()（）【】{}<>*_`:：,，;；."
_ABOUT = re.compile(
    r"^(?:(?:duration|length|time|about|approx\.?|around|ca\.?|circa|total|约|大约|时长|共|全长)\s*[:：=]?\s*|[~≈±]\s*)+",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*(?:long|total|each|左右|以内|in total|approx\.?)$", re.IGNORECASE)


@lru_cache(4096)
def parse_seconds(text: str) -> float | None:
    """Seconds of a length, or of a point in time; None for anything else, and for 0 of a length nobody could show.

    A bare number is seconds. 00:03 is 3 s, 1:05 is 65 s, 00:00:03:12 is 3.5 s at 24 frames a second.
    """
    words = _plain(text)
    if not words or len(words) > 40:
        return None
    if re.fullmatch(_CLOCK, words):
        return _clock(words)
    if frames := _FRAMES.fullmatch(words):
        return _bounded(float(frames["n"]) / FRAMES_PER_S)
    if minutes := _MINUTES.fullmatch(words):
        return _bounded(_number(minutes["min"]) * 60)
    match = _SECONDS.fullmatch(words)
    if match is None or not (match["min"] or match["s"]):
        return None
    return _bounded(60 * int(match["min"] or 0) + _number(match["s"] or "0"))


@lru_cache(4096)
def parse_range(text: str) -> tuple[float, float] | None:
    """Start and end in seconds of `0-3s`, `00:00–00:04`, `0 to 3 seconds`; None for anything else."""
    words = _plain(text)
    if not words or len(words) > 60 or not (match := _WHOLE_RANGE.fullmatch(words)):
        return None
    start, end = parse_seconds(match["a"]), parse_seconds(match["b"])
    return None if start is None or end is None else (start, end)


def _plain(text: str) -> str:
    if len(text) > 200:
        return ""
    words = unicodedata.normalize("NFKC", text.replace("″", "s").replace("′", "m")).strip(_AROUND)
    return _AFTER.sub("", _ABOUT.sub("", words)).strip(_AROUND).casefold()


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _clock(text: str) -> float | None:
    """MM:SS, HH:MM:SS or HH:MM:SS:FF."""
    parts = [_number(part) for part in text.split(":")]
    if len(parts) == 4:
        return _bounded(parts[0] * 3600 + parts[1] * 60 + parts[2] + parts[3] / FRAMES_PER_S)
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + part
    return _bounded(seconds)


def _bounded(seconds: float) -> float | None:
    return round(seconds, 3) if 0 <= seconds <= MAX_SECONDS else None
