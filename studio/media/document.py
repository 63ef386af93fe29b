"""Documents that models read: PDF, Word, PowerPoint, Excel, text. Kept and sent as they are, never opened or shown.

The content decides, as with all files; a name only says whether text is Markdown. Nothing of a document is trusted: a
PDF is parsed by a process of its own, of an Office file only the directory of its archive is read, and text is decoded
in pieces. No decoder of pictures, clips or sounds takes a document (see detect.sniff).
"""

from __future__ import annotations

import codecs
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import pdf_pages
from studio.media.probe import MediaFacts
from studio.messages import Message
from studio.settings import without_secrets

HEAD_BYTES = 4096
PIECE_BYTES = 1 << 20
PDF_TIMEOUT_S = 30.0
_pdf_slots = threading.BoundedSemaphore(2)
"""PDF files that are parsed at once: each may take the memory of pdf_pages.MEMORY_BYTES."""

MAX_PARTS = 10_000
"""Most files in the archive of an Office document; a deck of 50 slides has a few hundred."""
MAX_DIRECTORY_BYTES = 4_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_RATIO = 200
"""Unpacked to packed bytes; tables reach 50, archives made to fill a disk 1000."""
SMALL_UNPACKED_BYTES = 50_000_000
"""Up to here the ratio does not matter."""

OFFICE_TYPE = "application/vnd.openxmlformats-officedocument."
OFFICE = (
    ("DOCX", ".docx", "wordprocessingml.document", re.compile(r"word/document\d*\.xml")),
    ("PPTX", ".pptx", "presentationml.presentation", re.compile(r"ppt/presentation\.xml")),
    ("XLSX", ".xlsx", "spreadsheetml.sheet", re.compile(r"xl/workbook\.xml")),
)
"""Name, suffix, end of the media type, main part. Source: ECMA-376, Office Open XML."""
SLIDE = re.compile(r"ppt/slides/slide\d+\.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of Office files before 2007, and of today's that have a password."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
CONTROL = re.compile(r"[\0-\x08\x0b\x0e-\x1f\x7f]")
NOT_PLAIN = (b"#extm3u", b"ffconcat", b"[playlist]", b"<?xml", b"<?php", b"{\\rtf", b"%!ps")
PAGE_MARKS = (b"<html", b"<svg", b"<script", b"<body", b"<!doctype")


def admit(path: Path, *, name: str, max_bytes: int) -> MediaFacts | None:
    """The facts of a document that may be used; None for a file that is none.

    Raises MediaError, whose sentence says what is wrong and what would help, for one that is damaged, protected, too
    large, or made to harm.
    """
    size = path.stat().st_size if path.is_file() else 0
    if not size:
        return None
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(OLE):
        raise MediaError(Message("document.old_office", name=name))
    facts = (
        _pdf(path, name, max_bytes)
        if head.startswith(b"%PDF-")
        else _office(path, name, max_bytes)
        if head.startswith(b"PK\x03\x04")
        else _text(path, name, head)
    )
    if facts:
        _check_size(size, name, max_bytes)
    return facts


def _check_size(size: int, name: str, max_bytes: int) -> None:
    if size > max_bytes:
        raise MediaError(Message("file.over_limit", name=name, size=f"{size / 1e6:.1f}", most=f"{max_bytes / 1e6:g}"))


def _facts(path: Path, mime: str, suffix: str, pages: int | None = None) -> MediaFacts:
    return MediaFacts(kind=Kind.DOCUMENT, mime=mime, suffix=suffix, bytes=path.stat().st_size, pages=pages)


# ------------------------------------------------------------------------------------------------------------- PDF


def _pdf(path: Path, name: str, max_bytes: int) -> MediaFacts:
    _check_size(path.stat().st_size, name, max_bytes)
    if zipfile.is_zipfile(path):
        raise MediaError(Message("file.two_in_one", name=name, form="PDF", second="ZIP"))
    answer = _counted(path)
    if refused := answer.get("refused"):
        raise MediaError(Message(f"document.{refused}", name=name, **({"form": "PDF"} if refused == "damaged" else {})))
    pages = answer.get("pages")
    if not isinstance(pages, int) or pages < 1:
        raise MediaError(Message("document.no_pages", name=name))
    return _facts(path, "application/pdf", ".pdf", pages)


def _counted(path: Path) -> dict[str, object]:
    """What pdf_pages says; a process that was ended for its time or memory could not check it."""
    command = [sys.executable, "-P", pdf_pages.__file__, str(path.resolve())]
    try:
        with _pdf_slots:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=without_secrets(os.environ),
                timeout=PDF_TIMEOUT_S,
                check=False,
            )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"refused": "unchecked"}
    return answer if isinstance(answer, dict) else {"refused": "unchecked"}


