"""What a careful viewer would send back: black and frozen pictures, silence, clipping, loudness, size, length.

One ffmpeg run over a small copy of the picture and the whole sound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.media import export
from studio.media.cut import Loudness
from studio.media.files import Cancelled, measure_ffmpeg
from studio.media.loudness import read_summary
from studio.media.presets import Preset
from studio.media.probe import MediaFacts, probe

BLACK_S, FROZEN_S, SILENT_S = 0.5, 1.5, 2.0
LOUD_LU = 1.0
CLIPPED_RUN = 4.0
"""Mean length, in samples, of stretches at the very peak from which a sound counts as clipped."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at. at_s, length_s: where in the film; None for the whole of it."""

    level: Literal["error", "warning", "note"]
    what: str
    at_s: float | None = None
    length_s: float | None = None


def inspect(film: Path, preset: Preset | None = None, *, cancelled: Cancelled | None = None) -> tuple[Finding, ...]:
    """All findings, errors first, then by time. preset: also check against where the film is going."""
    facts = probe(film)
    args = ["-i", str(film.resolve()), "-map", "0:v:0"]
    args += ["-vf", f"scale=320:-2,blackdetect=d={BLACK_S}:pix_th=0.06,freezedetect=n=0.0008:d={FROZEN_S}"]
    if facts.has_audio:
        sound = f"silencedetect=n=-55dB:d={SILENT_S},astats=measure_perchannel=none,ebur128=peak=true:framelog=quiet"
        args += ["-map", "0:a:0", "-af", sound]
    said = measure_ffmpeg(args, cancelled=cancelled)
    found = [*_stretches(said, facts.duration_s or 0.0)]
    if facts.has_audio:
        found += _heard(said, preset)
    else:
        found.append(Finding("note", "The film has no sound."))
    if preset:
        found += _fits(facts, preset)
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(found, key=lambda f: (order[f.level], f.at_s or 0.0)))


def _stretches(said: str, length_s: float) -> list[Finding]:
    """Black, frozen and silent stretches, from what the filters wrote."""
    found = []
    for start, length in re.findall(r"black_start:(\S+) black_end:\S+ black_duration:(\S+)", said):
        found.append(Finding("warning", f"Black for {float(length):.1f} s.", float(start), float(length)))
    kinds = (("freeze", "The picture stands still"), ("silence", "Silent"))
    for kind, words in kinds:
        starts = [max(0.0, float(t)) for t in re.findall(rf"{kind}_start: ?(\S+)", said)]
        ends = [float(t) for t in re.findall(rf"{kind}_end: ?(\S+)", said)]
        for number, start in enumerate(starts):
            end = ends[number] if number < len(ends) else length_s
            found.append(Finding("warning", f"{words} for {end - start:.1f} s.", start, round(end - start, 2)))
    return found


def _heard(said: str, preset: Preset | None) -> list[Finding]:
    found = []
    loud = read_summary(said)
    flat = re.search(r"Flat factor: (\S+)", said)
    peak = re.search(r"Peak level dB: (\S+)", said)
    if flat and peak and float(flat[1]) >= CLIPPED_RUN and float(peak[1]) > -0.5:
        found.append(Finding("error", "The sound is clipped: its peaks are cut flat."))
    if loud.peak_dbtp > (preset.peak_dbtp if preset else 0.0) + 0.3:
        found.append(Finding("warning", f"Peaks reach {loud.peak_dbtp:.1f} dBTP, which may distort."))
    if preset and preset.lufs is not None and abs(loud.lufs - preset.lufs) > LOUD_LU:
        found.append(_loudness(loud, preset))
    return found


def _loudness(loud: Loudness, preset: Preset) -> Finding:
    return Finding(
        "note", f"Loudness is {loud.lufs:.1f} LUFS; {preset.label} plays at {preset.lufs:g}. Export sets it."
    )


def _fits(facts: MediaFacts, preset: Preset) -> list[Finding]:
    found = [Finding("error", sentence) for sentence in export.limits(facts, preset)]
    width, height = facts.width or 0, facts.height or 0
    if preset.height and min(width, height) < min(preset.width, preset.height):
        found.append(
            Finding("warning", f"The film has {width}x{height}; {preset.label} shows {preset.width}x{preset.height}.")
        )
    if preset.height and (width > height) != (preset.width > preset.height):
        found.append(Finding("note", f"{preset.label} has another shape: choose how the picture is framed."))
    if preset.fps and facts.fps and not any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        found.append(Finding("note", f"{facts.fps:g} frames a second will be changed for {preset.label}."))
    return found
