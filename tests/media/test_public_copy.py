"""A copy for people outside shows and sounds the same, says that a machine made it, and nothing of how it was asked."""

from __future__ import annotations

from pathlib import Path

import piexif
import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import metadata, public_copy
from studio.media.frame_timing import frame_timing
from studio.media.validate import verify_decodes
from tests.media.test_metadata import REQUEST, content, made
from tests.support import samples

SECRET = "harbour-secret-7"


def whole(path: Path) -> bytes:
    """The file's bytes, and its packed texts beside them."""
    return path.read_bytes() + str(metadata.texts(path)).encode()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "alpha.webp", "a.mp4", "a.mov", "a.webm", "a.mkv"])
def test_only_the_label_stays(tmp_path: Path, name: str) -> None:
    path, copy = made(tmp_path, name), tmp_path / f"copy{Path(name).suffix}"
    assert metadata.write(path, REQUEST | {"prompt": f"a {SECRET}"}, run_id="r_1")
    assert SECRET.encode() in whole(path)
    public_copy.write(path, copy)
    told = whole(copy)
    for secret in (SECRET, "draft/animatic", "r_1", "Wan Studio", "模糊"):
        assert secret.encode() not in told, secret
    assert b"trainedAlgorithmicMedia" in copy.read_bytes()
    assert content(copy) == content(path) and verify_decodes(copy).frames == verify_decodes(path).frames
    if path.suffix in (".mp4", ".mov", ".webm", ".mkv"):
        assert frame_timing(copy) == frame_timing(path)


def test_places_and_names_go_and_a_turned_photo_stays_upright(tmp_path: Path) -> None:
    path, copy = tmp_path / "phone.jpg", tmp_path / "copy.jpg"
    exif = {
        "0th": {piexif.ImageIFD.Orientation: 6, piexif.ImageIFD.Artist: SECRET.encode()},
        "GPS": {piexif.GPSIFD.GPSDateStamp: b"2026:01:01", piexif.GPSIFD.GPSAreaInformation: SECRET.encode()},
    }
    Image.new("RGB", (40, 20), "red").save(path, exif=piexif.dump(exif), comment=SECRET)
    public_copy.write(path, copy)
    assert SECRET.encode() not in copy.read_bytes()
    with Image.open(copy) as image:
        assert dict(image.getexif()) == {0x0112: 6}


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.flac", "a.ogg", "a.m4a"])
def test_sounds_lose_their_tags(tmp_path: Path, name: str) -> None:
    path, copy = tmp_path / name, tmp_path / f"copy{Path(name).suffix}"
    samples.run("-f", "lavfi", "-i", "sine=duration=1", "-metadata", f"title={SECRET}", path)
    assert SECRET.encode() in path.read_bytes()
    public_copy.write(path, copy)
    assert SECRET.encode() not in copy.read_bytes()
    assert verify_decodes(copy).duration_s == pytest.approx(verify_decodes(path).duration_s, abs=0.03)


def test_a_format_that_keeps_its_texts_is_refused_only_where_it_has_some(tmp_path: Path) -> None:
    plain, said, copy = tmp_path / "plain.gif", tmp_path / "said.gif", tmp_path / "copy.gif"
    Image.new("RGB", (16, 16), "red").save(plain)
    Image.new("RGB", (16, 16), "red").save(said, comment=SECRET.encode())
    public_copy.write(plain, copy)
    assert copy.read_bytes() == plain.read_bytes()
    with pytest.raises(MediaError, match="GIF"):
        public_copy.write(said, copy)
