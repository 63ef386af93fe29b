"""Colour match: one shot's colours are corrected towards another's, from frames of both near the cut.

Measured and corrected in OKLab, which is perceptually uniform: lightness by mean and spread, colour by mean and
covariance (the linear transport of Monge and Kantorovich). The correction is bounded, because neighbours may show
different things: a shot keeps its colours, only lightness and cast are matched. Black and white do not change.
Sources: Björn Ottosson, "A perceptual color space for image processing" (2020); F. Pitié and A. Kokaram, "The linear
Monge-Kantorovitch linear colour mapping for example-based colour transfer" (CVMP 2007).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Tone

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Colours = NDArray[np.floating]

SAMPLE_PX = 96
"""Longer side of the scaled-down frames that are measured."""
MAX_LIGHTNESS_SHIFT, MAX_CHROMA_SHIFT = 0.14, 0.07
"""Largest shift of lightness (0..1) and of colour (a and b; a full red has 0.26) at full strength."""
GAIN_RANGE = (0.75, 1.35)
"""Bounds of the gain of lightness and colour."""
MIN_LIGHTNESS, MAX_LIGHTNESS = 0.04, 0.97
"""Lightness outside which a pixel does not count: black bars, clipped skies."""
OUTLIER_DEVIATIONS = 2.6
"""Distance from the mean, in standard deviations, from which pixels are left out of the second measurement."""
MIN_PIXELS = 200
"""With fewer pixels left, all are measured."""

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


def oklab(rgb: Colours) -> Colours:
    """Display values (..., 3), sRGB 0..1, as OKLab: L 0..1, a and b about -0.4..0.4."""
    import numpy as np

    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.0) + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ np.array(_TO_LMS).T) @ np.array(_TO_LAB).T


def display(lab: Colours) -> Colours:
    """OKLab (..., 3) as display values, sRGB, clipped to 0..1."""
    import numpy as np

    linear = (lab @ np.linalg.inv(np.array(_TO_LAB)).T) ** 3 @ np.linalg.inv(np.array(_TO_LMS)).T
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def sample(path: Path, times_s: tuple[float, ...]) -> Colours:
    """The clip's colours at these times as OKLab, float32 (n, 3), from scaled-down frames. Raises MediaError."""
    import numpy as np

    from studio.media import frames

    pictures = frames.grab_many(path, times_s, max_side_px=SAMPLE_PX)
    pixels = [np.asarray(one.convert("RGB"), np.float32).reshape(-1, 3) / 255 for one in pictures]
    return oklab(np.concatenate(pixels)).astype(np.float32)


def tone(shot: Colours, reference: Colours, strength: float = 1.0) -> Tone | None:
    """The correction from `shot` towards `reference` (OKLab samples); strength 0..1. None when they already match."""
    import numpy as np

    (mean, cov), (reference_mean, reference_cov) = _mean_and_covariance(shot), _mean_and_covariance(reference)
    shift = reference_mean - mean
    shift[0] = np.clip(shift[0], -MAX_LIGHTNESS_SHIFT, MAX_LIGHTNESS_SHIFT)
    cast = float(np.hypot(shift[1], shift[2]))
    shift[1:] *= min(1.0, MAX_CHROMA_SHIFT / cast) if cast else 1.0
    gain = float(np.clip(np.sqrt(reference_cov[0, 0] / cov[0, 0]), *GAIN_RANGE))
    turn = _transport(cov[1:, 1:], reference_cov[1:, 1:])
    strength = min(max(strength, 0.0), 1.0)
    shift, gain = shift * strength, 1 + (gain - 1) * strength
    turn = np.eye(2) + (turn - np.eye(2)) * strength
    if np.abs(shift).max() < 1e-3 and abs(gain - 1) < 0.01 and np.abs(turn - np.eye(2)).max() < 0.01:
        return None
    a, b, c, d = (round(float(v), 5) for v in turn.ravel())
    return Tone(_rounded(mean), round(gain, 5), (a, b, c, d), _rounded(shift))


def _rounded(lab: Colours) -> tuple[float, float, float]:
    lightness, a, b = (round(float(v), 5) for v in lab)
    return lightness, a, b


def apply(lab: Colours, tone: Tone) -> Colours:
    """OKLab colours (..., 3) after the correction. It is weaker near black and white, most near black, for
    a tint is most visible in the shadows."""
    import numpy as np

    light = np.clip(lab[..., 0], 0.0, 1.0)
    weight = 4 * light * (1 - light)
    steps = np.linspace(0.0, 1.0, 257)
    curve = steps + 4 * steps * (1 - steps) * ((tone.gain - 1) * (steps - tone.middle[0]) + tone.shift[0])
    monotonic = np.maximum.accumulate(np.clip(curve, 0.0, 1.0))  # keeps the order of lightness
    colour = lab[..., 1:] - np.array(tone.middle[1:])
    rotated = colour @ np.array(tone.turn).reshape(2, 2).T
    delta = np.where(light < 0.5, weight**2, np.sqrt(weight))[..., None] * (rotated - colour + np.array(tone.shift[1:]))
    return np.concatenate((np.interp(light, steps, monotonic)[..., None], lab[..., 1:] + delta), axis=-1)


def distance(a: Colours, b: Colours) -> float:
    """Distance between the mean colours of two samples in OKLab (0.02 is just noticeable)."""
    import numpy as np

    return float(np.linalg.norm(_mean_and_covariance(a)[0] - _mean_and_covariance(b)[0]))


def lut(tone: Tone, grid: Colours) -> Colours:
    """The display colours of `grid` (..., 3), 0..1, after the correction."""
    return display(apply(oklab(grid), tone))


def _mean_and_covariance(lab: Colours) -> tuple[Colours, Colours]:
    """Mean and covariance of pixels that are neither black nor clipped, measured again without outliers."""
    import numpy as np

    lab = np.asarray(lab, np.float64)
    usable = lab[(lab[:, 0] > MIN_LIGHTNESS) & (lab[:, 0] < MAX_LIGHTNESS)]
    lab = usable if len(usable) >= MIN_PIXELS else lab
    mean, cov = lab.mean(axis=0), _regularized_covariance(lab)
    deviation = lab - mean
    is_inlier = np.einsum("ni,ij,nj->n", deviation, np.linalg.inv(cov), deviation) < OUTLIER_DEVIATIONS**2
    inliers = lab[is_inlier] if is_inlier.sum() >= MIN_PIXELS else lab
    return inliers.mean(axis=0), _regularized_covariance(inliers)


def _regularized_covariance(lab: Colours) -> Colours:
    """The covariance plus a small diagonal, so that a flat picture's has an inverse."""
    import numpy as np

    return np.cov(lab, rowvar=False) + np.diag((4e-4, 1e-4, 1e-4))


def _transport(own: Colours, reference: Colours) -> Colours:
    """The symmetric matrix that transforms covariance `own` to `reference`, its gains within GAIN_RANGE."""
    import numpy as np

    sqrt_own = _matrix_sqrt(own)
    inverse = np.linalg.inv(sqrt_own)
    transport = inverse @ _matrix_sqrt(sqrt_own @ reference @ sqrt_own) @ inverse
    values, vectors = np.linalg.eigh((transport + transport.T) / 2)
    return vectors @ np.diag(np.clip(values, *GAIN_RANGE)) @ vectors.T


def _matrix_sqrt(matrix: Colours) -> Colours:
    import numpy as np

    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0.0))) @ vectors.T
