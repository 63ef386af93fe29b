"""How loud a sound is at every frame, and how its energy lies over the spectrum: what a picture can follow."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from studio.animatic.sound.sound import RATE

BANDS = 40
LOW_HZ, HIGH_HZ = 50.0, 12_000.0
WINDOW = 4096
ATTACK, RELEASE = 0.65, 0.13
"""Share of the way to the new value that a frame takes at 30 frames a second: quick up, slow down."""

FLOOR_DB = 50.0
"""Range shown: what lies this far below the loudest moment is at the bottom."""


class Levels:
    """level: (frames,) 0..1, smooth. bands: (frames, BANDS) 0..1, smooth. beat: (frames,) 0..1, sudden rises."""

    def __init__(self, pieces: Iterable[np.ndarray], frames: int, fps: float) -> None:
        """Reads the sound (float32 (n, 2) pieces at 48 kHz) once; holds only the numbers for each frame."""
        loud = np.zeros(frames, np.float32)
        power = np.zeros((frames, BANDS), np.float32)
        window = np.hanning(WINDOW).astype(np.float32)
        groups = _groups()
        for n, part in enumerate(_windows(pieces, frames, fps)):
            loud[n] = np.sqrt(np.mean(part**2))
            spectrum = np.abs(np.fft.rfft(part * window)) ** 2
            power[n] = np.add.reduceat(spectrum, groups[:-1])[:BANDS] / np.diff(groups)
        rise = np.log10(np.maximum(power, 1e-12))
        self.level = _smooth(_range(20 * np.log10(np.maximum(loud, 1e-6))), fps)
        tilt = np.linspace(-6, 8, BANDS, dtype=np.float32)  # dB: treble is weaker in nature
        self.bands = _smooth(_range(10 * rise + tilt), fps)
        jump = np.maximum(0, np.diff(rise[:, : BANDS // 3].mean(axis=1), prepend=rise[:1, : BANDS // 3].mean()))
        self.beat = _smooth(np.clip(jump / 1.2, 0, 1).astype(np.float32), fps)


def _groups() -> np.ndarray:
    """First FFT bin of each band and the end of the last, strictly rising."""
    edges = np.geomspace(LOW_HZ, HIGH_HZ, BANDS + 1) / RATE * WINDOW
    found = [max(1, round(edges[0]))]
    for edge in edges[1:]:
        found.append(max(found[-1] + 1, round(edge)))
    return np.array(found)


def _windows(pieces: Iterable[np.ndarray], frames: int, fps: float) -> Iterable[np.ndarray]:
    """For each frame the mono samples around its middle, silence where the sound has ended."""
    source, held, begins = iter(pieces), np.zeros(WINDOW // 2, np.float32), -WINDOW // 2
    for n in range(frames):
        start = round((n + 0.5) / fps * RATE) - WINDOW // 2
        while begins + len(held) < start + WINDOW:
            piece = next(source, None)
            new = np.zeros(WINDOW, np.float32) if piece is None else piece.mean(axis=1)
            held = np.concatenate((held, new))
        drop = max(0, start - begins)
        held, begins = held[drop:], begins + drop
        yield held[:WINDOW]


def _range(decibels: np.ndarray) -> np.ndarray:
    """dB as 0..1: 1 at the loudest moments of the clip, 0 FLOOR_DB below; silence is 0."""
    top = max(float(np.percentile(decibels, 99)), -60.0)
    return np.clip((decibels - top) / FLOOR_DB + 1, 0, 1).astype(np.float32)


def _smooth(values: np.ndarray, fps: float) -> np.ndarray:
    """Quick to rise and slow to fall, alike at every frame rate."""
    up, down = (1 - (1 - share) ** (30 / fps) for share in (ATTACK, RELEASE))
    out = np.empty_like(values)
    now = values[0]
    for n, value in enumerate(values):
        now = now + np.where(value > now, up, down) * (value - now)
        out[n] = now
    return out
