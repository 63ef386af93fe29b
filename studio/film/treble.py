"""Harsh treble: detected in the long-term spectrum, repaired by a shelving filter.

Natural sound has a constant tilt (dB per octave); a step of a few dB above some corner frequency is a fault. The
spectrum in third octaves is fitted as a tilt plus a shelf; the inverse shelf removes the fault, which a bell filter or
a de-esser does not. Wan 2.6 was measured 4 to 6 dB too bright above 4 kHz.
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
    from numpy.typing import NDArray

    Levels = NDArray[np.floating]

RATE_HZ = 48_000
BLOCK_SAMPLES = 8192
BANDS_HZ = tuple(round(1000 * 2 ** (n / 3), 1) for n in range(-6, 12))
"""Third octaves from 250 Hz to 12.7 kHz."""
CORNERS_HZ = tuple(round(2500 * 2 ** (n / 6)) for n in range(10))
MIN_TILT_DB, MAX_TILT_DB = -9.0, 0.5
"""Range of natural tilts of third-octave levels, dB per octave; pink noise has 0, music -2 to -6."""
MIN_GAIN_DB, MAX_GAIN_DB = 1.5, 6.0
"""Smallest step that counts as a fault, and the largest repair: sibilant speech looks worse than it is."""
Q = 0.707
MAX_MISFIT_RATIO = 0.6
"""A shelf counts as a fault only if its squared misfit is below this fraction of the tilt's alone."""


def repair(raw: Path, out: Path, *, cancelled: Cancelled | None = None) -> tuple[Path, TrebleFix]:
    """The raw stereo float file with its treble repaired (`out`), or `raw` if it has no fault; and the curves."""
    before = spectrum(raw)
    corner_hz, gain_db, tilt = fit(before)
    curve = tuple(float(v) for v in (before - tilt).round(2))
    if not gain_db:
        return raw, TrebleFix(corner_hz, 0.0, BANDS_HZ, curve, curve)
    shelf = f"highshelf=f={corner_hz}:g={-gain_db:.2f}:t=q:w={Q}"
    raw_format = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2"]
    run_ffmpeg([*raw_format, "-i", str(raw), "-af", shelf, *raw_format], out, cancelled=cancelled)
    after = tuple(float(v) for v in (spectrum(out) - tilt).round(2))
    return out, TrebleFix(corner_hz, round(gain_db, 2), BANDS_HZ, curve, after)


def spectrum(raw: Path) -> Levels:
    """Long-term level in each of BANDS_HZ, dB, of a raw 48 kHz stereo float file. Silent blocks do not count."""
    import numpy as np

    window = np.hanning(BLOCK_SAMPLES).astype(np.float32)
    power = np.zeros(BLOCK_SAMPLES // 2 + 1)
    for block in _blocks(raw):
        if float(np.abs(block).max()) > 1e-3:
            power += np.abs(np.fft.rfft(block * window)) ** 2
    hertz = np.fft.rfftfreq(BLOCK_SAMPLES, 1 / RATE_HZ)
    levels = [power[(hertz >= f / 2 ** (1 / 6)) & (hertz < f * 2 ** (1 / 6))].sum() for f in BANDS_HZ]
    return 10 * np.log10(np.maximum(levels, 1e-12))


def _blocks(raw: Path) -> Iterator[Levels]:
    """Blocks of BLOCK_SAMPLES mono samples, each overlapping half of the one before. Not mapped: see audio_track."""
    import numpy as np

    half = BLOCK_SAMPLES // 2
    with raw.open("rb") as file:
        before = np.fromfile(file, np.float32, half * 2)
        while len(after := np.fromfile(file, np.float32, half * 2)) == half * 2:
            yield np.concatenate((before, after)).reshape(-1, 2).mean(axis=1)
            before = after


def fit(levels: Levels) -> tuple[float, float, Levels]:
    """Corner (Hz), gain (dB, 0 without a fault) and natural tilt (dB in each band) with the best fit."""
    import numpy as np

    octaves = np.log2(np.array(BANDS_HZ) / 1000)
    tilt_only, tilt_misfit = _least_squares(levels, np.stack((np.ones_like(octaves), octaves), 1))
    best = (tilt_misfit, 0.0, 0.0, tilt_only)
    for corner in CORNERS_HZ:
        step = np.array([shelf_db(f, corner, 1.0) for f in BANDS_HZ])
        coefficients, misfit = _least_squares(levels, np.stack((np.ones_like(octaves), octaves, step), 1))
        if misfit < best[0] and MIN_TILT_DB <= coefficients[1] <= MAX_TILT_DB and coefficients[2] >= MIN_GAIN_DB:
            best = (misfit, float(corner), min(float(coefficients[2]), MAX_GAIN_DB), coefficients)
    misfit, corner, gain, coefficients = best
    tilt = coefficients[0] + coefficients[1] * octaves
    return (
        (corner, gain, tilt)
        if gain and misfit < MAX_MISFIT_RATIO * tilt_misfit
        else (0.0, 0.0, tilt_only[0] + tilt_only[1] * octaves)
    )


def _least_squares(levels: Levels, columns: Levels) -> tuple[Levels, float]:
    import numpy as np

    coefficients = np.linalg.lstsq(columns, levels, rcond=None)[0]
    return coefficients, float(((columns @ coefficients - levels) ** 2).sum())


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
