"""Pitched sounds for the bed: a quiet music pulse, a machine's hum, bells, a heartbeat. Seeded float32 (n, 2)."""

from __future__ import annotations

import math

import numpy as np

from studio.animatic.sound.sound import RATE, add, grain, sway, wide

PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 5, 4), (0, 4, 5, 3), (5, 3, 0, 4))
"""Degrees of a major scale that follow each other well, one a bar."""

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def hz_of(root: float, degree: int) -> float:
    """Frequency of a degree of the major scale on root; degrees run on over octaves."""
    return root * 2 ** (degree // 7 + MAJOR[degree % 7] / 12)


def music(rng: np.random.Generator, n: int) -> np.ndarray:
    """A soft pad, a plucked figure and a low pulse at 96 beats a minute."""
    out = np.zeros((n, 2), np.float32)
    root = float(110 * 2 ** (rng.integers(-3, 4) / 12))
    chords = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    beat = 60 / 96
    for bar in range(math.ceil(n / RATE / (4 * beat))):
        degree, start = chords[bar % 4], bar * 4 * beat
        for third in (0, 2, 4):
            add(out, int(start * RATE), _pad(hz_of(root, degree + third), 4 * beat + 0.5), (third - 2) * 0.3)
        for eighth in range(8):
            tone = hz_of(root * 2, degree + (0, 2, 4, 7)[(eighth + int(rng.integers(2))) % 4])
            add(out, int((start + eighth * beat / 2) * RATE), _pluck(tone), float(rng.uniform(-0.5, 0.5)))
        for quarter in range(4):
            add(out, int((start + quarter * beat) * RATE), _thud(), 0.0)
    return out


def _pad(hz: float, seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    shape = np.clip(t / 0.5, 0, 1) * np.clip((seconds - t) / 0.5, 0, 1)
    tone = sum(np.sin(math.tau * hz * k * t * d) / k**1.7 for k in (1, 2, 3) for d in (0.9985, 1.0015))
    return (tone * shape * 0.16).astype(np.float32)


def _pluck(hz: float) -> np.ndarray:
    t = np.arange(int(0.5 * RATE), dtype=np.float32) / RATE
    return (np.sin(math.tau * hz * t) + 0.3 * np.sin(2 * math.tau * hz * t)) * grain(0.5, rise_s=0.006) * 0.16


def _thud() -> np.ndarray:
    t = np.arange(int(0.22 * RATE), dtype=np.float32) / RATE
    return np.sin(math.tau * (52 * t + 0.9 * (1 - np.exp(-t * 30)))) * grain(0.22, rise_s=0.006) * 0.6


def hum(rng: np.random.Generator, n: int) -> np.ndarray:
    """A machine: harmonics of 55 Hz that beat slowly."""
    t = np.arange(n, dtype=np.float64) / RATE
    out = 0.25 * wide(rng, n, 60, 500, tilt=1)
    for k in (1, 2, 3, 4, 6):
        level = sway(rng, n, 0.4, floor=0.5) / k
        out[:, 0] += (np.sin(math.tau * 55 * k * t) * level).astype(np.float32)
        out[:, 1] += (np.sin(math.tau * 55.07 * k * t + 1) * level).astype(np.float32)
    return out


def bells(rng: np.random.Generator, n: int) -> np.ndarray:
    """A bell every three to four seconds, with a bell's own uneven partials."""
    out = np.zeros((n, 2), np.float32)
    base = float(rng.uniform(260, 420))
    t = np.arange(int(3.2 * RATE), dtype=np.float32) / RATE
    at = 0.2
    while at < n / RATE:
        tone = np.zeros_like(t)
        for partial, loud, fade in ((0.5, 0.5, 0.9), (1, 1, 1.3), (1.19, 0.6, 1.8), (1.5, 0.4, 2.2), (2, 0.5, 2.6)):
            tone += np.sin(math.tau * base * partial * t) * np.exp(-t * fade) * loud
        tone *= np.minimum(t / 0.004, 1) * np.clip((3.2 - t) / 0.6, 0, 1)
        add(out, int(at * RATE), tone.astype(np.float32), float(rng.uniform(-0.3, 0.3)))
        at += float(rng.uniform(3, 4))
    return out


def heartbeat(rng: np.random.Generator, n: int) -> np.ndarray:
    """66 beats a minute, two sounds each."""
    out = np.zeros((n, 2), np.float32)
    for at in np.arange(0.1, n / RATE, 60 / 66):
        add(out, int(at * RATE), _thud(), 0.0)
        add(out, int((at + 0.28) * RATE), _thud() * np.float32(0.6), 0.0)
    return out
