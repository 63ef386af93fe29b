"""Text as a document's font can draw it: nothing is lost without a sign of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

MISSING = "\u25a1"
"""Stands for a character that the font does not have."""
KEPT = "\n"


def printable(text: str, covered: Collection[int]) -> str:
    """The text in characters of the font (code points): an accent that it lacks is left off, another character becomes
    MISSING. Control and formatting characters, which could reorder what is read, are taken out."""
    return "".join(_drawn(char, covered) for char in unicodedata.normalize("NFC", text.replace("\t", "    ")))


def _drawn(char: str, covered: Collection[int]) -> str:
    if char in KEPT or ord(char) in covered:
        return char
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Mn", "Me"):
        return ""
    bare = unicodedata.normalize("NFKD", char)
    drawable = "".join(part for part in bare if ord(part) in covered)
    return drawable or MISSING
