"""Files as people have them, each with the right answer. `python -m tests.stories.files` prints the table.

A case is a file made on the spot: a kind, a defect (or none), and what the studio must say. Sources are made once and
shared; most files are a few kilobytes.
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from tests.support.samples import corner_picture, run

CLIP_S, SOUND_S, RATE_HZ = 2.0, 2.0, 16000
WIDTH, HEIGHT = 64, 48
PCM_HEAD = 44


@dataclass(frozen=True)
class Taken:
    """What the file must be taken as. size None: a sound. kept: the library copy's suffix. note: words of one."""

    size: tuple[int, int] | None
    length_s: float | None = None
    rotation: int = 0
    kept: str = ""
    note: str = ""


@dataclass(frozen=True)
class Refused:
    """Words of the sentence."""

    says: str


@dataclass(frozen=True)
class Case:
    """One file of the table."""

    name: str
    defect: str
    make: Callable[[Sources], bytes]
    right: Taken | Refused


class Sources:
    """The files that others are made from, each made once, when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[tuple[str, ...], bytes] = {}

    def of(self, name: str, *args: str) -> bytes:
        """ffmpeg's output under this name; IN stands for the clip, SOUND for the tone."""
        if (name, *args) not in self._made:
            places = {"IN": str(self.clip), "SOUND": str(self.sound), "SILENT": str(self.silent)}
            out = self.folder / f"{len(self._made)}-{name}"
            run(*(places.get(arg, arg) for arg in args), out)
            self._made[name, *args] = out.read_bytes()
        return self._made[name, *args]

    def streamed(self, form: str, *args: str) -> bytes:
        """As `of`, through a pipe: the writer cannot go back to its header."""
        return self.of(f"piped.{form}", *args, "-f", form, "-seekable", "0")

    @cached_property
    def clip(self) -> Path:
        """Two seconds of H.264 with B-frames and a tone, a key frame every second."""
        out = self.folder / "clip.mp4"
        picture = ("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=25:d={CLIP_S:g}")
        tone = ("-f", "lavfi", "-i", f"sine=440:d={CLIP_S:g}:r=44100")
        video = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p")
        run(*picture, *tone, *video, "-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart", out)
        return out

    @cached_property
    def silent(self) -> Path:
        """The clip without its sound."""
        out = self.folder / "silent.mp4"
        run("-i", self.clip, "-an", "-c", "copy", out)
        return out

    @cached_property
    def sound(self) -> Path:
        """Two seconds that begin quietly: what guesses by the first frames' bit rate guesses wrong."""
        out = self.folder / "sound.wav"
        tone = f"aevalsrc='if(lt(t,1),0,0.5*sin(2800*t)+0.2*random(0))':d={SOUND_S:g}:s={RATE_HZ}"
        run("-f", "lavfi", "-i", tone, "-fflags", "+bitexact", "-flags:a", "+bitexact", "-c:a", "pcm_s16le", out)
        return out


CASES: list[Case] = []
SHOWN = Taken((WIDTH, HEIGHT), CLIP_S)
HEARD = Taken(None, SOUND_S)
PICTURE = Taken((64, 32))
CUT, BROKEN = Refused("cut off"), Refused("incomplete")


def case(name: str, defect: str, make: Callable[[Sources], bytes], right: Taken | Refused) -> None:
    """Put a file into the table."""
    CASES.append(Case(name, defect, make, right))


def saved(picture: Image.Image | None = None, form: str = "PNG", **options: object) -> bytes:
    """The picture as a file; without one the small test picture."""
    if form in ("HEIF", "AVIF"):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    out = io.BytesIO()
    (picture or corner_picture()).save(out, form, **options)
    return out.getvalue()


def noise(mode: str = "RGB") -> Image.Image:
    """A picture that does not compress, so that a cut really takes something away."""
    return Image.effect_noise((64, 32), 90).convert(mode)


def part(data: bytes, share: float = 0.66) -> bytes:
    """The first part of a file."""
    return data[: int(len(data) * share)]


def png_with(*chunks: bytes, behind: bytes = b"") -> bytes:
    """The test picture with further chunks after its header."""
    data = saved()
    return data[:33] + b"".join(chunks) + data[33:] + behind


