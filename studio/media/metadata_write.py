"""Put text into PNG, JPEG, WebP and MP4 files without touching a pixel or a packet.

Pictures are taken apart into their chunks and put together again; everything else they carry (profiles, other
programs' graphs, a provider's label) stays. Videos are remuxed, never encoded.
Sources: PNG 3rd ed. 11.3 (iTXt); Exif 3.0 4.6.6 (UserComment); XMP part 3; WebP container specification.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import MediaError
from studio.media import av_io, png
from studio.media.files import atomic_write, replacing
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

    from studio.media.detect import FileType

XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
EXIF_HEAD = b"Exif\0\0"
SEGMENT_BYTES = 65_533
"""Longest content of one JPEG segment."""
WEBP_EXIF, WEBP_XMP, WEBP_ALPHA = 0x08, 0x04, 0x10
XMP_KEY = "XML:com.adobe.xmp"


def into_png(path: Path, texts: Mapping[str, str]) -> None:
    """Write each text as an iTXt chunk under its key (Latin-1, at most 79 characters), replacing earlier ones."""
    ours = b"".join(png.chunk(b"iTXt", png.itxt(key, text)) for key, text in texts.items())
    keys = {key.encode("latin-1") for key in texts}
    kept: list[bytes] = []
    for kind, content in png.chunks(path.read_bytes()):
        if kind in (b"tEXt", b"zTXt", b"iTXt") and content.partition(b"\0")[0] in keys:
            continue
        kept.append(png.chunk(kind, content))
    atomic_write(path, png.SIGNATURE + kept[0] + ours + b"".join(kept[1:]))


def into_jpeg(path: Path, *, comment: str, xmp: str) -> None:
    """Write the EXIF UserComment and the XMP packet; other EXIF fields (orientation, camera) stay.

    Raises MediaError when they do not fit into a JPEG's 64 KiB segments.
    """
    data = path.read_bytes()
    segments, rest = jpeg_segments(data)
    old = next((s[4:] for s in segments if s[4:10] == EXIF_HEAD), b"")
    kept = [s for s in segments if s[4:10] != EXIF_HEAD and s[4 : 4 + len(XMP_HEAD)] != XMP_HEAD]
    first = [s for s in kept if s[1] == 0xE0]
    others = [s for s in kept if s[1] != 0xE0]
    ours = [jpeg_segment(_exif(old, comment)), jpeg_segment(XMP_HEAD + xmp.encode())]
    atomic_write(path, b"\xff\xd8" + b"".join([*first, *ours, *others]) + rest)


def jpeg_segment(content: bytes) -> bytes:
    """An APP1 segment with this content. Raises MediaError for more than fits."""
    if len(content) > SEGMENT_BYTES:
        raise MediaError(Message("file.settings_too_long"))
    return b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content


def jpeg_segments(data: bytes) -> tuple[list[bytes], bytes]:
    """The segments before the picture's own tables, and everything from there on."""
    at, found = 2, []
    while at + 4 <= len(data) and data[at] == 0xFF and (0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found, data[at:]


def _exif(old: bytes, comment: str) -> bytes:
    """EXIF with `comment` as UserComment of type UNDEFINED, the form A1111-type readers take (Pillow writes BYTE)."""
    import piexif
    from piexif.helper import UserComment

    text = {piexif.ExifIFD.UserComment: UserComment.dump(comment, encoding="unicode")}
    try:
        fields = piexif.load(old) if old else {}
        fields["Exif"] = fields.get("Exif", {}) | text
        return piexif.dump(fields)
    except Exception:  # piexif raises whatever a damaged block makes it stumble over; ours is then written alone
        return piexif.dump({"Exif": text})


def into_webp(path: Path, *, comment: str, xmp: str) -> None:
    """Write EXIF UserComment and XMP, turning the simple file format into the extended one where needed."""
    data = path.read_bytes()
    chunks = dict(riff_chunks(data))
    head = bytearray(chunks.get(b"VP8X") or vp8x(data))
    head[0] |= WEBP_EXIF | WEBP_XMP
    old = chunks.get(b"EXIF", b"")
    exif = _exif(old if old.startswith(EXIF_HEAD) else EXIF_HEAD + old if old else b"", comment)
    body = [riff_chunk(b"VP8X", bytes(head))]
    body += [riff_chunk(k, v) for k, v in riff_chunks(data) if k not in (b"VP8X", b"EXIF", b"XMP ")]
    body += [riff_chunk(b"EXIF", exif.removeprefix(EXIF_HEAD)), riff_chunk(b"XMP ", xmp.encode())]
    whole = b"WEBP" + b"".join(body)
    atomic_write(path, b"RIFF" + len(whole).to_bytes(4, "little") + whole)


def vp8x(data: bytes) -> bytes:
    """The content of the chunk that makes a simple WebP file an extended one."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
        flags = WEBP_ALPHA if image.mode == "RGBA" else 0
        return bytes([flags, 0, 0, 0]) + b"".join((side - 1).to_bytes(3, "little") for side in image.size)


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk as it stands in a file."""
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a RIFF file."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def into_video(path: Path, texts: Mapping[str, str]) -> None:
    """Write free keys into MP4, MOV, WebM or Matroska by copying every packet; keys already there stay."""
    with replacing(path) as draft:
        copy_video(path, draft, texts)


def copy_video(path: Path, copy: Path, texts: Mapping[str, str]) -> None:
    """The video with more free keys, every packet copied, as a new file under exactly this name."""
    with av_io.opened(path) as (box, kind):
        kept = {k: v for k, v in box.metadata.items() if k not in _BRANDS}
        _copy_packets(box, copy, _muxer(kind), kept | dict(texts), of_streams=True)


class CopiedOnTheWay:
    """The same copy as `copy_video`, made of the packets that somebody else reads in turn, from the first to the last.

    Trouble with the copy is kept in `error` and ends it; a full disk is raised, as OSError.
    """

    def __init__(self, copy: Path, texts: Mapping[str, str]) -> None:
        self._copy, self._texts = copy, texts
        self._muxing: _Muxing | None = None
        self.error: Exception | None = None

    def begin(self, box: InputContainer, kind: FileType) -> None:
        """Before the first packet of this container."""
        kept = {k: v for k, v in box.metadata.items() if k not in _BRANDS}
        with self._kept_error():
            self._muxing = _Muxing(box, self._copy, _muxer(kind), kept | dict(self._texts), of_streams=True)

    def add(self, packet: Packet[Any]) -> None:
        """The next packet, after whoever reads it has looked at it: its times become those of the copy."""
        if self._muxing is not None and self.error is None:
            with self._kept_error():
                self._muxing.add(packet)

    def close(self) -> None:
        """After the last packet, and after whatever else."""
        if self._muxing is not None:
            with self._kept_error():
                self._muxing.close()

    @contextmanager
    def _kept_error(self) -> Iterator[None]:
        from av.error import FFmpegError

        try:
            yield
        except FFmpegError as error:
            if error.errno == errno.ENOSPC:
                raise OSError(errno.ENOSPC, "No space left on device") from error
            self.error = self.error or error


def remux(path: Path, copy: Path, form: str, texts: Mapping[str, str]) -> None:
    """The clip or sound with these free keys alone, every packet copied, in a container of FFmpeg's muxer `form`."""
    with av_io.opened(path) as (box, _):
        _copy_packets(box, copy, form, texts, of_streams=False)


def _copy_packets(box: InputContainer, copy: Path, form: str, texts: Mapping[str, str], *, of_streams: bool) -> None:
    muxing = _Muxing(box, copy, form, texts, of_streams=of_streams)
    try:
        for packet in box.demux(muxing.sources):
            muxing.add(packet)
    finally:
        muxing.close()


class _Muxing:
    """An open copy. of_streams: whether what the streams themselves say comes along."""

    def __init__(
        self, box: InputContainer, copy: Path, form: str, texts: Mapping[str, str], *, of_streams: bool
    ) -> None:  # fmt: skip
        import av

        flags = {"movflags": "use_metadata_tags+faststart"} if form in ("mp4", "mov") else {}
        self.sources = [s for s in box.streams if s.type in ("video", "audio", "subtitle")]
        self._made = av.open(str(copy), "w", format=form, options=flags)
        try:
            self._made.metadata.update(texts)
            self._twins = {s.index: self._made.add_stream_from_template(s) for s in self.sources}
            for source in self.sources if of_streams else ():
                self._twins[source.index].metadata.update(source.metadata)
        except BaseException:
            self._made.close()
            raise

    def add(self, packet: Packet[Any]) -> None:
        """The next packet; those of other streams are left out."""
        twin = self._twins.get(packet.stream.index)
        if twin is None or (packet.dts is None and packet.size == 0):
            return
        packet.stream = twin
        self._made.mux(packet)

    def close(self) -> None:
        """Write the end of the file."""
        self._made.close()


def _muxer(kind: FileType) -> str:
    return {"QuickTime": "mov", "WebM": "webm", "Matroska": "matroska"}.get(kind.name, "mp4")


_BRANDS = ("major_brand", "minor_version", "compatible_brands", "encoder")
"""What the muxer writes itself."""
