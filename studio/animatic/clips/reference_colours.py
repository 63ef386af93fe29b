"""What somebody wears in a reference picture: the main colour of the upper clothes and of the legs."""

from __future__ import annotations

import cv2
import numpy as np

from studio.animatic.clips import source_media
from studio.animatic.clips.picture_view import subject_of
from studio.animatic.draw.palette import NAMED, RGB, scale
from studio.animatic.order import InputFile

ANALYSIS_PX = 200
"""Longer side of the small copy that is looked at."""
TORSO, LEGS = (0.34, 0.60), (0.68, 0.96)
"""Rows of the figure, from its top, where clothes are looked for."""
GROUND_NEAR, SAME = 16.0, 12.0
"""Distances in CIE Lab: nearer than GROUND_NEAR to the picture's edge is ground; nearer than SAME is one colour."""
LEAST_SHARE = 0.03
"""A figure smaller than this share of the picture is none: then the whole picture counts."""


def clothes(source: InputFile) -> tuple[RGB, RGB]:
    """Colours of the upper clothes and of the legs, sRGB; of a clip, as its first frame shows them.

    Where one garment covers both, the legs are a darker shade of it. Raises MediaError for files without a picture.
    """
    pixels = _small(source)
    lab = _lab(pixels[..., :3])
    figure = _figure(pixels, lab)
    rows = np.flatnonzero(figure.mean(1) > 0.02)
    top, tall = int(rows[0]), int(rows[-1] - rows[0] + 1)
    upper, lower = (
        _main(pixels[..., :3], lab, figure, range(top + round(a * tall), top + max(1, round(b * tall))))
        for a, b in (TORSO, LEGS)
    )
    if np.linalg.norm(_lab(np.array([[upper]], np.uint8)) - _lab(np.array([[lower]], np.uint8))) < SAME:
        lower = scale(upper, 0.62)
    return upper, lower


def main_colour(source: InputFile) -> RGB:
    """The colour that fills most of the whole picture, sRGB."""
    pixels = _small(source)[..., :3]
    everything = np.ones(pixels.shape[:2], bool)
    return _main(pixels, _lab(pixels), everything, range(pixels.shape[0]))


def named(colour: RGB) -> str:
    """The colour word of the vocabulary that is nearest to the eye."""
    at = _lab(np.array([[colour]], np.uint8))
    return min(NAMED, key=lambda n: float(np.linalg.norm(_lab(np.array([[NAMED[n]]], np.uint8)) - at)))


def figure_box(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Where the figure of an RGB or RGBA picture is: left, top, width and height in its px."""
    times = ANALYSIS_PX / max(pixels.shape[:2])
    small = source_media.resized(pixels, *(max(16, round(side * times)) for side in pixels.shape[1::-1]))
    figure = _figure(small, _lab(small[..., :3]))
    left, top, wide, tall = cv2.boundingRect(figure.astype(np.uint8))
    return round(left / times), round(top / times), round(wide / times), round(tall / times)


def _small(source: InputFile) -> np.ndarray:
    pixels = next(source_media.frames(source, 1.0)) if source.kind == "video" else source_media.picture(source)
    tall, wide = pixels.shape[:2]
    times = ANALYSIS_PX / max(tall, wide)
    return source_media.resized(pixels, max(16, round(wide * times)), max(16, round(tall * times)))


def _lab(rgb: np.ndarray) -> np.ndarray:
    """CIE Lab as float32: L 0..100."""
    return cv2.cvtColor(np.ascontiguousarray(rgb).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _figure(pixels: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Where somebody is, bool (h, w): the cut-out, else what differs from the edges and stands in the middle."""
    if pixels.shape[2] == 4:
        found = pixels[..., 3] > 128
    else:
        edge = max(2, round(0.05 * min(lab.shape[:2])))
        ground = np.concatenate([part.reshape(-1, 3) for part in (lab[:, :edge], lab[:, -edge:], lab[:edge])])
        centres, shares = _clusters(ground, 4)
        found = np.ones(lab.shape[:2], bool)
        for centre, share in zip(centres, shares, strict=True):
            if share > 0.12:
                found &= np.linalg.norm(lab - centre, axis=2) > GROUND_NEAR
        subject = subject_of(pixels) > 0
        if subject.shape == found.shape and (found & subject).mean() > LEAST_SHARE:
            found &= subject
    return found if found.mean() > LEAST_SHARE else np.ones(lab.shape[:2], bool)


def _main(rgb: np.ndarray, lab: np.ndarray, figure: np.ndarray, rows: range) -> RGB:
    """The main colour of the figure in these rows, bare skin left out where anything else is seen."""
    band = slice(rows.start, max(rows.stop, rows.start + 1))
    mask = figure[band]
    if not mask.any():
        mask = np.ones_like(mask)
    recast_reading = mask & ~_skin(rgb[band])
    mask = recast_reading if recast_reading.sum() > 0.25 * mask.sum() else mask
    seen = lab[band][mask]
    centres, shares = _clusters(seen, 4)
    vivid = np.hypot(centres[:, 1], centres[:, 2])
    chosen = centres[int(np.argmax(shares * (0.7 + vivid / 120)))]
    near = np.linalg.norm(seen - chosen, axis=1)
    colour = np.median(rgb[band][mask][near <= np.quantile(near, 0.2) + 1], axis=0)
    return int(colour[0]), int(colour[1]), int(colour[2])


def _skin(rgb: np.ndarray) -> np.ndarray:
    """Pixels that may be skin, by a box in YCrCb (Chai and Ngan 1999, drawn tighter)."""
    y, cr, cb = cv2.split(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2YCrCb))
    return (y > 50) & (cr > 137) & (cr < 174) & (cb > 90) & (cb < 124)


def _clusters(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """k-means of (n, 3): centres and their shares. The same values give the same clusters."""
    cv2.setRNGSeed(1)
    count = min(count, len(values))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    values = np.ascontiguousarray(values, np.float32)
    _, labels, centres = cv2.kmeans(values, count, np.empty((0, 1), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    return centres, np.bincount(labels.ravel(), minlength=count) / len(values)
