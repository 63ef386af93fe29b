"""Documents come in by their content; every hostile or useless one is refused with the way out, in bounded time."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from pypdf import PdfWriter

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import document
from studio.media.validate import admit as admit_media

MAX_BYTES = 100_000_000
WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
DECK = {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>", "ppt/slides/slide1.xml": b"<s/>"}
TABLE = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}


def pdf(path: Path, pages: int, *, password: str = "") -> Path:
    """A PDF of so many empty pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    writer.write(path)
    return path


def archive(path: Path, parts: dict[str, bytes]) -> Path:
    """A ZIP file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def hand_made_pdf(path: Path, objects: list[bytes]) -> Path:
    """A PDF of these objects with a true table; the first is its catalogue."""
    body, table = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, text in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    size = len(objects) + 1
    end = b"xref\n0 %d\n%strailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(body),
    )
    path.write_bytes(body + end)
    return path


def packed_pdf(path: Path, blanks: int) -> Path:
    """A PDF without pages whose catalogue lies in a stream, packed twice, with so many blanks behind it."""
    catalogue, pages = b"<< /Type /Catalog /Pages 2 0 R >> ", b"<< /Type /Pages /Count 0 /Kids [] >>"
    index = b"1 0 2 %d " % len(catalogue)
    packed = zlib.compress(zlib.compress(index + catalogue + pages + b" " * blanks, 9), 9)
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    stream = b"<< /Type /ObjStm /N 2 /First %d %s /Length %d >>" % (len(index), filters, len(packed))
    body = b"%PDF-1.7\n"
    first = len(body)
    body += b"4 0 obj\n" + stream + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    places = [(0, 0, 255), (2, 4, 0), (2, 4, 1), (0, 0, 0), (1, first, 0), (1, len(body), 0)]
    table = b"".join(struct.pack(">BIB", *place) for place in places)
    found = b"<< /Type /XRef /Size 6 /W [1 4 1] /Root 1 0 R /Length %d >>" % len(table)
    end = b"5 0 obj\n" + found + b"\nstream\n" + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    path.write_bytes(body + end)
    return path


def refusal(path: Path, *, name: str = "") -> str:
    with pytest.raises(MediaError) as caught:
        document.admit(path, name=name or path.name, max_bytes=MAX_BYTES)
    said = str(caught.value)
    assert (name or path.name) in said and said.endswith(".")
    return said


@pytest.mark.parametrize(
    ("name", "content", "mime", "suffix", "pages"),
    [
        ("paper.pdf", 3, "application/pdf", ".pdf", 3),
        ("long.docx", 51, "application/pdf", ".pdf", 51),  # a PDF under another name; how many are too many a row says
        ("brief.docx", WORD, f"{document.OFFICE_TYPE}wordprocessingml.document", ".docx", None),
        ("deck.pptx", DECK, f"{document.OFFICE_TYPE}presentationml.presentation", ".pptx", 1),
        ("table.pdf", TABLE, f"{document.OFFICE_TYPE}spreadsheetml.sheet", ".xlsx", None),
        ("words.txt", "a harbour at dawn 红色".encode(), "text/plain", ".txt", None),
        ("words.md", b"\xef\xbb\xbf# A harbour\n<b>bold</b>", "text/markdown", ".md", None),
        ("BMW.pdf", b"BMW and ID3 begin like a picture and a sound", "text/plain", ".txt", None),
    ],
)
def test_a_document_is_what_it_holds(
    tmp_path: Path, name: str, content: int | bytes | dict[str, bytes], mime: str, suffix: str, pages: int | None
) -> None:
    path = tmp_path / name
    if isinstance(content, int):
        pdf(path, content)
    elif isinstance(content, dict):
        archive(path, content)
    else:
        path.write_bytes(content)
    facts = document.admit(path, name=name, max_bytes=MAX_BYTES)
    assert facts is not None
    assert (facts.kind, facts.mime, facts.suffix, facts.pages) == (Kind.DOCUMENT, mime, suffix, pages)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.txt", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'),
        ("list.txt", b"#EXTM3U\nfile:///etc/passwd\n"),
        ("program.pdf", b"\x7fELF" + bytes(200)),
        ("files.docx", {"notes.txt": b"x"}),
    ],
)
def test_what_is_no_document_is_left_to_the_check_of_media_which_refuses_it(
    tmp_path: Path, name: str, content: bytes | dict[str, bytes]
) -> None:
    path = tmp_path / name
    if isinstance(content, dict):
        archive(path, content)
    else:
        path.write_bytes(content)
    assert document.admit(path, name=name, max_bytes=MAX_BYTES) is None
    with pytest.raises(MediaError):
        admit_media(path)


def test_no_decoder_takes_a_document(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(b"words")
    for path in (pdf(tmp_path / "paper.pdf", 1), archive(tmp_path / "brief.docx", WORD), tmp_path / "words.txt"):
        with pytest.raises(MediaError):
            admit_media(path)


def test_a_protected_or_empty_or_broken_pdf_is_refused(tmp_path: Path) -> None:
    assert "password" in refusal(pdf(tmp_path / "secret.pdf", 1, password="x"))
    assert "no pages" in refusal(pdf(tmp_path / "empty.pdf", 0))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert "damaged" in refusal(tmp_path / "broken.pdf")
    both = pdf(tmp_path / "both.pdf", 1)
    both.write_bytes(both.read_bytes() + archive(tmp_path / "a.zip", WORD).read_bytes())
    assert "both" in refusal(both)


def test_a_pdf_made_to_fill_memory_or_to_run_for_ever_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kids = b" ".join(b"%d 0 R" for _ in range(10))
    tree = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    tree += [
        b"<< /Type /Pages /Count 1 /Kids [%s] >>" % kids.replace(b"%d", b"%d" % (n + 1)) for n in range(2, 20)
    ]  # ten times the same child, on each of 18 levels
    tree += [b"<< /Type /Page /MediaBox [0 0 9 9] >>"]
    assert "too complex" in refusal(hand_made_pdf(tmp_path / "tree.pdf", tree))
    bomb = packed_pdf(tmp_path / "bomb.pdf", 300_000_000)
    assert bomb.stat().st_size < 10_000
    assert "too complex" in refusal(bomb)
    assert "no pages" in refusal(packed_pdf(tmp_path / "small.pdf", 10))
    monkeypatch.setattr(document, "PDF_TIMEOUT_S", 0.01)
    assert "too complex" in refusal(pdf(tmp_path / "slow.pdf", 1))


def test_office_files_made_to_harm_are_refused(tmp_path: Path) -> None:
    bomb = {"word/media/image1.bmp": bytes(60_000_000)}
    assert "unpacks" in refusal(archive(tmp_path / "bomb.docx", WORD | bomb))
    assert "macros" in refusal(archive(tmp_path / "macros.docx", WORD | {"word/vbaProject.bin": b"x"}))
    assert "damaged" in refusal(archive(tmp_path / "outside.docx", WORD | {"../../etc/passwd": b"x"}))
    assert "no pages" in refusal(archive(tmp_path / "bare.pptx", {k: v for k, v in DECK.items() if "slides" not in k}))
    assert "another program" in refusal(archive(tmp_path / "notes.pages", {"Index/Document.iwa": b"x"}))
    (tmp_path / "old.doc").write_bytes(document.OLE + bytes(600))
    assert "old" in refusal(tmp_path / "old.doc")
    many = archive(tmp_path / "many.docx", WORD)
    content = bytearray(many.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    content[end + 8 : end + 12] = struct.pack("<HH", 65535, 65535)
    many.write_bytes(content)
    assert "too complex" in refusal(many)
    many.write_bytes(many.read_bytes()[:60])
    assert "damaged" in refusal(many)


def test_parts_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "overlap.docx", WORD | {"word/one.bin": bytes(range(256)) * 40})
    with zipfile.ZipFile(path, "a") as file:
        large = file.getinfo("word/one.bin")
        for number in range(60):
            copy = zipfile.ZipInfo(f"word/copy{number}.bin")
            copy.file_size, copy.compress_size, copy.CRC = large.file_size, 4_000, large.CRC
            copy.header_offset, copy.compress_type = large.header_offset, large.compress_type
            file.filelist.append(copy)
        file._didModify = True  # pyright: ignore[reportAttributeAccessIssue] - the directory is written anew
    assert "unpacks" in refusal(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("commented.md", b"<!-- a page -->\n<HTML><body>"),
        ("hidden.txt", b"\xef\xbb\xbf  <script>x()</script>"),
    ],
)
def test_a_web_page_is_refused_under_any_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert "web page" in refusal(tmp_path / name)


def test_text_must_be_utf8_and_have_words(tmp_path: Path) -> None:
    for name, content, says in (
        ("latin.txt", "Straße".encode("latin-1"), "UTF-8"),
        ("wide.txt", "words".encode("utf-16"), "UTF-8"),
        ("blank.md", b" \n\t ", "no text"),
    ):
        (tmp_path / name).write_bytes(content)
        assert says in refusal(tmp_path / name)


def test_one_beyond_the_limit_of_uploads_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = pdf(tmp_path / "paper.pdf", 1)
    with pytest.raises(MediaError, match="limit"):
        document.admit(path, name="paper.pdf", max_bytes=100)