def chunk(kind: bytes, content: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def icc(size: int) -> bytes:
    """An sRGB profile padded to this many bytes."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile + b"\0" * (size - len(profile))


def exif(orientation: int = 1, *, thumb: bool = False) -> bytes:
    """EXIF with an orientation, and with a thumbnail if wanted: a JPEG inside the JPEG."""
    import piexif

    fields: dict[str, object] = {"0th": {piexif.ImageIFD.Orientation: orientation}, "1st": {}}
    if thumb:
        fields |= {"thumbnail": saved(corner_picture(16, 8), "JPEG")}
    return piexif.dump(fields)


def mpo() -> bytes:
    """A phone's JPEG with a second picture behind the first."""
    return saved(noise(), "MPO", save_all=True, append_images=[noise()])


def zipped(*names: str) -> bytes:
    """An archive with files of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 50)
    return out.getvalue()


def with_archive(data: bytes) -> bytes:
    """The file with an archive appended, as past an upload filter."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("x.txt", "x")
    return out.getvalue()


def floats(levels: np.ndarray) -> bytes:
    """A TIFF of 32-bit fractions."""
    return saved(Image.fromarray(levels.astype(np.float32)), "TIFF")


def colour_floats() -> bytes:
    """A TIFF of three 32-bit fractions a pixel, which OpenCV writes and renderers too."""
    import cv2

    levels = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (32, 1))
    return cv2.imencode(".tiff", np.dstack([levels] * 3))[1].tobytes()


def wav_says(data_bytes: int | None = None, riff_bytes: int | None = None) -> Callable[[Sources], bytes]:
    """The tone with other sizes in its header."""

    def make(s: Sources) -> bytes:
        head = bytearray(s.sound.read_bytes())
        if data_bytes is not None:
            struct.pack_into("<I", head, PCM_HEAD - 4, data_bytes)
        if riff_bytes is not None:
            struct.pack_into("<I", head, 4, riff_bytes)
        return bytes(head)

    return make


def list_before_data(s: Sources) -> bytes:
    """A streamed WAV with a LIST chunk before its samples, as ffmpeg writes to a pipe."""
    data = s.sound.read_bytes()
    head = data[:36] + b"LIST" + struct.pack("<I", 4) + b"INFO" + b"data" + struct.pack("<I", 0xFFFFFFFF)
    return head + data[PCM_HEAD:]


def rf64(s: Sources, name: bytes) -> bytes:
    """A WAV with 64-bit sizes."""
    data = s.sound.read_bytes()
    samples = len(data) - PCM_HEAD
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(data) + 28, samples, samples // 2, 0)
    full = struct.pack("<I", 0xFFFFFFFF)
    return name + full + b"WAVE" + ds64 + data[12:36] + b"data" + full + data[PCM_HEAD:]


def remuxed_from(s: Sources, at_s: float) -> bytes:
    """The clip from a later time on by PyAV, every packet copied with its time: an edit list hides the rest."""
    import av

    out = s.folder / f"remux-{at_s}.mp4"
    with av.open(str(s.clip)) as box, av.open(str(out), "w") as made:
        twin = made.add_stream_from_template(box.streams.video[0])
        shift = round(at_s / twin.time_base) if twin.time_base else 0
        for packet in box.demux(video=0):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, twin
            made.mux(packet)
    return out.read_bytes()


def m2ts(s: Sources) -> bytes:
    """A transport stream with a time stamp before each packet, as AVCHD cameras write it."""
    return s.of("a.m2ts", "-i", "IN", "-c", "copy", "-f", "mpegts", "-mpegts_m2ts_mode", "1")


