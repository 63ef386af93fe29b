"""Prompts as words for the text index: every Chinese, Japanese or Korean character stands alone.

SQLite's unicode61 takes a run of such characters for one word. With a space around each, a word of n characters is a
phrase of n tokens, and is found exactly, whatever its length.
"""

from __future__ import annotations

import re

_CJK = (
    "\u2e80-\u2fff\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_EACH = re.compile(f"([{_CJK}])")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Characters without a meaning of their own: the index has them as terms, see store.search_terms."""

BOUNDARY = " \ue01f "
"""A term between two texts of a row, which nobody can type; store.search_terms has no other use for it."""


def spaced(text: str) -> str:
    """The text as it is indexed and searched."""
    return _EACH.sub(r" \1 ", _PRIVATE.sub(" ", text))


def texts(*written: str) -> str:
    """Several texts of one row as they are indexed: no phrase begins in one and ends in the next."""
    return BOUNDARY.join(spaced(text) for text in written if text)


def phrase(text: str) -> str:
    """The text as one FTS5 string: what the user typed is never read as an operator."""
    return '"' + spaced(text).replace('"', '""').strip() + '"'


def searchable(text: str) -> bool:
    """Whether the index holds anything of this text: punctuation alone finds nothing and would be an error."""
    return any(c.isalnum() for c in text)
