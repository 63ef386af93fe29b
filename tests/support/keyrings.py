"""Keyrings for tests, as backends of the real `keyring` library: one that works, one that waits for a person, none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import PasswordDeleteError

__all__ = ["MemoryKeyring", "NoKeyring", "used"]


class MemoryKeyring(KeyringBackend):
    """Keeps what it is given. locked: calls wait until it is unlocked (as a dialog that asks for a password)."""

    priority = 5  # pyright: ignore[reportAssignmentType] - a class property in the library

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.unlocked = threading.Event()
        self.unlocked.set()
        self.calls = 0

    def _wait(self) -> None:
        self.calls += 1
        assert self.unlocked.wait(30)

    def get_password(self, service: str, username: str) -> str | None:
        self._wait()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._wait()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._wait()
        if (service, username) not in self.entries:
            raise PasswordDeleteError(username)
        del self.entries[service, username]


@contextmanager
def used(backend: KeyringBackend) -> Iterator[None]:
    """This keyring is the operating system's while the context lasts."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