def pictures() -> Iterator[None]:
    """Still pictures of every format, whole."""
    for form, name, kept in (
        *(("PNG", "a.png", ".png"), ("JPEG", "a.jpg", ".jpg"), ("WEBP", "a.webp", ".webp"), ("GIF", "a.gif", ".gif")),
        *(
            ("BMP", "a.bmp", ".bmp"),
            ("TIFF", "a.tif", ".tif"),
            ("AVIF", "a.avif", ".avif"),
            ("HEIF", "a.heic", ".heic"),
        ),
        *(("JPEG2000", "a.jp2", ".png"), ("TGA", "a.tga", ".png"), ("PNG", "picture.mp4", ".png")),
    ):
        case(name, "none", lambda s, form=form: saved(form=form), Taken((64, 32), kept=kept))
    case("a.j2k", "bare code stream", lambda s: saved(form="JPEG2000", no_jp2=True), Taken((64, 32), kept=".png"))
    case("a.jxl", "none", lambda s: jxl(s), Taken((64, 32), kept=".png", note="JPEG XL"))
    case("cut.jxl", "cut", lambda s: part(jxl(s), 0.5), Refused("JPEG XL"))
    case("rle.tga", "none", lambda s: saved(form="TGA", compression="tga_rle"), Taken((64, 32), kept=".png"))
    case("old.tga", "no footer", lambda s: saved(form="TGA")[:-26], Taken((64, 32), kept=".png"))
    case("old.bin", "no footer, no name", lambda s: saved(form="TGA")[:-26], Refused("not a picture"))
    sizes = [(16, 16), (32, 32), (48, 48)]
    icon = corner_picture(48, 48)
    case("a.ico", "several sizes", lambda s: saved(icon, "ICO", sizes=sizes), Taken((48, 48), kept=".png"))
    for form, name in (("WEBP", "cut.webp"), ("GIF", "cut.gif"), ("BMP", "cut.bmp"), ("TIFF", "cut.tif")):
        case(name, "cut", lambda s, form=form: part(saved(noise(), form)), BROKEN)
    for form, name in (("HEIF", "cut.heic"), ("AVIF", "cut.avif"), ("JPEG2000", "cut.jp2"), ("TGA", "cut.tga")):
        case(name, "cut", lambda s, form=form: part(saved(noise(), form), 0.5), BROKEN)
    three = [Image.new("RGB", (64, 32), colour) for colour in ("red", "green", "blue")]
    for form, name in (("GIF", "anim.gif"), ("WEBP", "anim.webp"), ("PNG", "anim.png"), ("AVIF", "anim.avif")):
        moves = Taken((64, 32), note="animated")
        case(
            name, "three frames",
            lambda s, form=form: saved(three[0], form, save_all=True, append_images=three[1:], duration=99), moves,
        )  # fmt: skip
    case("pages.tif", "three pages", lambda s: saved(three[0], "TIFF", save_all=True, append_images=three[1:]), PICTURE)
    case("print.tif", "CMYK", lambda s: saved(noise("CMYK"), "TIFF"), Taken((64, 32), note="CMYK"))
    case("lzw.tif", "LZW", lambda s: saved(noise(), "TIFF", compression="tiff_lzw"), PICTURE)
    ramp = np.tile(np.linspace(0, 1, 64), (32, 1))
    scaled = Taken((64, 32), kept=".png", note="scaled")
    case("float.tif", "fractions 0..1", lambda s: floats(ramp), scaled)
    case("float255.tif", "fractions 0..255", lambda s: floats(ramp * 255), scaled)
    case("heights.tif", "metres", lambda s: floats(ramp * 4000 - 120), scaled)
    case("holes.tif", "some NaN", lambda s: floats(np.where(ramp > 0.5, np.nan, ramp)), scaled)
    case("nan.tif", "nothing but NaN", lambda s: floats(ramp * np.nan), Refused("no values"))
    case("rgb32.tif", "colour fractions", lambda s: colour_floats(), scaled)
    yield


def jxl(s: Sources) -> bytes:
    """A JPEG XL by ffmpeg."""
    source = "testsrc2=s=64x32:d=1:r=1"
    return s.of("a.jxl", "-f", "lavfi", "-i", source, "-frames:v", "1", "-c:v", "libjxl")


def png_and_gif() -> Iterator[None]:
    """PNG and GIF with odd insides."""
    for mode in ("RGBA", "LA", "L", "1", "I;16"):
        case(f"{mode.replace(';', '')}.png", f"mode {mode}", lambda s, m=mode: saved(Image.new(m, (64, 32))), PICTURE)
    palette = corner_picture().convert("P")
    case("palette.png", "transparent palette", lambda s: saved(palette, transparency=0), PICTURE)
    case("turned.png", "EXIF turn", lambda s: saved(exif=exif(6)), Taken((32, 64), rotation=270))
    kept = Taken((64, 32), kept=".png")
    case("icc.png", "1.5 MB profile", lambda s: saved(icc_profile=icc(1_500_000)), kept)
    million = zlib.compress(b"x" * 1_200_000)
    case("ztxt.png", "1.2 MB packed text", lambda s: png_with(chunk(b"zTXt", b"workflow\0\0" + million)), kept)
    case("itxt.png", "1.2 MB packed text", lambda s: png_with(chunk(b"iTXt", b"prompt\0\1\0\0\0" + million)), kept)
    case("text.png", "3 MB plain text", lambda s: png_with(chunk(b"tEXt", b"prompt\0" + b"x" * 3_000_000)), kept)
    huge = zlib.compress(b"\0" * 40_000_000)
    case("textbomb.png", "40 MB packed text", lambda s: png_with(chunk(b"zTXt", b"prompt\0\0" + huge)), kept)
    case("iccbomb.png", "40 MB profile", lambda s: png_with(chunk(b"iCCP", b"icc\0\0" + huge)), kept)
    case("badicc.png", "broken profile", lambda s: saved(icc_profile=b"nonsense" * 20), PICTURE)
    case("cut.png", "cut", lambda s: part(saved(noise())), BROKEN)
    case("noend.png", "no IEND", lambda s: saved(noise())[:-12], PICTURE)
    case("zeros.png", "zeros behind", lambda s: png_with(behind=b"\0" * 500), PICTURE)
    case("bomb.png", "50,000 x 50,000", lambda s: bomb(50_000, 50_000), Refused("megapixels"))
    case("html.png", "a page behind", lambda s: png_with(behind=b"<html><script>x</script>"), Refused("web page"))
    long_page = b"<html><script>x</script>" + b" " * 100_000
    case("longhtml.png", "a long page behind", lambda s: png_with(behind=long_page), Refused("web page"))
    case("zip.png", "an archive behind", lambda s: with_archive(saved()), Refused("ZIP"))
    case("comment.gif", "<svg in its comment", lambda s: saved(form="GIF", comment=b"<svg> is not here \0;"), PICTURE)
    case("html.gif", "a page behind", lambda s: saved(form="GIF") + b"<html><script>", Refused("web page"))
    case("zip.gif", "an archive behind", lambda s: with_archive(saved(form="GIF")), Refused("ZIP"))
    case("pdf.gif", "a PDF inside", lambda s: saved(form="GIF", comment=b"%PDF-1.7"), Refused("PDF"))
    yield


