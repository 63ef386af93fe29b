"""TIFF pictures of fractions, as renderers, photo editors and scientists write them, scaled to 8 bits.

0..1, 0..255 and 0..65535 are taken by their own white; anything else (heights, temperatures) by its range. Pillow
reads only grey ones and would show them black; those in colour are read by OpenCV.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import MediaError
from studio.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

WIDTH, HEIGHT, CHANNELS, FORMAT = 256, 257, 277, 339
"""TIFF 6.0: ImageWidth, ImageLength, SamplesPerPixel, SampleFormat (3 is floating point)."""
WHITES = (1.0, 255.0, 65535.0)
SLACK = 1.001
KEY = "floats"
"""Mark in Image.info of a picture that was scaled."""


def is_one(image: Image.Image) -> bool:
    """Whether the picture is stored in fractions."""
    return image.mode == "F" or KEY in image.info


def has_numbers(image: Image.Image) -> bool:
    """Whether any value of a grey picture of fractions is a number."""
    import numpy as np

    return image.mode != "F" or bool(np.isfinite(np.asarray(image)).any())


def as_grey(image: Image.Image) -> Image.Image:
    """A grey picture of fractions (mode F) as 8 bits."""
    import numpy as np
    from PIL import Image

    return Image.fromarray(_scaled(np.asarray(image, np.float32)))


def colours(path: Path, name: str, max_pixels: int) -> Image.Image | None:
    """A TIFF of fractions in colour as 8-bit RGB; None for any other TIFF. Raises MediaError when it cannot be read."""
    import numpy as np
    from PIL import Image

    tags = _tags(path)
    if 3 not in _all(tags.get(FORMAT)) or int(next(iter(_all(tags.get(CHANNELS))), 1)) < 3:
        return None
    import cv2

    if int(tags.get(WIDTH, 0)) * int(tags.get(HEIGHT, 0)) > max_pixels:
        raise MediaError(Message("file.many_megapixels", name=name, most=f"{max_pixels / 1e6:.0f}"))
    try:
        levels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        levels = None
    if levels is None or levels.ndim != 3 or not np.isfinite(levels).any():
        raise MediaError(Message("file.float_tiff", name=name))
    image = Image.fromarray(np.ascontiguousarray(_scaled(levels.astype(np.float32))[..., 2::-1]))
    image.info[KEY] = True
    return image


def _tags(path: Path) -> dict[int, Any]:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        with path.open("rb") as file:
            directory = ImageFileDirectory_v2(file.read(8))
            file.seek(directory.next)
            directory.load(file)
        return {tag: directory[tag] for tag in (WIDTH, HEIGHT, CHANNELS, FORMAT) if tag in directory}
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, IndexError):
        return {}  # Pillow will say what is wrong with it


def _all(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _scaled(levels: np.ndarray) -> np.ndarray:
    """Fractions as uint8. What is no number becomes black."""
    import numpy as np

    valid = np.isfinite(levels)
    low, high = (float(levels[valid].min()), float(levels[valid].max())) if valid.any() else (0.0, 1.0)
    white = next((white for white in WHITES if high <= white * SLACK), None)
    if white is None or low < -0.001 * white:
        white = max(high - low, 1e-12)
    else:
        low = 0.0
    shown = np.where(valid, (levels - low) / white, 0.0)
    return (np.clip(shown, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
