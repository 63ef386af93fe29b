"""Files appear whole or not at all, and ffmpeg can neither hang nor reach the network."""

from __future__ import annotations

import errno
import hashlib
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import av_io, files, images, resize, validate
from studio.media.files import Stopped
from tests.support import samples


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    files.atomic_write(target, b"old")
    with pytest.raises(RuntimeError), files.replacing(target) as draft:
        draft.write_bytes(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"old" and list(tmp_path.iterdir()) == [target]


def test_the_checksum_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    args = ["-f", "lavfi", "-i", "testsrc2=s=640x360:d=4", "-c:v", "libx264", "-preset", "medium"]
    files.run_ffmpeg(args, tmp_path / "a.mp4", duration_s=4, on_progress=seen.append)
    assert seen == sorted(seen) and seen[0] >= 0 and seen[-1] > 0.9


def test_cancel_stops_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(Stopped):
        args = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:d=600"]
        files.run_ffmpeg(args, tmp_path / "a.mp4", cancelled=lambda: time.monotonic() - begin > 0.5)
    assert time.monotonic() - begin < 5 and not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    """Writing while reading a file must not call that file broken; /dev/full is a disk without room."""
    film = samples.clip(tmp_path / "a.mp4", seconds=1)
    samples.corner_picture(600, 400).save(tmp_path / "a.png")
    with pytest.raises(OSError) as caught, images.opened(tmp_path / "a.png") as (image, _):
        image.save("/dev/full", "BMP")
    assert caught.value.errno == errno.ENOSPC
    with (
        pytest.raises(OSError) as caught,
        av_io.opened(film) as (box, _),
        av.open("/dev/full", "w", format="mpegts") as made,
    ):
        twin = made.add_stream_from_template(box.streams.video[0])
        for packet in box.demux(video=0):
            packet.stream = twin
            made.mux(packet)
    assert caught.value.errno == errno.ENOSPC


def test_a_time_limit_ends_it(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="too long"):
        files.run_ffmpeg(["-f", "lavfi", "-i", "testsrc2=s=1280x720:d=600"], tmp_path / "a.mp4", limit_s=0.5)
    assert not list(tmp_path.iterdir())


def test_ffmpeg_may_not_follow_links(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="ffmpeg failed"):
        files.run_ffmpeg(["-i", "http://127.0.0.1:9/a.mp4"], tmp_path / "a.mp4")


def test_an_ffmpeg_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(MediaError, match="STUDIO_FFMPEG"):
        files.use_ffmpeg("/nowhere/ffmpeg")


def test_a_picture_is_shrunk_to_both_limits(tmp_path: Path) -> None:
    Image.effect_noise((1200, 800), 90).convert("RGB").save(tmp_path / "a.png")
    facts = resize.shrink(tmp_path / "a.png", tmp_path / "small", max_side_px=600, max_bytes=120_000)
    assert (facts.width, facts.height, facts.mime) == (600, 400, "image/jpeg") and facts.bytes <= 120_000


def test_alpha_is_kept_unless_asked(tmp_path: Path) -> None:
    Image.new("RGBA", (80, 60), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert resize.shrink(tmp_path / "a.png", tmp_path / "kept", max_side_px=40).has_alpha
    flat = resize.shrink(tmp_path / "a.png", tmp_path / "flat", flatten_alpha=True, background="#00ff00")
    assert not flat.has_alpha and Image.open(tmp_path / "flat").getpixel((5, 5))[1] > 250  # type: ignore[index]


def test_a_video_is_shrunk_to_its_bytes_or_refused(tmp_path: Path) -> None:
    film = samples.clip(tmp_path / "a.mp4", seconds=4, width=640, height=360, picture="testsrc2")
    facts = resize.shrink(film, tmp_path / "small", max_side_px=320, max_bytes=200_000)
    assert (facts.width, facts.height, facts.duration_s) == (320, 180, 4.0) and facts.bytes <= 200_000
    with pytest.raises(MediaError, match="Shorten it"):
        resize.shrink(film, tmp_path / "tiny", max_bytes=10_000)
    assert not (tmp_path / "tiny").exists()


def test_upright_turns_the_pixels_and_keeps_the_rest(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    samples.corner_picture().save(tmp_path / "a.jpg", exif=exif, quality=95)
    facts = validate.upright(tmp_path / "a.jpg", tmp_path / "up")
    picture = Image.open(tmp_path / "up")
    assert (facts.width, facts.height, facts.rotation, facts.mime) == (32, 64, 0, "image/jpeg")
    assert picture.size == (32, 64) and picture.getpixel((24, 8))[0] > 200  # type: ignore[index]
