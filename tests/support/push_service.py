"""A push service and browsers of it: takes what the studio posts, checks who signs, and decrypts as a browser does."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from tests.providers.http_server import Call, HttpServer, Reply
from tests.support.receiver import until


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(call: Call) -> Any:
    """What the studio signed."""
    token = call.headers["authorization"].partition("t=")[2].partition(",")[0].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


@dataclass
class Browser:
    """One subscription, with the keys that only a browser has. got: what it was shown."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    got: list[Any] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": encoded(point), "auth": encoded(self.auth)}

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


class PushService(HttpServer):
    """browsers: by the path of their endpoint. gone: paths of subscriptions that have ended. posts: every call."""

    def __init__(self) -> None:
        super().__init__()
        self.browsers: dict[str, Browser] = {}
        self.gone: set[str] = set()
        self.posts: list[Call] = []

    def browser(self) -> Browser:
        """A new browser that has subscribed here."""
        path = f"/push/{secrets.token_hex(8)}"
        self.browsers[path] = Browser(f"{self.url}{path}")
        return self.browsers[path]

    def topic(self, call: Call) -> str:
        self.posts.append(call)
        return "push"

    async def answer(self, call: Call, topic: str) -> Reply:
        browser = self.browsers.get(call.path)
        if browser is None or call.path in self.gone:
            return Reply(410, b"")
        if not Vapid02.verify(call.headers["authorization"]) or claims(call)["aud"] != self.url:
            return Reply(403, b"")
        assert call.headers["content-encoding"] == "aes128gcm" and int(call.headers["ttl"]) > 0
        browser.got.append(browser.read(call.body))
        return Reply(201, b"")

    def wait(self, browser: Browser, count: int, timeout_s: float = 15) -> list[Any]:
        """What the browser was shown, once there is so much."""
        until(lambda: len(browser.got) >= count, timeout_s)
        return browser.got
