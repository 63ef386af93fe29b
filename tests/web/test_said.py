"""The phrase book of the pages: each of its sentences is said by the studio, and refusals have no sentence without one.

A sentence may be reworded only together with its place in assets/i18n/*/said.json, where its blanks stand in {braces}.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.web.i18n import tables
from tests.support.syntax import tree

ROOT = Path(__file__).parents[2] / "studio"
BLANK = re.compile(r"\{\w+\}")
BOOK = {key: words for key, words in tables()["en"].items() if key.startswith("said.")}
SENTENCES = {BLANK.sub("{}", words): key for key, words in BOOK.items() if words.endswith(".")}
"""What ends with a full stop; the other entries are what may stand in a blank."""

TRANSLATED = [
    *(f"catalogue/{name}.py" for name in ("validation", "inputs")),
    *(
        f"storyboard/{name}.py"
        for name in ("plan", "references", "edit", "to_timeline", "script", "limits", "commands")
    ),
    "prompt/shots.py",
]
"""Modules whose every sentence is in the book."""


def said(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring, blanks as {}."""
    module = tree(path)
    inner = {id(v) for n in ast.walk(module) if isinstance(n, ast.JoinedStr) for v in ast.walk(n)} | {
        id(n.value) for n in ast.walk(module) if isinstance(n, ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            parts = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield "".join(parts).strip()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value.strip()


@pytest.fixture(scope="module")
def everything() -> set[str]:
    return {text for path in ROOT.rglob("*.py") for text in said(path)}


def test_every_sentence_of_the_book_is_said_somewhere(everything: set[str]) -> None:
    assert {key: text for text, key in SENTENCES.items() if text not in everything} == {}


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_refusal_is_in_the_book(name: str) -> None:
    """A sentence begins with a capital or a blank, has several words and ends with a full stop."""
    found = {t for t in said(ROOT / name) if re.fullmatch(r"[A-Z@{].* .*\.", t) and re.search("[a-z]{2}", t)}
    assert {t for t in found if t not in SENTENCES} == set()
