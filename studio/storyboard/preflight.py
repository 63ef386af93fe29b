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
from studio.messages import term
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, Shot, ShotStatus
from studio.storyboard.to_timeline import Clip

LENGTH_TOLERANCE_S = 0.25
"""A take may be this much shorter than its shot before it is worth a word."""
UPSCALE_TOLERANCE = 1.02
SILENT_FRACTION, MIN_STRETCH_S = 0.9, 0.3
MAX_LOUDNESS_SPREAD_LU = 8.0
MAX_GAIN_DB = 12.0
USUAL_LUFS = (-28.0, -9.0)
"""Without a loudness target, levels outside of this are worth a word."""
READING_CPS, HAN_READING_CPS = 21.0, 11.0
"""Fastest captions that can be read, characters a second (broadcasters ask for 17 to 21, in Chinese 9 to 11)."""


@dataclass(frozen=True)
class DeliveryTarget:
    """How the film is to be exported, as far as a review cares. captions: the text of an SRT or VTT file."""

    presets: tuple[PlatformPreset, ...]
    allow_drafts: bool = True
    width: int | None = None
    height: int | None = None
    fps: int | None = None
    loudness: float | None = None
    captions: str = ""
    burn: bool = False


@dataclass(frozen=True)
class ShotCheck:
    """A shot's clip beside what a look at the file found. measured: None while nobody looked; broken: unreadable."""

    shot: Shot
    clip: Clip | None
    stale: bool = False
    running: bool = False
    measured: Measured | None = None
    broken: bool = False


def review(board: Board, states: Sequence[ShotCheck], target: DeliveryTarget) -> tuple[Finding, ...]:
    """All findings, errors first, then in the film's order."""
    if not board.shots:
        return (Finding("error", "no_shots"),)
    clips = {s.shot.id: s.clip for s in states if s.clip}
    findings: list[Finding] = []
    timeline = to_timeline.timeline(board, clips)
    for number, (check, at_s) in enumerate(zip(states, timeline.starts_s(), strict=True), 1):
        findings += [_with_shot(f, check.shot, number, at_s) for f in _shot(board, check, target)]
    findings += _rates(board, states, target)
    findings += _levels(timeline, states, target)
    length_s = timeline.length_s
    for preset in target.presets:
        findings += quality.length_findings(length_s, preset)
        if preset.height and (board.width > board.height) != (preset.width > preset.height):
            findings.append(Finding("note", "shape", {"place": term(preset.label)}))
    return ordered([*findings, *_titles(board, length_s), *_captions(target, length_s)])


def _with_shot(findings: Finding, shot: Shot, number: int, at_s: float) -> Finding:
    """The finding with its shot, and with times on the film's clock."""
    at = round(at_s + (findings.at_s or 0.0), 3)
    return Finding(findings.level, findings.code, findings.values, at, findings.length_s, shot.id, number)


def _shot(board: Board, state: ShotCheck, target: DeliveryTarget) -> Iterator[Finding]:
    shot, clip = state.shot, state.clip
    if state.running:
        yield Finding("note", "shot_running")
    if clip is None:
        yield Finding("error", "shot_missing")
        return
    if clip.draft:
        yield Finding("warning" if target.allow_drafts else "error", "shot_draft")
    elif state.stale:
        yield Finding("warning", "shot_stale")
    if shot.status is ShotStatus.RETAKE:
        yield Finding("warning", "shot_retake")
    if state.broken:
        yield Finding("error", "shot_lost")
        return
    start, end = to_timeline.in_out_s(board, shot, clip)
    if end - start < shot.length_s - LENGTH_TOLERANCE_S:
        yield Finding("warning", "shot_short", {"has": f"{end - start:.1f}", "wants": f"{shot.length_s:.1f}"})
    if not clip.draft:  # a draft is known to be one: its size, stillness and guide sound are nobody's fault
        yield from _picture(board, clip.asset, target)
        if state.measured:
            yield from _measured_findings(shot, state.measured, start, end)


def _picture(board: Board, asset: Asset, target: DeliveryTarget) -> Iterator[Finding]:
    width, height = asset.width or 0, asset.height or 0
    if not width or not height:
        return
    size = f"{width}x{height}"
    film_size = (target.width or board.width, target.height or board.height)
    if abs(width / height - film_size[0] / film_size[1]) > 0.02:
        yield Finding("warning", "shot_bars", {"size": size})
    (wide, high), label = max(
        ((_delivered_size(p, film_size), p.label) for p in target.presets), key=lambda preset: preset[0]
    )
    if min(wide / width, high / height) > UPSCALE_TOLERANCE:
        yield Finding("warning", "shot_small", {"size": size, "wanted": f"{wide}x{high}", "place": label})


