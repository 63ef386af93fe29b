"""Rows, JSON and captions are found with their places, whatever stands in them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.prompt.script import json_tree
from studio.prompt.script.delimited import rows
from studio.prompt.script.forms import FORMS
from studio.prompt.script.json_tree import JsonValue
from studio.prompt.script.read import read
from studio.prompt.script.source import Slice

CORPUS = Path(__file__).parent / "corpus"
FEW = settings(max_examples=100, deadline=None)
WORDS = st.text(st.sampled_from("ab ,;\"\n\t|'=镜:{}[]\\"), max_size=12)
VALUES = st.recursive(
    WORDS | st.integers(-9, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@FEW
@given(st.lists(st.lists(WORDS, min_size=1, max_size=5), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_what_csv_writes_is_read_cell_for_cell(table: list[list[str]], separator: str) -> None:
    """But for blanks around a cell, and an apostrophe that guards a formula, which are not kept."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
    text = out.getvalue()
    found = [[cell.text for cell in row.cells] for row in rows(Slice(text), separator)]

    def meant(cell: str) -> str:
        cell = cell.strip()
        return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") and cell[1:2] else cell

    right = [[meant(cell) for cell in row] for row in table]
    assert found == [row for row in right if any(row)]
    for row in rows(Slice(text), separator):
        for cell in row.cells:
            start, end = cell.span
            assert cell.cell is not None or text[start:end] == cell.text


def plain(value: JsonValue) -> Any:
    if value.kind == "object":
        return {key.text: plain(item) for key, item in value.pairs}
    return [plain(item) for item in value.items] if value.kind == "list" else value.part.text


def words(value: Any) -> Any:
    """A value of the standard library as the tree has it: numbers as they stand, nothing for null."""
    if isinstance(value, dict):
        return {key: words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [words(item) for item in value]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


@FEW
@given(st.lists(VALUES, max_size=4) | st.dictionaries(WORDS, VALUES, max_size=4), st.sampled_from([None, 1]))
def test_json_is_read_as_the_standard_library_reads_it(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    found = json_tree.read(Slice(text))
    assert found is not None and (found.whole, found.end, found.mistakes) == (True, len(text), ())
    assert plain(found.value) == words(value)


@FEW
@given(st.data())
def test_json_with_a_sign_too_many_or_too_few_is_read_as_far_as_it_goes(data: st.DataObject) -> None:
    text = json.dumps({"shots": [{"prompt": 'A "fox"', "duration": 3}, {"prompt": "B", "tags": ["x", {}]}]})
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    text = text[:at] + data.draw(st.sampled_from(["", ",", '"', "}", "]", "{", "\\", ":"])) + text[at + cut :]
    found = json_tree.read(Slice(text))
    assert found is None or 0 < found.end <= len(text)
    assert found is None or all(0 <= mistake.at <= len(text) for mistake in found.mistakes)
    read(text)


@FEW
@given(st.data())
def test_a_spoilt_script_is_read_without_an_error_and_within_its_text(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(p for p in CORPUS.iterdir() if not p.name.endswith(".right.json"))))
    text = path.read_bytes().decode("utf-8")[:1500]
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(WORDS) + text[at + data.draw(st.integers(0, 40)) :]
    script = read(text, form=data.draw(st.sampled_from(["", *FORMS])))
    assert all(0 <= s.start < s.end <= len(text) for s in (*script.spans, *script.unread))


@pytest.mark.parametrize("form", ["csv", "tsv", "markdown_table", "json", "srt", "vtt"])
def test_a_form_that_does_not_fit_says_what_it_looked_for(form: str) -> None:
    script = read("A fox sleeps in the boat, and the rain falls.", form=form)
    assert script.shots == () and script.form == form
    [unread] = script.unread
    assert unread.reason.startswith("No ") and unread.reason.endswith(".")
