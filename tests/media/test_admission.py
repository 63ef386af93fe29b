"""Only sound media files of known kind come in; every refusal says what to do."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import decoding
from studio.media.probe import probe
from studio.media.validate import admit
from tests.support import samples


def refusal(path: Path, **limits: Any) -> str:
    with pytest.raises(MediaError) as caught:
        admit(path, **limits)
    words = str(caught.value)
    assert path.name in words and words.endswith(".")
    return words


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.png", b"", "empty"),
        ("page.png", b"<!DOCTYPE html><script>alert(1)</script>", "web page"),
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "SVG"),
        ("xml.svg", b'<?xml version="1.0"?><svg/>', "SVG"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
        ("paper.jpg", b"%PDF-1.7\n", "PDF"),
        ("noise.mp4", bytes(range(7, 250)) * 20, "not a picture"),
        ("late.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 900, "damaged"),
    ],
)
def test_what_is_no_media_file_is_refused_by_its_content(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert says in refusal(tmp_path / name)


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    samples.corner_picture().save(tmp_path / "picture.mp4", "JPEG")
    facts = admit(tmp_path / "picture.mp4")
    assert (facts.kind, facts.mime, facts.suffix) == (Kind.IMAGE, "image/jpeg", ".jpg")


def test_a_picture_that_is_also_an_archive_or_a_page_is_refused(tmp_path: Path) -> None:
    import zipfile

    for name, behind in (("page.png", b"<html><script>x</script>"), ("archive.png", None)):
        samples.corner_picture().save(tmp_path / name)
        if behind:
            (tmp_path / name).open("ab").write(behind)
        else:
            with zipfile.ZipFile(tmp_path / name, "a") as archive:
                archive.writestr("x.txt", "x")
        assert "is both" in refusal(tmp_path / name)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    assert "megapixels" in refusal(tmp_path / "bomb.png")


def test_limits_of_the_caller_name_the_number(tmp_path: Path) -> None:
    samples.corner_picture(200, 100).save(tmp_path / "a.png")
    assert "200x100" in refusal(tmp_path / "a.png", max_pixels=10_000)
    assert "MB" in refusal(tmp_path / "a.png", max_bytes=50)


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "gif", "heic"])
def test_a_cut_off_picture_is_refused(tmp_path: Path, form: str) -> None:
    if form == "heic":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    whole = tmp_path / f"whole.{form}"
    Image.effect_noise((300, 200), 90).convert("RGB").save(whole)
    assert admit(whole).width == 300
    cut = tmp_path / f"cut.{form}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert "incomplete" in refusal(cut)


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv"])
def test_a_video_cut_in_half_is_refused(tmp_path: Path, suffix: str) -> None:
    codec = (
        ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
        if suffix == "webm"
        else ("-movflags", "+faststart")
    )
    source = samples.clip(tmp_path / "source.mp4", seconds=3)
    whole = tmp_path / f"whole.{suffix}"
    samples.run("-i", source, *(codec if suffix == "webm" else ("-c", "copy", *codec)), whole)
    assert admit(whole).kind is Kind.VIDEO
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "cut off" in refusal(cut)


def test_a_sound_cut_in_half_is_refused(tmp_path: Path) -> None:
    samples.run("-f", "lavfi", "-i", "sine=d=4", tmp_path / "whole.wav")
    assert admit(tmp_path / "whole.wav").kind is Kind.AUDIO
    data = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    assert "cut off" in refusal(tmp_path / "cut.wav")


def test_every_frame_is_counted(tmp_path: Path) -> None:
    facts = admit(samples.clip(tmp_path / "a.mp4", seconds=2, fps=24))
    assert (facts.frames, facts.fps, facts.duration_s, facts.has_audio) == (48, 24.0, 2.0, True)
    assert facts.browser_plays and facts.codec == "h264" and facts.audio_codec == "aac" and facts.colour == "bt709"


def test_one_frame_alone_is_a_video(tmp_path: Path) -> None:
    """A decoder gives it only when it hears that nothing more comes."""
    facts = admit(samples.clip(tmp_path / "a.mp4", seconds=0.04, fps=25, tone_hz=None))
    assert (facts.frames, facts.width, facts.height) == (1, 320, 180)


def test_a_long_group_of_pictures_is_decoded_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept until the end is known is decoded at once; the facts are the same."""
    clip = samples.clip(tmp_path / "a.mp4", seconds=3)
    kept = admit(clip)
    monkeypatch.setattr(decoding, "MAX_BUFFERED_BYTES", 2000)
    assert admit(clip) == kept


def test_sizes_are_those_on_screen(tmp_path: Path) -> None:
    phone = samples.turned(samples.clip(tmp_path / "a.mp4", seconds=1), tmp_path / "phone.mp4", 90)
    assert (probe(phone).width, probe(phone).height) == (180, 320)
    exif = Image.Exif()
    exif[0x0112] = 6
    samples.corner_picture().save(tmp_path / "photo.jpg", exif=exif)
    assert (probe(tmp_path / "photo.jpg").width, probe(tmp_path / "photo.jpg").height) == (32, 64)
    wide = samples.clip(tmp_path / "wide.mp4", seconds=1, width=180, height=180, options=("-aspect", "16:9"))
    assert probe(wide).width == 320


def test_an_animation_says_what_happens_to_it(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    facts = admit(tmp_path / "a.gif")
    assert facts.animated and facts.frames == 3 and "first frame" in facts.notes[0]


def test_what_browsers_do_not_show_is_told(tmp_path: Path) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    samples.corner_picture().save(tmp_path / "a.heic")
    samples.corner_picture().convert("CMYK").save(tmp_path / "print.jpg")
    prores = samples.clip(tmp_path / "a.mp4", seconds=1)
    samples.run("-i", prores, "-c:v", "prores_ks", tmp_path / "a.mov")
    assert not admit(tmp_path / "a.heic").browser_plays
    assert "CMYK" in admit(tmp_path / "print.jpg").notes[0]
    facts = admit(tmp_path / "a.mov")
    assert not facts.browser_plays and "prores" in facts.notes[0]


def test_transparency_is_seen(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8)).save(tmp_path / "a.png")
    samples.corner_picture().save(tmp_path / "b.png")
    assert admit(tmp_path / "a.png").has_alpha is True and admit(tmp_path / "b.png").has_alpha is False
