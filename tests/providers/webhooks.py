"""The caller's side of webhooks for the local servers: signs as the provider does, and goes wrong when told to."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

JSON = dict[str, Any]
Sign = Callable[[bytes, str, int], Mapping[str, str]]
"""(body, task, Unix seconds) -> headers."""


class WebhookSender:
    """Calls the addresses that clients gave. studio: where the studio really is, in the place of its public address.

    faults, one for each delivery: "" (as it should be), "twice", "forged" (the body was changed after it was signed),
    "late" (an hour old), "other run", "lost" (never sent), "before the answer" (of the submit), "plain text".
    answers: the statuses of what was sent. urls: the addresses that were given.
    """

    def __init__(self, sign: Sign, studio: str = "") -> None:
        self.sign, self.studio = sign, studio
        self.faults: list[str] = []
        self.answers: list[int] = []
        self.urls: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def submitted(self, url: str, task: str, after_s: float, finish: Callable[[str], JSON]) -> None:
        """A job with this webhook was taken. finish: the body of the call, for a task's name. On the server's loop."""
        if not url:
            return
        self.urls.append(url)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before the answer":
            await self._deliver(url, task, fault, finish)
            return
        self._tasks.add(sending := asyncio.create_task(self._later(after_s, url, task, fault, finish)))
        sending.add_done_callback(self._tasks.discard)

    async def _later(self, after_s: float, url: str, task: str, fault: str, finish: Callable[[str], JSON]) -> None:
        await asyncio.sleep(after_s)
        await self._deliver(url, task, fault, finish)

    async def _deliver(self, url: str, task: str, fault: str, finish: Callable[[str], JSON]) -> None:
        if fault == "lost":
            return
        name = "00000000-another-task" if fault == "other run" else task
        raw = json.dumps(finish(name)).encode()
        headers = dict(self.sign(raw, name, int(time.time()) - 3600 * (fault == "late")))
        headers["content-type"] = "text/plain" if fault == "plain text" else "application/json"
        if fault == "forged":
            raw = raw[:-1] + b', "more": 1}'
        async with httpx.AsyncClient() as web:
            for _ in range(1 + (fault == "twice")):
                self.answers.append((await self.call(web, url, raw, headers)).status_code)

    async def call(self, web: httpx.AsyncClient, url: str, raw: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """One call, as the proxy in front of the studio passes it on: with the public name as its Host."""
        parts = urlsplit(url)
        return await web.post(f"{self.studio}{parts.path}", content=raw, headers={**headers, "host": parts.netloc})


class Ed25519Signer:
    """A key of the provider's, and its public half as a JSON Web Key Set."""

    def __init__(self, seed: bytes | None = None, kid: str = "k1") -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed) if seed else Ed25519PrivateKey.generate()
        self.kid = kid

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def key_set(self) -> JSON:
        x = base64.urlsafe_b64encode(self._key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "use": "sig", "alg": "EdDSA"}]}
