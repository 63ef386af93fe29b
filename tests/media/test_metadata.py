"""Settings travel inside the file, exactly, and those of other programs are understood."""

from __future__ import annotations

import json
from pathlib import Path

import av
import piexif.helper
import pytest
from PIL import Image, PngImagePlugin

from studio.errors import MediaError
from studio.media import metadata, metadata_write
from studio.media.metadata import Origin
from studio.media.metadata_write import CopiedOnTheWay
from studio.media.validate import verify_decodes
from tests.support import samples

REQUEST = {
    "task": "text-to-image",
    "model": "draft/animatic",
    "prompt": '红色外套, "quoted" <b>&amp;</b>\nline two\r\nSteps: 3, \u2028 \\ 🎬',
    "negative_prompt": "模糊",
    "seed": 2**40 + 1,
    "width": 320,
    "height": 180,
}


def made(folder: Path, name: str) -> Path:
    path = folder / name
    if path.suffix in (".mp4", ".mov", ".webm", ".mkv"):
        source = samples.clip(folder / "source.mp4", seconds=1)
        codec = (
            ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
            if path.suffix == ".webm"
            else ("-c", "copy")
        )
        samples.run("-i", source, *codec, path)
    else:
        picture = Image.effect_noise((320, 180), 60).convert("RGBA" if "alpha" in name else "RGB")
        picture.save(path, lossless=True) if path.suffix == ".webp" else picture.save(path)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "alpha.webp", "a.mp4", "a.mov", "a.webm", "a.mkv"])
def test_what_was_written_is_read_exactly_and_the_pixels_are_the_same(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    before, pixels = verify_decodes(path), content(path)
    assert metadata.write(path, {"prompt": "an earlier one"}) and metadata.write(path, REQUEST, run_id="r1")
    once = path.stat().st_size
    assert metadata.write(path, REQUEST, run_id="r1") and path.stat().st_size == once
    assert metadata.read_with_source(path) == ("Wan Studio", REQUEST)
    after = verify_decodes(path)
    assert content(path) == pixels and (after.width, after.frames) == (before.width, before.frames)
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.003)  # WebM counts in milliseconds


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "a.mkv"])
def test_a_copy_made_while_the_file_is_checked_is_the_same(tmp_path: Path, name: str) -> None:
    """And so is what the check finds."""
    path, texts = made(tmp_path, name), metadata.video_texts(REQUEST, run_id="r1")
    apart, on_the_way = tmp_path / f"apart{path.suffix}", tmp_path / f"way{path.suffix}"
    metadata_write.copy_video(path, apart, texts)
    copy = CopiedOnTheWay(on_the_way, texts)
    assert verify_decodes(path, also=copy) == verify_decodes(path)
    copy.close()
    assert copy.error is None
    assert content(on_the_way) == content(apart) == content(path)
    assert metadata.read_with_source(on_the_way) == ("Wan Studio", REQUEST)
    assert verify_decodes(on_the_way) == verify_decodes(apart)
    if path.suffix in (".mp4", ".mov"):  # Matroska's writer gives each file an id by chance
        assert on_the_way.read_bytes() == apart.read_bytes()


