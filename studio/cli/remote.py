"""A batch in a running studio, by its REST API: the same as in a folder, with the rights of the token's person."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from studio import catalogue as rows
from studio.cli.target import Blocked
from studio.domain import JSON, Asset
from studio.errors import CapabilityError, NotAllowed, Unavailable
from studio.messages import Message
from studio.services import media_facts
from studio.services.batches import BatchPlan, KeyedRequest, PlannedRequest
from studio.settings import is_loopback

TOKEN = "STUDIO_TOKEN"  # noqa: S105 - the name of a setting
PART = 200
"""Runs that one call asks for."""
PATIENCE_S, PAUSE_S = 60.0, 2.0
"""How long a studio that does not answer is asked again: it may be starting anew."""
MAX_UPLOAD_BYTES = 100_000 * 10**6
"""The studio has a limit of its own, and says so."""


class RemoteTarget:
    """See `Target`. A call that got no answer is repeated: it changes nothing, or is stored once under its key."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.max_upload_bytes = MAX_UPLOAD_BYTES
        self.catalogue = rows.load()

    def inspect(self, path: Path, name: str, folder: Path) -> Asset:
        """As this machine reads it; the studio judges it again when it is uploaded."""
        return media_facts.inspect(path, name=name, folder=folder, max_bytes=self.max_upload_bytes)

    def add(self, path: Path, name: str) -> str:
        """Upload it."""
        headers = {"content-type": "application/octet-stream", "content-length": str(path.stat().st_size)}
        return _content(self._ask("POST", "assets", source=path, params={"name": name}, headers=headers))["id"]

    def plan(self, batch: Sequence[KeyedRequest], known_assets: Mapping[str, Asset]) -> BatchPlan:
        """As the studio plans it."""
        if not batch:
            return BatchPlan(())
        known = [asset.model_dump(mode="json") for asset in known_assets.values()]
        told = self._call("POST", "batches/plan", json={"requests": _packed(batch), "known_assets": known})
        requests = [PlannedRequest(**_with_tuples(one)) for one in told["requests"]]
        return BatchPlan(**{**told, "requests": tuple(requests)})

    def submit(self, batch: Sequence[KeyedRequest]) -> list[list[JSON]]:
        """Store it there; a call that is repeated stores nothing twice."""
        return self._call("POST", "batches", json={"requests": _packed(batch)})

    def runs(self, run_ids: Sequence[str]) -> list[JSON]:
        """As they are now."""
        found: list[JSON] = []
        for start in range(0, len(run_ids), PART):
            found += self._several(list(run_ids[start : start + PART]))
        return found

    def blocked(self) -> Blocked:
        """From the studio's queue."""
        queue = self._call("GET", "queue")
        held = {one["model"]: one["reason"] for one in queue["held_models"] if not one["trying"]}
        return Blocked(queue["paused"], held)

    def file(self, asset: JSON) -> str:
        """Its link, which opens with the same token."""
        return "" if asset.get("text") else str(self._http.base_url.join(f"../..{asset['url']}"))

    def _several(self, ids: list[str]) -> list[JSON]:
        answer = self._ask("POST", "runs/wait", json={"run_ids": ids, "timeout_s": 0})
        if answer.status_code != 404:
            return _content(answer)
        if len(ids) == 1:  # it is gone
            return []
        half = len(ids) // 2
        return self._several(ids[:half]) + self._several(ids[half:])

    def _call(self, method: str, path: str, **options: Any) -> Any:
        return _content(self._ask(method, path, **options))

    def _ask(self, method: str, path: str, *, source: Path | None = None, **options: Any) -> httpx.Response:
        """source: the file that is sent, read anew for each try."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with ExitStack() as stack:
                    content = stack.enter_context(source.open("rb")) if source else None
                    answer = self._http.request(method, path, content=content, **options)
                if answer.status_code not in (502, 503, 504):
                    return answer
                why = f"HTTP {answer.status_code}"
            except httpx.TransportError as error:
                why = str(error) or type(error).__name__
            if time.monotonic() > until:
                raise Unavailable(Message("batch.no_answer", url=_place(self._http.base_url), why=why))
            time.sleep(PAUSE_S)


@contextmanager
def opened(url: str, token: str) -> Iterator[RemoteTarget]:
    """The studio at this address. token: of access; "" takes the one of the environment, if any.

    Raises CapabilityError for an address that is none, or that would carry the token in the clear over a network.
    """
    token = token or os.environ.get(TOKEN, "")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CapabilityError(Message("batch.bad_url"))
    if token and parts.scheme == "http" and not is_loopback(parts.hostname):
        raise CapabilityError(Message("batch.plain_http"))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    base = f"{url.rstrip('/')}/api/v1/"
    with httpx.Client(base_url=base, headers=headers, timeout=httpx.Timeout(120, connect=10)) as http:
        yield RemoteTarget(http)


def _content(answer: httpx.Response) -> Any:
    if answer.is_success:
        try:
            return answer.json()
        except json.JSONDecodeError:
            raise Unavailable(Message("batch.not_a_studio", url=_place(answer.url))) from None
    try:
        sentence = str(answer.json()["error"])
    except (json.JSONDecodeError, KeyError, TypeError):
        raise Unavailable(Message("batch.not_a_studio", url=_place(answer.url))) from None
    kind = (
        NotAllowed if answer.status_code in (401, 403) else CapabilityError if answer.status_code < 500 else Unavailable
    )
    raise kind(sentence)


def _place(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def _packed(batch: Sequence[KeyedRequest]) -> list[JSON]:
    return [{"key": one.key, "request": one.body, "digest": one.digest} for one in batch]


def _with_tuples(planned: JSON) -> JSON:
    return planned | {"stored": tuple(planned["stored"]), "warnings": tuple(planned["warnings"])}
