"""Real media files for the tests, small and made on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

from studio.media.files import ffmpeg


def run(*args: str | Path) -> None:
    """Run ffmpeg with these arguments; the test fails when it does."""
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *map(str, args)], check=True, timeout=60)


def clip(
    path: Path,
    *,
    seconds: float = 2,
    width: int = 320,
    height: int = 180,
    fps: int = 24,
    tone_hz: int | None = 440,
    rate_hz: int = 48000,
    picture: str = "testsrc2",
    options: tuple[str, ...] = (),
) -> Path:
    """An H.264 and AAC clip of a moving test picture in BT.709; tone_hz None makes it silent."""
    source = f"{picture}:" if "=" in picture else f"{picture}="
    video = ("-f", "lavfi", "-i", f"{source}s={width}x{height}:r={fps}:d={seconds}")
    sound = ("-f", "lavfi", "-i", f"sine={tone_hz}:d={seconds}:r={rate_hz}") if tone_hz else ()
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    colour = ("-vf", f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{tags}")
    run(
        *video,
        *sound,
        *colour,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        str(fps),
        *options,
        "-c:a",
        "aac",
        path,
    )
    return path


def turned(source: Path, path: Path, degrees: int) -> Path:
    """The clip with a rotation in its header, as phones write it."""
    run("-display_rotation", str(degrees), "-i", source, "-c", "copy", path)
    return path


def corner_picture(width: int = 64, height: int = 32) -> Image.Image:
    """Grey, with a red top left quarter: shows at once which way up a picture is."""
    picture = Image.new("RGB", (width, height), "grey")
    ImageDraw.Draw(picture).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill="red")
    return picture
