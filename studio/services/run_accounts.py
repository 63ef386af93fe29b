"""Whose keys a run is sent with, decided in one place and kept with the run: `runs.account`.

The order is that of RunAccounts.sources: keys of a person's own session, keys of the person, keys of the project; the
studio's own keys ("") come last. A run keeps its account: after a restart a run whose key is gone is held, and never
sent with another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from studio.catalogue import Model
from studio.engines.base import Engine, has_connection
from studio.errors import NotConfigured
from studio.services.replaceable_engines import ReplaceableEngines

STUDIO = ""
"""The account of the studio's own keys, and of engines that need none."""


class KeySource(Protocol):
    """Keys other than the studio's. Accounts of a source begin with its `prefix`, such as "session:"."""

    @property
    def prefix(self) -> str: ...

    def account(self, owner: str, model: Model, project: str) -> str | None:
        """The account with which this model's runs of this owner are sent; None where this source has no key."""
        ...

    def engine(self, provider: str, account: str) -> Engine:
        """An engine with the keys of this account; a WithoutKey where they are gone. Raises KeyError."""
        ...


class RunAccounts:
    """engines: of the studio. sources: in the order in which they count. refusal: why an owner may not use the studio's
    keys for a model; None where they may."""

    def __init__(self, engines: ReplaceableEngines) -> None:
        self.engines = engines
        self.sources: list[KeySource] = []
        self.refusal: Callable[[str, Model], str | None] = lambda _owner, _model: None
        engines.set_accounts(self._build)

    def choose(self, owner: str, model: Model, project: str = "") -> str:
        """The account for a new run of this owner. Raises NotConfigured where nobody's keys may be used."""
        engine = self.engines.get(model.provider)
        has_keys = engine is not None and (owner or project) and has_connection(engine)
        for source in self.sources if has_keys else ():
            if found := source.account(owner, model, project):
                return found
        if why := self.refusal(owner, model):
            raise NotConfigured(why)
        return STUDIO

    def engine(self, owner: str, model: Model, project: str = "") -> Engine | None:
        """The engine for a new run of this owner; None where the studio has none. Raises NotConfigured."""
        try:
            return self.engines.of_account(model.provider, self.choose(owner, model, project))
        except KeyError:
            return None

    def _build(self, provider: str, account: str) -> Engine:
        for source in self.sources:
            if account.startswith(source.prefix):
                return source.engine(provider, account)
        raise KeyError(provider)
