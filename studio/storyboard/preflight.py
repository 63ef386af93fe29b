"""What to look at before a film is exported: shots that are not there or not as they should be, takes that do not fit
where the film goes, sound, captions. Only measurements already made are used, so a review costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from studio.domain import Asset
from studio.errors import MediaError
from studio.film import captions, quality
from studio.film.findings import Finding, ordered
from studio.film.platforms import PlatformPreset
from studio.film.quality import Measured
from studio.film.timeline import CaptionLine, Timeline
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, Shot, ShotStatus
from studio.storyboard.to_timeline import Clip

SHORTER_S = 0.25
"""A take may be this much shorter than its shot before it is worth a word."""
LARGER = 1.02
SILENT_PART, LEAST_S = 0.9, 0.3
UNEVEN_LU = 8.0
NOISY_DB = 12.0
OPEN_LUFS = (-28.0, -9.0)
"""Without a loudness target, levels outside of this are worth a word."""
READ_PER_S, HAN_READ_PER_S = 21.0, 11.0
"""Fastest captions that can be read, characters a second (broadcasters ask for 17 to 21, in Chinese 9 to 11)."""


@dataclass(frozen=True)
class DeliveryTarget:
    """How the film is to be exported, as far as a review cares. captions: the text of an SRT or VTT file."""

    places: tuple[PlatformPreset, ...]
    allow_drafts: bool = True
    width: int | None = None
    height: int | None = None
    fps: int | None = None
    loudness: float | None = None
    captions: str = ""
    burn: bool = False


@dataclass(frozen=True)
class State:
    """A shot's clip beside what a look at the file found. measured: None while nobody looked; broken: unreadable."""

    shot: Shot
    clip: Clip | None
    stale: bool = False
    running: bool = False
    measured: Measured | None = None
    broken: bool = False


def review(board: Board, states: Sequence[State], wish: DeliveryTarget) -> tuple[Finding, ...]:
    """All findings, errors first, then in the film's order."""
    if not board.shots:
        return (Finding("error", "no_shots"),)
    clips = {s.shot.id: s.clip for s in states if s.clip}
    found: list[Finding] = []
    timeline = to_timeline.timeline(board, clips)
    for number, (state, at_s) in enumerate(zip(states, timeline.starts_s(), strict=True), 1):
        found += [_of_shot(f, state.shot, number, at_s) for f in _shot(board, state, wish)]
    found += _rates(board, states, wish)
    found += _levels(timeline, states, wish)
    length_s = timeline.length_s
    for place in wish.places:
        found += quality.length_against(length_s, place)
        if place.height and (board.width > board.height) != (place.width > place.height):
            found.append(Finding("note", "shape", {"place": place.label}))
    return ordered([*found, *_titles(board, length_s), *_words(wish, length_s)])


def _of_shot(found: Finding, shot: Shot, number: int, at_s: float) -> Finding:
    """The finding with its shot, and with times on the film's clock."""
    at = round(at_s + (found.at_s or 0.0), 3)
    return Finding(found.level, found.code, found.values, at, found.length_s, shot.id, number)


def _shot(board: Board, state: State, wish: DeliveryTarget) -> Iterator[Finding]:
    shot, clip = state.shot, state.clip
    if state.running:
        yield Finding("note", "shot_running")
    if clip is None:
        yield Finding("error", "shot_missing")
        return
    if clip.draft:
        yield Finding("warning" if wish.allow_drafts else "error", "shot_draft")
    elif state.stale:
        yield Finding("warning", "shot_stale")
    if shot.status is ShotStatus.RETAKE:
        yield Finding("warning", "shot_retake")
    if state.broken:
        yield Finding("error", "shot_lost")
        return
    start, end = to_timeline.part(board, shot, clip)
    if end - start < shot.length_s - SHORTER_S:
        yield Finding("warning", "shot_short", {"has": f"{end - start:.1f}", "wants": f"{shot.length_s:.1f}"})
    if not clip.draft:  # a draft is known to be one: its size, stillness and guide sound are nobody's fault
        yield from _picture(board, clip.asset, wish)
        if state.measured:
            yield from _seen(shot, state.measured, start, end)


def _picture(board: Board, asset: Asset, wish: DeliveryTarget) -> Iterator[Finding]:
    width, height = asset.width or 0, asset.height or 0
    if not width or not height:
        return
    size = f"{width}x{height}"
    film = (wish.width or board.width, wish.height or board.height)
    if abs(width / height - film[0] / film[1]) > 0.02:
        yield Finding("warning", "shot_bars", {"size": size})
    (wide, high), label = max(((_wanted(p, film), p.label) for p in wish.places), key=lambda place: place[0])
    if min(wide / width, high / height) > LARGER:
        yield Finding("warning", "shot_small", {"size": size, "wanted": f"{wide}x{high}", "place": label})


def _wanted(place: PlatformPreset, film: tuple[int, int]) -> tuple[int, int]:
    """Pixels that the film's own shape gets there."""
    if not place.width or not place.height:
        return film
    scale = min(place.width / film[0], place.height / film[1])
    return round(film[0] * scale), round(film[1] * scale)


