"""Black and frozen pictures, silence, clipping and loudness of a file; for a finished film also size and length.

One ffmpeg run over the scaled-down picture and the sound.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from studio.film.findings import Finding, ordered
from studio.film.loudness import read_summary
from studio.film.platforms import PlatformPreset
from studio.film.timeline import Loudness
from studio.media.files import Cancelled, OnProgress, measure_ffmpeg
from studio.media.probe import MediaFacts, probe
from studio.messages import term

BLACK_S, FROZEN_S, SILENT_S = 0.5, 1.5, 2.0
LOUDNESS_TOLERANCE_LU = 1.0
MIN_FLAT_FACTOR = 4.0
"""Mean number of consecutive samples at the peak from which a sound counts as clipped."""

TimeRange = tuple[float, float]
"""Start and length, seconds on the file's clock."""


@dataclass(frozen=True)
class Measured:
    """Measurements of one file, times in seconds. loudness: None without a sound track. clipped: peaks are cut off."""

    length_s: float
    black: tuple[TimeRange, ...] = ()
    frozen: tuple[TimeRange, ...] = ()
    silent: tuple[TimeRange, ...] = ()
    loudness: Loudness | None = None
    clipped: bool = False


def measure(
    film: Path,
    facts: MediaFacts | None = None,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Measured:
    """Measure the whole video in one pass. Raises MediaError when it cannot be decoded, Stopped when cancelled."""
    facts = facts or probe(film)
    args = ["-i", str(film.resolve()), "-map", "0:v:0"]
    args += ["-vf", f"scale=320:-2,blackdetect=d={BLACK_S}:pix_th=0.06,freezedetect=n=0.0008:d={FROZEN_S}"]
    if facts.has_audio:
        sound = f"silencedetect=n=-55dB:d={SILENT_S},astats=measure_perchannel=none,ebur128=peak=true:framelog=quiet"
        args += ["-map", "0:a:0", "-af", sound]
    log = measure_ffmpeg(args, duration_s=facts.duration_s, on_progress=on_progress, cancelled=cancelled)
    length_s = facts.duration_s or 0.0
    black = re.findall(r"black_start:(\S+) black_end:\S+ black_duration:(\S+)", log)
    return Measured(
        length_s=length_s,
        black=tuple((float(start), float(length)) for start, length in black),
        frozen=_time_ranges("freeze", log, length_s),
        silent=_time_ranges("silence", log, length_s),
        loudness=read_summary(log) if facts.has_audio else None,
        clipped=_clipped(log),
    )


def _time_ranges(kind: str, log: str, length_s: float) -> tuple[TimeRange, ...]:
    """Starts and lengths from a filter's log; one without an end lasts to the file's end."""
    starts = [max(0.0, float(t)) for t in re.findall(rf"{kind}_start: ?(\S+)", log)]
    ends = [float(t) for t in re.findall(rf"{kind}_end: ?(\S+)", log)]
    ends += [length_s] * (len(starts) - len(ends))
    return tuple((start, round(end - start, 3)) for start, end in zip(starts, ends, strict=False))


def _clipped(log: str) -> bool:
    flat_factor = re.search(r"Flat factor: (\S+)", log)
    peak = re.search(r"Peak level dB: (\S+)", log)
    return bool(flat_factor and peak and float(flat_factor[1]) >= MIN_FLAT_FACTOR and float(peak[1]) > -0.5)


def inspect(
    film: Path,
    preset: PlatformPreset | None = None,
    *,
    measured: Measured | None = None,
    cancelled: Cancelled | None = None,
) -> tuple[Finding, ...]:
    """All findings of a finished film, errors first, then by time. preset: also check against this target.

    measured: an earlier measurement of the same file.
    """
    facts = probe(film)
    measurement = measured or measure(film, facts, cancelled=cancelled)
    findings = [
        Finding("warning", code, {"s": f"{length:.1f}"}, start, length)
        for code in ("black", "frozen", "silent")
        for start, length in getattr(measurement, code)
    ]
    if measurement.loudness is not None:
        findings += _sound_findings(measurement.loudness, measurement.clipped, preset)
    else:
        findings.append(Finding("note", "no_sound"))
    if preset:
        findings += [*length_findings(facts.duration_s or 0.0, preset), *_format_findings(facts, preset)]
    return ordered(findings)


def _sound_findings(loudness: Loudness, clipped: bool, preset: PlatformPreset | None) -> list[Finding]:
    findings: list[Finding] = []
    if clipped:
        findings.append(Finding("error", "clipped"))
    if loudness.peak_dbtp > (preset.peak_dbtp if preset else 0.0) + 0.3:
        findings.append(Finding("warning", "peaks", {"peak": f"{loudness.peak_dbtp:.1f}"}))
    if (
        preset
        and preset.lufs is not None
        and math.isfinite(loudness.lufs)
        and abs(loudness.lufs - preset.lufs) > LOUDNESS_TOLERANCE_LU
    ):
        values = {"lufs": f"{loudness.lufs:.1f}", "place": term(preset.label), "target": f"{preset.lufs:g}"}
        findings.append(Finding("note", "loudness", values))
    return findings


def length_findings(length_s: float, preset: PlatformPreset) -> list[Finding]:
    """Findings of a film of this length against the platform's limits."""
    for code, limit, is_wrong in (
        ("too_long", preset.max_s, bool(preset.max_s) and length_s > preset.max_s + 0.05),
        ("too_short", preset.min_s, length_s < preset.min_s),
    ):
        if is_wrong:
            values = {"place": term(preset.label), "limit": f"{limit:g}", "length": f"{length_s:.1f}"}
            return [Finding("error", code, values)]
    return []


def _format_findings(facts: MediaFacts, preset: PlatformPreset) -> list[Finding]:
    findings: list[Finding] = []
    width, height = facts.width or 0, facts.height or 0
    if preset.height and min(width, height) < min(preset.width, preset.height):
        wanted = f"{preset.width}x{preset.height}"
        findings.append(
            Finding("warning", "small", {"size": f"{width}x{height}", "place": term(preset.label), "wanted": wanted})
        )
    if preset.height and (width > height) != (preset.width > preset.height):
        findings.append(Finding("note", "shape", {"place": term(preset.label)}))
    if preset.fps and facts.fps and not any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        findings.append(Finding("note", "rate", {"fps": f"{facts.fps:g}", "place": term(preset.label)}))
    return findings
