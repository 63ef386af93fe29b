"""The tokens of share links: not stored, but made again from the link's id and a secret that no database and no backup
holds, so that whoever made a link can copy it a second time.

A token is HMAC-SHA256 of the link's id under 256 random bits, which lie in a file of the data folder that only its
owner may read. Without that file (the folder of a restored backup, say) links go on working, for their hashes are in
the database; only their addresses cannot be shown again.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import threading
from pathlib import Path

from studio.storage import storing

FILE = "share-links.key"
SECRET_BYTES = 32


class LinkTokens:
    """Safe from any thread. The secret is made when the first link is."""

    def __init__(self, data: Path) -> None:
        self._data, self._lock, self._secret = data, threading.Lock(), b""

    def token_of(self, link_id: str) -> str:
        """The token of the link with this id. Raises StorageUnavailable."""
        digest = hmac.digest(self._key(), f"review link {link_id}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _key(self) -> bytes:
        with self._lock, storing(self._data):
            path = self._data / FILE
            if not self._secret and not path.is_file():
                draft = path.with_suffix(".part")
                draft.unlink(missing_ok=True)
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(SECRET_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            self._secret = self._secret or path.read_bytes()
            return self._secret