def _seen(shot: Shot, seen: Measured, start: float, end: float) -> Iterator[Finding]:
    for code, stretches in (("shot_black", seen.black), ("shot_frozen", seen.frozen)):
        for at, length in stretches:
            first, last = max(at, start), min(at + length, end)
            black = any(a <= at + LEAST_S and a + b >= at + length - LEAST_S for a, b in seen.black)
            if last - first >= LEAST_S and (code == "shot_black" or not black):  # what is black stands still, too
                yield Finding("warning", code, {"s": f"{last - first:.1f}"}, first - start, round(last - first, 3))
    if shot.dialogue.strip() or shot.sound.strip():
        quiet = sum(max(0.0, min(at + length, end) - max(at, start)) for at, length in seen.silent)
        mute = seen.loudness is None or not math.isfinite(seen.loudness.lufs) or seen.loudness.lufs <= -60
        if mute or quiet >= SILENT_PART * (end - start):
            yield Finding("warning", "shot_silent")
    if seen.clipped:
        yield Finding("warning", "shot_clipped")


def _rates(board: Board, states: Iterable[State], wish: DeliveryTarget) -> list[Finding]:
    fps = wish.fps or board.fps
    takes = [s.clip.asset.fps for s in states if s.clip and not s.clip.draft and s.clip.asset.fps]
    rates = sorted({round(rate, 2) for rate in takes if rate})
    values = {"rates": ", ".join(f"{r:g}" for r in rates), "fps": f"{fps:g}"}
    if len(rates) > 1:
        return [Finding("warning", "rates_mixed", values)]
    return [Finding("note", "rate_changed", values)] if rates and abs(rates[0] - fps) > 0.05 else []


def _levels(timeline: Timeline, states: Sequence[State], wish: DeliveryTarget) -> list[Finding]:
    """Loudness of the takes, by energy, against where the film goes and against one another."""
    heard: list[tuple[int, float]] = []
    for index, state in enumerate(states):
        loud = state.measured.loudness if state.measured and state.clip and not state.clip.draft else None
        if loud and math.isfinite(loud.lufs) and loud.lufs > -60:
            heard.append((index, loud.lufs))
    if not heard:
        return []
    shown = {index: timeline.shown_s(index) for index, _ in heard}
    power = sum(10 ** (lufs / 10) * shown[index] for index, lufs in heard) / sum(shown.values())
    mean = 10 * math.log10(power)
    found: list[Finding] = []
    starts = timeline.starts_s()
    for index, lufs in heard:
        if abs(lufs - mean) > UNEVEN_LU and len(heard) > 1:
            code = "shot_loud" if lufs > mean else "shot_quiet"
            one = Finding("note", code, {"lu": f"{abs(lufs - mean):.0f}"})
            found.append(_of_shot(one, states[index].shot, index + 1, starts[index]))
    return [*found, *_targets(mean, wish)]


def _targets(lufs: float, wish: DeliveryTarget) -> list[Finding]:
    for place in wish.places:
        target = place.lufs if place.lufs is not None else wish.loudness
        if target is not None and target - lufs > NOISY_DB:
            values = {"lufs": f"{lufs:.0f}", "target": f"{target:g}", "db": f"{target - lufs:.0f}"}
            return [Finding("warning", "level_far", values | {"place": place.label})]
        if target is None and not OPEN_LUFS[0] <= lufs <= OPEN_LUFS[1]:
            return [Finding("note", "level_open", {"lufs": f"{lufs:.0f}"})]
    return []


def _titles(board: Board, length_s: float) -> Iterator[Finding]:
    if late := [t for t in board.titles if t.text.strip() and t.start_s >= length_s]:
        yield Finding("warning", "titles_outside", {"count": len(late), "length": f"{length_s:.1f}"})


def _words(wish: DeliveryTarget, length_s: float) -> Iterator[Finding]:
    if not wish.captions.strip():
        return
    try:
        lines = captions.parse(wish.captions)
    except MediaError:
        yield Finding("error", "captions_bad")
        return
    length = f"{length_s:.1f}"
    if outside := [line for line in lines if line.start_s >= length_s]:
        yield Finding("warning", "captions_outside", {"count": len(outside), "length": length})
    elif (end_s := max(line.end_s for line in lines)) > length_s + 0.5:
        yield Finding("note", "captions_late", {"end": f"{end_s:.1f}", "length": length})
    if fast := [line for line in lines if _too_fast(line)]:
        yield Finding("note", "captions_fast", {"count": len(fast)}, fast[0].start_s)
    lost = [p.label for p in wish.places if p.width or p.form in ("gif", "webp")]
    if lost and not wish.burn:
        yield Finding("warning", "captions_lost", {"place": ", ".join(lost)})


def _too_fast(line: CaptionLine) -> bool:
    han = sum("\u4e00" <= c <= "\u9fff" for c in line.text)
    other = len(line.text) - han
    return han / HAN_READ_PER_S + other / READ_PER_S > (line.end_s - line.start_s) * 1.05
