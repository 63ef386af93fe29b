"""A file's text in every encoding that scripts come in; what is no text is refused in a sentence."""

from __future__ import annotations

import pytest

from studio.errors import MediaError
from studio.media import plain_text

SIMPLIFIED = "镜头,时长,画面\n1,3秒,海边的清晨\n2,4秒,灯塔\n"
TRADITIONAL = "鏡頭,時長,畫面\n1,3秒,海邊的清晨\n2,4秒,燈塔\n"
JAPANESE = "番号,秒,内容\n1,3秒,海辺の朝\n2,4秒,灯台の中\n"
WESTERN = "Shot 1 [0–3s] The café at dawn — “hello”, she says…\nShot 2 a naïve man’s coat\n"
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
CASES = [
    *((SIMPLIFIED, encoding) for encoding in ("gb18030", *UNICODE)),
    *((TRADITIONAL, encoding) for encoding in ("big5", *UNICODE)),
    *((JAPANESE, encoding) for encoding in ("shift_jis", *UNICODE)),
    *((WESTERN, encoding) for encoding in ("cp1252", *UNICODE)),
    ("林晚：你来了。", "gb18030"),
    ("", "utf-8-sig"),
]


@pytest.mark.parametrize(("text", "encoding"), CASES, ids=[f"{e}-{t[:4].strip()}" for t, e in CASES])
def test_the_text_of_a_file(text: str, encoding: str) -> None:
    assert plain_text.decode(text.encode(encoding), name="a.csv") == text


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\3\4\x14\0\6\0\x08\0", b"%PDF-1.7\nplain enough", rb"{\rtf1\ansi script}",
        bytes(range(256)) * 400, b"\xff\xfe\x41",
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(MediaError, match=r"film\.docx is not a text file"):
        plain_text.decode(raw, name="film.docx")


def test_line_ends_stay_and_the_end_mark_of_dos_goes() -> None:
    assert plain_text.decode(b"one\r\ntwo\r\x1a", name="a.txt") == "one\r\ntwo\r"
