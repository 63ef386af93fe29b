"""A look as numbers: exposure, contrast, saturation, warmth, three wheels, and a .cube file.

The wheels are baked into a colour table, so the preview on a still and the film go through the same arithmetic.
All on display values 0..1, sRGB or BT.709. Source of the file format: Adobe's Cube LUT specification 1.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.media.cut import Grade

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

SIDE = 33
"""Steps of a baked table along each colour; between them ffmpeg interpolates."""
LARGEST_SIDE = 129
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
        written.append(_write(folder / "wheels.cube", wheels(_grid(SIDE), grade)))
    if grade.lut and grade.lut_strength > 0:
        side, table = read_cube(grade.lut)
        grid = _grid(side)
        written.append(_write(folder / "look.cube", grid + (table - grid) * min(grade.lut_strength, 1.0)))
    return written


def read_cube(path: Path) -> tuple[int, np.ndarray]:
    """The side and the table (side, side, side, 3; blue slowest, red fastest) of a 3D .cube file.

    Raises MediaError for any other file, and for 1D tables and other domains than 0..1.
    """
    import numpy as np

    try:
        lines = path.read_text("utf-8", "replace").splitlines()[: LARGEST_SIDE**3 + 1000]
    except OSError as error:
        raise MediaError(f"{path.name} cannot be read: {error.strerror}.") from None
    words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    heads = {w[0].upper(): w[1:] for w in words if w[0][0].isalpha()}
    numbers = [w for w in words if not w[0][0].isalpha()]
    try:
        side = int(heads["LUT_3D_SIZE"][0])
        table = np.array(numbers, np.float64)
    except (KeyError, IndexError, ValueError):
        raise MediaError(f"{path.name} is no 3D colour table. Export it as a .cube file with LUT_3D_SIZE.") from None
    domain = [float(v) for v in heads.get("DOMAIN_MIN", ["0", "0", "0"]) + heads.get("DOMAIN_MAX", ["1", "1", "1"])]
    if domain != [0, 0, 0, 1, 1, 1]:
        raise MediaError(f"{path.name} is made for values other than 0 to 1, which a film does not have.")
    if not 2 <= side <= LARGEST_SIDE or table.shape != (side**3, 3) or not np.isfinite(table).all():
        raise MediaError(f"{path.name} should hold {side}x{side}x{side} colours but does not. Export it again.")
    return side, table.reshape(side, side, side, 3)


def _grid(side: int) -> np.ndarray:
    import numpy as np

    steps = np.linspace(0, 1, side)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack((red, green, blue), axis=-1)


def _write(path: Path, table: np.ndarray) -> Path:
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in table.reshape(-1, 3))
    path.write_text(f"LUT_3D_SIZE {table.shape[0]}\n{rows}\n")
    return path


def graded(picture: Image.Image, grade: Grade) -> Image.Image:
    """A still through the same look as the film: for previews. RGB in, RGB out."""
    import numpy as np
    from PIL import Image, ImageFilter

    rgb = np.asarray(picture.convert("RGB"), np.float32) / 255
    out = Image.fromarray(np.rint(wheels(rgb, grade) * 255).astype(np.uint8), "RGB")
    if not grade.lut or grade.lut_strength <= 0:
        return out
    side, table = read_cube(grade.lut)
    if side > 65:
        raise MediaError(f"{grade.lut.name} is too fine for a preview ({side} steps); the film can use it.")
    grid = _grid(side)
    mixed = grid + (table - grid) * min(grade.lut_strength, 1.0)
    return out.filter(ImageFilter.Color3DLUT(side, mixed.reshape(-1).tolist()))