def test_a_broken_file_is_refused_as_without_a_copy(tmp_path: Path) -> None:
    """And a copy that cannot be made says nothing about the file."""
    path, texts = made(tmp_path, "a.mp4"), metadata.video_texts(REQUEST)
    nowhere = CopiedOnTheWay(tmp_path / "no folder" / "a.mp4", texts)
    assert verify_decodes(path, also=nowhere) == verify_decodes(path)
    nowhere.close()
    assert isinstance(nowhere.error, OSError)
    whole = path.read_bytes()
    hurt = bytearray(whole)
    hurt[len(whole) // 2 : len(whole) // 2 + 400] = bytes(400)
    for number, broken in enumerate((whole[:-2000], bytes(hurt), whole[: len(whole) // 2])):
        path.write_bytes(broken)
        findings = []
        for copy in (None, CopiedOnTheWay(tmp_path / f"copy{number}.mp4", texts)):
            try:
                findings.append(verify_decodes(path, name="a.mp4", also=copy))
            except MediaError as error:
                findings.append(str(error))
            if copy:
                copy.close()
        assert findings[0] == findings[1]


def content(path: Path) -> bytes:
    """All pixels of a picture, or all packets of a video."""
    if path.suffix in (".png", ".jpg", ".webp"):
        return Image.open(path).tobytes()
    with av.open(str(path)) as box:
        return b"".join(bytes(packet) for packet in box.demux(video=0))


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a1111_type_readers_find_the_comment(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    metadata.write(path, REQUEST)
    raw = piexif.load(Image.open(path).info["exif"])["Exif"][piexif.ExifIFD.UserComment]
    text = piexif.helper.UserComment.load(raw)
    assert text.startswith("红色外套") and "Seed: 1099511627777, Size: 320x180" in text


def test_orientation_camera_and_a_providers_label_stay(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    label = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {rdf}><rdf:Description rdf:about="" xmlns:TC260="urn:x"'
    label += "><TC260:AIGC>label</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>"
    samples.corner_picture().save(tmp_path / "a.jpg", exif=exif, xmp=label.encode())
    metadata.write(tmp_path / "a.jpg", REQUEST)
    picture = Image.open(tmp_path / "a.jpg")
    assert (picture.getexif()[0x0112], picture.getexif()[0x010F]) == (6, "Camera")
    assert b"TC260:AIGC>label<" in picture.info["xmp"] and metadata.read(tmp_path / "a.jpg") == REQUEST


def test_a_drawing_of_the_studio_is_never_marked_as_made_by_a_model(tmp_path: Path) -> None:
    for origin, word in ((Origin.DRAFT, "/algorithmicMedia"), (Origin.MODEL, "/trainedAlgorithmicMedia")):
        path = made(tmp_path, "a.png")
        metadata.write(path, REQUEST, origin=origin)
        xmp = Image.open(path).info["XML:com.adobe.xmp"]
        assert word in xmp and ("studio:draft" in xmp) is (origin is Origin.DRAFT)


def test_a_video_keeps_its_rotation(tmp_path: Path) -> None:
    phone = samples.turned(samples.clip(tmp_path / "a.mp4", seconds=1), tmp_path / "phone.mp4", 90)
    metadata.write(phone, REQUEST)
    assert verify_decodes(phone).rotation == 90


def png(path: Path, **texts: str) -> Path:
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_itxt(key.replace("_", "-") if key == "sd_metadata" else key, text)
    samples.corner_picture().save(path, pnginfo=info)
    return path


def test_a1111_parameters(tmp_path: Path) -> None:
    text = "a fox, (red:1.2)\nsecond line\nNegative prompt: blurry, low\nSteps: 20, Sampler: Euler a, CFG scale: 7.5, "
    text += 'Seed: 965400086, Size: 512x768, Model hash: ab, Lora hashes: "x: 1, y: 2", Version: f2.0'
    assert metadata.read_with_source(png(tmp_path / "a.png", parameters=text)) == (
        "A1111",
        {"prompt": "a fox, (red:1.2)\nsecond line", "negative_prompt": "blurry, low", "seed": 965400086}
        | {"steps": 20, "guidance": 7.5, "width": 512, "height": 768},
    )


def test_a_comfyui_graph_is_followed_from_the_sampler(tmp_path: Path) -> None:
    graph = {
        "3": {"class_type": "KSampler", "inputs": {"seed": ["9", 0], "steps": 30, "cfg": 6.0}},
        "5": {"class_type": "EmptyHunyuanLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "海边的狐狸", "clip": ["1", 0]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "static", "clip": ["1", 0]}},
        "8": {"class_type": "WanImageToVideo", "inputs": {"positive": ["6", 0], "negative": ["7", 0]}},
        "9": {"class_type": "PrimitiveInt", "inputs": {"value": 77}},
    }
    graph["3"]["inputs"] |= {"positive": ["8", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    found = metadata.read_with_source(png(tmp_path / "a.png", prompt=json.dumps(graph), workflow="{}"))
    assert found == (
        "ComfyUI",
        {"prompt": "海边的狐狸", "negative_prompt": "static", "seed": 77, "steps": 30, "guidance": 6.0}
        | {"width": 832, "height": 480},
    )


def test_invokeai_new_and_old(tmp_path: Path) -> None:
    new = {"positive_prompt": "a", "negative_prompt": "b", "seed": 5, "width": 64, "height": 32, "cfg_scale": 3}
    old = {"image": {"prompt": [{"prompt": "c", "weight": 1}], "seed": 6, "steps": 9}}
    assert metadata.read(png(tmp_path / "a.png", invokeai_metadata=json.dumps(new))) == {
        "prompt": "a",
        "negative_prompt": "b",
        "seed": 5,
        "width": 64,
        "height": 32,
        "guidance": 3.0,
    }
    assert metadata.read(png(tmp_path / "b.png", sd_metadata=json.dumps(old))) == {"prompt": "c", "seed": 6, "steps": 9}


def test_wan2gp_comment_in_a_video(tmp_path: Path) -> None:
    from mutagen.mp4 import MP4

    film = samples.clip(tmp_path / "a.mp4", seconds=1)
    box = MP4(film)
    box["\xa9cmt"] = json.dumps({"prompt": "狐狸", "resolution": "832x480", "seed": 3, "video_length": 81})
    box.save()
    found = metadata.read_with_source(film)
    assert found == ("Wan2GP", {"prompt": "狐狸", "seed": 3, "width": 832, "height": 480, "duration_s": 1.0})


@pytest.mark.parametrize(
    "texts",
    [
        {"prompt": "[" * 100_000},
        {"studio": '{"schema": 99, "request": {"prompt": "x"}}'},
        {"studio": "null", "parameters": "no settings here"},
        {"invokeai_metadata": '{"positive_prompt": 7, "seed": "x", "width": -3}'},
    ],
)
def test_hostile_or_useless_settings_give_none(tmp_path: Path, texts: dict[str, str]) -> None:
    assert metadata.read(png(tmp_path / "a.png", **texts)) is None


def test_xml_with_a_document_type_is_not_parsed(tmp_path: Path) -> None:
    grow = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x xmlns:studio="urn:wan-studio:ns:1#">'
    grow += "<studio:settings>&a;</studio:settings></x>"
    samples.corner_picture().save(tmp_path / "a.jpg", xmp=grow.encode())
    assert metadata.read(tmp_path / "a.jpg") is None


def test_a_format_without_room_for_settings_says_so(tmp_path: Path) -> None:
    samples.corner_picture().save(tmp_path / "a.bmp")
    assert metadata.write(tmp_path / "a.bmp", REQUEST) is False
