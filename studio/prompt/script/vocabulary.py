"""Words of the camera: shot sizes, angles, lenses and moves, English and Chinese, with their abbreviations.

Sources: StudioBinder's shot list guides, the shot and camera lists of the Wan 2.2 and Veo 3 prompt guides, and the 景别
and 运镜 tables of Chinese shot scripts.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

CameraField = Literal["shot_size", "angle", "lens", "move"]

MAX_TERM_CHARS = 80
"""Longest phrase that is taken as terms of the camera alone."""

SIZES = (
    "extreme close-up", "close-up", "medium close-up", "medium shot", "medium wide shot", "cowboy shot", "full shot",
    "wide shot", "extreme wide shot", "establishing shot", "two-shot", "insert",
    "大特写", "特写", "近景", "中近景", "中景",
    "全景", "远景", "大远景",
)  # fmt: skip
"""What pages suggest, in the order of the field."""
ANGLES = (
    "eye level", "low angle", "high angle", "overhead", "bird's-eye view", "worm's-eye view", "Dutch angle",
    "over-the-shoulder", "point of view", "profile", "from behind", "aerial",
    "平视", "仰拍", "俯拍", "鸟瞰", "过肩", "主观视角",
    "侧面", "背面",
)  # fmt: skip
MOVES = (
    "static", "pan left", "pan right", "tilt up", "tilt down", "push in", "pull back", "zoom in", "zoom out",
    "tracking shot", "dolly in", "dolly out", "crane up", "crane down", "orbit", "handheld", "whip pan", "dolly zoom",
    "固定", "推", "拉", "摇", "移", "跟拍", "升", "降", "环绕", "手持",
)  # fmt: skip
LENSES = (
    "14mm",
    "24mm",
    "35mm",
    "50mm",
    "85mm",
    "135mm",
    "wide-angle lens",
    "telephoto",
    "macro",
    "anamorphic",
    "广角",
    "长焦",
)

_TERMS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_SPEED = re.compile(_TERMS["modifier"][0] + r"$|^[缓慢快急平轻微逐]", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:(?:an?|the|and|with|on|then|at) )+(?:camera )?(?=\S)", re.IGNORECASE)
_GAP = re.compile(r"[\s,，/|·-]*")


@dataclass(frozen=True)
class CameraTerm:
    """A term of the camera: characters start to end of the phrase that was looked at."""

    field: CameraField
    text: str
    start: int
    end: int


@lru_cache(8192)
def camera_terms(phrase: str) -> tuple[CameraTerm, ...]:
    """The phrase taken apart into terms, each with its modifiers; () where any word of it is something else.

    "Slow aerial push-in" is the angle "aerial" and the move "Slow push-in".
    """
    if not phrase.strip() or len(phrase) > MAX_TERM_CHARS:
        return ()
    words = phrase.replace("’", "'").replace("–", "-").replace("—", "-").casefold()
    if len(words) != len(phrase):
        return ()
    found: list[tuple[str, int, int]] = []
    at = _gap(words, 0)
    while at < len(words):
        if (hit := _longest(words, at)) is None:
            return ()
        found.append((hit[0], at, hit[1]))
        at = _gap(words, hit[1])
    return _joined(phrase, found)


def leading_field(phrase: str) -> CameraField | None:
    """The field of the term that a phrase begins with: "High angle from the roof" is an angle."""
    words = phrase.split()[:6]
    for count in range(len(words) - 1, 0, -1):
        if terms := camera_terms(" ".join(words[:count])):
            return terms[0].field
    return None


def field_of(phrase: str) -> CameraField | None:
    """The field of a phrase that is one term; None for several, or other words."""
    terms = camera_terms(phrase.strip())
    return terms[0].field if len(terms) == 1 else None


def _gap(words: str, at: int) -> int:
    match = _GAP.match(words, at)
    return match.end() if match else at


def _longest(words: str, at: int) -> tuple[str, int] | None:
    best: tuple[str, int] | None = None
    for name, pattern in _PATTERNS:
        match = pattern.match(words, at)
        if match and match.end() > at and (best is None or match.end() > best[1]):
            best = name, match.end()
    return best


def _joined(phrase: str, found: list[tuple[str, int, int]]) -> tuple[CameraTerm, ...]:
    """Modifiers join the term that follows, at the end the one before; words of speed the move, where there is one."""
    fields = [f for f, _, _ in found if f != "modifier"]
    if not fields:
        return ()
    move_at = next((i for i, (f, _, _) in enumerate(found) if f == "move"), None)
    groups: list[tuple[str, list[tuple[int, int]]]] = []
    waiting: list[tuple[int, int]] = []
    speeds: list[tuple[int, int]] = []
    for index, (field, start, end) in enumerate(found):
        if field == "modifier":
            spread = move_at is not None and index < move_at and found[index + 1][0] != "modifier"
            speed = spread and found[index + 1][0] != "move" and _SPEED.match(phrase[start:end])
            (speeds if speed else waiting).append((start, end))
            continue
        own = [*waiting, (start, end)]
        if field == "move" and index == move_at:
            own = [*speeds, *own]
        if groups and groups[-1][0] == field:
            groups[-1][1].extend(own)
        else:
            groups.append((field, own))
        waiting = []
    groups[-1][1].extend(waiting)
    return tuple(_term(phrase, cast(CameraField, field), pieces) for field, pieces in groups)


def _term(phrase: str, field: CameraField, pieces: list[tuple[int, int]]) -> CameraTerm:
    text, last = "", None
    for start, end in pieces:
        if last is not None:
            between = phrase[last:start]
            text += between if last <= start and _GAP.fullmatch(between) else " "
        text += phrase[start:end]
        last = end
    return CameraTerm(field, _ARTICLE.sub("", text.strip()), min(a for a, _ in pieces), max(b for _, b in pieces))


def _compiled(patterns: list[str]) -> re.Pattern[str]:
    whole = "|".join(f"(?:{p})" for p in patterns)
    return re.compile(rf"(?:{whole})(?![a-z0-9'])")


_PATTERNS = tuple((name, _compiled(patterns)) for name, patterns in _TERMS.items())
