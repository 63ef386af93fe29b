"""The text of a file that somebody saved anywhere: the encodings of Chinese, Japanese and western programs.

What names its encoding, by a mark at its start or by being valid UTF-8, is read so. The rest is judged by
charset-normalizer among the few encodings that scripts come in: with all that it knows, it takes a short Chinese
table for Korean.
"""

from __future__ import annotations

import codecs
import re

from studio.errors import MediaError
from studio.messages import Message

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""The start of a file -> its encoding. The mark of UTF-32 begins as that of UTF-16 does, so it comes first."""
OLD_ENCODINGS = ("gb18030", "big5", "cp932", "cp1252")
"""Simplified and traditional Chinese, Japanese, western: what a script without a mark may be in."""
DOCUMENTS = (b"%PDF-", rb"{\rtf")
"""How formats begin that are text only in part."""
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f\ufffe\uffff]")
"""Control characters that no text has. \x1a ends files of DOS."""


def decode(raw: bytes, *, name: str) -> str:
    """The text, with line ends as they were. name: of the file, for the refusal.

    Raises MediaError for what is not plain text.
    """
    text = None if raw.startswith(DOCUMENTS) else _decode(raw)
    if text is None or _NOT_TEXT.search(text):
        raise MediaError(Message("textfile.not_text", name=name))
    return text.rstrip("\x1a")


def _decode(raw: bytes) -> str | None:
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return _strictly(raw, encoding)
    if b"\0" in raw:  # letters of UTF-16 have a zero before them, or behind
        is_behind = raw[1::2].count(0) >= raw[::2].count(0)
        return _strictly(raw, "utf-16-le" if is_behind else "utf-16-be")
    text = _strictly(raw, "utf-8")
    return text if text is not None else _most_likely(raw)


def _most_likely(raw: bytes) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(raw, cp_isolation=list(OLD_ENCODINGS)).best()
    return _strictly(raw, found.encoding) if found else None


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
