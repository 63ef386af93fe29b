"""What places and weather sound like: seeded stereo noises and notes, made with NumPy. Each gives float32 (n, 2).

Levels are left to bed.py; only the shape in time and frequency matters here. Nothing starts or stops abruptly: every
event has a rise of a few milliseconds, so there are no clicks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

RATE = 48_000
Noise = Callable[[np.random.Generator, int], np.ndarray]


def coloured(rng: np.random.Generator, n: int, low: float, high: float, *, tilt: float = 0.0) -> np.ndarray:
    """Noise (n,) of RMS 1 between two frequencies in Hz, with soft edges. tilt: exponent of 1/f (1 is pink)."""
    size = fast_size(n)
    shape = _band(size, low, high, tilt)
    white = rng.standard_normal(2 * len(shape), np.float32).view(np.complex64)  # the spectrum of white noise is white
    made = np.fft.irfft(white * shape, size)[:n].astype(np.float32)
    return made / max(1e-9, float(np.sqrt(np.mean(made**2))))


def _band(size: int, low: float, high: float, tilt: float) -> np.ndarray:
    """The gain of each frequency of an FFT of this size; none at 0 Hz."""
    hz = np.fft.rfftfreq(size, 1 / RATE).astype(np.float32)
    below, above = np.square(low / np.maximum(hz, 1)), np.square(hz / np.float32(high))
    shape = 1 / ((1 + below * below) * (1 + above * above))
    if tilt:
        shape *= np.maximum(hz / 100, 0.05) ** np.float32(-tilt / 2)
    shape[0] = 0
    return shape


def fast_size(n: int) -> int:
    """The smallest length of n or more that the FFT takes quickly: 2, 3 or 5 times a power of two."""
    return min(m * 2 ** max(0, math.ceil(math.log2(max(n, 2) / m))) for m in (2, 3, 5))


def wide(rng: np.random.Generator, n: int, low: float, high: float, *, tilt: float = 0.0) -> np.ndarray:
    """Stereo noise, half of it common to both sides."""
    middle, left, right = (coloured(rng, n, low, high, tilt=tilt) for _ in range(3))
    return np.stack((middle + left, middle + right), 1) * np.float32(0.7)


def sway(rng: np.random.Generator, n: int, hz: float, *, floor: float = 0.0) -> np.ndarray:
    """A smooth wandering level (n,) between floor and 1 that changes about hz times a second."""
    knots = max(4, math.ceil(n / RATE * hz) + 3)
    values = rng.random(knots)
    at = np.linspace(0, knots - 1.001, n)
    whole = at.astype(int)
    part = at - whole
    part = part * part * (3 - 2 * part)
    mixed = values[whole] * (1 - part) + values[np.minimum(whole + 1, knots - 1)] * part
    return (floor + (1 - floor) * mixed).astype(np.float32)


def times(rng: np.random.Generator, n: int, per_s: float) -> np.ndarray:
    """Random sample numbers of events that happen per_s times a second on average; at least one a clip."""
    return np.sort(rng.integers(0, n, max(1, rng.poisson(per_s * n / RATE))))


def grain(seconds: float, *, rise_s: float = 0.002) -> np.ndarray:
    """An envelope that rises softly and dies away within the given time."""
    t = np.arange(max(2, int(seconds * RATE)), dtype=np.float32) / RATE
    end = np.clip((seconds - t) / (0.2 * seconds), 0, 1)
    return np.minimum(t / rise_s, 1) * np.exp(-t * (4.5 / seconds)) * end


def add(out: np.ndarray, at: int, mono: np.ndarray, pan: float) -> None:
    """Add a mono sound at a sample number; pan -1 left to 1 right. What lies beyond the end is cut off fading."""
    room = len(out) - at
    if room < len(mono):
        if room < 64:
            return
        mono = mono[:room] * np.linspace(1, 0, room, dtype=np.float32) ** 0.5
    angle = (pan + 1) * math.pi / 4
    out[at : at + len(mono), 0] += mono * math.cos(angle)
    out[at : at + len(mono), 1] += mono * math.sin(angle)


def drops(rng: np.random.Generator, n: int, per_s: float, low: float, high: float, seconds: float) -> np.ndarray:
    """Many short drops or crackles of uneven loudness, each a ringing grain of its own pitch."""
    out = np.zeros((n, 2), np.float32)
    envelope = grain(seconds, rise_s=0.0008)
    t = np.arange(len(envelope), dtype=np.float32) / RATE
    shapes = [np.sin(math.tau * hz * t) * envelope for hz in np.geomspace(low, high, 12)]
    for at in times(rng, n, per_s):
        add(out, int(at), shapes[rng.integers(12)] * np.float32(rng.pareto(2.2) * 0.3 + 0.1), float(rng.uniform(-1, 1)))
    return out


def rain(rng: np.random.Generator, n: int) -> np.ndarray:
    return wide(rng, n, 500, 9000, tilt=0.6) * sway(rng, n, 0.4, floor=0.75)[:, None] + drops(
        rng, n, 130, 1500, 7000, 0.012
    )


def thunder(rng: np.random.Generator, n: int) -> np.ndarray:
    """A roll every six seconds or so."""
    body = wide(rng, n, 25, 160, tilt=1.0)
    level = np.zeros(n, np.float32)
    for at in times(rng, n, 0.16):
        roll = grain(min(4.0, (n - at) / RATE + 0.1), rise_s=0.25)[: n - at]
        level[at : at + len(roll)] += roll
    return body * (level * sway(rng, n, 5, floor=0.4))[:, None]


def wind(rng: np.random.Generator, n: int) -> np.ndarray:
    slow, quick = sway(rng, n, 0.35, floor=0.25), sway(rng, n, 0.9, floor=0.0)
    return wide(rng, n, 60, 350, tilt=0.5) * slow[:, None] + wide(rng, n, 350, 1100) * (0.5 * slow * quick)[:, None]


def sea(rng: np.random.Generator, n: int) -> np.ndarray:
    """Swells seven seconds apart: a low body and a hiss that comes as each breaks."""
    t = np.arange(n) / RATE + rng.uniform(0, 7)
    swell = ((1 - np.cos(math.tau * t / 7)) / 2).astype(np.float32)
    foam = np.roll(swell, int(0.4 * RATE)) ** 3 if n > RATE else swell**3
    body = wide(rng, n, 50, 500, tilt=0.8) * (0.3 + 0.7 * swell)[:, None]
    return body + wide(rng, n, 700, 7000, tilt=0.5) * (0.08 + 0.7 * foam)[:, None]


def water(rng: np.random.Generator, n: int) -> np.ndarray:
    rush = wide(rng, n, 400, 4500, tilt=0.4) * sway(rng, n, 7, floor=0.6)[:, None]
    return rush + 1.4 * drops(rng, n, 55, 350, 1600, 0.05)


def crowd(rng: np.random.Generator, n: int, voices: int = 7) -> np.ndarray:
    """Babble: voices as noise in vowel bands, each speaking in syllables."""
    out = np.zeros((n, 2), np.float32)
    for _ in range(voices):
        pitch = float(rng.uniform(180, 420))
        voice = coloured(rng, n, pitch, pitch * 2.2) + 0.45 * coloured(rng, n, pitch * 3.2, pitch * 5)
        spoken = sway(rng, n, float(rng.uniform(4, 6.5))) ** 2 * sway(rng, n, 0.7, floor=0.3)
        add(out, 0, voice * spoken, float(rng.uniform(-0.9, 0.9)))
    return out + 0.5 * wide(rng, n, 150, 900, tilt=0.8)


def steps(rng: np.random.Generator, n: int) -> np.ndarray:
    """A walker, 1.8 steps a second, heel and then sole, left and right."""
    out = np.zeros((n, 2), np.float32)
    t = np.arange(int(0.12 * RATE), dtype=np.float32) / RATE
    at = int(0.25 * RATE)
    side = 0.18
    while at < n:
        thump = np.sin(math.tau * (95 - 220 * t) * t) * grain(0.12, rise_s=0.004)[: len(t)]
        scrape = coloured(rng, len(t), 700, 3600) * grain(0.12, rise_s=0.01)[: len(t)]
        add(out, at, (thump + 0.22 * scrape) * np.float32(rng.uniform(0.8, 1)), side)
        side = -side
        at += int(RATE * (0.555 + rng.uniform(-0.015, 0.015)))
    return out


def birds(rng: np.random.Generator, n: int) -> np.ndarray:
    """Calls of two to six chirps, each bird at its own place and pitch."""
    out = np.zeros((n, 2), np.float32)
    for at in times(rng, n, 0.9):
        base, pan, loud = rng.uniform(2300, 5200), float(rng.uniform(-0.9, 0.9)), rng.uniform(0.3, 1)
        bend, length, gap = rng.uniform(-900, 1500), rng.uniform(0.06, 0.15), rng.uniform(0.1, 0.2)
        t = np.arange(int(length * RATE), dtype=np.float32) / RATE
        phase = math.tau * (base * t + bend * t**2 / (2 * length) + 14 * np.sin(math.tau * 28 * t) / 28)
        chirp = np.sin(phase) * np.hanning(len(t)).astype(np.float32) * np.float32(loud)
        for i in range(int(rng.integers(2, 7))):
            add(out, int(at + i * gap * RATE), chirp, pan)
    return out + 0.04 * wide(rng, n, 200, 3000, tilt=1)


def fire(rng: np.random.Generator, n: int) -> np.ndarray:
    roar = wide(rng, n, 60, 420, tilt=0.7) * sway(rng, n, 3, floor=0.5)[:, None]
    return 0.6 * roar + 1.6 * drops(rng, n, 14, 900, 5200, 0.018)


def traffic(rng: np.random.Generator, n: int) -> np.ndarray:
    """A low murmur and cars that pass from one side to the other."""
    out = wide(rng, n, 45, 380, tilt=1.0)
    for at in times(rng, n, 0.35):
        length = min(int(RATE * rng.uniform(2.5, 4.5)), n)
        at = int(min(at, n - length))
        car = coloured(rng, length, 120, 1500, tilt=0.8) * np.hanning(length).astype(np.float32) ** 2
        pan = np.linspace(0.1, 0.9, length, dtype=np.float32)
        pan = pan if rng.random() < 0.5 else pan[::-1]
        out[at : at + length] += np.stack((car * np.sqrt(1 - pan), car * np.sqrt(pan)), 1) * np.float32(1.3)
    return out


def train(rng: np.random.Generator, n: int) -> np.ndarray:
    """Rumble, and wheels over rail joints in pairs."""
    out = wide(rng, n, 40, 300, tilt=0.9)
    clack = coloured(rng, int(0.09 * RATE), 300, 2200) * grain(0.09, rise_s=0.003)
    for beat in np.arange(0.1, n / RATE, 0.72):
        for late in (0.0, 0.14):
            add(out, int((beat + late) * RATE), clack * np.float32(1.6), 0.0)
    return out


def insects(rng: np.random.Generator, n: int) -> np.ndarray:
    t = np.arange(n, dtype=np.float32) / RATE
    out = np.zeros((n, 2), np.float32)
    for _ in range(3):
        hz, rate = rng.uniform(3900, 4900), rng.uniform(1.4, 2.4)
        song = np.clip(np.sin(math.tau * rate * t + rng.uniform(0, 6)) * 2, 0, 1)
        pulse = 0.5 + 0.5 * np.sin(math.tau * rng.uniform(26, 34) * t)
        add(out, 0, (np.sin(math.tau * hz * t) * song * pulse).astype(np.float32), float(rng.uniform(-0.8, 0.8)))
    return out + 0.15 * wide(rng, n, 100, 900, tilt=1)


def underwater(rng: np.random.Generator, n: int) -> np.ndarray:
    low = wide(rng, n, 30, 260, tilt=0.8) * sway(rng, n, 0.5, floor=0.5)[:, None]
    return low + 0.9 * drops(rng, n, 5, 260, 900, 0.09)


def room(rng: np.random.Generator, n: int) -> np.ndarray:
    """Air, a distant murmur, now and then a cup."""
    return (
        wide(rng, n, 60, 900, tilt=1.2) + 0.12 * crowd(rng, n, voices=3) + 0.25 * drops(rng, n, 0.5, 1900, 3800, 0.16)
    )


def air(rng: np.random.Generator, n: int) -> np.ndarray:
    """What is heard where nothing is said: a room's own quiet."""
    return wide(rng, n, 50, 700, tilt=1.3) * sway(rng, n, 0.3, floor=0.8)[:, None]
