"""Thumbnails, posters, hover clips, strips and waveforms show what is in the file, the right way up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from studio.media import thumbnails
from studio.media.files import Stopped
from studio.media.probe import probe
from tests.support import samples


def test_a_thumbnail_is_upright_small_webp(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90 degrees: the red corner goes to the top right
    samples.corner_picture(1600, 800).save(tmp_path / "a.jpg", exif=exif)
    thumbnails.thumbnail(tmp_path / "a.jpg", tmp_path / "t.webp")
    small = Image.open(tmp_path / "t.webp").convert("RGB")
    assert small.size == (192, 384)
    assert small.getpixel((150, 40))[0] > 200 and small.getpixel((40, 40))[0] < 160  # type: ignore[index]


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "L", "P", "RGBA", "LA", "1"])
def test_every_picture_mode_gives_a_thumbnail(tmp_path: Path, mode: str) -> None:
    deep = mode == "I;16"
    picture = Image.new("I;16", (100, 60), 0x8000) if deep else samples.corner_picture(100, 60).convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture.save(path)
    thumbnails.thumbnail(path, tmp_path / "t.webp")
    small = Image.open(tmp_path / "t.webp")
    assert small.size == (100, 60)
    if deep:
        assert abs(small.convert("L").getpixel((50, 30)) - 128) < 3  # type: ignore[operator]


def test_a_poster_skips_a_black_beginning(tmp_path: Path) -> None:
    film = samples.clip(tmp_path / "a.mp4", options=("-vf", "fade=in:st=0:d=1,format=yuv420p"))
    thumbnails.poster(film, tmp_path / "p.webp")
    assert sum(Image.open(tmp_path / "p.webp").convert("L").resize((1, 1)).getdata()) > 10


def test_a_thumbnail_of_a_turned_video_is_upright(tmp_path: Path) -> None:
    plain = samples.clip(tmp_path / "a.mp4", seconds=1, height=160)
    phone = samples.turned(plain, tmp_path / "phone.mp4", 90)
    thumbnails.thumbnail(phone, tmp_path / "t.webp")
    samples.run("-i", phone, "-frames:v", "1", tmp_path / "ffmpeg.png")
    ours, theirs = Image.open(tmp_path / "t.webp").convert("L"), Image.open(tmp_path / "ffmpeg.png").convert("L")
    assert ours.size == theirs.size == (160, 320)
    apart = sum(abs(a - b) for a, b in zip(ours.getdata(), theirs.getdata(), strict=True)) / (160 * 320)
    assert apart < 4


def test_a_hover_clip_is_small_silent_and_fifteen_frames_a_second(tmp_path: Path) -> None:
    film = samples.clip(tmp_path / "a.mp4", seconds=2, width=640, height=360, fps=24)
    thumbnails.hover(film, tmp_path / "h.mp4")
    facts = probe(tmp_path / "h.mp4")
    assert (facts.width, facts.height, facts.fps, facts.has_audio) == (320, 180, 15.0, False)
    assert facts.frames in (30, 31) and facts.browser_plays


def test_a_cancelled_hover_clip_leaves_nothing(tmp_path: Path) -> None:
    film = samples.clip(tmp_path / "a.mp4", seconds=1)
    with pytest.raises(Stopped):
        thumbnails.hover(film, tmp_path / "h.mp4", cancelled=lambda: True)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_strip_has_the_pictures_in_order(tmp_path: Path) -> None:
    film = samples.clip(tmp_path / "a.mp4", seconds=4, options=("-vf", "fade=in:st=0:d=4,format=yuv420p"))
    thumbnails.strip(film, tmp_path / "s.webp", tiles=4, height_px=45)
    sheet = Image.open(tmp_path / "s.webp").convert("L")
    tiles = [sheet.crop((i * 80, 0, i * 80 + 80, 45)).resize((1, 1)).getpixel((0, 0)) for i in range(4)]
    assert sheet.size == (320, 45) and tiles == sorted(tiles)  # type: ignore[type-var]


def test_a_waveform_is_as_loud_as_the_sound(tmp_path: Path) -> None:
    samples.run("-f", "lavfi", "-i", "aevalsrc=if(lt(t\\,1)\\,0\\,0.5*sin(2000*t)):d=2", tmp_path / "a.wav")
    points = thumbnails.waveform(tmp_path / "a.wav", points=100)
    assert max(points[:49]) < 0.01 and 0.45 < max(points[55:]) < 0.55
    thumbnails.waveform_json(tmp_path / "a.wav", tmp_path / "w.json")
    assert len(json.loads((tmp_path / "w.json").read_text())["points"]) == 400
    thumbnails.thumbnail(tmp_path / "a.wav", tmp_path / "w.webp")
    assert Image.open(tmp_path / "w.webp").size == (384, 216)
