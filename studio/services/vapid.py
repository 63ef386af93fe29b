"""The key by which push services know this studio (VAPID): from STUDIO_VAPID_KEY, else made when it is first needed.

It is kept like pasted keys, in the operating system's keyring or in memory; browsers that subscribed under a key that
is lost subscribe again when their page is opened. Source: RFC 8292.
"""

from __future__ import annotations

import base64
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio.errors import CapabilityError
from studio.messages import Message
from studio.services.key_store import KeyStore
from studio.settings import VAPID_KEY, Settings

if TYPE_CHECKING:
    from py_vapid import Vapid02

VALID_S = 12 * 3600
"""Push services take a signature for at most a day."""
NO_CONTACT = "mailto:webmaster@example.com"
"""Named to push services, which want somebody to write to, by a studio without a public address."""


class VapidKey:
    """Safe from any thread."""

    def __init__(self, settings: Settings, keys: KeyStore) -> None:
        self._settings, self._keys, self._lock = settings, keys, threading.Lock()

    @property
    def public(self) -> str:
        """The public key as browsers take it: an uncompressed point in base64url. Makes the key where there is none.

        Raises CapabilityError for a STUDIO_VAPID_KEY that is none.
        """
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        private = self._key().private_key
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def headers(self, endpoint: str) -> dict[str, str]:
        """The header that signs a message to this endpoint."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + VALID_S,
            "sub": self._settings.public_url or NO_CONTACT,
        }
        return {name.lower(): value for name, value in self._key().sign(claims).items()}

    def _key(self) -> Vapid02:
        from py_vapid import Vapid02, VapidException

        with self._lock:
            text = self._settings.secret(VAPID_KEY) or self._saved() or self._made()
        try:
            return Vapid02.from_string(text)
        except (VapidException, ValueError, TypeError):
            raise CapabilityError(Message("push.bad_key", name=VAPID_KEY)) from None

    def _saved(self) -> str:
        saved = self._keys.keys().get(VAPID_KEY)
        return saved.get_secret_value() if saved else ""

    def _made(self) -> str:
        from cryptography.hazmat.primitives.asymmetric import ec

        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        text = base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
        self._keys.save(VAPID_KEY, text)
        return text
