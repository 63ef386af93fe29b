"""The engine for APIMart. There is no list of tasks: a submit whose answer was lost is held.

Each submit carries an Idempotency-Key made from the run and the body. That it protects Wan is not documented, so
nothing is repeated on its account; where APIMart honours it, a person's "submit again" of the same body pays once.
Failed tasks are refunded.
Source: docs.apimart.ai (tasks, uploads, balance, errors, the page of each model), read 2026-07 to 2026-11.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import ClassVar, Literal

from studio.domain import JSON, Progress, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name
from studio.engines.strict_json import links, number, rows, table
from studio.engines.webhook_signatures import UnsignedWebhooks
from studio.errors import EngineError, Unavailable
from studio.messages import Message, term

PROVIDER = Provider(
    *("apimart", "APIMart"), key="APIMART_API_KEY", base="APIMART_BASE_URL", url="https://api.apimart.ai",
    key_page="https://apimart.ai/keys",
)  # fmt: skip
LABEL = PROVIDER.label
CREDIT_USD = 0.1
"""Source: the provider's documents: 10 credits are 1 USD."""
WAITING: dict[str, Literal[Status.QUEUED]] = {"submitted": Status.QUEUED, "pending": Status.QUEUED}
"""Their words for a task that has not begun. The pages list different words for one that has, so any other counts as
running, except completed, failed and cancelled."""
IDEMPOTENCY = {"idempotency_in_progress": 425, "idempotency_unavailable": 425, "idempotency_result_indeterminate": 500}
"""Codes of a submit -> the status that means the same: nothing was executed (too early), or nobody knows."""


class ApimartEngine(HttpEngine, UnsignedWebhooks):
    """See engines.base.Engine."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    async def upload(self, file: Input) -> str:
        """For pictures, which are kept for three days; there is no upload for clips and sounds."""
        reply = await self._post_file("/v1/uploads/images", file)
        if reply.status not in (200, 201):
            raise errors_http.of_reply(reply, LABEL)
        if not (urls := links(reply.body)):
            raise no_upload_address()
        return urls[0]

    async def submit(self, job: Job) -> str:
        """Send the job under its own key; the answer names the task in a list."""
        body = await mapping.body_of(job, model=job.model.engine["model"])
        body |= {"webhook": job.webhook_url} if job.webhook_url else {}
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        headers = {"Idempotency-Key": f"{job.run_id}-{digest[:16]}"}
        reply = await self._api.call("POST", job.model.engine["path"], json=body, headers=headers, paid=True)
        if reply.status not in (200, 201, 202):
            raise _of_submit(reply)
        accepted = next(iter(rows(reply.body.get("data"))), table(reply.body.get("data")))
        if not (task := task_name(accepted.get("task_id") or accepted.get("id"))):
            raise no_task_named(LABEL)
        return Receipt.of(job, task).handle()

    def handle_of(self, job: Job, task: str) -> str:
        """See engines.base.WebhookHandles."""
        return Receipt.of(job, task).handle()

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks. Nothing is signed. The address is called with /callback at its end."""
        return task_name(table(body.get("data")).get("id") or body.get("id"))

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
        percent = number(data.get("progress"))
        fraction = percent / 100 if percent and percent < 100 else None
        return Progress(status=WAITING.get(word, Status.RUNNING), word=word[:40], fraction=fraction)

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance: of the key, or of the account where the key has no limit of its own."""
        reply = await self._balance("/v1/balance")
        if reply.body.get("unlimited_quota") is True:
            reply = await self._balance("/v1/user/balance")
        return account_balance(reply.body.get("remain_balance"), LABEL)

    async def _balance(self, path: str) -> Reply:
        reply = await self._api.call("GET", path)
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        if reply.body.get("success") is False:
            raise errors_http.of_reply(replace(reply, status=400), LABEL)
        return reply


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
    urls = [one for kind in ("videos", "images") for one in links(result.get(kind))]
    cost, credits = number(data.get("cost")), number(data.get("credits_cost"))
    if cost is None and credits is not None:
        cost = round(credits * CREDIT_USD, 6)
    usage = {name: data[name] for name in ("cost", "credits_cost") if number(data.get(name)) is not None}
    return receipt.succeeded(receipt.files(urls), label=LABEL, word="completed", cost_usd=cost, usage=usage)
