"""Black and frozen pictures, silence, clipping, loudness of a file; and of a finished film also size and length.

One ffmpeg run over a small copy of the picture and the whole sound.
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
from studio.media.files import Cancelled, measure_ffmpeg
from studio.media.probe import MediaFacts, probe

BLACK_S, FROZEN_S, SILENT_S = 0.5, 1.5, 2.0
LOUD_LU = 1.0
CLIPPED_RUN = 4.0
"""Mean length, in samples, of stretches at the very peak from which a sound counts as clipped."""

Stretch = tuple[float, float]
"""Start and length, seconds on the file's clock."""


@dataclass(frozen=True)
class Measured:
    """What one look at a file found. loudness: None without a sound track. clipped: peaks are cut flat."""

    length_s: float
    black: tuple[Stretch, ...] = ()
    frozen: tuple[Stretch, ...] = ()
    silent: tuple[Stretch, ...] = ()
    loudness: Loudness | None = None
    clipped: bool = False


def measure(film: Path, facts: MediaFacts | None = None, *, cancelled: Cancelled | None = None) -> Measured:
    """Look at all of a video once. Raises MediaError when it cannot be decoded, Stopped when cancelled."""
    facts = facts or probe(film)
    args = ["-i", str(film.resolve()), "-map", "0:v:0"]
    args += ["-vf", f"scale=320:-2,blackdetect=d={BLACK_S}:pix_th=0.06,freezedetect=n=0.0008:d={FROZEN_S}"]
    if facts.has_audio:
        sound = f"silencedetect=n=-55dB:d={SILENT_S},astats=measure_perchannel=none,ebur128=peak=true:framelog=quiet"
        args += ["-map", "0:a:0", "-af", sound]
    said = measure_ffmpeg(args, cancelled=cancelled)
    length_s = facts.duration_s or 0.0
    black = re.findall(r"black_start:(\S+) black_end:\S+ black_duration:(\S+)", said)
    return Measured(
        length_s=length_s,
        black=tuple((float(start), float(length)) for start, length in black),
        frozen=_stretches("freeze", said, length_s),
        silent=_stretches("silence", said, length_s),
        loudness=read_summary(said) if facts.has_audio else None,
        clipped=_clipped(said),
    )


def _stretches(kind: str, said: str, length_s: float) -> tuple[Stretch, ...]:
    """Starts and lengths, from what a filter wrote; one that is still open lasts to the end."""
    starts = [max(0.0, float(t)) for t in re.findall(rf"{kind}_start: ?(\S+)", said)]
    ends = [float(t) for t in re.findall(rf"{kind}_end: ?(\S+)", said)]
    ends += [length_s] * (len(starts) - len(ends))
    return tuple((start, round(end - start, 3)) for start, end in zip(starts, ends, strict=False))


def _clipped(said: str) -> bool:
    flat = re.search(r"Flat factor: (\S+)", said)
    peak = re.search(r"Peak level dB: (\S+)", said)
    return bool(flat and peak and float(flat[1]) >= CLIPPED_RUN and float(peak[1]) > -0.5)


def inspect(
    film: Path,
    preset: PlatformPreset | None = None,
    *,
    measured: Measured | None = None,
    cancelled: Cancelled | None = None,
) -> tuple[Finding, ...]:
    """All findings of a finished film, errors first, then by time. preset: also check against where it is going.

    measured: an earlier look at this very file.
    """
    facts = probe(film)
    seen = measured or measure(film, facts, cancelled=cancelled)
    found = [
        Finding("warning", code, {"s": f"{length:.1f}"}, start, length)
        for code in ("black", "frozen", "silent")
        for start, length in getattr(seen, code)
    ]
    if seen.loudness is not None:
        found += _heard(seen.loudness, seen.clipped, preset)
    else:
        found.append(Finding("note", "no_sound"))
    if preset:
        found += [*length_against(facts.duration_s or 0.0, preset), *_fits(facts, preset)]
    return ordered(found)


def _heard(loud: Loudness, clipped: bool, preset: PlatformPreset | None) -> list[Finding]:
    found = []
    if clipped:
        found.append(Finding("error", "clipped"))
    if loud.peak_dbtp > (preset.peak_dbtp if preset else 0.0) + 0.3:
        found.append(Finding("warning", "peaks", {"peak": f"{loud.peak_dbtp:.1f}"}))
    if preset and preset.lufs is not None and math.isfinite(loud.lufs) and abs(loud.lufs - preset.lufs) > LOUD_LU:
        values = {"lufs": f"{loud.lufs:.1f}", "place": preset.label, "target": f"{preset.lufs:g}"}
        found.append(Finding("note", "loudness", values))
    return found


def length_against(length_s: float, preset: PlatformPreset) -> list[Finding]:
    """A film of this length against the platform's limits; empty when it fits."""
    for code, limit, wrong in (
        ("too_long", preset.max_s, bool(preset.max_s) and length_s > preset.max_s + 0.05),
        ("too_short", preset.min_s, length_s < preset.min_s),
    ):
        if wrong:
            values = {"place": preset.label, "limit": f"{limit:g}", "length": f"{length_s:.1f}"}
            return [Finding("error", code, values)]
    return []


def _fits(facts: MediaFacts, preset: PlatformPreset) -> list[Finding]:
    found = []
    width, height = facts.width or 0, facts.height or 0
    if preset.height and min(width, height) < min(preset.width, preset.height):
        wanted = f"{preset.width}x{preset.height}"
        found.append(
            Finding("warning", "small", {"size": f"{width}x{height}", "place": preset.label, "wanted": wanted})
        )
    if preset.height and (width > height) != (preset.width > preset.height):
        found.append(Finding("note", "shape", {"place": preset.label}))
    if preset.fps and facts.fps and not any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        found.append(Finding("note", "rate", {"fps": f"{facts.fps:g}", "place": preset.label}))
    return found
