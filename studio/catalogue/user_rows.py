"""Rows that users write in TOML files of the data folder: new models, and corrections of models that are there.

A file has the format of those in this folder (see loading.load), with three more: `base` takes all of another row of
the provider, `[[correction]]` changes facts of one, and `source` and `checked` may be left out. A mistake is named with
its file and line and costs only its own row. Nothing here reads the disk.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from studio.catalogue import row_checks, toml_lines
from studio.catalogue.loading import merge
from studio.catalogue.schema import AccountLimits, Model
from studio.catalogue.toml_lines import Lines
from studio.domain import JSON
from studio.field_errors import sentence
from studio.messages import Message, of_error

MAX_BYTES = 256 * 1024
MAX_ROWS = 500
MAX_TEXT_CHARS = 2000
MOST_PROBLEMS, MOST_PROBLEMS_PER_ROW = 100, 5
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
MARKUP = re.compile(r"<[a-zA-Z/!?]")
SECRET_NAME = re.compile(r"(^|_)(api_?key|key|token|secret|password|bearer|credentials?)$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"\b(sk|pk|rk|r8|hf|gsk|xai|key|api|fal)[-_][A-Za-z0-9_-]{16,}|\bBearer\s+\S{8,}")
"""What keys of well-known services look like."""
DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++\s*+\.\s*+){30}""")
"""A dotted name of many parts: tomllib takes minutes for thousands."""
RANDOM_VALUE = re.compile(r"(?=[^\s/]*\d)(?=[^\s/]*[A-Za-z])[A-Za-z0-9+_=:-]{32,}")
"""Long text of letters and digits, as keys are; only where a file says how a service is called."""
OWN_MACHINE = ("draft", "local", "comfyui")
"""Providers whose rows need files or graphs of this machine, so that only their facts can be corrected."""
FIXED = ("id", "provider", "name", "base", "use", "tasks", "family", "canonical", "draft", "version")
"""What a correction does not change: it would be another model."""
TABLES = ("provider", "account", "shared", "model", "correction")


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file. line: from 1. message: one sentence."""

    file: str
    line: int
    message: str

    @property
    def sentence(self) -> str:
        """The problem with its place."""
        return Message("userfile.at", file=self.file, line=self.line, message=self.message)


@dataclass
class UserRows:
    """What a file says. corrections: whole rows, to be put in the place of those of the same id. body: the file as
    tomllib read it; empty where it could not."""

    file: str
    provider: str = ""
    models: list[Model] = field(default_factory=list[Model])
    corrections: list[Model] = field(default_factory=list[Model])
    account: AccountLimits | None = None
    problems: list[Problem] = field(default_factory=list[Problem])
    body: JSON = field(default_factory=dict[str, Any])
    lines: Lines = field(default_factory=lambda: Lines({}))

    def fault(self, path: Sequence[str | int], message: str) -> None:
        """Note a problem at this value; beyond MOST_PROBLEMS there is no end of them."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(self.file, self.lines.of(path), message))


def read(
    file: str, text: str, *, known: Mapping[str, Model], providers: Collection[str], today: date,
    provider: str = "", tables: Collection[str] = (),
) -> UserRows:  # fmt: skip
    """The rows of a file's text. file: as sentences name it, such as models/mine.toml.

    known: all rows without the user's. providers: those that rows can be for. provider: where the file's name says it.
    tables: more tables that the caller reads itself. Never raises; what is wrong is in `problems`.
    """
    found = UserRows(file, provider)
    if not _parse(found, text):
        return found
    for name in found.body:
        if name not in (*TABLES, *tables):
            found.fault((name,), Message("userfile.unknown", name=short_name(name)))
    if not _provider(found, providers, fixed=provider):
        return found
    _account(found)
    shared = _table(found.body.get("shared"))
    for kind in ("model", "correction"):
        listed = _tables(found.body.get(kind, []))
        if listed is None:
            found.fault((kind,), Message("userfile.not_tables", name=kind))
            continue
        if len(listed) > MAX_ROWS:
            found.fault((kind, MAX_ROWS), Message("userfile.too_many", most=MAX_ROWS))
        for number, raw in enumerate(listed[:MAX_ROWS]):
            _Row(found, (kind, number), raw, shared, known, today).read()
    return found


def short_name(name: object) -> str:
    """A name of the file as a sentence repeats it."""
    return str(name)[:60]


def key_like(text: str, *, random: bool = False) -> bool:
    """Whether this text looks like a key. random: long text of letters and digits counts, too."""
    beginning = text[:MAX_TEXT_CHARS]  # of a longer one, the beginning tells enough
    return bool(SECRET_VALUE.search(beginning) or (random and RANDOM_VALUE.search(beginning)))


