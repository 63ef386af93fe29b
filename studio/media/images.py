"""Still pictures through Pillow: opened by the one format their content shows, upright, in sRGB."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.media import floats, png, structure
from studio.media.detect import AVIF, JXL, TIFF, FileType, sniff
from studio.messages import Message

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 89_478_485
"""Largest picture taken, in pixels: Pillow's own limit, a quarter of a GB as RGB."""
MAX_PNG_TEXT_BYTES = 32 * 2**20
"""Largest compressed text or colour profile of a PNG that is unpacked."""
JXL_LIMIT_S = 30
LARGE_TEXT_BYTES = 2**20
"""Pillow's own limit, and so that of many programs behind a provider."""

log = logging.getLogger(__name__)


@contextmanager
def opened(path: Path, *, name: str = "", max_pixels: int = MAX_PIXELS) -> Iterator[tuple[Image.Image, FileType]]:
    """The picture (header read, pixels not yet) and its type.

    Inside the block, too, Pillow's errors become MediaError sentences, but a full disk stays an OSError. Raises
    MediaError for a bomb (more than max_pixels), a broken file, or a file that is no picture.
    """
    from PIL import Image

    name = name or path.name
    kind = sniff(path, name=name)
    if structure.too_many_frames(path, kind.name):
        raise _too_long(name)
    if kind.reader == "HEIF":
        _with_heif()
    try:
        with _open(path, name, kind, max_pixels) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise _too_large(name, f"{width}x{height}", max_pixels)
            if kind is AVIF and getattr(image, "n_frames", 1) > structure.MAX_FRAMES:  # it is in the header
                raise _too_long(name)
            yield image, kind
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name, Message("file.pixels_unsafe"), max_pixels) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        log.info("%s: %s", name, error)
        raise MediaError(Message("file.broken_picture", name=name, form=kind.name)) from None


def _too_large(name: str, size: str, limit: int) -> MediaError:
    return MediaError(Message("file.pixels_most", name=name, size=size, most=f"{limit / 1e6:.0f}"))


def _too_long(name: str) -> MediaError:
    return MediaError(Message("file.long_animation", name=name, most=f"{structure.MAX_FRAMES:,}"))


def _with_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _open(path: Path, name: str, kind: FileType, max_pixels: int) -> Image.Image:
    from PIL import Image, PngImagePlugin

    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PNG_TEXT_BYTES  # beyond its own 1 MiB Pillow calls the file broken
    if kind is JXL:
        return Image.open(io.BytesIO(_through_ffmpeg(path, name, max_pixels)), formats=("PNG",))
    if kind is TIFF and (colours := floats.colours(path, name, max_pixels)) is not None:
        return colours
    try:
        return Image.open(path, formats=(kind.reader,))
    except ValueError as error:
        if "MAX_TEXT" not in str(error):
            raise
        log.info("%s: texts and profile left out: %s", name, error)
        plain = Image.open(io.BytesIO(png.strip_compressed(path.read_bytes())), formats=("PNG",))
        plain.info["texts_left_out"] = True
        return plain


def has_heavy_chunks(image: Image.Image, path: Path) -> bool:
    """Whether the PNG has a packed text or a profile so large that other programs take the file for broken."""
    if "texts_left_out" in image.info or len(image.info.get("icc_profile") or b"") > LARGE_TEXT_BYTES:
        return True
    texts = (v for v in image.info.values() if isinstance(v, str))
    return any(len(text) > LARGE_TEXT_BYTES for text in texts) and png.has_compressed_texts(path.read_bytes())


def _through_ffmpeg(path: Path, name: str, max_pixels: int) -> bytes:
    """A JPEG XL picture as PNG: Pillow does not read it, the ffmpeg that comes with the packages does."""
    from tempfile import TemporaryDirectory

    from studio.media.files import run_ffmpeg

    with TemporaryDirectory() as folder:
        out = Path(folder) / "picture.png"
        args = ["-xerror", "-max_pixels", str(max_pixels), "-f", "jpegxl_pipe", "-i", str(path), "-frames:v", "1"]
        try:
            run_ffmpeg([*args, "-f", "image2", "-update", "1", "-c:v", "png"], out, limit_s=JXL_LIMIT_S)
        except MediaError as error:
            log.info("%s: %s", name, error)
            raise MediaError(Message("file.jpeg_xl", name=name)) from None
        return out.read_bytes()


def has_alpha(image: Image.Image) -> bool:
    """True when the picture has an alpha channel or a transparent colour."""
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture upright, as 8-bit sRGB: mode RGB, or RGBA where it has alpha.

    Converts CMYK, palettes, 16-bit and wide-gamut (ICC) pictures. Uses EXIF orientation.
    """
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = _eight_bit(image)
    if image.mode == "F":
        image = floats.as_grey(image)
    image = _through_profile(image)
    wanted = "RGBA" if has_alpha(image) else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _eight_bit(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits as 8; a conversion by Pillow alone would cut off instead of scaling."""
    import numpy as np
    from PIL import Image

    levels = np.asarray(image)
    return Image.fromarray((levels >> 8 if levels.max(initial=0) > 255 else levels).astype(np.uint8))


def _through_profile(image: Image.Image) -> Image.Image:
    """Apply the embedded colour profile; a broken one is ignored, as browsers do."""
    from PIL import Image, ImageCms

    icc = image.info.get("icc_profile")
    if not icc or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        turned = ImageCms.profileToProfile(image.convert("RGB") if alpha else image, source, srgb, outputMode="RGB")
        if turned is None:
            return image
        return Image.merge("RGBA", (*turned.split(), alpha)) if alpha else turned
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.info("colour profile ignored: %s", error)
        return image


def on_background(image: Image.Image, colour: str) -> Image.Image:
    """The picture without alpha, laid on a plain colour (any CSS colour name or #rrggbb). Raises MediaError."""
    from PIL import Image, ImageColor

    if image.mode != "RGBA":
        return image.convert("RGB")
    try:
        ground = Image.new("RGB", image.size, ImageColor.getrgb(colour)[:3])
    except ValueError:
        raise MediaError(Message("value.no_colour", colour=f"{colour!r}")) from None
    ground.paste(image, mask=image.getchannel("A"))
    return ground
