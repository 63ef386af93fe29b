"""Harsh treble: found in the long-term spectrum, taken back by a shelf.

Sound that falls off evenly (so many dB an octave) is natural; a step of a few dB above some corner is not. The
spectrum in third octaves is fitted as a straight tilt plus a shelf; the shelf's mirror image undoes the fault, where
a bell or a de-esser does not. Wan 2.6 has been heard 4 to 6 dB too bright above 4 kHz.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import TrebleFix
from studio.media.files import Cancelled, run_ffmpeg

if TYPE_CHECKING:
    import numpy as np

RATE_HZ = 48_000
BLOCK = 8192
BANDS_HZ = tuple(round(1000 * 2 ** (n / 3), 1) for n in range(-6, 12))
"""Third octaves from 250 Hz to 12.7 kHz."""
CORNERS_HZ = tuple(round(2500 * 2 ** (n / 6)) for n in range(10))
STEEPEST, FLATTEST = -9.0, 0.5
"""Range of natural tilts of third-octave levels, dB an octave; pink noise has 0, music -2 to -6."""
LEAST_DB, MOST_DB = 1.5, 6.0
"""Smallest step that counts, and the most that is taken back: sibilant speech looks like a larger fault than it is."""
Q = 0.707
CLEARER = 0.6
"""A shelf counts as found only if it brings the squared misfit below this part of the straight line's."""


def repaired(raw: Path, out: Path, *, cancelled: Cancelled | None = None) -> tuple[Path, TrebleFix]:
    """The raw stereo float file with its treble taken back (`out`), or itself when nothing is wrong; and the curves."""
    before = spectrum(raw)
    corner_hz, gain_db, tilt = fit(before)
    curve = tuple(float(v) for v in (before - tilt).round(2))
    if not gain_db:
        return raw, TrebleFix(corner_hz, 0.0, BANDS_HZ, curve, curve)
    shelf = f"highshelf=f={corner_hz}:g={-gain_db:.2f}:t=q:w={Q}"
    form = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2"]
    run_ffmpeg([*form, "-i", str(raw), "-af", shelf, *form], out, cancelled=cancelled)
    after = tuple(float(v) for v in (spectrum(out) - tilt).round(2))
    return out, TrebleFix(corner_hz, round(gain_db, 2), BANDS_HZ, curve, after)


def spectrum(raw: Path) -> np.ndarray:
    """Long-term level in each of BANDS_HZ, dB, of a raw 48 kHz stereo float file. Silent stretches do not count."""
    import numpy as np

    window = np.hanning(BLOCK).astype(np.float32)
    power = np.zeros(BLOCK // 2 + 1)
    for block in _blocks(raw):
        if float(np.abs(block).max()) > 1e-3:
            power += np.abs(np.fft.rfft(block * window)) ** 2
    hertz = np.fft.rfftfreq(BLOCK, 1 / RATE_HZ)
    levels = [power[(hertz >= f / 2 ** (1 / 6)) & (hertz < f * 2 ** (1 / 6))].sum() for f in BANDS_HZ]
    return 10 * np.log10(np.maximum(levels, 1e-12))


def _blocks(raw: Path) -> Iterator[np.ndarray]:
    """Stretches of BLOCK mono samples, each half over the one before. Read, not mapped: see soundtrack._bed."""
    import numpy as np

    half = BLOCK // 2
    with raw.open("rb") as file:
        before = np.fromfile(file, np.float32, half * 2)
        while len(after := np.fromfile(file, np.float32, half * 2)) == half * 2:
            yield np.concatenate((before, after)).reshape(-1, 2).mean(axis=1)
            before = after


def fit(levels: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Corner (Hz), gain (dB, 0 when there is no step up) and the natural tilt in each band that fit best."""
    import numpy as np

    octaves = np.log2(np.array(BANDS_HZ) / 1000)
    line, misfit_line = _solved(levels, np.stack((np.ones_like(octaves), octaves), 1))
    best = (misfit_line, 0.0, 0.0, line)
    for corner in CORNERS_HZ:
        step = np.array([shelf_db(f, corner, 1.0) for f in BANDS_HZ])
        found, misfit = _solved(levels, np.stack((np.ones_like(octaves), octaves, step), 1))
        if misfit < best[0] and STEEPEST <= found[1] <= FLATTEST and found[2] >= LEAST_DB:
            best = (misfit, float(corner), min(float(found[2]), MOST_DB), found)
    misfit, corner, gain, found = best
    tilt = found[0] + found[1] * octaves
    return (corner, gain, tilt) if gain and misfit < CLEARER * misfit_line else (0.0, 0.0, line[0] + line[1] * octaves)


def _solved(levels: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, float]:
    import numpy as np

    found = np.linalg.lstsq(columns, levels, rcond=None)[0]
    return found, float(((columns @ found - levels) ** 2).sum())


def shelf_db(f_hz: float, corner_hz: float, gain_db: float) -> float:
    """Level of a high shelf at f_hz. Source: Audio EQ Cookbook (R. Bristow-Johnson), which ffmpeg's filter follows."""
    a = 10 ** (gain_db / 40)
    w0, w = 2 * math.pi * corner_hz / RATE_HZ, 2 * math.pi * f_hz / RATE_HZ
    cos, alpha = math.cos(w0), math.sin(w0) / (2 * Q)
    root = 2 * math.sqrt(a) * alpha
    b = (a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos), a * (a + 1 + (a - 1) * cos - root))
    c = (a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root)
    z = complex(math.cos(w), -math.sin(w))
    return 20 * math.log10(abs((b[0] + b[1] * z + b[2] * z * z) / (c[0] + c[1] * z + c[2] * z * z)))
