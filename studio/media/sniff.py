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

HEAD_BYTES = 4096
TAIL_BYTES = 65536


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
MP4 = FileType("MP4", Kind.VIDEO, "video/mp4", ".mp4", "mov")
MOV = FileType("QuickTime", Kind.VIDEO, "video/quicktime", ".mov", "mov")
M4A = FileType("MPEG-4 sound", Kind.AUDIO, "audio/mp4", ".m4a", "mov")
WEBM = FileType("WebM", Kind.VIDEO, "video/webm", ".webm", "matroska")
MKV = FileType("Matroska", Kind.VIDEO, "video/x-matroska", ".mkv", "matroska")
AVI = FileType("AVI", Kind.VIDEO, "video/x-msvideo", ".avi", "avi")
TS = FileType("MPEG-TS", Kind.VIDEO, "video/mp2t", ".ts", "mpegts")
WAV = FileType("WAV", Kind.AUDIO, "audio/wav", ".wav", "wav")
AIFF = FileType("AIFF", Kind.AUDIO, "audio/aiff", ".aiff", "aiff")
FLAC = FileType("FLAC", Kind.AUDIO, "audio/flac", ".flac", "flac")
OGG = FileType("Ogg", Kind.AUDIO, "audio/ogg", ".ogg", "ogg")
MP3 = FileType("MP3", Kind.AUDIO, "audio/mpeg", ".mp3", "mp3")
AAC = FileType("AAC", Kind.AUDIO, "audio/aac", ".aac", "aac")

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
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
_BRANDS = {b"heic": HEIC, b"heix": HEIC, b"heim": HEIC, b"hevc": HEIC, b"hevx": HEIC, b"mif1": HEIC, b"msf1": HEIC}
_BRANDS |= {b"avif": AVIF, b"avis": AVIF, b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A}
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<svg", "an SVG drawing, which can carry scripts. Export it as PNG"),
    (b"<html", "a web page, not a media file"),
    (b"<!doctype html", "a web page, not a media file"),
    (b"#extm3u", "a playlist, not a media file. Give the video itself"),
    (b"ffconcat", "a playlist, not a media file. Give the video itself"),
    (b"%pdf-", "a PDF document. Export the page as PNG or JPEG"),
    (b"pk\x03\x04", "a ZIP archive. Unpack it and give the files inside"),
    (b"{", "text, not a media file"),
    (b"<?xml", "an XML document (perhaps an SVG drawing). Export it as PNG"),
)


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
        raise MediaError(f"{name} cannot be read: {error.strerror}.") from None
    if not head:
        raise MediaError(f"{name} is empty (0 bytes). Upload it again.")
    found = _by_signature(head)
    if found is None:
        raise MediaError(f"{name} is {_what_else(head)}.")
    if second := _second_nature(path, head, found):
        raise MediaError(f"{name} is {found.name} and {second} in one file, which the studio refuses.")
    return found


def _by_signature(head: bytes) -> FileType | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
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


def _by_brand(head: bytes) -> FileType:
    """The major brand decides; a generic one (mif1) defers to the compatible brands that follow."""
    major, size = head[8:12], min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    brands = [head[i : i + 4] for i in range(16, size, 4)]
    if major in (b"mif1", b"msf1") and b"avif" in brands:
        return AVIF
    return _BRANDS.get(major, MP4)


def _by_sync(head: bytes) -> FileType | None:
    """Formats without a signature: a pattern of bits that repeats."""
    if head[0] == 0x47 and len(head) > 376 and head[188] == 0x47 and head[376] == 0x47:
        return TS
    if head[0] != 0xFF or len(head) < 4:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AAC
    return MP3 if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 and head[2] & 0xF0 != 0xF0 else None


def _what_else(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<?xml", b"<!--")) and b"<svg" in text:
        text = b"<svg"
    for prefix, words in _TEXTS:
        if text.startswith(prefix):
            return words
    return "not a picture, video or sound file that the studio reads (PNG, JPEG, WebP, GIF, HEIC, MP4, MOV, WebM ...)"


def _second_nature(path: Path, head: bytes, found: FileType) -> str:
    """The other thing the file also is, or ''. Looks where such files hide it: near the start and behind the end."""
    if b"%PDF-" in head[:1024] and found.kind is Kind.IMAGE:
        return "a PDF document"
    if zipfile.is_zipfile(path):
        return "a ZIP archive"
    if found not in (PNG, JPEG, GIF, WEBP, BMP):
        return ""
    behind = _behind_end(path, found).lower()
    pages = (b"<script", b"<html", b"<svg", b"<?php", b"<!doctype")
    return "a web page" if any(tag in behind for tag in pages) else ""


def _behind_end(path: Path, found: FileType) -> bytes:
    """What follows the picture's own end mark, within the last 64 KiB."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if found is WEBP or found is BMP:
        return b""
    mark = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b"\0;"}[found.name]
    _, mark_found, behind = tail.partition(mark)
    return behind if mark_found else b""
