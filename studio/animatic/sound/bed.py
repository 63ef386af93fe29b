"""The quiet sound bed of a clip: the sounds its words name, mixed, brought to one loudness, crossfaded at the cuts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from studio.animatic import tables
from studio.animatic.sound import notes, sound
from studio.animatic.sound.sound import RATE, fast_size

LOUDNESS_LUFS = -27.0
QUIET_LUFS = -36.0
"""Where no sound is named: a room's own quiet, so that an editor hears that there is a track."""

PEAK = 0.5
CROSSFADE_S = 0.06
EDGE_S = 0.03
MOST = 4
"""Sounds that are mixed at once; more are only mush."""

SOUNDS: dict[str, tuple[sound.Noise, float]] = {
    word: (getattr(sound, word, None) or getattr(notes, word), level)
    for word, level in tables.load("sound/mix").items()
}
"""Word of the vocabulary -> its maker and its level in the mix, in dB."""


def bed(parts: Sequence[tuple[int, tuple[str, ...]]], seed: int) -> np.ndarray:
    """Sound for a clip, float32 (n, 2) at 48 kHz. parts: samples and sound words of each shot, in order.

    Neighbouring shots that sound alike share one unbroken bed; others are crossfaded at the cut.
    """
    joined: list[tuple[int, tuple[str, ...]]] = []
    for samples, words in parts:
        audible = tuple(w for w in words if w in SOUNDS)[:MOST]
        if joined and joined[-1][1] == audible:
            joined[-1] = (joined[-1][0] + samples, audible)
        else:
            joined.append((samples, audible))
    fade = int(CROSSFADE_S * RATE)
    out = np.zeros((sum(n for n, _ in joined) + fade, 2), np.float32)
    at = 0
    for number, (samples, words) in enumerate(joined):
        piece = mixed(words, samples + fade, seed)
        ramp = np.sin(np.linspace(0, math.pi / 2, fade, dtype=np.float32))[:, None]
        if number:
            piece[:fade] *= ramp
        piece[-fade:] *= ramp[::-1]
        out[at : at + len(piece)] += piece
        at += samples
    out = out[: len(out) - fade]
    return edged(out)


def mixed(words: Sequence[str], n: int, seed: int) -> np.ndarray:
    """These sounds together at the bed's loudness; quiet air where none is named."""
    if not words:
        return to_loudness(sound.air(np.random.default_rng([seed, 99]), n), QUIET_LUFS)
    total = np.zeros((n, 2), np.float32)
    for word in words:
        maker, level = SOUNDS[word]
        rng = np.random.default_rng([seed, sum(map(ord, word))])
        total += to_loudness(maker(rng, n), LOUDNESS_LUFS + level)
    return to_loudness(total, LOUDNESS_LUFS)


def edged(samples: np.ndarray) -> np.ndarray:
    """The same with a short fade at both ends, in place."""
    edge = min(int(EDGE_S * RATE), len(samples) // 2)
    if edge:
        ramp = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
        samples[:edge] *= ramp
        samples[-edge:] *= ramp[::-1]
    return samples


def to_loudness(samples: np.ndarray, lufs: float) -> np.ndarray:
    """The sound at this loudness, its peaks rounded off below PEAK. Silence stays silence."""
    now = loudness(samples)
    if now < -90:
        return samples
    scaled = samples * np.float32(10 ** ((lufs - now) / 20))
    return (PEAK * np.tanh(scaled / PEAK)).astype(np.float32)


def loudness(samples: np.ndarray) -> float:
    """Loudness of float (n, 2) at 48 kHz in LUFS, ungated: BS.1770's K weighting, done in the frequency domain."""
    size = fast_size(len(samples))
    spectra = (np.fft.rfft(np.ascontiguousarray(side), size) for side in samples.T)
    power = sum(float(((s.real**2 + s.imag**2) * k_weight(size)).sum()) for s in spectra)
    mean = 2 * power / size / max(1, len(samples))
    return -0.691 + 10 * math.log10(max(mean, 1e-12))


@lru_cache(maxsize=4)
def k_weight(size: int) -> np.ndarray:
    """Power gain of the two filters of ITU-R BS.1770-4 at 48 kHz (its tables 1 and 2), for an FFT of this size.

    Kept, for the sounds of a clip are all of one length; do not write into it.
    """
    hz = np.fft.rfftfreq(size, 1 / RATE)
    z = np.exp(-1j * math.tau * hz / RATE)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return (np.abs(shelf * high_pass) ** 2).astype(np.float32)
