"""When the shots of a clip are seen, what is wrong with their times, and how shots with times are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.messages import Message
from studio.prompt.script.model import Script

EXACT_S = 1e-6


@dataclass(frozen=True)
class ClipTime:
    """When a shot is seen, seconds from the start of the clip. written: the text says so; else it is an even share of
    the clip, or follows the shot before."""

    start_s: float
    end_s: float
    written: bool


def clip_times(script: Script, duration_s: float | None = None) -> tuple[ClipTime, ...]:
    """A time for each shot: as written, after the shot before it with its own length, or an even share of the clip
    where no shot has either."""
    timed = [shot.start_s is not None or shot.length_from == "own" for shot in script.shots]
    if duration_s and not any(timed):
        share = duration_s / max(1, len(timed))
        return tuple(ClipTime(share * n, share * (n + 1), written=False) for n in range(len(timed)))
    found: list[ClipTime] = []
    at = 0.0
    for shot, written in zip(script.shots, timed, strict=True):
        start = at if shot.start_s is None else shot.start_s
        end = round(start + shot.duration_s, 3) if shot.end_s is None else shot.end_s
        found.append(ClipTime(start, end, written=written))
        at = max(at, end)
    return tuple(found)


def time_faults(script: Script, duration_s: float | None = None) -> list[str]:
    """Sentences about gaps, overlaps, empty or backward ranges, and sums beyond or short of the clip's length; [] where
    the text gives no times."""
    times = clip_times(script, duration_s)
    if not any(time.written for time in times):
        return []
    found: list[str] = []
    at = 0.0
    for number, (shot, time) in enumerate(zip(script.shots, times, strict=True), 1):
        if time.end_s <= time.start_s:
            found.append(Message("script.shot_backwards", n=number, start=f"{time.start_s:g}", end=f"{time.end_s:g}"))
            continue
        if time.start_s > at + EXACT_S:
            found.append(Message("script.shot_gap", at=f"{at:g}", until=f"{time.start_s:g}", n=number))
        elif time.start_s < at - EXACT_S:
            found.append(Message("script.shot_overlap", n=number, seconds=f"{round(at - time.start_s, 3):g}"))
        if shot.source_end <= shot.source_start:
            found.append(Message("script.shot_empty", n=number))
        at = max(at, time.end_s)
    if duration_s and at > duration_s + EXACT_S:
        found.append(Message("script.shots_late", at=f"{at:g}", seconds=f"{duration_s:g}"))
    elif duration_s and at < duration_s - EXACT_S:
        found.append(Message("script.shots_early", at=f"{at:g}", seconds=f"{round(duration_s - at, 3):g}"))
    return found


def write_timed(style: str, texts: Sequence[str], seconds: Sequence[float], *, chinese: bool = False) -> str:
    """One multi-shot prompt from a style line and shots, times adding up from 0: `Shot 1 [0-3s] ...`.

    Source of the form: Alibaba Model Studio, text-to-video prompt guide.
    """
    lines, at = [style.strip()] if style.strip() else [], 0.0
    for number, (text, length) in enumerate(zip(texts, seconds, strict=True), 1):
        head = f"第{number}个镜头[{at:g}-{at + length:g}秒]" if chinese else f"Shot {number} [{at:g}-{at + length:g}s]"
        lines.append(f"{head} {text.strip()}")
        at = round(at + length, 3)
    return "\n".join(lines)
