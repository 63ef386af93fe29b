"""What a file is, from its first bytes.

The answer also fixes the one decoder that may read the file, so a playlist or a web page named .mp4 never reaches a
demuxer that would follow its links. Signatures: the formats' specifications (PNG, ISO 14496-12, RIFF, EBML ...).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import headers, refusals, structure
from studio.messages import Message, term

HEAD_BYTES = 4096
PAGES = (b"<script", b"<html", b"<svg", b"<?php", b"<!doctype")
"""What a browser, or a server that runs scripts, would take for a page."""


@dataclass(frozen=True)
class FileType:
    """One file format we read. reader: Pillow's format name for pictures, FFmpeg's demuxer for everything else."""

    name: str
    kind: Kind
    mime: str
    suffix: str
    reader: str


def _picture(name: str, mime: str, suffix: str, reader: str = "") -> FileType:
    return FileType(name, Kind.IMAGE, f"image/{mime}", suffix, reader or name)


PNG = _picture("PNG", "png", ".png")
JPEG = _picture("JPEG", "jpeg", ".jpg")
WEBP = _picture("WebP", "webp", ".webp", "WEBP")
GIF = _picture("GIF", "gif", ".gif")
HEIC = _picture("HEIC", "heic", ".heic", "HEIF")
AVIF = _picture("AVIF", "avif", ".avif")
BMP = _picture("BMP", "bmp", ".bmp")
TIFF = _picture("TIFF", "tiff", ".tif")
JXL = _picture("JPEG XL", "jxl", ".jxl")
JP2 = _picture("JPEG 2000", "jp2", ".jp2", "JPEG2000")
TGA = _picture("TGA", "x-tga", ".tga")
ICO = _picture("Icon", "x-icon", ".ico", "ICO")
MP4 = FileType("MP4", Kind.VIDEO, "video/mp4", ".mp4", "mov")
MOV = FileType("QuickTime", Kind.VIDEO, "video/quicktime", ".mov", "mov")
M4A = FileType("MPEG-4 sound", Kind.AUDIO, "audio/mp4", ".m4a", "mov")
WEBM = FileType("WebM", Kind.VIDEO, "video/webm", ".webm", "matroska")
MKV = FileType("Matroska", Kind.VIDEO, "video/x-matroska", ".mkv", "matroska")
AVI = FileType("AVI", Kind.VIDEO, "video/x-msvideo", ".avi", "avi")
TS = FileType("MPEG-TS", Kind.VIDEO, "video/mp2t", ".ts", "mpegts")
PS = FileType("MPEG program stream", Kind.VIDEO, "video/mpeg", ".mpg", "mpeg")
FLV = FileType("Flash Video", Kind.VIDEO, "video/x-flv", ".flv", "flv")
ASF = FileType("Windows Media", Kind.VIDEO, "video/x-ms-wmv", ".wmv", "asf")
WAV = FileType("WAV", Kind.AUDIO, "audio/wav", ".wav", "wav")
AIFF = FileType("AIFF", Kind.AUDIO, "audio/aiff", ".aiff", "aiff")
FLAC = FileType("FLAC", Kind.AUDIO, "audio/flac", ".flac", "flac")
OGG = FileType("Ogg", Kind.AUDIO, "audio/ogg", ".ogg", "ogg")
MP3 = FileType("MP3", Kind.AUDIO, "audio/mpeg", ".mp3", "mp3")
AAC = FileType("AAC", Kind.AUDIO, "audio/aac", ".aac", "aac")
RF64 = FileType("RF64", Kind.AUDIO, "audio/wav", ".wav", "wav")
CAF = FileType("Core Audio", Kind.AUDIO, "audio/x-caf", ".caf", "caf")
AMR = FileType("AMR", Kind.AUDIO, "audio/amr", ".amr", "amr")

_PREFIXES: tuple[tuple[bytes, FileType], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"ID3", MP3),
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JP2),
    (b"\xffO\xffQ", JP2),
    (b"\0\0\x01\0", ICO),
    (b"\0\0\x01\xba", PS),
    (b"FLV\x01", FLV),
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), ASF),
    (b"caff\0\x01", CAF),
    (b"#!AMR", AMR),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
_BRANDS = {b"heic": HEIC, b"heix": HEIC, b"heim": HEIC, b"hevc": HEIC, b"hevx": HEIC, b"mif1": HEIC, b"msf1": HEIC}
_BRANDS |= {b"avif": AVIF, b"avis": AVIF, b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A}
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def sniff(path: Path, *, name: str = "") -> FileType:
    """The type of the file by its first bytes.

    Raises MediaError when it is empty, missing, of no kind the studio reads, or two kinds at once (a picture that is
    also an archive or a page: the usual way past an upload filter).
    """
    name = name or path.name
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise MediaError(Message("file.unreadable", name=name, why=error.strerror)) from None
    if not head:
        raise MediaError(Message("file.empty", name=name))
    found = _by_signature(head)
    if found is MP3 and head.startswith(b"ID3"):
        found = _type_after_id3(path, head)
    if found is None:
        found = TGA if _is_targa(path, name, head) else None
    if found is None:
        raise MediaError(Message("file.is_other", name=name, what=refusals.unsupported_type(path, head)))
    if second := _second_nature(path, head, found):
        raise MediaError(Message("file.two_in_one", name=name, form=found.name, second=term(second)))
    return found


def _by_signature(head: bytes) -> FileType | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] in (b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return RF64
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return AIFF
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head[:64] else MKV
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _OLD_QUICKTIME:
        return MOV
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    return _by_sync(head)


def _type_after_id3(path: Path, head: bytes) -> FileType:
    """What the ID3 tag stands before: MP3, or now and then ADTS AAC (radio) or FLAC.

    Source: ID3v2.4 3.1, sizes of 7 bits a byte.
    """
    with path.open("rb") as file:
        file.seek(headers.after_id3(head))
        behind = file.read(4)
    if behind == b"fLaC":
        return FLAC
    return AAC if behind and _by_sync(behind) is AAC else MP3


def _by_brand(head: bytes) -> FileType:
    """The major brand decides; a generic one (mif1) defers to the compatible brands that follow."""
    major, size = head[8:12], min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    brands = [head[i : i + 4] for i in range(16, size, 4)]
    if major in (b"mif1", b"msf1") and b"avif" in brands:
        return AVIF
    return _BRANDS.get(major, MP4)


def _by_sync(head: bytes) -> FileType | None:
    """Formats without a signature: a pattern of bits that repeats."""
    for first, step in ((0, 188), (4, 192), (0, 204)):  # 192: with a time stamp each (AVCHD); 204: with checksums
        if head[first : first + 2 * step + 1 : step] == b"GGG":
            return TS
    if head[0] != 0xFF or len(head) < 4:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AAC
    return MP3 if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 and head[2] & 0xF0 != 0xF0 else None


def _is_targa(path: Path, name: str, head: bytes) -> bool:
    """Whether this is a TGA picture, which has no mark at its beginning: by its footer, or by name and header.

    Source: Truevision TGA specification 2.0 (footer; colour map type, image type, sides, bits a pixel).
    """
    if len(head) < 18 or head[1] > 1 or head[2] not in (1, 2, 3, 9, 10, 11) or head[16] not in (8, 15, 16, 24, 32):
        return False
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 18))
        marked = file.read() == b"TRUEVISION-XFILE.\0"
    return marked or Path(name).suffix.lower() in (".tga", ".targa")


def _second_nature(path: Path, head: bytes, found: FileType) -> str:
    """The other thing the file also is, or ''. Looks where such files hide it: near the start and behind the end."""
    if b"%PDF-" in head[:1024] and found.kind is Kind.IMAGE:
        return "a PDF document"
    if zipfile.is_zipfile(path):
        return "a ZIP archive"
    if found.kind is not Kind.IMAGE:
        return ""
    behind = structure.trailing_data(path, found.name).lower()
    return "a web page" if any(tag in behind for tag in PAGES) else ""