def _delivered_size(preset: PlatformPreset, film: tuple[int, int]) -> tuple[int, int]:
    """Pixels that the film's own shape gets there."""
    if not preset.width or not preset.height:
        return film
    scale = min(preset.width / film[0], preset.height / film[1])
    return round(film[0] * scale), round(film[1] * scale)


def _measured_findings(shot: Shot, measured: Measured, start: float, end: float) -> Iterator[Finding]:
    for code, stretches in (("shot_black", measured.black), ("shot_frozen", measured.frozen)):
        for at, length in stretches:
            first, last = max(at, start), min(at + length, end)
            black = any(a <= at + MIN_STRETCH_S and a + b >= at + length - MIN_STRETCH_S for a, b in measured.black)
            if last - first >= MIN_STRETCH_S and (code == "shot_black" or not black):  # what is black stands still, too
                yield Finding("warning", code, {"s": f"{last - first:.1f}"}, first - start, round(last - first, 3))
    if shot.dialogue.strip() or shot.sound.strip():
        quiet = sum(max(0.0, min(at + length, end) - max(at, start)) for at, length in measured.silent)
        is_mute = (
            measured.loudness is None or not math.isfinite(measured.loudness.lufs) or measured.loudness.lufs <= -60
        )
        if is_mute or quiet >= SILENT_FRACTION * (end - start):
            yield Finding("warning", "shot_silent")
    if measured.clipped:
        yield Finding("warning", "shot_clipped")


def _rates(board: Board, states: Iterable[ShotCheck], target: DeliveryTarget) -> list[Finding]:
    fps = target.fps or board.fps
    takes = [s.clip.asset.fps for s in states if s.clip and not s.clip.draft and s.clip.asset.fps]
    rates = sorted({round(rate, 2) for rate in takes if rate})
    values = {"rates": ", ".join(f"{r:g}" for r in rates), "fps": f"{fps:g}"}
    if len(rates) > 1:
        return [Finding("warning", "rates_mixed", values)]
    return [Finding("note", "rate_changed", values)] if rates and abs(rates[0] - fps) > 0.05 else []


def _levels(timeline: Timeline, states: Sequence[ShotCheck], target: DeliveryTarget) -> list[Finding]:
    """Loudness of the takes, by energy, against where the film goes and against one another."""
    loudness: list[tuple[int, float]] = []
    for index, state in enumerate(states):
        measured = state.measured.loudness if state.measured and state.clip and not state.clip.draft else None
        if measured and math.isfinite(measured.lufs) and measured.lufs > -60:
            loudness.append((index, measured.lufs))
    if not loudness:
        return []
    shown = {index: timeline.shown_s(index) for index, _ in loudness}
    power = sum(10 ** (lufs / 10) * shown[index] for index, lufs in loudness) / sum(shown.values())
    mean = 10 * math.log10(power)
    findings: list[Finding] = []
    starts = timeline.starts_s()
    for index, lufs in loudness:
        if abs(lufs - mean) > MAX_LOUDNESS_SPREAD_LU and len(loudness) > 1:
            code = "shot_loud" if lufs > mean else "shot_quiet"
            finding = Finding("note", code, {"lu": f"{abs(lufs - mean):.0f}"})
            findings.append(_with_shot(finding, states[index].shot, index + 1, starts[index]))
    return [*findings, *_targets(mean, target)]


def _targets(lufs: float, target: DeliveryTarget) -> list[Finding]:
    for preset in target.presets:
        target_lufs = preset.lufs if preset.lufs is not None else target.loudness
        if target_lufs is not None and target_lufs - lufs > MAX_GAIN_DB:
            values = {"lufs": f"{lufs:.0f}", "target": f"{target_lufs:g}", "db": f"{target_lufs - lufs:.0f}"}
            return [Finding("warning", "level_far", values | {"place": term(preset.label)})]
        if target_lufs is None and not USUAL_LUFS[0] <= lufs <= USUAL_LUFS[1]:
            return [Finding("note", "level_open", {"lufs": f"{lufs:.0f}"})]
    return []


def _titles(board: Board, length_s: float) -> Iterator[Finding]:
    if outside := [t for t in board.titles if t.text.strip() and t.start_s >= length_s]:
        yield Finding("warning", "titles_outside", {"count": len(outside), "length": f"{length_s:.1f}"})


def _captions(target: DeliveryTarget, length_s: float) -> Iterator[Finding]:
    if not target.captions.strip():
        return
    try:
        lines = captions.parse(target.captions)
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
    without_track = [p.label for p in target.presets if p.width or p.form in ("gif", "webp")]
    if without_track and not target.burn:
        yield Finding("warning", "captions_lost", {"place": ", ".join(without_track)})


def _too_fast(line: CaptionLine) -> bool:
    han = sum("\u4e00" <= c <= "\u9fff" for c in line.text)
    other = len(line.text) - han
    return han / HAN_READING_CPS + other / READING_CPS > (line.end_s - line.start_s) * 1.05
