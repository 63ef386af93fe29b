"""Colour match: how one shot's colours are moved towards another's, by what both show near the cut.

Measured and moved in OKLab, where equal steps look equal: lightness by mean and spread, colour by mean and covariance
(the linear transport of Monge and Kantorovich). Bounded, because neighbours may show different things: a shot keeps
its own colours, only its light and its cast follow. Black stays black and white stays white.
Sources: Björn Ottosson, "A perceptual color space for image processing" (2020); F. Pitié and A. Kokaram, "The linear
Monge-Kantorovitch linear colour mapping for example-based colour transfer" (CVMP 2007).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Tone

if TYPE_CHECKING:
    import numpy as np

SAMPLE_PX = 96
"""Longer side of the small pictures that are measured."""
MOST_LIGHT, MOST_CAST = 0.14, 0.07
"""How far lightness (0..1) and colour (a and b; a full red has 0.26) may move at full strength."""
GAIN = (0.75, 1.35)
"""Bounds of what lightness and colour are stretched by."""
DARK, BRIGHT = 0.04, 0.97
"""Lightness below and above which a pixel says nothing of the light: black bars, clipped skies."""
FAR = 2.6
"""Pixels further from the mean than so many deviations are left out of the second measurement."""
LEAST = 200
"""Pixels; with fewer left everything is measured."""

_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Display values (..., 3), sRGB 0..1, as OKLab: L 0..1, a and b about -0.4..0.4."""
    import numpy as np

    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.0) + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ np.array(_TO_LMS).T) @ np.array(_TO_LAB).T


def display(lab: np.ndarray) -> np.ndarray:
    """OKLab (..., 3) as display values, sRGB, cut to 0..1."""
    import numpy as np

    linear = (lab @ np.linalg.inv(np.array(_TO_LAB)).T) ** 3 @ np.linalg.inv(np.array(_TO_LMS)).T
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def sample(path: Path, times_s: tuple[float, ...]) -> np.ndarray:
    """The colours of the clip at these times as OKLab, float32 (n, 3), from small pictures. Raises MediaError."""
    import numpy as np

    from studio.media import frames

    seen = frames.several(path, times_s, max_side_px=SAMPLE_PX)
    pixels = [np.asarray(one.convert("RGB"), np.float32).reshape(-1, 3) / 255 for one in seen]
    return oklab(np.concatenate(pixels)).astype(np.float32)


def tone(shot: np.ndarray, reference: np.ndarray, strength: float = 1.0) -> Tone | None:
    """What moves the colours of `shot` towards `reference` (OKLab samples); strength 0..1. None: nothing to move."""
    import numpy as np

    (own, own_cov), (other, other_cov) = _measured(shot), _measured(reference)
    shift = other - own
    shift[0] = np.clip(shift[0], -MOST_LIGHT, MOST_LIGHT)
    cast = float(np.hypot(shift[1], shift[2]))
    shift[1:] *= min(1.0, MOST_CAST / cast) if cast else 1.0
    gain = float(np.clip(np.sqrt(other_cov[0, 0] / own_cov[0, 0]), *GAIN))
    turn = _transport(own_cov[1:, 1:], other_cov[1:, 1:])
    strength = min(max(strength, 0.0), 1.0)
    shift, gain = shift * strength, 1 + (gain - 1) * strength
    turn = np.eye(2) + (turn - np.eye(2)) * strength
    if np.abs(shift).max() < 1e-3 and abs(gain - 1) < 0.01 and np.abs(turn - np.eye(2)).max() < 0.01:
        return None
    a, b, c, d = (round(float(v), 5) for v in turn.ravel())
    middle, moved = (tuple(round(float(v), 5) for v in triple) for triple in (own, shift))
    return Tone(middle, round(gain, 5), (a, b, c, d), moved)  # type: ignore[arg-type]


def moved(lab: np.ndarray, how: Tone) -> np.ndarray:
    """OKLab colours (..., 3) after the tone. The nearer to black or white, the less they move, black most of all:
    a tint shows first in the shadows."""
    import numpy as np

    light = np.clip(lab[..., 0], 0.0, 1.0)
    room = 4 * light * (1 - light)
    steps = np.linspace(0.0, 1.0, 257)
    curve = steps + 4 * steps * (1 - steps) * ((how.gain - 1) * (steps - how.middle[0]) + how.shift[0])
    rising = np.maximum.accumulate(np.clip(curve, 0.0, 1.0))  # a lighter pixel never ends up darker than a darker one
    colour = lab[..., 1:] - np.array(how.middle[1:])
    turned = colour @ np.array(how.turn).reshape(2, 2).T
    pull = np.where(light < 0.5, room**2, np.sqrt(room))[..., None] * (turned - colour + np.array(how.shift[1:]))
    return np.concatenate((np.interp(light, steps, rising)[..., None], lab[..., 1:] + pull), axis=-1)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """How far apart two samples look: between their mean colours, in OKLab (0.02 is just noticeable)."""
    import numpy as np

    return float(np.linalg.norm(_measured(a)[0] - _measured(b)[0]))


def table(how: Tone, grid: np.ndarray) -> np.ndarray:
    """The display colours of `grid` (..., 3), 0..1, after the tone."""
    return display(moved(oklab(grid), how))


def _measured(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance, of what is neither black nor clipped, once more without what lies far out."""
    import numpy as np

    lab = np.asarray(lab, np.float64)
    inside = lab[(lab[:, 0] > DARK) & (lab[:, 0] < BRIGHT)]
    lab = inside if len(inside) >= LEAST else lab
    mean, cov = lab.mean(axis=0), _covariance(lab)
    off = lab - mean
    near = np.einsum("ni,ij,nj->n", off, np.linalg.inv(cov), off) < FAR**2
    kept = lab[near] if near.sum() >= LEAST else lab
    return kept.mean(axis=0), _covariance(kept)


def _covariance(lab: np.ndarray) -> np.ndarray:
    """With a little added, so that a flat picture has an inverse and is not stretched."""
    import numpy as np

    return np.cov(lab, rowvar=False) + np.diag((4e-4, 1e-4, 1e-4))


def _transport(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The symmetric matrix that brings covariance `own` to `other`, its stretches kept within GAIN."""
    import numpy as np

    root = _root(own)
    back = np.linalg.inv(root)
    full = back @ _root(root @ other @ root) @ back
    values, vectors = np.linalg.eigh((full + full.T) / 2)
    return vectors @ np.diag(np.clip(values, *GAIN)) @ vectors.T


def _root(matrix: np.ndarray) -> np.ndarray:
    import numpy as np

    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0.0))) @ vectors.T
