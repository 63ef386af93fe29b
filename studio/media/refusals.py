"""What files of no use to the studio are called, and the way out: the end of the sentence "NAME is ...".

Marks: the formats' own specifications, and the list of file signatures kept by the file(1) program.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from studio.messages import Message, term

SUPPORTED_FILES = "Give a picture, video or sound file"
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", "a Photoshop document. Export it as PNG or TIFF"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture. Export it as 16-bit PNG or TIFF"),
    (b"#?RADIANCE", "a Radiance HDR picture. Export it as PNG or TIFF"),
    (b"SDPX", "a DPX film frame. Export it as PNG or TIFF"),
    (b"XPDS", "a DPX film frame. Export it as PNG or TIFF"),
    (b"DDS ", "a DDS texture. Export it as PNG"),
    (b"qoif", "a QOI picture. Export it as PNG"),
    (b"gimp xcf", "a GIMP document. Export it as PNG"),
    (b"FUJIFILMCCD-RAW", "a camera's raw picture. Export it as JPEG or TIFF"),
    (b"%!PS", "a PostScript drawing. Export it as PNG"),
    (b".RMF", "a RealMedia file. Convert it to MP4"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "an MXF file. Convert it to MP4 or MOV"),
    (b"YUV4MPEG2", "raw video (Y4M). Convert it to MP4"),
    (b"DKIF", "raw video (IVF). Convert it to MP4 or WebM"),
    (b"\0\0\x01\xb3", "a bare MPEG video stream. Convert it to MP4"),
    (b"\0\0\0\x01", "a bare video stream without a container. Convert it to MP4"),
    (b"FWS", "a Flash application. Record it as MP4"),
    (b"CWS", "a Flash application. Record it as MP4"),
    (b"MThd", "a MIDI file, which holds notes and no sound. Render it as WAV or MP3"),
    (b"MAC ", "a Monkey's Audio file. Convert it to FLAC or WAV"),
    (b"wvpk", "a WavPack file. Convert it to FLAC or WAV"),
    (b"TTA1", "a True Audio file. Convert it to FLAC or WAV"),
    (b"MP+", "a Musepack file. Convert it to MP3 or WAV"),
    (b"MPCK", "a Musepack file. Convert it to MP3 or WAV"),
    (b"DSD ", "a DSD file. Convert it to FLAC or WAV"),
    (b"FRM8", "a DSD file. Convert it to FLAC or WAV"),
    (b".snd", "a Sun audio file. Convert it to WAV"),
    (b"riff\x2e\x91\xcf\x11", "a Wave64 file. Convert it to WAV"),
    (b"\x0b\x77", "a Dolby Digital sound. Convert it to WAV or MP3"),
    (b"\x7f\xfe\x80\x01", "a DTS sound. Convert it to WAV or MP3"),
    (b"Rar!", "a RAR archive. Unpack it and give the files inside"),
    (b"7z\xbc\xaf'\x1c", "a 7-Zip archive. Unpack it and give the files inside"),
    (b"\x1f\x8b", "a gzip archive. Unpack it and give the files inside"),
    (b"BZh", "a bzip2 archive. Unpack it and give the files inside"),
    (b"\xfd7zXZ\0", "an XZ archive. Unpack it and give the files inside"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive. Unpack it and give the files inside"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document. Export its pictures, or the page as PNG"),
    (b"{\\rtf", "a text document. Export the page as PNG"),
    (b"MZ", f"a program. {SUPPORTED_FILES}"),
    (b"\x7fELF", f"a program. {SUPPORTED_FILES}"),
    (b"\xcf\xfa\xed\xfe", f"a program. {SUPPORTED_FILES}"),
    (b"SQLite format 3", f"a database. {SUPPORTED_FILES}"),
    (b"\0asm", f"a program. {SUPPORTED_FILES}"),
    (b"glTF", "a 3D model. Render it as PNG or MP4"),
    (b"BLENDER", "a Blender project. Render it as PNG or MP4"),
    (b"wOFF", f"a font. {SUPPORTED_FILES}"),
    (b"wOF2", f"a font. {SUPPORTED_FILES}"),
    (b"OTTO", f"a font. {SUPPORTED_FILES}"),
    (b"\0\x01\0\0\0", f"a font. {SUPPORTED_FILES}"),
)
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<svg", "an SVG drawing, which can carry scripts. Export it as PNG"),
    (b"<html", f"a web page. {SUPPORTED_FILES}"),
    (b"<!doctype html", f"a web page. {SUPPORTED_FILES}"),
    (b"<script", f"a web page. {SUPPORTED_FILES}"),
    (b"<?php", f"a web page. {SUPPORTED_FILES}"),
    (b"#extm3u", "a playlist. Give the video itself"),
    (b"ffconcat", "a playlist. Give the video itself"),
    (b"[playlist]", "a playlist. Give the video itself"),
    (b"webvtt", f"a subtitle file. {SUPPORTED_FILES}"),
    (b"%pdf-", "a PDF document. Export the page as PNG or JPEG"),
    (b"{", f"text. {SUPPORTED_FILES}"),
    (b"<?xml", "an XML document (perhaps an SVG drawing). Export it as PNG"),
)
_OFFICE = (
    ("word/", "a Word document"),
    ("xl/", "an Excel workbook"),
    ("ppt/", "a PowerPoint presentation"),
    ("Payload/", "an iPhone app"),
    ("META-INF/", "a program archive"),
)
UNKNOWN = (
    "not a picture, video or sound file that the studio reads. Export it as PNG, JPEG, MP4, WAV or MP3 and try again"
)


def unsupported_type(path: Path, head: bytes) -> Message:
    """What the file is called in a refusal, with what would help. head: its first bytes."""
    what, _, advice = _unsupported_type(path, head).partition(". ")
    return Message("file.other_kind", what=term(what), advice=term(advice))


def _unsupported_type(path: Path, head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return _archive(path)
    for mark, words in _MARKS:
        if head.startswith(mark):
            return words
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<?xml", b"<!--")) and b"<svg" in text:
        text = b"<svg"
    for prefix, words in _TEXTS:
        if text.startswith(prefix):
            return words
    if b"ustar" in head[257:263]:
        return "a TAR archive. Unpack it and give the files inside"
    return UNKNOWN


def _archive(path: Path) -> str:
    """A ZIP file by the names inside; Office documents are such."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()[:200]]
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        names = []
    for folder, what in _OFFICE:
        if any(name.startswith(folder) for name in names):
            return f"{what}. Export its pictures, or the page as PNG"
    return "a ZIP archive. Unpack it and give the files inside"
