"""A frame taken from a video is exactly the one a player shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import frames
from tests.support import samples

FPS = 25


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 frames whose grey rises by 4 a frame, one key frame, B-frames: a seek alone would land far off."""
    path = tmp_path_factory.mktemp("frames") / "count.mp4"
    grey = f"color=black:s=64x64:r={FPS}:d=2,format=gray,geq=lum='N*4',scale=out_range=tv,format=yuv420p"
    samples.run("-f", "lavfi", "-i", grey, "-c:v", "libx264", "-g", "250", "-bf", "3", "-qp", "8", path)
    return path


def number(picture: Path) -> int:
    level = Image.open(picture).convert("L").getpixel((32, 32))
    return round(level / 4)  # type: ignore[operator]


@pytest.mark.parametrize(("t_s", "expected"), [(0, 0), (0.5, 12), (0.999, 24), (1.0, 25), (1.99, 49), (9, 49), (-1, 0)])
def test_the_frame_on_screen_at_a_time(counting: Path, tmp_path: Path, t_s: float, expected: int) -> None:
    frames.frame_at(counting, t_s, tmp_path / "f.png")
    assert number(tmp_path / "f.png") == expected


def test_the_last_frame_is_the_very_last(counting: Path, tmp_path: Path) -> None:
    frames.last_frame(counting, tmp_path / "l.png")
    frames.first_frame(counting, tmp_path / "f.png")
    assert (number(tmp_path / "f.png"), number(tmp_path / "l.png")) == (0, 49)


@pytest.mark.parametrize("tagged", [True, False])
def test_colours_are_those_a_browser_shows(tmp_path: Path, tagged: bool) -> None:
    """HD without colour tags is read as BT.709, as Chromium does."""
    film = samples.clip(tmp_path / "a.mp4", seconds=1, width=1280, height=720, picture="smptehdbars", tone_hz=None)
    samples.run("-i", film, "-frames:v", "1", tmp_path / "ffmpeg.png")
    if not tagged:
        plain = "h264_metadata=matrix_coefficients=2:colour_primaries=2:transfer_characteristics=2"
        samples.run("-i", film, "-c", "copy", "-bsf:v", plain, tmp_path / "plain.mp4")
        film = tmp_path / "plain.mp4"
    frames.first_frame(film, tmp_path / "ours.png")
    ours, theirs = (Image.open(tmp_path / name).convert("RGB").resize((8, 8)) for name in ("ours.png", "ffmpeg.png"))
    apart = [
        abs(a - b)
        for one, two in zip(ours.getdata(), theirs.getdata(), strict=True)
        for a, b in zip(one, two, strict=True)
    ]
    assert max(apart) <= 2


def test_a_sound_file_has_no_frames(tmp_path: Path) -> None:
    samples.run("-f", "lavfi", "-i", "sine=d=1", tmp_path / "a.mp3")
    with pytest.raises(MediaError, match="no picture"):
        frames.last_frame(tmp_path / "a.mp3", tmp_path / "l.png")
