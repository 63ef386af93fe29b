"""The words of the pages in English and Simplified Chinese, from assets/i18n/LANGUAGE/AREA.json.

A key is AREA.name; in AREA.json the area may be left out. `text(key)` marks a word in JSON for our scripts, which put
it into the page's language (`said` in assets/js/form/common.js); scripts ask `studioText(key)` of assets/js/shell.js.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

MARK = "i18n:"
"""What a key begins with where words are expected."""

FOLDER = Path(__file__).parents[2] / "assets" / "i18n"
LANGUAGES = ("en", "zh-CN")
SLUG_CHARS = 60
"""Longest key made from a catalogue's words; as in assets/js/form/common.js."""


@cache
def tables() -> dict[str, dict[str, str]]:
    """Language -> key -> words, all areas together."""
    tables_: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        words = tables_.setdefault(language, {})
        for path in sorted((FOLDER / language).glob("*.json")):
            area = f"{path.stem}."
            for key, value in json.loads(path.read_text("utf-8")).items():
                words[key if key.startswith(area) else area + key] = value
    return tables_


def has_key(key: str) -> bool:
    """Whether the tables have this key."""
    return key in tables()["en"]


def catalogue_text(english: str) -> str:
    """A label or help of a catalogue row: put in by the browser in its language where area `catalogue` knows it."""
    key = "catalogue." + re.sub(r"[^a-z0-9]+", "_", english.lower()).strip("_")[:SLUG_CHARS].strip("_")
    return text(key) if tables()["en"].get(key) == english else english


def text(key: str) -> str:
    """The mark of the words under this key. Raises KeyError for an unknown key."""
    if not has_key(key):
        raise KeyError(f"no words for {key!r} in assets/i18n/en")
    return MARK + key
