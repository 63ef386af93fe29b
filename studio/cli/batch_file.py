"""A batch file read: JSONL (a request a line) or CSV (a request a row; columns are fields, an empty cell is not set).

Never raises for what stands in a line: what cannot be read is the line's problem, so that all problems are shown at
once. A line's key stays the same when the file is moved, lines are added, or spaces change: it is made of the batch's
name and the line's `id`, else of its content, and of its number among equal ones.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Never

from studio.catalogue import Catalogue
from studio.domain import JSON
from studio.errors import CapabilityError, NotFound
from studio.field_errors import require_whole, short
from studio.messages import Message

MAX_FILE_BYTES = 64 * 2**20
MAX_LINES = 10_000
MAX_CELL_CHARS = 2**20
MAX_ID_CHARS = 200
ID = "id"
"""The field that names a line for good, whatever else changes in it."""

LISTS, OBJECTS = ("images", "references"), ("reference_voices",)
CSV_SUFFIXES, SEPARATORS = (".csv", ".tsv"), ",;\t"


@dataclass(frozen=True)
class Line:
    """One request of the file. number: of its (first) line, from 1. problem: why it cannot be read."""

    number: int
    body: JSON = field(default_factory=dict)
    id: str = ""
    problem: str = ""
    digest: str = ""
    key: str = ""


def read(path: Path, catalogue: Catalogue, *, name: str = "") -> list[Line]:
    """The requests in order. name: of the batch, in the place of the file's.

    Raises CapabilityError for a file that is none of requests at all.
    """
    text = _text(path)
    rows = _csv_lines(text, catalogue) if _is_csv(path, text) else _json_lines(text)
    lines = [_named(line) for line in rows]
    if not lines:
        raise CapabilityError(Message("batch.empty", file=path.name))
    if len(lines) > MAX_LINES:
        raise CapabilityError(Message("batch.too_many_lines", count=f"{len(lines):,}", most=f"{MAX_LINES:,}"))
    return _with_keys(lines, name or path.name)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CapabilityError(Message("batch.file_large", file=path.name, most=MAX_FILE_BYTES // 2**20))
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CapabilityError(Message("batch.cannot_read", file=str(path), why=why)) from None
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        raise CapabilityError(Message("batch.not_utf8", file=path.name, line=number)) from None


def _is_csv(path: Path, text: str) -> bool:
    return path.suffix.lower() in CSV_SUFFIXES or (path.suffix.lower() == ".txt" and not text.lstrip().startswith("{"))


def _json_lines(text: str) -> Iterator[Line]:
    """Lines end at a line feed alone: JSON text may hold every other character that ends a line elsewhere."""
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            body = json.loads(row, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else ""
            column = error.colno if isinstance(error, json.JSONDecodeError) else 0
            id_ = "batch.not_json_at" if column else "batch.not_json"
            yield Line(number, problem=Message(id_, why=why, column=column) if column else Message(id_))
            continue
        yield Line(number, body) if isinstance(body, dict) else Line(number, problem=Message("batch.not_object"))


def _no_constant(_: str) -> Never:
    raise ValueError("NaN and Infinity are no JSON")


def _csv_lines(text: str, catalogue: Catalogue) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL_CHARS)
    header_row = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=header_row.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the rest of the file cannot be told apart any more
            yield Line(number, problem=Message("batch.bad_row", why=str(error)))
            return
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = _header(cells)
        elif len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            yield Line(number, problem=Message("batch.too_many_cells", count=len(cells), columns=len(header)))
        else:
            given = {name: cell for name, cell in zip(header, cells, strict=False) if cell.strip() and name}
            yield _from_cells(number, given, catalogue)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise CapabilityError(Message("batch.column_twice", column=short(twice[0])))
    if "model" not in names:
        raise CapabilityError(Message("batch.no_model_column"))
    return names


def _from_cells(number: int, given: dict[str, str], catalogue: Catalogue) -> Line:
    try:
        model = catalogue.get(given.get("model", "").strip())
        types = {name: spec.type for name, spec in model.params.items()}
    except NotFound:  # said later, with the other problems
        types = {}
    body: JSON = {}
    for name, cell in given.items():
        try:
            body[name] = _value(name, cell, types.get(name, ""))
        except ValueError:
            return Line(number, problem=Message("batch.bad_cell", column=short(name), value=short(cell)))
    return Line(number, body)


def _value(name: str, cell: str, param_type: str) -> Any:
    """The cell as JSON would have it. Fields that every request has stay text: the request's own model reads them."""
    if name in LISTS:
        return json.loads(cell) if cell.lstrip().startswith("[") else [one.strip() for one in cell.split(";")]
    if name in OBJECTS:
        return json.loads(cell)
    if param_type == "int":
        return int(cell)
    if param_type == "float":
        number = float(cell)
        if not math.isfinite(number):
            raise ValueError(cell)
        return number
    if param_type == "bool":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[_word(cell)]
    return cell if name in ("prompt", "negative_prompt") or param_type == "text" else cell.strip()


def _word(cell: str) -> str:
    word = cell.strip().lower()
    if word not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError(cell)
    return word


def _named(line: Line) -> Line:
    """The line with its own id taken out of the request, and refused where no database could keep its text."""
    if line.problem:
        return line
    body = dict(line.body)
    own = body.pop(ID, None)
    try:
        require_whole(line.body)
    except CapabilityError as error:
        return Line(line.number, problem=error.args[0])
    if own is not None and (not isinstance(own, str | int) or isinstance(own, bool) or not str(own).strip()):
        return Line(line.number, problem=Message("batch.bad_id"))
    if own is not None and len(str(own)) > MAX_ID_CHARS:
        return Line(line.number, problem=Message("batch.long_id", most=MAX_ID_CHARS))
    return replace(line, body=body, id="" if own is None else str(own).strip(), digest=_digest(body))


def _with_keys(lines: list[Line], name: str) -> list[Line]:
    first: dict[str, int] = {}
    count: Counter[str] = Counter()
    keyed: list[Line] = []
    for line in lines:
        if line.problem:
            keyed.append(line)
            continue
        if line.id and line.id in first:
            problem = Message("batch.id_twice", id=short(line.id), line=first[line.id])
            keyed.append(Line(line.number, problem=problem))
            continue
        if line.id:
            first[line.id] = line.number
        count[line.digest] += 1
        identity = ["id", line.id] if line.id else ["content", line.digest, count[line.digest]]
        keyed.append(replace(line, key=f"batch:{_digest([name, *identity])[:40]}"))
    return keyed


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
