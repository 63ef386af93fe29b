"""A look as numbers: exposure, contrast, saturation, warmth, three wheels, and a .cube file.

The wheels are baked into a colour table, so the preview on a still and the film go through the same arithmetic.
All on display values 0..1, sRGB or BT.709. Source of the file format: Adobe's Cube LUT specification 1.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Grade
from studio.media import cube

if TYPE_CHECKING:
    import numpy as np

SIDE = 33
"""Steps of a baked table along each colour; between them ffmpeg interpolates."""
GAMMA = 2.2
MID_GREY = 0.435
"""18 % grey on display, which contrast leaves in place."""
LUMA = (0.2126, 0.7152, 0.0722)
WARMTH = 0.12
LIFT, GAIN = 0.25, 0.5
"""How far a wheel at 1 moves the shadows up, and the lights."""


def wheels(rgb: np.ndarray, grade: Grade) -> np.ndarray:
    """The colours (..., 3), 0..1, after everything in the grade but the LUT."""
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


def neutral(grade: Grade) -> bool:
    """True when the wheels change nothing."""
    return grade == Grade(lut=grade.lut, lut_strength=grade.lut_strength)


def tables(grade: Grade, folder: Path) -> list[Path]:
    """Write the colour tables of this grade into `folder`, in the order they are applied. Raises MediaError."""
    written = []
    if not neutral(grade):
        written.append(cube.write(folder / "wheels.cube", wheels(cube.grid(SIDE), grade)))
    if grade.lut and grade.lut_strength > 0:
        side, table = cube.read_kept(grade.lut)
        plain = cube.grid(side)
        written.append(cube.write(folder / "look.cube", plain + (table - plain) * min(grade.lut_strength, 1.0)))
    return written


def chain(tables: list[Path], *, from_s: float = 0.0) -> list[str]:
    """The filters that send BT.709 pictures through the tables; their files lie where ffmpeg runs.

    Counted in 16 bits between the tables, or slow gradients would break into bands. from_s: earlier frames pass.
    """
    if not tables:
        return []
    when = f":enable='gte(t,{from_s:.3f})'" if from_s else ""
    steps = [f"lut3d=file={table.name}:interp=tetrahedral{when}" for table in tables]
    return ["format=gbrp16le", *steps, f"scale={cube.BACK}", "format=yuv420p"]
