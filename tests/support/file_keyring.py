"""A keyring in a file, for processes that are killed and started again. PYTHON_KEYRING_BACKEND names it; FILE_KEYRING
is the file. Each change is one rename, so that a kill leaves the old or the new."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps what it is given, across processes."""

    priority = 5  # pyright: ignore[reportAssignmentType] - a class property in the library

    @property
    def _file(self) -> Path:
        return Path(os.environ["FILE_KEYRING"])

    def _entries(self) -> dict[str, str]:
        return json.loads(self._file.read_text()) if self._file.is_file() else {}

    def _keep(self, entries: dict[str, str]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(entries))
        draft.replace(self._file)

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep({**self._entries(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        entries.pop(f"{service}/{username}", None)
        self._keep(entries)
