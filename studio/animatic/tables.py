"""Tables of words, colours and shapes that stand as TOML beside the modules that read them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


@cache
def load(name: str) -> dict[str, Any]:
    """The table text/words for "text/words"; do not write into it."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def words(group: str, name: str) -> frozenset[str]:
    """A list of text/words.toml as a set."""
    return frozenset(load("text/words")[group][name].split())


def phrases(group: str, name: str) -> frozenset[str]:
    """A list of text/words.toml whose entries are parted by commas."""
    return frozenset(" ".join(phrase.split()) for phrase in load("text/words")[group][name].split(","))


def pairs(group: str) -> dict[str, str]:
    """A group of text/words.toml the other way round: each word -> the name of its list."""
    return {word: name for name, listed in load("text/words")[group].items() for word in listed.split()}
