"""A look as numbers: exposure, contrast, saturation, warmth, three colour wheels, and a .cube file.

The wheels are baked into a colour table, so the preview of a still and the film use the same arithmetic.
All on display values 0..1, sRGB or BT.709. Source of the file format: Adobe's Cube LUT specification 1.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Grade
from studio.media import cube

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Colours = NDArray[np.floating]

LUT_SIDE = 33
"""Entries of a baked table along each colour axis; ffmpeg interpolates between them."""
GAMMA = 2.2
MID_GREY = 0.435
"""18 % grey as a display value, which contrast does not change."""
LUMA = (0.2126, 0.7152, 0.0722)
WARMTH = 0.12
LIFT, GAIN = 0.25, 0.5
"""Effect of a wheel at 1: offset of the shadows, and gain of the lights."""


def wheels(rgb: Colours, grade: Grade) -> Colours:
    """The colours (..., 3), 0..1, after the whole grade except its LUT."""
    import numpy as np

    shadows, mids, lights = (np.array(wheel) for wheel in (grade.shadows, grade.mids, grade.lights))
    out = rgb * 2 ** (grade.exposure / GAMMA)
    out = out * np.array([1 + WARMTH * grade.warmth, 1.0, 1 - WARMTH * grade.warmth])
    out = out * (1 + GAIN * lights)
    out = out + LIFT * shadows * (1 - np.clip(out, 0, 1))
    out = np.clip(out, 0, None) ** (1 / np.maximum(1 + mids, 0.1))
    out = (out - MID_GREY) * grade.contrast + MID_GREY
    luma = (out * np.array(LUMA)).sum(axis=-1, keepdims=True)
    return np.clip(luma + (out - luma) * grade.saturation, 0, 1)


def is_neutral(grade: Grade) -> bool:
    """True when nothing but the LUT changes colours."""
    return grade == Grade(lut=grade.lut, lut_strength=grade.lut_strength)


def write_luts(grade: Grade, folder: Path) -> list[Path]:
    """Write the grade's colour tables to `folder` and return them in the order they are applied. Raises MediaError."""
    luts: list[Path] = []
    if not is_neutral(grade):
        luts.append(cube.write(folder / "wheels.cube", wheels(cube.grid(LUT_SIDE), grade)))
    if grade.lut and grade.lut_strength > 0:
        side, lut = cube.read_kept(grade.lut)
        identity = cube.grid(side)
        luts.append(cube.write(folder / "look.cube", identity + (lut - identity) * min(grade.lut_strength, 1.0)))
    return luts


def lut_filters(write_luts: list[Path], *, from_s: float = 0.0) -> list[str]:
    """The ffmpeg filters that apply the tables to BT.709 pictures; the files are in ffmpeg's working directory.

    16 bits between the tables avoid banding in gradients. from_s: earlier frames are not changed.
    """
    if not write_luts:
        return []
    enabled = f":enable='gte(t,{from_s:.3f})'" if from_s else ""
    filters = [f"lut3d=file={lut.name}:interp=tetrahedral{enabled}" for lut in write_luts]
    return ["format=gbrp16le", *filters, f"scale={cube.BACK}", "format=yuv420p"]
