"""The settings that engines are built with: what the studio was started with, then what the Connections page added.

A value of the environment (or of the program that opened the studio) wins over a pasted one of the same name.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Literal

from pydantic import SecretStr

from studio.engines.base import Variable
from studio.services.key_store import KeyStore
from studio.settings import Settings
from studio.store import Store, settings

OPTIONS = "connections_options"
"""Settings row: {environment name: value}, none of them secret."""
OWN_KEY = "@"
"""Stands in the stored names of keys that belong to a person or project: NAME@SET."""
Source = Literal["environment", "keyring", "memory", "database"]


class EngineSettings:
    """Safe from any thread. keys: the pasted ones."""

    def __init__(self, start: Settings, store: Store, keys: KeyStore) -> None:
        self._start, self._store, self.keys = start, store, keys
        self._lock = threading.Lock()
        self._options: dict[str, str] | None = None

    def current(self, environment: Mapping[str, Variable] | None = None) -> Settings:
        """The settings as they are now; a value object, which later changes do not reach.

        environment: the names that one engine reads, where they are for it. A key of the environment is then sent only
        to an address of the environment, or the provider's own: whoever may use the studio could read it otherwise.
        """
        start, names = self._start, environment or {}
        pasted = self.keys.keys().items()
        keys = {name: key for name, key in pasted if not start.secret(name) and OWN_KEY not in name}
        options = {name: value for name, value in self.options().items() if not start.option(name)}
        if any(variable.secret and self.is_given(name) for name, variable in names.items()):
            options = {n: v for n, v in options.items() if n not in names or not names[n].address}
        more = {"secrets": start.secrets | keys, "options": start.options | options}
        return start.model_copy(update=more)

    def with_own_keys(self, environment: Mapping[str, Variable], secrets: Mapping[str, SecretStr]) -> Settings:
        """The settings of an engine with keys of a person or project, and none of the studio's for it."""
        start = self._start
        kept = {name: key for name, key in start.secrets.items() if name not in environment}
        options = {**self.options(), **start.options}
        return start.model_copy(update={"secrets": kept | dict(secrets), "options": options})

    def is_given(self, name: str) -> bool:
        """Whether the studio was started with a value for this name."""
        return bool(self._start.secret(name) or self._start.option(name))

    def source(self, name: str, *, secret: bool) -> Source | None:
        """Where the value that counts comes from; None where there is none."""
        if self.is_given(name):
            return "environment"
        if secret:
            return self.keys.place(name)
        return "database" if name in self.options() else None

    def options(self) -> Mapping[str, str]:
        """The saved options, also those that the environment overrules."""
        with self._lock:
            if self._options is None:
                with self._store.read() as db:
                    self._options = dict(settings.get(db, OPTIONS) or {})
            return dict(self._options)

    def with_changes(
        self, environment: Mapping[str, Variable], options: Mapping[str, str], keys: Mapping[str, str]
    ) -> Settings:
        """The settings of an engine as they would be with these options ("" takes one away) and keys; nothing is
        saved."""
        now = self.current(environment)
        kept = {n: v for n, v in now.options.items() if n not in options or self.is_given(n)}
        added = {n: v for n, v in options.items() if v and not self.is_given(n)}
        secrets = now.secrets | {n: SecretStr(k) for n, k in keys.items()}
        return now.model_copy(update={"options": kept | added, "secrets": secrets})

    def save_options(self, changes: Mapping[str, str]) -> None:
        """Save these options; "" takes one away. Raises StorageUnavailable, and then nothing has changed."""
        with self._lock:
            with self._store.write() as db:
                kept = dict(settings.get(db, OPTIONS) or {}) | dict(changes)
                kept = {name: value for name, value in kept.items() if value}
                settings.put(db, OPTIONS, kept)
            self._options = kept