def jpegs() -> Iterator[None]:
    """JPEG as cameras, phones, messengers and recovery tools leave it."""
    turns = {1: 0, 2: 0, 3: 180, 4: 180, 5: 90, 6: 270, 7: 270, 8: 90}
    for number, degrees in turns.items():
        size = (32, 64) if number > 4 else (64, 32)
        case(
            f"exif{number}.jpg", f"EXIF orientation {number}",
            lambda s, n=number: saved(form="JPEG", exif=exif(n)), Taken(size, rotation=degrees),
        )  # fmt: skip
    whole = Taken((64, 32), kept=".jpg")
    case("progressive.jpg", "progressive", lambda s: saved(noise(), "JPEG", progressive=True), whole)
    case("restart.jpg", "restart marks", lambda s: saved(noise(), "JPEG", restart_marker_rows=1), whole)
    case("grey.jpg", "grey", lambda s: saved(noise("L"), "JPEG"), whole)
    case("print.jpg", "CMYK", lambda s: saved(noise("CMYK"), "JPEG"), Taken((64, 32), note="CMYK"))
    case("noend.jpg", "no end mark", lambda s: saved(noise(), "JPEG")[:-2], whole)
    case("noend2.jpg", "progressive, no end mark", lambda s: saved(noise(), "JPEG", progressive=True)[:-2], whole)
    case("padded.jpg", "zeros for an end mark", lambda s: saved(noise(), "JPEG")[:-2] + b"\0" * 400, whole)
    turned = Taken((32, 64), rotation=270, kept=".jpg")
    case("noend6.jpg", "no end mark, turned", lambda s: saved(noise(), "JPEG", exif=exif(6))[:-2], turned)
    case("trail.jpg", "zeros behind", lambda s: saved(noise(), "JPEG") + b"\0" * 400, whole)
    for share in (0.3, 0.66, 0.85):
        case(f"cut{share}.jpg", f"cut at {share:.0%}", lambda s, x=share: part(saved(noise(), "JPEG"), x), BROKEN)
    case("cutprog.jpg", "progressive, cut", lambda s: part(saved(noise(), "JPEG", progressive=True), 0.8), BROKEN)
    case("phone.jpg", "two pictures (MPO)", lambda s: mpo(), whole)
    case("phonecut.jpg", "second picture cut off", lambda s: part(mpo(), 0.75), whole)
    case("phonegone.jpg", "second picture gone", lambda s: part(mpo(), 0.52), whole)
    case("phonehalf.jpg", "first picture cut off", lambda s: part(mpo(), 0.3), BROKEN)
    comment = {"exif": exif(thumb=True), "comment": b"made with <html> and <svg"}
    case("thumb.jpg", "thumbnail, <html in comment", lambda s: saved(noise(), "JPEG", **comment), whole)
    xmp = {"exif": exif(thumb=True), "xmp": b"<x:xmpmeta><svg></svg></x:xmpmeta>"}
    case("xmp.jpg", "thumbnail, <svg in XMP", lambda s: saved(noise(), "JPEG", **xmp), whole)
    case("html.jpg", "a page behind", lambda s: saved(form="JPEG") + b"<html>", Refused("web page"))
    case("htmlnoend.jpg", "a page for an end", lambda s: saved(form="JPEG")[:-2] + b"<html>", Refused("web page"))
    case("zip.jpg", "an archive behind", lambda s: with_archive(saved(form="JPEG")), Refused("ZIP"))
    case("badexif.jpg", "broken EXIF", lambda s: saved(noise(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), whole)
    yield


def clips() -> Iterator[None]:
    """MP4 and QuickTime."""
    copy = ("-i", "IN", "-c", "copy")
    case("a.mp4", "none", lambda s: s.clip.read_bytes(), SHOWN)
    case("a.mov", "none", lambda s: s.of("a.mov", *copy), SHOWN)
    for degrees in (90, 180, 270):
        size = (HEIGHT, WIDTH) if degrees != 180 else (WIDTH, HEIGHT)
        case(
            f"turn{degrees}.mp4", f"turned by {degrees}",
            lambda s, d=degrees: s.of("t.mp4", "-display_rotation", str(d), *copy),
            Taken(size, CLIP_S, rotation=degrees),
        )  # fmt: skip
    case("trim.mp4", "edit list (-ss -c copy)", lambda s: s.of("a.mp4", "-ss", "0.5", *copy), Taken(SHOWN.size, 1.5))
    late = ("-ss", "1.2", "-i", "SILENT", "-c", "copy")
    case("late.mov", "edit list, silent", lambda s: s.of("a.mov", *late), Taken(SHOWN.size, 0.8))
    case("remux.mp4", "edit list (PyAV)", lambda s: remuxed_from(s, 0.4), Taken(SHOWN.size, 1.6))
    delay = ("-itsoffset", "0.4", "-i", "SILENT", "-c", "copy")
    case("delay.mp4", "begins later (empty edit)", lambda s: s.of("d.mp4", *delay), SHOWN)
    frag = ("-movflags", "+frag_keyframe+empty_moov")
    case("frag.mp4", "fragmented", lambda s: s.of("f.mp4", *copy, *frag), SHOWN)
    case("fragcut.mp4", "fragmented, cut", lambda s: part(s.of("f.mp4", *copy, *frag), 0.8), CUT)
    case("cut.mp4", "cut", lambda s: part(s.clip.read_bytes(), 0.7), CUT)
    case("cutend.mp4", "index behind, cut", lambda s: part(s.of("e.mp4", *copy), 0.7), BROKEN)
    case("head.mp4", "nothing but a head", lambda s: s.clip.read_bytes()[:40] + b"\0" * 200, Refused("neither"))
    case("trail.mp4", "zeros behind", lambda s: s.clip.read_bytes() + b"\0" * 2000, SHOWN)
    case("zip.mp4", "an archive behind", lambda s: with_archive(s.clip.read_bytes()), Refused("ZIP"))
    case("silent.mp4", "no sound", lambda s: s.silent.read_bytes(), SHOWN)
    one = ("-i", "IN", "-frames:v", "1", "-an", "-c:v", "libx264")
    case("one.mp4", "one frame", lambda s: s.of("1.mp4", *one), Taken(SHOWN.size, 0.04))
    fast = ("-c:v", "libx264", "-preset", "ultrafast")
    vfr = ("-i", "SILENT", "-vf", "select='lt(n,10)+not(mod(n,4))'", "-fps_mode", "vfr", *fast)
    case("vfr.mp4", "variable rate", lambda s: s.of("v.mp4", *vfr), SHOWN)
    wide = ("-i", "SILENT", "-vf", "setsar=2", *fast)
    case("wide.mp4", "pixels twice as wide", lambda s: s.of("w.mp4", *wide), Taken((2 * WIDTH, HEIGHT), CLIP_S))
    deep = ("-i", "SILENT", "-pix_fmt", "yuv420p10le", *fast)
    case("deep.mp4", "10 bit", lambda s: s.of("10.mp4", *deep), Taken(SHOWN.size, CLIP_S, note="8-bit"))
    prores = ("-i", "SILENT", "-c:v", "prores_ks")
    case("prores.mov", "ProRes", lambda s: s.of("p.mov", *prores), Taken(SHOWN.size, CLIP_S, note="prores"))
    for curve, name in (("smpte2084", "pq"), ("arib-std-b67", "hlg")):
        hdr = (
            "-i",
            "SILENT",
            "-vf",
            f"format=yuv420p10le,setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={curve}",
        )
        x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1")
        case(
            f"{name}.mp4", f"HDR ({name.upper()})", lambda s, h=hdr, x=x265: s.of("h.mp4", *h, *x),
            Taken(SHOWN.size, CLIP_S, note="HDR"),
        )  # fmt: skip
    case(
        "sound.mp4",
        "no picture",
        lambda s: s.of("s.mp4", "-i", "SOUND", "-c:a", "aac"),
        Taken(None, SOUND_S, kept=".m4a"),
    )
    yield


def other_clips() -> Iterator[None]:
    """WebM, Matroska, AVI, transport and program streams, Flash, Windows Media."""
    vp8 = ("-i", "IN", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
    copy = ("-i", "IN", "-c", "copy")
    case("a.webm", "none", lambda s: s.of("a.webm", *vp8), SHOWN)
    case("live.webm", "no length (browser recording)", lambda s: s.streamed("webm", *vp8), SHOWN)
    case("cut.webm", "cut", lambda s: part(s.of("a.webm", *vp8), 0.6), CUT)
    case("a.mkv", "none", lambda s: s.of("a.mkv", *copy), SHOWN)
    case("live.mkv", "no length (unfinished)", lambda s: s.streamed("matroska", *copy), SHOWN)
    case("cut.mkv", "cut", lambda s: part(s.of("a.mkv", *copy), 0.6), CUT)
    mpeg4 = ("-i", "IN", "-c:v", "mpeg4", "-c:a", "mp3")
    case("a.avi", "ffmpeg's MPEG-4", lambda s: s.of("a.avi", *mpeg4), SHOWN)
    drops = ("-i", "SILENT", "-vf", "select='not(eq(mod(n,5),3))'", "-fps_mode", "passthrough", "-c:v", "mjpeg")
    case("drops.avi", "dropped frames", lambda s: s.of("d.avi", *drops), SHOWN)
    case("live.avi", "sizes left open", lambda s: s.streamed("avi", *mpeg4), SHOWN)
    case("cut.avi", "cut", lambda s: part(s.of("a.avi", *mpeg4), 0.6), CUT)
    case("a.ts", "none", lambda s: s.of("a.ts", *copy), SHOWN)
    case("a.mts", "AVCHD", m2ts, SHOWN)
    joined = Taken(SHOWN.size, 2 * CLIP_S, kept=".mp4")
    case("joined.ts", "two joined by cat", lambda s: s.of("a.ts", *copy) * 2, joined)
    other = ("-i", "IN", "-c:v", "mpeg2video", "-c:a", "mp2")
    case("joined2.ts", "two joined, MPEG-2", lambda s: s.of("b.ts", *other) * 2, joined)
    case("three.ts", "three joined", lambda s: s.of("a.ts", *copy) * 3, Taken(SHOWN.size, 3 * CLIP_S, kept=".mp4"))
    tail = lambda s: s.of("a.ts", *copy)  # noqa: E731 - one of many like it
    case("begun.ts", "begins in the middle", lambda s: tail(s)[188 * (len(tail(s)) // 564) :], Taken(SHOWN.size))
    case("ended.ts", "ends anywhere", lambda s: tail(s)[: 188 * (len(tail(s)) // 300)], Taken(SHOWN.size))
    kept = Taken(SHOWN.size, CLIP_S, kept=".mp4", note="MP4")
    case("a.mpg", "none", lambda s: s.of("a.mpg", *other), kept)
    case("ended.mpg", "ends anywhere", lambda s: part(s.of("a.mpg", *other), 0.6), Taken(SHOWN.size, kept=".mp4"))
    case("a.flv", "none", lambda s: s.of("a.flv", *copy), kept)
    case("live.flv", "no length", lambda s: s.streamed("flv", *copy, "-flvflags", "no_duration_filesize"), kept)
    case("old.flv", "Sorenson and MP3", lambda s: s.of("b.flv", "-i", "IN", "-c:v", "flv1", "-c:a", "mp3"), kept)
    case("cut.flv", "cut", lambda s: part(s.of("a.flv", *copy), 0.5), CUT)
    wmv = ("-i", "IN", "-c:v", "wmv2", "-c:a", "wmav2")
    case("a.wmv", "none", lambda s: s.of("a.wmv", *wmv), kept)
    case("live.wmv", "no length", lambda s: s.streamed("asf", *wmv), kept)
    case("cut.wmv", "cut", lambda s: part(s.of("a.wmv", *wmv), 0.4), CUT)
    yield


def sounds() -> Iterator[None]:
    """Sound whose header is right, guesses, lies or was left open."""
    fixed = Taken(None, SOUND_S, kept=".wav")
    case("a.wav", "none", lambda s: s.sound.read_bytes(), fixed)
    for codec in ("pcm_s24le", "pcm_f32le", "pcm_u8", "pcm_mulaw", "adpcm_ima_wav"):
        case(f"{codec}.wav", codec, lambda s, c=codec: s.of("c.wav", "-i", "SOUND", "-c:a", c), HEARD)
    for size in (0xFFFFFFFF, 0x7FFFFFFF, 2_000_000_000, 0x7FFFF000, 0x80000000, 0):
        riff = min(size + 36, 0xFFFFFFFF)
        case(f"{size:x}.wav", f"streamed, size {size:#x}", wav_says(size, riff), fixed)
    case("riff0.wav", "only the outer size is 0", wav_says(None, 0), HEARD)
    case("list.wav", "streamed, LIST first", list_before_data, fixed)
    case("over.wav", "says 100 bytes too much", wav_says(int(SOUND_S * RATE_HZ * 2) + 100), fixed)
    case("cut.wav", "cut", lambda s: part(s.sound.read_bytes(), 0.5), CUT)
    case("empty.wav", "no samples", lambda s: wav_says(0)(s)[:PCM_HEAD], Refused("No sound"))
    case("rf64.wav", "RF64", lambda s: rf64(s, b"RF64"), fixed)
    case("bw64.wav", "BW64", lambda s: rf64(s, b"BW64"), fixed)
    case("cutrf64.wav", "RF64, cut", lambda s: part(rf64(s, b"RF64"), 0.5), CUT)
    case("html.wav", "a page behind", lambda s: s.sound.read_bytes() + b"<html>", HEARD)
    vbr = ("-i", "SOUND", "-c:a", "libmp3lame", "-q:a", "4")
    plain = (*vbr, "-write_xing", "0", "-id3v2_version", "0")
    mp3 = Taken(None, SOUND_S, kept=".mp3")
    case("a.mp3", "VBR", lambda s: s.of("a.mp3", *vbr), mp3)
    case("guess.mp3", "VBR without Xing", lambda s: s.of("g.mp3", *plain), mp3)
    case("two.mp3", "two joined by cat", lambda s: s.of("a.mp3", *vbr) * 2, Taken(None, 2 * SOUND_S, kept=".mp3"))
    case("cut.mp3", "cut", lambda s: part(s.of("a.mp3", *vbr), 0.5), CUT)
    case("voice.wav", "MP3 named .wav", lambda s: s.of("a.mp3", *vbr), mp3)
    case("tail.mp3", "rubbish behind", lambda s: s.of("a.mp3", *vbr) + b"\0" * 700 + b"TAG" + b" " * 125, mp3)
    adts = ("-i", "SOUND", "-c:a", "aac")
    case("a.aac", "ADTS", lambda s: s.of("a.aac", *adts), Taken(None, SOUND_S, kept=".m4a"))
    tag = b"ID3\4\0\0\0\0\0\x0aTIT2\0\0\0\0\0\0"
    case("radio.aac", "ADTS behind ID3", lambda s: tag + s.of("a.aac", *adts), Taken(None, SOUND_S, kept=".m4a"))
    flac = ("-i", "SOUND", "-c:a", "flac")
    case("a.flac", "none", lambda s: s.of("a.flac", *flac), HEARD)
    case("live.flac", "streamed", lambda s: s.streamed("flac", *flac), Taken(None, SOUND_S, kept=".flac"))
    case("cut.flac", "cut", lambda s: part(s.of("a.flac", *flac), 0.5), CUT)
    case("a.opus", "none", lambda s: s.of("a.opus", "-i", "SOUND", "-c:a", "libopus"), HEARD)
    case("a.ogg", "none", lambda s: s.of("a.ogg", "-i", "SOUND", "-c:a", "libvorbis"), HEARD)
    case("a.weba", "no length", lambda s: s.streamed("webm", "-i", "SOUND", "-c:a", "libopus"), HEARD)
    m4a = ("-i", "SOUND", "-c:a", "aac", "-movflags", "+faststart")
    case("a.m4a", "none", lambda s: s.of("a.m4a", *m4a), HEARD)
    case("cut.m4a", "cut", lambda s: part(s.of("a.m4a", *m4a), 0.6), CUT)
    case("trim.m4a", "edit list", lambda s: s.of("t.m4a", "-ss", "0.5", *m4a[:2], "-c:a", "aac"), Taken(None, 1.5))
    case("a.caf", "PCM", lambda s: s.of("a.caf", "-i", "SOUND"), Taken(None, SOUND_S, kept=".wav", note="Core Audio"))
    case("alac.caf", "ALAC", lambda s: s.of("b.caf", "-i", "SOUND", "-c:a", "alac"), Taken(None, SOUND_S, kept=".wav"))
    wma = ("-i", "SOUND", "-c:a", "wmav2")
    case("a.wma", "none", lambda s: s.of("a.wma", *wma), Taken(None, SOUND_S, kept=".mp3", note="Windows Media"))
    case("cut.wma", "cut", lambda s: part(s.of("a.wma", *wma), 0.5), CUT)
    amr = ("-i", "SOUND", "-ar", "8000", "-ac", "1", "-c:a", "libopencore_amrnb")
    case("a.amr", "none", lambda s: s.of("a.amr", *amr), Taken(None, SOUND_S, kept=".mp3", note="AMR"))
    case("a.aiff", "none", lambda s: s.of("a.aiff", "-i", "SOUND"), HEARD)
    case("cut.aiff", "cut", lambda s: part(s.of("a.aiff", "-i", "SOUND"), 0.5), CUT)
    yield


def no_media() -> Iterator[None]:
    """Everything else, by its name and with the way out."""
    texts = {
        "page.png": (b"<!DOCTYPE html><script>alert(1)</script>", "web page"),
        "page.mp4": (b"<html><body>404 not found</body></html>", "web page"),
        "script.jpg": (b"<?php system($_GET['x']); ?>", "web page"),
        "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "SVG"),
        "drawing.svg": (b'<?xml version="1.0"?><svg/>', "SVG"),
        "error.mp4": (b'{"error": "expired"}', "text"),
        "list.mp4": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
        "concat.mp4": (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
        "paper.jpg": (b"%PDF-1.7\n", "PDF"),
        "empty.png": (b"", "empty"),
        "noise.mp4": (bytes(range(7, 250)) * 20, "not a picture"),
        "a.psd": (b"8BPS\0\1" + b"\0" * 40, "Photoshop"),
        "a.exr": (b"\x76\x2f\x31\x01\2\0\0\0", "OpenEXR"),
        "a.hdr": (b"#?RADIANCE\n", "Radiance"),
        "a.mxf": (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01", "MXF"),
        "a.rm": (b".RMF\0\0\0\x12", "RealMedia"),
        "a.mid": (b"MThd\0\0\0\6\0\1", "MIDI"),
        "a.ape": (b"MAC \x96\x0f", "Monkey"),
        "a.rar": (b"Rar!\x1a\7\1\0", "RAR"),
        "a.7z": (b"7z\xbc\xaf'\x1c\0\4", "7-Zip"),
        "a.png.gz": (b"\x1f\x8b\x08\0", "gzip"),
        "a.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "Office"),
        "photo.jpg.exe": (b"MZ\x90\0\3", "program"),
        "a.elf": (b"\x7fELF\2\1\1", "program"),
        "a.db": (b"SQLite format 3\0", "database"),
        "a.ttf": (b"\0\1\0\0\0\x0f", "font"),
        "a.rtf": (b"{\\rtf1\\ansi", "text document"),
    }
    for name, (content, says) in texts.items():
        case(name, "no media file", lambda s, c=content: c, Refused(says))
    for name, inside, says in (
        ("a.docx", ("[Content_Types].xml", "word/document.xml"), "Word document"),
        ("movie.mp4", ("xl/workbook.xml",), "Excel"),
        ("slides.png", ("ppt/slides/a.xml",), "PowerPoint"),
        ("photos.zip", ("a.jpg", "b.jpg"), "ZIP"),
    ):
        case(name, "no media file", lambda s, i=inside: zipped(*i), Refused(says))
    late = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 900
    case("late.mp4", "a head and zeros", lambda s: late, BROKEN)
    yield


for group in (pictures, png_and_gif, jpegs, clips, other_clips, sounds, no_media):
    list(group())


def answer(path: Path) -> str:
    """What the studio says to the file, in a line."""
    from studio.errors import MediaError
    from studio.media import intake, validate

    try:
        facts = validate.admit(path)
        (path.parent / "kept").mkdir(exist_ok=True)
        kept, made = intake.library_copy(path, path.parent / "kept", facts)
    except MediaError as error:
        return f"refused: {error}"
    size = f"{facts.width}x{facts.height} " if facts.width else ""
    length = f"{made.duration_s:.2f} s " if made.duration_s else ""
    turn = f"turned {facts.rotation} " if facts.rotation else ""
    how = f"kept as {kept.suffix} ({facts.remedy}) " if facts.remedy else ""
    return f"taken: {size}{length}{turn}{how}{' '.join(facts.notes)}".strip()


def main() -> None:
    """Print the table: file, defect, what the studio says."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, suppress(BrokenPipeError):
        sources = Sources(Path(folder))
        for number, one in enumerate(CASES, 1):
            path = Path(folder) / one.name
            path.write_bytes(one.make(sources))
            sys.stdout.write(f"{number:3}  {one.name:16} {one.defect:32} {answer(path)}\n")


if __name__ == "__main__":
    main()