# ---------------------------------------------------------------------------------------------------------- Office


def _office(path: Path, name: str, max_bytes: int) -> MediaFacts | None:
    """The facts of an Office file by the directory of its archive; None for any other archive."""
    parts = _directory(path, name)
    names = [part.filename for part in parts]
    if any(one.endswith(".iwa") for one in names) or "mimetype" in names:  # Pages, Keynote, Numbers; OpenDocument
        raise MediaError(Message("document.other_office", name=name))
    found = next((form for form in OFFICE if any(form[3].fullmatch(one) for one in names)), None)
    if found is None or "[Content_Types].xml" not in names:
        return None
    _check_size(path.stat().st_size, name, max_bytes)
    form, suffix, mime, _ = found
    _check_parts(path, parts, name, form)
    slides = sum(1 for one in names if SLIDE.fullmatch(one)) if form == "PPTX" else None
    if slides == 0:
        raise MediaError(Message("document.no_pages", name=name))
    return _facts(path, OFFICE_TYPE + mime, suffix, slides)


def _directory(path: Path, name: str) -> list[zipfile.ZipInfo]:
    """The entries of the archive, whose number and length are checked before they are read.

    Source: PKWARE APPNOTE 4.3.16, end of central directory record; one of ZIP64 before it is refused, too.
    """
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 22 - 20 - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise MediaError(Message("document.damaged", name=name, form="ZIP"))
    entries, length = struct.unpack("<HL", tail[at + 10 : at + 16])
    if entries > MAX_PARTS or length > MAX_DIRECTORY_BYTES or tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise MediaError(Message("document.unchecked", name=name))
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        raise MediaError(Message("document.damaged", name=name, form="ZIP")) from None


def _check_parts(path: Path, parts: list[zipfile.ZipInfo], name: str, form: str) -> None:
    """Refuse an archive that readers would trip over: protected, with programs in it, or made to fill a disk."""
    size = path.stat().st_size
    names = [part.filename for part in parts]
    if any(part.flag_bits & 0x1 for part in parts):
        raise MediaError(Message("document.encrypted", name=name))
    if any(one.rpartition("/")[2].lower() == "vbaproject.bin" for one in names):
        raise MediaError(Message("document.macros", name=name))
    outside = any(one.startswith("/") or "\\" in one or ".." in one.split("/") for one in names)
    if outside or len(set(names)) != len(names):
        raise MediaError(Message("document.damaged", name=name, form=form))
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    allowed = min(MAX_UNPACKED_BYTES, max(SMALL_UNPACKED_BYTES, MAX_RATIO * size))
    if unpacked > allowed or packed > size:  # more packed bytes than the file has: parts that overlap
        raise MediaError(Message("document.unpacks", name=name))


# ------------------------------------------------------------------------------------------------------------ text


def _text(path: Path, name: str, head: bytes) -> MediaFacts | None:
    """The facts of plain UTF-8 text; None for anything else, web pages and playlists among it."""
    suffix = Path(name).suffix.lower()
    if head.startswith(UTF16) and suffix in (".txt", ".md", ".markdown"):
        raise MediaError(Message("document.not_utf8", name=name))
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((*NOT_PLAIN, b"<svg")):
        return None
    if start.startswith(b"<") and any(mark in start for mark in PAGE_MARKS):
        raise MediaError(Message("document.web_page", name=name))
    written = _written(path)
    if written is None:
        if suffix in (".txt", ".md", ".markdown") and b"\0" not in head:
            raise MediaError(Message("document.not_utf8", name=name))
        return None
    if not written:
        raise MediaError(Message("document.no_text", name=name))
    markdown = suffix in (".md", ".markdown")
    return _facts(path, "text/markdown" if markdown else "text/plain", ".md" if markdown else ".txt")


def _written(path: Path) -> bool | None:
    """Whether the text has more than white space; None where it is no text."""
    decoder, written = codecs.getincrementaldecoder("utf-8-sig")(), False
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                text = decoder.decode(piece)
                if CONTROL.search(text):
                    return None
                written = written or not (text == "" or text.isspace())
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return written
