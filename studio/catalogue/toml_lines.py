"""In which line of a TOML file each value stands, for sentences such as "models/mine.toml, line 12: ...".

tomllib gives values without places, and so do the libraries that keep a file's style. The text has been read by
tomllib before, so it is valid here; only keys, brackets and strings are told apart.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
TOKEN = re.compile(
    r"'''.*?'''" + r'|"""(?:\\.|[^\\])*?"{3,5}' + r"""|'[^'\n]*'|"(?:\\.|[^"\\\n])*"|\#[^\n]*|[\[\]{}=,.\n]"""
    r"""|[^\s\[\]{}=,."'\#]+""",
    re.DOTALL,
)
DECODE_PLACE = re.compile(r" \((?:at line (\d+), column \d+|at end of document)\)$")


@dataclass(frozen=True)
class Lines:
    """Lines, from 1, by the path of a value: ("model", 0, "durations", "min")."""

    by_path: dict[Path, int]

    def of(self, path: Sequence[str | int]) -> int:
        """The line of this value, else of the nearest around it; 1 for the whole file."""
        for end in range(len(path), 0, -1):
            if line := self.by_path.get(tuple(path[:end])):
                return line
        return 1


def of_text(text: str) -> Lines:
    """Where the values of this valid TOML stand."""
    return Lines(dict(_Scanner(text).places()))


def of_error(error: tomllib.TOMLDecodeError, text: str) -> tuple[str, int]:
    """What tomllib said, without the place, and the line."""
    said = str(error)
    place = DECODE_PLACE.search(said)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    return DECODE_PLACE.sub("", said), line


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        line, seen = 1, 0
        for found in TOKEN.finditer(text):
            line += text.count("\n", seen, found.start())
            seen = found.start()
            if not found[0].startswith("#"):
                self._tokens.append((found[0], line))
        self._at = 0
        self._items: dict[Path, int] = {}
        """How many tables an array of tables has so far."""

    def places(self) -> Iterator[tuple[Path, int]]:
        table: Path = ()
        while (part := self._peek()) is not None:
            if part == "\n":
                self._next()
            elif part == "[":
                line = self._next()[1]
                table = self._header()
                yield table, line
            else:
                yield from self._pair(table)

    def _header(self) -> Path:
        """The path of a table: a name of an array of tables stands for its last one."""
        many = self._peek() == "["
        if many:
            self._next()
        names = self._names("]")
        path: Path = ()
        for name in names:
            path += (name,)
            if many and len(path) >= len(names) and name == names[-1]:
                break
            if path in self._items:
                path += (self._items[path] - 1,)
        if many:
            self._next()
            self._items[path] = self._items.get(path, 0) + 1
            path += (self._items[path] - 1,)
        return path

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        line = self._tokens[self._at][1]
        path = table
        for name in self._names("="):
            path += (name,)
            yield path, line
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        part = self._peek()
        if part == "[":
            yield from self._list(path)
        elif part == "{":
            self._next()
            while (part := self._peek()) not in (None, "}"):
                if part in (",", "\n"):
                    self._next()
                else:
                    yield from self._pair(path)
            self._next()
        else:
            while self._peek() not in (None, "\n", ",", "]", "}"):
                self._next()

    def _list(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._next()
        index = 0
        while (part := self._peek()) not in (None, "]"):
            if part in (",", "\n"):
                self._next()
                continue
            yield (*path, index), self._tokens[self._at][1]
            yield from self._value((*path, index))
            index += 1
        self._next()

    def _names(self, end: str) -> list[str]:
        """The names of a key, up to and with its end."""
        names: list[str] = []
        while (part := self._peek()) is not None:
            self._next()
            if part == end:
                break
            if part != ".":
                names.append(_name(part))
        return names

    def _peek(self) -> str | None:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else None

    def _next(self) -> tuple[str, int]:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else ("", 0)


def _name(part: str) -> str:
    if part[0] == '"':
        return next(iter(tomllib.loads(f"{part} = 0")))
    return part.strip("'")
