"""The engine for APIMart. There is no list of tasks: a submit whose answer was lost is held.

Each submit carries an Idempotency-Key made from the run and the body. That it protects Wan is not documented, so
nothing is repeated on its account; where APIMart honours it, a person's "submit again" of the same body pays once.
Failed tasks are refunded.
Source: docs.apimart.ai (tasks, uploads, balance, errors, the page of each model), read 2026-07 to 2026-11.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, EngineInfo, Input, Job, Variable, required
from studio.engines.http import ApiClient, Reply, base_problem
from studio.engines.receipt import Receipt, task_name
from studio.engines.strict_json import links, number, rows, table
from studio.errors import EngineError, Unavailable, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

LABEL, KEY = "APIMart", "APIMART_API_KEY"
WAITING: dict[str, Literal[Status.QUEUED]] = {"submitted": Status.QUEUED, "pending": Status.QUEUED}
"""Their words for a task that has not begun. The pages list different words for one that has, so any other counts as
running, except completed, failed and cancelled."""
UPLOAD_S = 300.0
IDEMPOTENCY = {"idempotency_in_progress": 425, "idempotency_unavailable": 425, "idempotency_result_indeterminate": 500}
"""Codes of a submit -> the status that means the same: nothing was executed (too early), or nobody knows."""


class ApimartEngine:
    """See engines.base.Engine."""

    environment: ClassVar = {KEY: Variable(secret=True, required=True), "APIMART_BASE_URL": Variable()}

    def __init__(self, settings: Settings) -> None:
        self._key = settings.secret(KEY) or ""
        self._base = settings.option("APIMART_BASE_URL", "https://api.apimart.ai")
        self.info = EngineInfo("apimart", LABEL, required(self.environment), base_url=self._base)
        auth = {"Authorization": f"Bearer {self._key}"}
        self._api = ApiClient(self._base, label=LABEL, auth=lambda: auth)

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        if not self._key:
            return Message("engine.set_key", key=KEY, provider=term(LABEL))
        return base_problem("APIMART_BASE_URL", self._base)

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload the pictures, which are kept for three days; there is no upload for clips and sounds."""
        return {i: await self._upload(file) for i, file in job.inputs.items()}

    async def _upload(self, file: Input) -> str:
        with file.path.open("rb") as opened:
            sent = {"file": (file.path.name, opened, file.asset.mime)}
            reply = await self._api.call("POST", "/v1/uploads/images", files=sent, total_s=UPLOAD_S)
        if reply.status not in (200, 201):
            raise errors_http.of_reply(reply, LABEL)
        if not (found := links(reply.body)):
            raise Unavailable(Message("engine.upload_permission"), code="no address")
        return found[0]

    async def submit(self, job: Job) -> str:
        """Send the job under its own key; the answer names the task in a list."""
        body = await asyncio.to_thread(mapping.body, job, model=job.model.engine["model"])
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        headers = {"Idempotency-Key": f"{job.run_id}-{digest[:16]}"}
        reply = await self._api.call("POST", job.model.engine["path"], json=body, headers=headers, paid=True)
        if reply.status not in (200, 201, 202):
            raise _of_submit(reply)
        found = next(iter(rows(reply.body.get("data"))), table(reply.body.get("data")))
        if not (task := task_name(found.get("task_id") or found.get("id"))):
            raise UnknownOutcome(Message("engine.no_task_named", provider=term(LABEL)), code="no task")
        return Receipt.of(job, task).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        reply = await self._api.call("GET", f"/v1/tasks/{receipt.task}", params={"language": "en"})
        data = table(reply.body.get("data"))
        word = data.get("status")
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        if not isinstance(word, str) or not word:
            raise Unavailable(Message("engine.no_usable_answer", provider=term(LABEL), word="status"), code="status")
        if word == "failed":
            code, message = errors_http.reason({"error": table(data.get("error"))})
            raise errors_http.of_failure(code, message, LABEL, refunded=True)
        if word == "cancelled":
            return Progress(status=Status.CANCELLED, word=word)
        if word == "completed":
            return _done(receipt, data)
        share = number(data.get("progress"))
        part = share / 100 if share and share < 100 else None
        return Progress(status=WAITING.get(word, Status.RUNNING), word=word[:40], fraction=part)

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance: of the key, or of the account where the key has no limit of its own."""
        told = await self._balance("/v1/balance")
        if told.body.get("unlimited_quota") is True:
            told = await self._balance("/v1/user/balance")
        amount = number(told.body.get("remain_balance"))
        if amount is None:
            raise Unavailable(Message("engine.no_balance", provider=term(LABEL)), code="balance")
        return AccountBalance(amount, "USD", amount)

    async def _balance(self, path: str) -> Reply:
        reply = await self._api.call("GET", path)
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        if reply.body.get("success") is False:
            raise errors_http.of_reply(replace(reply, status=400), LABEL)
        return reply

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()


def _of_submit(reply: Reply) -> EngineError:
    """The error of a submit. Wrong parameters can come as 500 with "build_request_failed:", and were not executed."""
    code, message = errors_http.reason(reply.body)
    status = IDEMPOTENCY.get(code, reply.status)
    if message.startswith("build_request_failed"):
        status = 400
    return errors_http.of_reply(replace(reply, status=status), LABEL, call="submit")


def _done(receipt: Receipt, data: JSON) -> Progress:
    """All files of the result, whichever of its lists they stand in; the cost is in dollars."""
    result = table(data.get("result"))
    found = [one for kind in ("videos", "images") for one in links(result.get(kind))]
    cost = number(data.get("cost"))
    usage = {name: data[name] for name in ("cost", "credits_cost") if number(data.get(name)) is not None}
    if not found:  # held as billed by the job manager, to be fetched again
        return Progress(status=Status.SUCCEEDED, word="completed")
    return receipt.succeeded(receipt.files(found), label=LABEL, word="completed", cost_usd=cost, usage=usage)
