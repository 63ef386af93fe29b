"""Batch files with anything in them: every line is a request or has a sentence, and nothing else is raised."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.catalogue import Catalogue, load
from studio.cli.batch_file import Line, read
from studio.errors import CapabilityError

CATALOGUE = load()
cases = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TEXTS = st.one_of(
    st.sampled_from(["", "\x00", "\ud83d", "\u2028", '"', '""', ",", ";", "\r", "x" * 100_000, "{", "NaN", "=1+1"]),
    st.text(max_size=12),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5,
)  # fmt: skip
NAMES = st.sampled_from(["task", "model", "prompt", "seed", "n", "images", "reference_voices", "id", "duration_s", "x"])


def lines(folder: Path, content: bytes, name: str, catalogue: Catalogue = CATALOGUE) -> list[Line]:
    path = folder / name
    path.write_bytes(content)
    return read(path, catalogue)


def judge(folder: Path, content: bytes, name: str) -> None:
    try:
        found = lines(folder, content, name)
    except CapabilityError as error:
        assert str(error).endswith("."), error
        return
    for line in found:
        assert bool(line.problem) != bool(line.key), line
        assert not line.problem or str(line.problem).endswith("."), line.problem
    keys = [line.key for line in found if line.key]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", ["b.jsonl", "b.csv", "b.txt"])
def test_any_bytes_are_read_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    @cases
    @given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
    def ask(content: bytes) -> None:
        judge(tmp_path, content, name)

    ask()


def test_any_json_objects_are_read_or_refused_line_by_line(tmp_path: Path) -> None:
    @cases
    @given(
        st.lists(st.dictionaries(st.one_of(NAMES, TEXTS), VALUES, max_size=5), min_size=1, max_size=4), st.booleans()
    )
    def ask(bodies: list[dict[str, Any]], bom: bool) -> None:
        text = "\n".join(json.dumps(body) for body in bodies)
        judge(tmp_path, (b"\xef\xbb\xbf" if bom else b"") + text.encode(), "b.jsonl")
        assert len(lines(tmp_path, text.encode(), "b.jsonl")) == len(bodies)

    ask()


def test_any_cells_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Whatever a spreadsheet puts into quotes: separators, quotes and line ends inside a prompt."""

    @cases
    @given(
        st.lists(TEXTS.filter(lambda t: t.strip() and "\ud83d" not in t), min_size=1, max_size=4),
        st.sampled_from(",;\t"),
    )
    def ask(prompts: list[str], separator: str) -> None:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerow(["model", "prompt"])
        writer.writerows(["draft/animatic", prompt] for prompt in prompts)
        found = lines(tmp_path, out.getvalue().encode("utf-8-sig"), "b.csv")
        assert [line.body.get("prompt") for line in found] == prompts, [line.problem for line in found]

    ask()


def test_cells_become_what_their_fields_want(tmp_path: Path) -> None:
    """An empty cell is not set; own settings of the model are read by their kind."""
    rows = "model;prompt;seed;images;id;multi_shot\nwavespeed/wan2.6-t2v;a fox, wet;7;a.png; b.png;one;\n"
    rows = rows.replace("a.png; b.png", '"a.png; b.png"')
    [line] = lines(tmp_path, rows.encode(), "b.csv")
    assert line.id == "one" and line.body["images"] == ["a.png", "b.png"]
    assert "multi_shot" not in line.body and line.body["prompt"] == "a fox, wet"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b'{"model": "x", "seed": NaN}', "b.jsonl", "not JSON"),
        (b"[1]", "b.jsonl", "JSON object"),
        (b'{"id": "a"}\n{"id": "a"}', "b.jsonl", "stands in line 1"),
        (b'{"id": true}', "b.jsonl", "id of a line"),
        (b"[" * 100_000, "b.jsonl", "not JSON"),
        (b'{"prompt": "\\ud83d"}', "b.jsonl", "half"),
        (b'model,prompt\ndraft/animatic,"a fox', "b.csv", "cannot be read as CSV"),
        (b"model,prompt\ndraft/animatic,a fox,in,rain", "b.csv", "quotes"),
        (b"model,reference_voices\nx,{", "b.csv", "reference_voices"),
    ],
)
def test_a_bad_line_says_what_is_wrong(content: bytes, name: str, said: str, tmp_path: Path) -> None:
    problems = [str(line.problem) for line in lines(tmp_path, content, name) if line.problem]
    assert len(problems) == 1 and said in problems[0], problems


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "b.jsonl", "no request"),
        (b"\n\n", "b.csv", "no request"),
        (b"\xff\xfa", "b.jsonl", "UTF-8"),
        (b'{"a": 1}\n"\xe9"', "b.jsonl", "line 2"),
        (b"prompt\nx", "b.csv", "model"),
        (b"model,model\nx,y", "b.csv", "twice"),
    ],
)
def test_a_bad_file_says_what_is_wrong(content: bytes, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match=said):
        lines(tmp_path, content, name)


def test_keys_stay_when_lines_move_and_spaces_change(tmp_path: Path) -> None:
    """Two equal lines are two requests; an id keeps its key whatever the line says."""
    first = lines(tmp_path, b'{"model":"m","prompt":"a"}\n{"model":"m","prompt":"a"}\n{"id":1,"prompt":"b"}', "b.jsonl")
    again = lines(
        tmp_path, b'\n{"id": "1","prompt":"c"}\n{"prompt": "a", "model": "m"}\n{"model":"m","prompt":"a"}', "b.jsonl"
    )
    assert {line.key for line in first} == {line.key for line in again}
    assert len({line.key for line in first}) == 3
    renamed = lines(tmp_path, b'{"model":"m","prompt":"a"}', "other.jsonl")
    assert renamed[0].key not in {line.key for line in first}


def test_utf_16_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    [line] = lines(tmp_path, "model\tprompt\r\ndraft/animatic\t狐狸\r\n".encode("utf-16"), "b.csv")
    assert line.body == {"model": "draft/animatic", "prompt": "狐狸"}
