"""The engine of a made-up provider, as a real one would be written."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import ClassVar, Literal

from studio.catalogue import pricing
from studio.domain import JSON, Kind, Output, Progress, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import HttpEngine, Provider, account_balance
from studio.engines.strict_json import number, rows, table
from studio.errors import EngineError, Unavailable, UnknownHandle, UnknownOutcome

PROVIDER = Provider(
    "newco", "Newco", key="NEWCO_API_KEY", base="NEWCO_BASE_URL", url="https://api.newco.example", scheme="Key"
)
LABEL = PROVIDER.label
STATES: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {"queued": Status.QUEUED, "working": Status.RUNNING}


class NewcoEngine(HttpEngine):
    """See engines.base.Engine."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    async def upload(self, file: Input) -> str:
        """For pictures: a ticket with the key, then the bytes to a signed address without it."""
        ticket = await self._api.call("POST", "/v1/uploads", json={"type": file.asset.mime, "size": file.asset.bytes})
        if not ticket.ok:
            raise errors_http.of_reply(ticket, LABEL)
        headers = {"content-type": file.asset.mime}
        sent = await self._api.put_file(str(ticket.body.get("put_url")), file.path, headers=headers, total_s=60)
        if sent.status_code != 200:
            raise Unavailable(f"The upload was rejected (HTTP {sent.status_code}).", code=str(sent.status_code))
        return str(ticket.body.get("url"))

    async def submit(self, job: Job) -> str:
        """Send the job; the handle is the address to ask, and what a credit is worth."""
        body = await asyncio.to_thread(mapping.body, job)
        params = {"webhook": job.webhook_url} if job.webhook_url else None
        reply = await self._api.call("POST", job.model.engine["path"], json=body, params=params, paid=True)
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL, call="submit")
        if not isinstance(url := reply.body.get("status_url"), str):
            raise UnknownOutcome(f"{LABEL} accepted the run but returned no address.", code="no address")
        return json.dumps({"url": url, "rates": pricing.rates(job.request, job.model)})

    async def poll(self, handle: str) -> Progress:
        """Look once. The provider answers with a list of results as soon as all are there."""
        kept = _kept(handle)
        reply = await self._api.call("GET", kept["url"])
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        if reply.items:
            return _done(reply, kept["rates"])
        word = str(reply.body.get("state"))
        if word == "failed":
            raise EngineError(f"{LABEL} failed: {errors_http.reason(reply.body)[1]}.", code="failed")
        if word not in STATES:
            raise Unavailable(f"{LABEL} returned the unknown task status {word[:40]!r}.", code=word[:40])
        return Progress(status=STATES[word], word=word)

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance."""
        reply = await self._api.call("GET", "/v1/balance")
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        return account_balance(table(reply.body.get("data")).get("credits"), LABEL, unit="credits", unit_usd=0.005)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks."""
        wanted = hmac.new(self._key.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(headers.get("x-newco-signature", ""), wanted)

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks."""
        return str(body.get("id") or "")


def _kept(handle: str) -> JSON:
    try:
        kept = json.loads(handle)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise UnknownHandle(f"{handle[:40]!r} is not a task ID of {LABEL}.")
    return kept


def _done(reply: Reply, rates: Mapping[str, float]) -> Progress:
    outputs = tuple(Output(kind=Kind.IMAGE, url=str(one["url"])) for one in rows(list(reply.items)) if one.get("url"))
    credits = number(reply.headers.get("x-newco-credits"))
    cost = pricing.billed({"credit": credits}, rates) if credits is not None else None
    return Progress(status=Status.SUCCEEDED, word="done", outputs=outputs, cost_usd=cost)
