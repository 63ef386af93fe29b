"""Smaller copies of files that are too large for a model: made only when the user asks, never silently."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import images
from studio.media.files import Cancelled, OnProgress, atomic_write, run_ffmpeg
from studio.media.probe import MediaFacts, probe
from studio.messages import Message

if TYPE_CHECKING:
    from PIL import Image

JPEG_QUALITIES = (92, 85, 78, 70, 60, 50)
SHRINK_STEPS = 8
"""How often a picture is made a fifth smaller before giving up on max_bytes."""
AUDIO_BPS = 128_000
MIN_VIDEO_BPS = 150_000
SAFE_SHARE = 0.92
"""Part of max_bytes that is aimed at, because encoders miss their rate a little."""


def shrink(
    path: Path,
    out: Path,
    *,
    max_side_px: int | None = None,
    max_bytes: int | None = None,
    flatten_alpha: bool = False,
    background: str = "white",
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> MediaFacts:
    """Write a copy within the limits to `out` and return its facts; the caller renames it by their suffix.

    Pictures become JPEG (PNG or WebP where alpha is kept), upright, in sRGB; videos MP4 H.264; sounds AAC in MP4.
    background: any CSS colour, laid under a flattened picture. Raises MediaError when the limits cannot be met.
    """
    facts = probe(path)
    if facts.kind is Kind.IMAGE:
        _shrink_picture(path, out, max_side_px, max_bytes, background if flatten_alpha else None)
    elif facts.kind is Kind.VIDEO:
        _shrink_video(path, out, facts, max_side_px, max_bytes, on_progress, cancelled)
    else:
        _shrink_sound(path, out, facts, max_bytes, on_progress, cancelled)
    made = probe(out)
    if max_bytes and made.bytes > max_bytes:
        out.unlink()
        raise MediaError(Message("file.cannot_shrink_shorten", name=path.name, most=f"{max_bytes / 1e6:g}"))
    return made


def _shrink_picture(path: Path, out: Path, side: int | None, limit: int | None, background: str | None) -> None:
    with images.opened(path) as (image, _):
        if side:
            image.draft("RGB", (side, side))
        picture = images.to_srgb(image)
    if background:
        picture = images.on_background(picture, background)
    if side:
        picture.thumbnail((side, side), reducing_gap=3.0)
    for _ in range(SHRINK_STEPS):
        if _save_within(picture, out, limit):
            return
        picture = picture.resize((max(1, picture.width * 4 // 5), max(1, picture.height * 4 // 5)))
    raise MediaError(Message("file.cannot_shrink", name=path.name, most=f"{(limit or 0) / 1e6:g}"))


def _save_within(picture: Image.Image, out: Path, limit: int | None) -> bool:
    """Save at the best quality whose file is within `limit` bytes; False when none is."""
    tries = [("PNG", {"optimize": False}), *(("WEBP", {"quality": q, "method": 4}) for q in JPEG_QUALITIES)]
    if picture.mode != "RGBA":
        tries = [("JPEG", {"quality": q, "subsampling": 0 if q > 90 else 2}) for q in JPEG_QUALITIES]
    for form, options in tries:
        written = io.BytesIO()
        picture.save(written, form, **options)
        if limit is None or written.tell() <= limit:
            atomic_write(out, written.getvalue())
            return True
    return False


def _shrink_video(
    path: Path,
    out: Path,
    facts: MediaFacts,
    side: int | None,
    limit: int | None,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> None:
    width, height = _within(facts.width or 2, facts.height or 2, side)
    rate = ["-crf", "18"]
    if limit and facts.duration_s:
        bps = int(limit * SAFE_SHARE * 8 / facts.duration_s) - (AUDIO_BPS if facts.has_audio else 0)
        if bps < MIN_VIDEO_BPS:
            raise MediaError(Message("file.too_long_for", name=path.name, most=f"{limit / 1e6:g}"))
        rate = ["-crf", "18", "-maxrate", str(bps), "-bufsize", str(bps)]
    picture = f"scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p"
    args = ["-i", str(path), "-map", "0:v:0", "-map", "0:a:0?", "-vf", picture, "-c:v", "libx264", "-preset", "medium"]
    args += [*rate, "-c:a", "aac", "-b:a", str(AUDIO_BPS), "-movflags", "+faststart", "-f", "mp4"]
    run_ffmpeg(args, out, duration_s=facts.duration_s, on_progress=on_progress, cancelled=cancelled)


def _within(width: int, height: int, side: int | None) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height)) if side else 1.0
    return max(2, int(width * scale / 2) * 2), max(2, int(height * scale / 2) * 2)


def _shrink_sound(
    path: Path,
    out: Path,
    facts: MediaFacts,
    limit: int | None,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> None:
    bps = 192_000
    if limit and facts.duration_s:
        bps = min(bps, int(limit * SAFE_SHARE * 8 / facts.duration_s))
    if bps < 32_000:
        raise MediaError(Message("file.too_long_for", name=path.name, most=f"{(limit or 0) / 1e6:g}"))
    args = ["-i", str(path), "-map", "0:a:0", "-c:a", "aac", "-b:a", str(bps), "-movflags", "+faststart", "-f", "mp4"]
    run_ffmpeg(args, out, duration_s=facts.duration_s, on_progress=on_progress, cancelled=cancelled)
