"""The film's own lines at the top of a text: title, style, cast and the like, with the lists under them."""

from __future__ import annotations

import re

from studio.prompt.script.labels import film_field, member_kind
from studio.prompt.script.source import Slice

_LABEL = re.compile(r"[ \t]{0,8}(?:#{1,6}[ \t])?[*_]{0,3}(?P<label>[^\W\d_][^\n:：]{0,40}?)[*_ \t]{0,4}[:：]")
_ITEM = re.compile(r"[ \t]{0,8}[-*•·]\s")


def header_end(source: Slice) -> int:
    """Where the words begin that are no line of the film's own at the top."""
    end = 0
    for line in source.lines():
        words = line.text.strip()
        label = _LABEL.match(line.text[:80])
        named = label and (film_field(label["label"]) or member_kind(label["label"]))
        if words and not named and not (end and _ITEM.match(line.text)):
            break
        end = line.end - source.start
    return end if source.part(0, end).text.strip() else 0
