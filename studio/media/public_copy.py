"""A copy of a file for people outside: the same pixels and packets, without prompts, settings, places and names.

What says that a machine made the picture stays: IPTC's DigitalSourceType and China's AIGC label are for exactly those
readers. Everything else that a file can carry beside its content is left out, whoever wrote it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from studio.errors import MediaError
from studio.media import av_io, images, metadata, metadata_write, png
from studio.media.detect import (
    FLAC,
    JPEG,
    M4A,
    MKV,
    MOV,
    MP3,
    MP4,
    OGG,
    PNG,
    WAV,
    WEBM,
    WEBP,
    FileType,
    sniff,
)  # fmt: skip
from studio.media.files import atomic_write
from studio.messages import Message

LABELS = frozenset({"DigitalSourceType", "AIGC"})
"""Free keys of videos and sounds that stay."""
MUXERS: dict[FileType, str] = {
    MP4: "mp4", MOV: "mov", M4A: "mp4", WEBM: "webm", MKV: "matroska", MP3: "mp3", WAV: "wav", FLAC: "flac", OGG: "ogg",
}  # fmt: skip
_SOURCE_TYPE = re.compile(r"http://cv\.iptc\.org/newscodes/digitalsourcetype/[A-Za-z]+")
_AIGC = re.compile(r"<([\w.-]+:)?AIGC\b[^>]*>([^<]{1,4000})</")
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")
_JPEG_KEPT = (0xE0, 0xE2, 0xEE)
"""JFIF, colour profile, and how the colours are stored."""


def write(path: Path, copy: Path) -> None:
    """Write the copy under this name, whose folder exists.

    Raises MediaError for a format of which nothing can be left out and that carries texts.
    """
    kind = sniff(path)
    if kind is PNG:
        atomic_write(copy, _png(path))
    elif kind is JPEG:
        atomic_write(copy, _jpeg(path))
    elif kind is WEBP:
        atomic_write(copy, _webp(path))
    elif kind in MUXERS:
        _remux(path, copy, MUXERS[kind])
    elif not any(metadata.texts(path).values()):
        shutil.copyfile(path, copy)
    else:
        raise MediaError(Message("file.no_public_copy", form=kind.name))


def _png(path: Path) -> bytes:
    kept = [png.chunk(kind, content) for kind, content in png.chunks(path.read_bytes()) if kind not in _TEXT_CHUNKS]
    label = png.chunk(b"iTXt", png.itxt(metadata_write.XMP_KEY, _xmp_label(path)))
    return png.SIGNATURE + kept[0] + label + b"".join(kept[1:])


def _jpeg(path: Path) -> bytes:
    segments, rest = metadata_write.jpeg_segments(path.read_bytes())
    kept = [s for s in segments if s[1] in _JPEG_KEPT]
    first = [s for s in kept if s[1] == 0xE0]
    label = [metadata_write.jpeg_segment(metadata_write.XMP_HEAD + _xmp_label(path).encode())]
    if exif := _orientation(path):
        label.insert(0, metadata_write.jpeg_segment(exif))
    return b"\xff\xd8" + b"".join([*first, *label, *(s for s in kept if s not in first)]) + rest


def _webp(path: Path) -> bytes:
    data = path.read_bytes()
    chunks = [(kind, content) for kind, content in metadata_write.riff_chunks(data) if kind not in (b"EXIF", b"XMP ")]
    head = bytearray(dict(chunks).get(b"VP8X") or metadata_write.vp8x(data))
    head[0] = (head[0] & ~metadata_write.WEBP_EXIF) | metadata_write.WEBP_XMP
    body = [(b"VP8X", bytes(head)), *((k, v) for k, v in chunks if k != b"VP8X"), (b"XMP ", _xmp_label(path).encode())]
    whole = b"WEBP" + b"".join(metadata_write.riff_chunk(kind, content) for kind, content in body)
    return b"RIFF" + len(whole).to_bytes(4, "little") + whole


def _xmp_label(path: Path) -> str:
    """An XMP packet with nothing but the labels that the picture carries."""
    old = metadata.xmp_text(path)
    fields: list[str] = []
    if found := _SOURCE_TYPE.search(old):
        fields.append(f"<Iptc4xmpExt:DigitalSourceType>{found[0]}</Iptc4xmpExt:DigitalSourceType>")
    if aigc := _AIGC.search(old):
        fields.append(f"<TC260:AIGC>{aigc[2]}</TC260:AIGC>")
    spaces = f'xmlns:Iptc4xmpExt="{metadata.IPTC}" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
    mine = f'<rdf:Description rdf:about="" {spaces}>{"".join(fields)}</rdf:Description>'
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{metadata.RDF}">{mine}</rdf:RDF></x:xmpmeta>'
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{packet}<?xpacket end="w"?>'


def _orientation(path: Path) -> bytes:
    """EXIF with the way up alone; nothing for a picture that lies as it is shown."""
    with images.opened(path) as (image, _):
        turned = image.getexif().get(0x0112)
    if turned not in range(2, 9):
        return b""
    import piexif

    return piexif.dump({"0th": {piexif.ImageIFD.Orientation: turned}})


def _remux(path: Path, copy: Path, form: str) -> None:
    with av_io.opened(path) as (box, _):
        said = _labels(box.metadata)
        for stream in box.streams:
            said |= _labels(stream.metadata)
    metadata_write.remux(path, copy, form, said)


def _labels(found: Mapping[str, str]) -> dict[str, str]:
    by_name = {name.lower(): name for name in LABELS}
    return {by_name[key.lower()]: text for key, text in found.items() if key.lower() in by_name}
