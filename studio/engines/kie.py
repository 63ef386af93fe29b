"""The engine for Kie.ai. An answer's own `code` decides, for errors come with HTTP status 200.

There is no list of tasks and no key for repeats: when the answer to createTask is lost, only a person can look (the
logs on kie.ai show it), so the run is held. Whether failed tasks are refunded is not documented.
Source: docs.kie.ai (quickstart, get-task-detail, file upload, the page of each model), read 2026-11.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping, strict_json
from studio.engines.base import AccountBalance, Input, Job, Variable
from studio.engines.http import Reply, base_problem
from studio.engines.http_engine import HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import links, number, table
from studio.engines.webhook_signatures import UnsignedWebhooks
from studio.errors import EngineError, Unavailable
from studio.messages import Message, term
from studio.settings import Settings

PROVIDER = Provider(
    *("kie", "Kie.ai"),
    key="KIE_API_KEY",
    base="KIE_BASE_URL",
    url="https://api.kie.ai",
    key_page="https://kie.ai/api-key",
)
LABEL = PROVIDER.label
UPLOAD_BASE, FILES = "KIE_UPLOAD_URL", "https://kieai.redpandaai.co"
STATES: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {
    "waiting": Status.QUEUED,
    "queuing": Status.QUEUED,
    "generating": Status.RUNNING,
}
"""Their word -> ours. success brings outputs, fail raises."""
CREDIT_USD = 0.005
CODES = {433: 402, 455: 425, 505: 400}
"""Their codes -> the HTTP status that means the same: cap of a sub-key reached, maintenance (too early, nothing was
taken), feature disabled."""
NO_ANSWER = (408, 501)
"""Of a submit: what lies behind Kie.ai gave no answer, or failed. Whether it had begun is not known."""


class KieEngine(HttpEngine, UnsignedWebhooks):
    """See engines.base.Engine."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = {**PROVIDER.environment, UPLOAD_BASE: Variable(address=True)}

    def __init__(self, settings: Settings) -> None:
        base = settings.option(PROVIDER.base, PROVIDER.url)
        self.upload_url = settings.option(UPLOAD_BASE, FILES if base == PROVIDER.url else base).rstrip("/")
        self._upload_problem = base_problem(UPLOAD_BASE, self.upload_url)
        super().__init__(settings, hosts=() if self._upload_problem else (self.upload_url,))

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        return super().missing() or self._upload_problem

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's list of credits; reference clips of Wan 3.0 are billed by the second, too."""
        return pricing.price(request, model, inputs, input_s=pricing.clips_s(request, inputs))

    async def upload(self, file: Input) -> str:
        """Models take addresses only. The file is kept for a day, so this comes right before the submit."""
        name = f"{uuid.uuid4().hex}{file.path.suffix.lower()}"
        where, form = f"{self.upload_url}/api/file-stream-upload", {"uploadPath": "studio", "fileName": name}
        reply = _read(await self._post_file(where, file, name=name, form=form))
        data = table(reply.body.get("data"))
        if reply.status == 200 and (urls := links(data.get("downloadUrl")) or links(data.get("fileUrl"))):
            return urls[0]
        if reply.status == 200:
            raise no_upload_address()
        raise errors_http.of_reply(reply, LABEL)

    async def submit(self, job: Job) -> str:
        """Send the job; the handle keeps the task and what a credit is worth."""
        body = await mapping.body_of(job, model=job.model.engine["model"])
        body |= {"callBackUrl": job.webhook_url} if job.webhook_url else {}
        reply = _read(await self._api.call("POST", "/api/v1/jobs/createTask", json=body, paid=True))
        task = task_name(table(reply.body.get("data")).get("taskId"))
        if reply.status == 200 and task:
            return Receipt.of(job, task).handle()
        if reply.status == 200:
            raise no_task_named(LABEL)
        if reply.status in NO_ANSWER:
            reply = replace(reply, status=500)
        raise errors_http.of_reply(reply, LABEL, call="submit")

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        reply = _read(await self._api.call("GET", "/api/v1/jobs/recordInfo", params={"taskId": receipt.task}))
        data = table(reply.body.get("data"))
        word = str(data.get("state") or "")[:40]
        if reply.status != 200:
            raise _of_poll(reply)
        if word == "fail":
            code, message = str(data.get("failCode") or "")[:40], str(data.get("failMsg") or "")
            cost = _cost(receipt, data)
            raise errors_http.of_failure(code, message, LABEL, refunded=False, cost_usd=cost)
        if word == "success":
            return _done(receipt, data)
        if word not in STATES:
            raise unknown_status(word, LABEL)
        percent = number(data.get("progress"))
        return Progress(status=STATES[word], word=word, fraction=percent / 100 if percent and percent <= 100 else None)

    def handle_of(self, job: Job, task: str) -> str:
        """See engines.base.WebhookHandles."""
        return Receipt.of(job, task).handle()

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks. Only an account that made a key signs, and not the body."""
        return task_name(table(body.get("data")).get("taskId") or table(body.get("data")).get("task_id"))

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance."""
        reply = _read(await self._api.call("GET", "/api/v1/chat/credit"))
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        return account_balance(reply.body.get("data"), LABEL, unit="credits", unit_usd=CREDIT_USD)


def _read(reply: Reply) -> Reply:
    return errors_http.with_body_code(reply, CODES)


def _of_poll(reply: Reply) -> EngineError:
    """The error of a look: an unknown task is 404, or 422 with "recordInfo is null"."""
    if reply.status == 422 and "recordinfo is null" in errors_http.reason(reply.body)[1].lower():
        reply = replace(reply, status=404)
    return errors_http.of_reply(reply, LABEL, call="poll")


def _done(receipt: Receipt, data: JSON) -> Progress:
    """The result, which is JSON inside a text. Without a file in it the run is held as billed, by the job manager."""
    result = data.get("resultJson")
    if isinstance(result, str):
        try:
            result = strict_json.read(result)
        except ValueError:
            problem = Message("engine.no_usable_answer", provider=term(LABEL), word="resultJson")
            raise Unavailable(problem, code="resultJson") from None
    files = receipt.files(table(result).get("resultUrls"))
    used = _credits(data)
    cost, usage = _cost(receipt, data), {"creditsConsumed": used} if used else {}
    return receipt.succeeded(files, label=LABEL, word="success", cost_usd=cost or None, usage=usage)


def _credits(data: JSON) -> float | None:
    """Credits that the task used up, where the answer says it."""
    figures = [number(data.get(name)) for name in ("creditsConsumed", "consumeCredits")]
    return next((figure for figure in figures if figure is not None), None)


def _cost(receipt: Receipt, data: JSON) -> float | None:
    """Dollars for them, by the credit's rate that the row had at the submit."""
    used = _credits(data)
    return None if used is None else pricing.billed({"credit": used}, receipt.rates)
