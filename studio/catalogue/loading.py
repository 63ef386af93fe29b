"""All rows of the catalogue, and the loader that refuses a wrong one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from studio.catalogue.schema import AccountLimits, Model, RefundTerms
from studio.domain import Task
from studio.errors import NotFound
from studio.messages import Message


class Catalogue:
    """All rows, by id. Iterates in the order of the files; rows added later come last.

    Safe from any thread: a change puts a new mapping in the old one's place, so whoever iterates sees one state.
    """

    def __init__(
        self, models: Iterable[Model], accounts: Mapping[str, AccountLimits] | None = None,
        refunds: Mapping[str, RefundTerms] | None = None,
    ) -> None:  # fmt: skip
        """accounts, refunds: by provider, what it allows a whole account, and what it says about refunds; those of
        `models`, where that is a catalogue."""
        known: dict[str, AccountLimits] = models.accounts if isinstance(models, Catalogue) else {}
        self.accounts: dict[str, AccountLimits] = {**known, **(accounts or {})}
        inherited = models.refunds if isinstance(models, Catalogue) else {}
        self.refunds: dict[str, RefundTerms] = {**inherited, **(refunds or {})}
        self._models = {m.id: m for m in models}
        self._change = Lock()
        self.revision = 0
        """Another number after every change."""

    def put(self, model: Model) -> None:
        """Add a row, or put it in the place of the one with its id."""
        with self._change:
            self._models = self._models | {model.id: model}
            self.revision += 1

    def drop(self, model_id: str) -> None:
        """Take a row out; nothing happens where there is none."""
        with self._change:
            self._models = {k: m for k, m in self._models.items() if k != model_id}
            self.revision += 1

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def get(self, model_id: str) -> Model:
        """The row with this id, or NotFound with the nearest advice."""
        try:
            return self._models[model_id]
        except KeyError:
            raise NotFound(Message("model.unknown", model_id=f"{model_id!r}")) from None

    def swap(self, gone: Iterable[str], models: Iterable[Model]) -> None:
        """Take out the rows with these ids and add these, all at once."""
        with self._change:
            out = set(gone)
            self._models = {k: m for k, m in self._models.items() if k not in out} | {m.id: m for m in models}
            self.revision += 1

    def providers_of(self, canonical: str) -> list[Model]:
        """Rows of all providers that are exactly this model, such as wan2.6-t2v."""
        return [m for m in self if canonical and m.canonical == canonical]

    def for_task(self, task: Task) -> list[Model]:
        """Rows that can do this task."""
        return [m for m in self if task in m.tasks]


def load(folder: Path = Path(__file__).parent, *, extra: Iterable[Path] = ()) -> Catalogue:
    """Read every TOML file in `folder` and the `extra` files.

    A file holds `provider = "..."`, optional tables `[account]` with limits and `[refunds]`, optional tables under
    `[shared]` to be merged into rows by `use = ["name"]`, and `[[model]]` tables whose `name` becomes the id
    `provider/name`.
    Raises ValueError with file and row for a wrong one.
    """
    models: list[Model] = []
    accounts: dict[str, AccountLimits] = {}
    refunds: dict[str, RefundTerms] = {}
    for path in [*sorted(folder.glob("*.toml")), *extra]:
        body = tomllib.loads(path.read_text("utf-8"))
        models += _rows(path, body)
        if "account" in body:
            accounts[body["provider"]] = AccountLimits.model_validate(body["account"])
        if "refunds" in body:
            refunds[body["provider"]] = RefundTerms.model_validate(body["refunds"])
    return Catalogue(models, accounts, refunds)


def _rows(path: Path, body: dict[str, Any]) -> list[Model]:
    provider, shared = body["provider"], body.get("shared", {})
    rows: list[Model] = []
    for raw in body.get("model", []):
        merged: dict[str, Any] = {}
        for name in raw.pop("use", []):
            merged = merge(merged, shared[name])
        merged = merge(merged, raw)
        merged |= {"provider": provider, "id": f"{provider}/{merged.pop('name')}"}
        try:
            rows.append(Model.model_validate(merged))
        except ValueError as error:
            raise ValueError(f"{path.name}, model {merged['id']}: {error}") from error
    return rows


def merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    """Both tables in one: values of `high` win, tables in them are merged alike."""
    both = low | high
    for name, value in high.items():
        if isinstance(value, dict) and isinstance(low.get(name), dict):
            both[name] = merge(low[name], high[name])
    return both
