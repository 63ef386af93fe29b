"""The engines of an open studio, each built when it is first asked for, and anew when its settings or keys change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from studio import engines as registry
from studio.engines.base import Engine, Variable
from studio.services.engine_settings import EngineSettings
from studio.settings import Settings

BuildForAccount = Callable[[str, str], Engine]
"""(provider, account) -> an engine that works with the keys of this account."""


@dataclass(frozen=True)
class OwnEngine:
    """An engine that a file of the user's makes. environment: the names it reads."""

    environment: Mapping[str, Variable]
    build: Callable[[Settings], Engine]


class ReplaceableEngines(Mapping[str, Engine]):
    """Engines by name, each built when it is first asked for, and built anew when its settings change.

    given: in the place of the registry's. Safe from any thread.
    """

    def __init__(self, settings: EngineSettings, given: Mapping[str, Engine] | None = None) -> None:
        self._settings = settings
        self._names = tuple(registry.REGISTRY if given is None else given)
        self._built: dict[str, Engine] = dict(given or {})
        self._of_accounts: dict[tuple[str, str], Engine] = {}
        self._build_for: BuildForAccount | None = None
        self._own: Mapping[str, OwnEngine] = {}
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Engine:
        if name in self._built:
            return self._built[name]
        if name not in self._names and name not in self._own:
            raise KeyError(name)
        with self._lock:
            if name not in self._built:
                self._built[name] = self.build(name)
            return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._names, *self._own))

    def __len__(self) -> int:
        return len(self._names) + len(self._own)

    def set_own(self, own: Mapping[str, OwnEngine]) -> None:
        """The engines of the user's files, in the place of those set before. A built one stays until `replace`; one
        that is gone is no longer found, while its runs go on with it."""
        with self._lock:
            for name in self._own.keys() - own.keys():
                self._built.pop(name, None)
            self._own = dict(own)

    def build(self, name: str, settings: Settings | None = None) -> Engine:
        """A new engine that is not in the mapping. settings: other ones than those that hold now."""
        own = self._own.get(name)
        settings = settings or self._settings.current(own.environment if own else registry.environment(name))
        return own.build(settings) if own else registry.build(name, settings)

    def set_accounts(self, build: BuildForAccount) -> None:
        """How engines are built for accounts other than the studio's."""
        self._build_for = build

    def of_account(self, provider: str, account: str) -> Engine:
        """The engine that works with the keys of this account, "" for the studio's. Raises KeyError."""
        if not account:
            return self[provider]
        with self._lock:
            if (provider, account) not in self._of_accounts:
                if self._build_for is None or provider not in self:
                    raise KeyError(provider)
                self._of_accounts[provider, account] = self._build_for(provider, account)
            return self._of_accounts[provider, account]

    def replace_account(self, provider: str, account: str) -> Engine | None:
        """Forget the engine of an account, whose keys have changed; the one before, which is still open."""
        with self._lock:
            return self._of_accounts.pop((provider, account), None)

    def replace(self, name: str) -> Engine | None:
        """Build the engine anew; the one before, which is still open, or None where there was none."""
        with self._lock:
            replaced, self._built[name] = self._built.get(name), self.build(name)
            return replaced