def _parse(found: UserRows, text: str) -> bool:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        found.fault((), Message("userfile.too_large", most=MAX_BYTES // 1024))
        return False
    if DEEP_KEY.search(text):
        found.fault((), Message("userfile.too_deep"))
        return False
    try:
        found.body = tomllib.loads(text.removeprefix("\ufeff"))
        found.lines = toml_lines.of_text(text.removeprefix("\ufeff"))
        leaves = list(_leaves(found.body))
    except tomllib.TOMLDecodeError as error:
        said, line = toml_lines.of_error(error, text)
        found.problems.append(Problem(found.file, line, Message("userfile.not_toml", said=_said(said))))
        return False
    except (RecursionError, ValueError):
        found.fault((), Message("userfile.too_deep"))
        return False
    secrets = [path for path, value in leaves if _is_secret(path, value)]
    for path in secrets[:MOST_PROBLEMS_PER_ROW]:
        found.fault(path, Message("userfile.key_inside"))
    if secrets:
        found.body = {}
    return not secrets


SYNTAX = {
    "Expected '=' after a key": "equals",
    "Invalid value": "value",
    "Invalid statement": "statement",
    "Unclosed array": "array",
    "Unclosed inline table": "table",
    "Unterminated string": "string",
    "Cannot overwrite a value": "twice",
    "Cannot declare": "twice",
    "Duplicate": "twice",
    "Cannot mutate": "twice",
    "Expected newline or end of document": "newline",
    "Illegal character": "character",
    "Expected ']": "header",
    "Invalid initial character for a key": "key",
}
"""Beginning of what tomllib says -> userfile.syntax_NAME."""


def _said(said: str) -> str:
    return next((Message(f"userfile.syntax_{name}") for start, name in SYNTAX.items() if said.startswith(start)), said)


def _is_secret(path: toml_lines.Path, value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    named = next((part for part in reversed(path) if isinstance(part, str)), "")
    if SECRET_NAME.search(named) and path[0] != "model" and len(value) > 5:
        return True
    return key_like(value, random=path[0] == "api")


def _provider(found: UserRows, providers: Collection[str], *, fixed: str) -> bool:
    given = found.body.get("provider", fixed)
    if fixed and given != fixed:
        found.fault(("provider",), Message("userfile.provider_of_name", provider=fixed))
        return False
    if not isinstance(given, str) or given not in providers:
        shown = short_name(given)
        listed = ", ".join(sorted(providers))
        id_ = "userfile.unknown_provider" if given else "userfile.no_provider"
        found.fault(("provider",), Message(id_, provider=shown, listed=listed))
        return False
    found.provider = given
    return True


def _account(found: UserRows) -> None:
    if "account" in found.body:
        try:
            found.account = AccountLimits.model_validate(found.body["account"])
        except ValidationError as error:
            report(found, ("account",), error)


def report(found: UserRows, path: toml_lines.Path, error: ValidationError) -> None:
    """Note what pydantic found wrong with the value at this path."""
    for one in error.errors(include_url=False)[:MOST_PROBLEMS_PER_ROW]:
        loc = tuple(one["loc"])
        name = ".".join(str(part) for part in loc)[:80]
        found.fault((*path, *loc), sentence(dict(one), name) if name else _own(one))


def _own(error: Mapping[str, Any]) -> str:
    inner = error.get("ctx", {}).get("error")
    return of_error(inner) if isinstance(inner, BaseException) else sentence(dict(error), Message("userfile.the_row"))


@dataclass(frozen=True)
class _Row:
    """One row on its way from a table to a Model."""

    found: UserRows
    path: toml_lines.Path
    raw: JSON
    shared: JSON
    known: Mapping[str, Model]
    today: date

    def read(self) -> None:
        """Add the row to the file's, or say what is wrong with it."""
        if not (self._plain() and (model := self._model())):
            return
        if wrong := row_checks.fault(model):
            self._fault(*wrong)
        elif self.path[0] == "model":
            self.found.models.append(model)
        else:
            self.found.corrections.append(model)

    def _fault(self, inner: toml_lines.Path, message: str) -> None:
        self.found.fault((*self.path, *inner), message)

    def _plain(self) -> bool:
        """Whether name and values are what a row may hold at all."""
        before = len(self.found.problems)
        name = self.raw.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self._fault(("name",), Message("userfile.row_name"))
        for inner, value in _leaves(self.raw):
            if isinstance(value, float) and not math.isfinite(value):
                self._fault(inner, Message("userfile.not_finite"))
            elif isinstance(value, int | float) and abs(value) > 1e15:
                self._fault(inner, Message("userfile.number_large"))
            elif isinstance(value, str) and len(value) > MAX_TEXT_CHARS:
                self._fault(inner, Message("userfile.text_long", most=MAX_TEXT_CHARS))
            elif isinstance(value, str) and inner[0] not in ("request", "engine") and MARKUP.search(value):
                self._fault(inner, Message("userfile.markup"))
        return len(self.found.problems) == before

    def _model(self) -> Model | None:
        found, name = self.found, self.raw["name"]
        full = f"{found.provider}/{name}"
        adds = self.path[0] == "model"
        if not adds and full not in self.known:
            return self._fault(("name",), Message("userfile.no_such_model", model=full))
        if adds and full in self.known:
            return self._fault(("name",), Message("userfile.model_exists", model=full))
        if adds and any(m.id == full for m in found.models):
            return self._fault(("name",), Message("userfile.twice", model=full))
        if adds and found.provider in OWN_MACHINE:
            return self._fault((), Message("userfile.own_machine"))
        merged = self._merged(full, adds=adds)
        if merged is None:
            return None
        try:
            model = Model.model_validate(merged)
        except ValidationError as error:
            return report(found, self.path, error)
        if adds and (lacking := self._lacking(model)):
            return self._fault((), lacking)
        return model

    def _lacking(self, model: Model) -> str:
        """What an engine of this provider cannot do without: constants that all its own rows have, and a body."""
        rows = [m for m in self.known.values() if m.provider == model.provider and not m.yours]
        constants: set[str] = set(rows[0].engine).intersection(*(m.engine for m in rows)) if len(rows) > 2 else set()
        if missing := sorted(constants - set(model.engine)):
            return Message("userfile.no_constants", names=", ".join(missing))
        if not model.request and all(m.request for m in rows):
            return Message("userfile.no_request")
        return ""

    def _merged(self, full: str, *, adds: bool) -> JSON | None:
        """The row with what it takes from shared tables, and from its base or the row it corrects."""
        base = f"{self.found.provider}/{self.raw.get('base')}" if adds else full
        if adds and "base" in self.raw and base not in self.known:
            self._fault(("base",), Message("userfile.no_such_model", model=base[:90]))
            return None
        merged: JSON = {}
        if base in self.known:
            merged = self.known[base].model_dump(by_alias=True, exclude_unset=True)
            for name in ("canonical", "deprecated", "priced") if adds else ():
                merged.pop(name, None)
        for name in _texts(self.raw.get("use")) if adds else ():
            if not (shared := _table(self.shared.get(name))):
                self._fault(("use",), Message("userfile.no_shared", name=short_name(name)))
                return None
            merged = merge(merged, shared)
        if not adds and (fixed := [name for name in self.raw if name in FIXED and name != "name"]):
            self._fault((fixed[0],), Message("userfile.fixed", name=fixed[0]))
            return None
        if not adds and not self._only_corrects(self.known[full]):
            return None
        own = {k: v for k, v in self.raw.items() if k not in ("name", "base", "use")}
        merged = merge({"source": self.found.file, "checked": self.today, "family": "other"} | merged, own)
        if "prices" in own:
            merged |= {"price_confirmed": own.get("price_confirmed", True)}
        mark = "added" if adds else "corrected"
        return merged | {"provider": self.found.provider, "id": full, "yours": mark}

    def _only_corrects(self, model: Model) -> bool:
        """Whether a correction leaves alone what forms were made for, and what runs on this machine."""
        for part, there in (("params", model.params), ("inputs", model.inputs)):
            for name in _table(self.raw.get(part)):
                if name not in there:
                    self._fault((part, name), Message("userfile.new_in_correction", name=short_name(name)))
                    return False
        mine = [name for name in ("engine", "request") if name in self.raw]
        if mine and model.provider in OWN_MACHINE:
            self._fault((mine[0],), Message("userfile.own_machine"))
            return False
        return True


def _table(value: Any) -> JSON:
    """The table; an empty one for anything else."""
    return cast(JSON, value) if isinstance(value, dict) else {}


def _tables(value: Any) -> list[JSON] | None:
    """The tables of an array; None for anything else."""
    listed = cast(list[Any], value) if isinstance(value, list) else [None]
    return [cast(JSON, one) for one in listed] if all(isinstance(one, dict) for one in listed) else None


def _texts(value: Any) -> list[str]:
    """The names in a list, as text whatever they are."""
    return (
        [str(one) for one in cast(list[Any], value)]
        if isinstance(value, list)
        else []
        if value is None
        else [str(value)]
    )


def _leaves(value: Any, path: toml_lines.Path = ()) -> Iterator[tuple[toml_lines.Path, Any]]:
    if isinstance(value, BaseModel):
        return
    if isinstance(value, dict):
        for name, inner in cast(JSON, value).items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(cast(list[Any], value)):
            yield from _leaves(inner, (*path, number))
    else:
        yield path, value
