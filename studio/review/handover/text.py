"""Texts of people made to fit into files of other programs: what does not fit is replaced by what can be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from studio.review.handover.model import HandoverComment

LINE_BREAK = " / "
STEM_CHARS = 48
CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
BROKEN = re.compile("[\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Halves of characters, and what XML 1.0 leaves out or discourages."""


def legible(text: str) -> str:
    """The text with line breaks as \\n, control characters as their pictures (U+2400 ..) and broken ones as U+FFFD."""
    text = re.sub("\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return BROKEN.sub("\ufffd", CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])), text))


def one_line(text: str) -> str:
    """The text on one line, its line breaks as " / " and tabs as spaces."""
    lines = (line.strip() for line in legible(text).replace("\t", " ").split("\n"))
    return LINE_BREAK.join(line for line in lines if line)


def thread(comment: HandoverComment, *, named: bool = False) -> list[str]:
    """The comment and its answers, each with who wrote it. named: the comment's author stands elsewhere."""
    first = legible(comment.text) if named else said_by(comment.author, comment.text)
    return [first, *(said_by(reply.author, reply.text) for reply in comment.replies)]


def said_by(author: str, text: str) -> str:
    """The text with its author before it; a studio without accounts has no names."""
    return legible(f"{author}: {text}" if author else text)


def threads(comments: Iterable[HandoverComment]) -> str:
    """Several comments and their answers, a line each. A single one goes without its author, whom the marker names."""
    several = tuple(comments)
    return "\n".join(line for one in several for line in thread(one, named=len(several) == 1))


def file_stem(text: str) -> str:
    """The text as part of a file's name: letters of every script stay, all else becomes a hyphen."""
    words = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", text)).strip("-_")
    return words[:STEM_CHARS].strip("-_")
