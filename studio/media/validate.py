"""Is this file sound, and may it come in? Every upload and every download passes here.

Nothing is trusted: the pixels of a picture are decoded whole, a video's packets are all read and its first and last
frames decoded, a sound is decoded whole. Nothing is changed; what could be done about a refusal is in the sentence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import av_io, decoding, floats, images, jpeg
from studio.media.detect import JPEG, sniff
from studio.media.files import replacing
from studio.media.probe import MediaFacts, probe
from studio.messages import Message

if TYPE_CHECKING:
    from PIL import Image

MAX_ANIMATION_PIXELS = 4_000_000_000
"""Most pixels of an animated picture that are decoded, all frames together."""


def admit(
    path: Path,
    *,
    name: str = "",
    max_pixels: int = images.MAX_PIXELS,
    max_bytes: int | None = None,
) -> MediaFacts:
    """The facts of a file that may be used.

    max_pixels: per picture or video frame. Raises MediaError, whose sentence says what is wrong and what would help,
    for anything too large, broken, cut off, of unknown kind or of two kinds at once.
    """
    name = name or path.name
    size = path.stat().st_size if path.is_file() else 0
    if max_bytes and size > max_bytes:
        raise MediaError(Message("file.over_limit", name=name, size=f"{size / 1e6:.1f}", most=f"{max_bytes / 1e6:g}"))
    return verify_decodes(path, name=name, max_pixels=max_pixels)


def verify_decodes(
    path: Path, *, name: str = "", max_pixels: int = images.MAX_PIXELS, also: decoding.Reader | None = None
) -> MediaFacts:  # fmt: skip
    """The facts of the file after decoding it, `frames` counted. Raises MediaError when it is broken or cut off.

    also: gets every packet of a video or sound on the way.
    """
    name = name or path.name
    if (kind := sniff(path, name=name)).kind is Kind.IMAGE:
        facts = probe(path, name=name, max_pixels=max_pixels)
        if kind is JPEG and jpeg.lacks_only_its_end(path):
            return replace(facts, remedy="end_mark")
        _decode_picture(path, name, max_pixels)
        return facts
    with av_io.opened(path, name=name) as (box, kind):
        return decoding.verify(path, name, box, kind, max_pixels, also)


def _decode_picture(path: Path, name: str, max_pixels: int) -> None:
    with images.opened(path, name=name, max_pixels=max_pixels) as (image, kind):
        image.load()
        if not floats.has_numbers(image):
            raise MediaError(Message("file.no_numbers", name=name))
        if kind is JPEG:
            return  # what follows in an MPO file is a gain map or another view, which nothing here uses
        frames = int(getattr(image, "n_frames", 1))
        if frames * image.width * image.height > MAX_ANIMATION_PIXELS:
            raise MediaError(Message("file.many_frames", name=name, frames=frames))
        for number in range(1, frames):
            image.seek(number)
            image.load()


def upright(path: Path, out: Path, *, name: str = "") -> MediaFacts:
    """Write the picture to `out` turned as it is displayed, and return the new file's facts.

    Same size, colours and format (HEIC and other formats models refuse become JPEG, or PNG with alpha); the EXIF
    orientation is gone because the pixels are turned. `out` gets the format its content has, whatever its name.
    """
    from PIL import ImageOps

    with images.opened(path, name=name) as (image, kind):
        image.load()
        turned = ImageOps.exif_transpose(image)
        form = kind.reader if kind.reader in ("PNG", "JPEG", "WEBP", "TIFF", "BMP") else ""
        form = form or ("PNG" if images.has_alpha(turned) else "JPEG")
        with replacing(out) as draft:
            turned.save(draft, form, **_save_options(image, form))
    return probe(out, name=name)


def _save_options(image: Image.Image, form: str) -> dict[str, object]:
    """Options that lose as little as the format allows: same chroma grid, high quality, colour profile."""
    from PIL import JpegImagePlugin

    keep: dict[str, object] = {}
    if icc := image.info.get("icc_profile"):
        keep["icc_profile"] = icc
    if form == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image) if isinstance(image, JpegImagePlugin.JpegImageFile) else 0
        keep |= {"quality": 95, "subsampling": max(sampling, 0)}
    if form == "WEBP":
        keep |= {"lossless": True, "method": 2}
    return keep
