"""The library's copy of an upload: the file as it came, or one that everything behind the studio can read.

`probe` and `check` say by `remedy` what a copy needs. Pixels and samples are changed only where a format is one that
browsers and providers refuse; headers are put right without touching what they describe.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.media import headers, images, jpeg, png, validate
from studio.media.detect import FLAC, sniff
from studio.media.files import atomic_write, replacing, run_ffmpeg
from studio.media.probe import MediaFacts

if TYPE_CHECKING:
    from PIL import Image

LOSSLESS = ("pcm", "alac", "flac")
IN_MP4 = ("h264", "hevc", "av1", "mpeg4", "aac", "mp3", "ac3", "eac3", "opus")
"""Codecs whose packets go into an MP4 as they are and that players take there."""


def library_copy(path: Path, folder: Path, facts: MediaFacts, *, name: str = "") -> tuple[Path, MediaFacts]:
    """The file to keep and its facts: `path` itself where it needs no remedy, else a new one in `folder`.

    facts: from check.admit. Their notes stay. Raises MediaError when the copy cannot be made.
    """
    if not facts.remedy:
        return path, facts
    name = name or path.name
    out = _REMEDIES[facts.remedy](path, folder, facts)
    made = validate.verify_decodes(out, name=name)
    if made.remedy and made.remedy != facts.remedy:  # a turned JPEG that also lacked its end
        return library_copy(out, folder, replace(made, notes=facts.notes), name=name)
    kept = [note for note in facts.notes if note not in made.notes and not note.startswith("Browsers do not")]
    return out, replace(made, notes=(*kept, *made.notes))


def _upright(path: Path, folder: Path, facts: MediaFacts) -> Path:
    out = folder / f"upright{facts.suffix}"
    validate.upright(path, out)
    return out


def _end_mark(path: Path, folder: Path, facts: MediaFacts) -> Path:
    out = folder / f"whole{facts.suffix}"
    jpeg.with_its_end(path, out)
    return out


def _as_png(path: Path, folder: Path, facts: MediaFacts) -> Path:
    out = folder / "picture.png"
    as_png(path, out)
    return out


def as_png(path: Path, out: Path) -> None:
    """Write the picture upright, in sRGB, as PNG. Raises MediaError."""
    with images.opened(path) as (image, _):
        image.load()
        picture = images.to_srgb(image)
        with replacing(out) as draft:
            picture.save(draft, "PNG", compress_level=3)


def _plain_chunks(path: Path, folder: Path, facts: MediaFacts) -> Path:
    """Compressed texts as plain ones; a profile beyond what readers take is applied to the pixels."""
    data = path.read_bytes()
    out = folder / "picture.png"
    with images.opened(path) as (image, _):
        heavy = len(image.info.get("icc_profile") or b"") > images.LARGE_TEXT_BYTES
        if heavy:
            image.load()
            data = _with_pixels_of(data, images.to_srgb(image))
    left_out = heavy or "icc_profile" not in image.info
    atomic_write(out, png.uncompress_texts(data, most_bytes=images.MAX_PNG_TEXT_BYTES, keep_profile=not left_out))
    return out


def _with_pixels_of(data: bytes, picture: Image.Image) -> bytes:
    """The PNG's texts with this picture."""
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=3)
    head, *rest = png.chunks(written.getvalue())
    texts = [one for one in png.chunks(data) if one[0] in (*png.TEXTS, b"eXIf")]
    return png.SIGNATURE + b"".join(png.chunk(*one) for one in (head, *texts, *rest))


def _true_sizes(path: Path, folder: Path, facts: MediaFacts) -> Path:
    out = folder / f"sound{facts.suffix}"
    if sniff(path) is FLAC:
        rate = _sample_rate(path)
        headers.flac_with_samples(path, out, round((facts.duration_s or 0) * rate))
    else:
        headers.copy_wav_with_true_sizes(path, out)
    return out


def _sample_rate(path: Path) -> int:
    from studio.media import av_io

    with av_io.opened(path) as (box, _):
        return box.streams.audio[0].rate


def _remuxed(path: Path, folder: Path, facts: MediaFacts) -> Path:
    """The same packets in a file whose header tells the length: by ffmpeg, which also joins recordings in time."""
    suffix = {".ts": ".mp4", ".aac": ".m4a"}.get(facts.suffix, facts.suffix)
    copied = all(codec in IN_MP4 for codec in (facts.codec, facts.audio_codec) if codec)
    if facts.suffix == ".ts" and not copied:
        return _as_mp4(path, folder, facts)
    out = folder / f"whole{suffix}"
    maps = ["-map", "0:V:0?", "-map", "0:a:0?"]
    fixes = ["-movflags", "+faststart"] if suffix in (".mp4", ".m4a") else []
    run_ffmpeg(["-fflags", "+genpts", "-i", str(path), *maps, "-c", "copy", "-map_metadata", "0", *fixes], out)
    return out


def _as_mp4(path: Path, folder: Path, facts: MediaFacts) -> Path:
    """An MP4: streams that it can hold are copied, others encoded once (H.264 CRF 17, AAC)."""
    out = folder / "clip.mp4"
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"]
    picture = ["-c:v", "copy"] if facts.codec in IN_MP4 else [*encode, "-pix_fmt", "yuv420p"]
    sound = ["-c:a", "copy"] if facts.audio_codec in IN_MP4 else ["-c:a", "aac", "-b:a", "192k"]
    maps = ["-map", "0:V:0", "-map", "0:a:0?"]
    args = ["-fflags", "+genpts", "-i", str(path), *maps, *picture, *sound, "-movflags", "+faststart"]
    run_ffmpeg(args, out)
    return out


def _as_sound(path: Path, folder: Path, facts: MediaFacts) -> Path:
    """WAV where nothing was lost before, else MP3: the two that every provider takes."""
    plain = facts.audio_codec.startswith(LOSSLESS)
    out = folder / ("sound.wav" if plain else "sound.mp3")
    codec = ["-c:a", "pcm_s16le"] if plain else ["-c:a", "libmp3lame", "-b:a", "192k"]
    run_ffmpeg(["-i", str(path), "-map", "0:a:0", *codec], out)
    return out


_REMEDIES: dict[str, Callable[[Path, Path, MediaFacts], Path]] = {
    "upright": _upright,
    "end_mark": _end_mark,
    "chunks": _plain_chunks,
    "png": _as_png,
    "sizes": _true_sizes,
    "remux": _remuxed,
    "mp4": _as_mp4,
    "sound": _as_sound,
}
