"""The engine for Runware: our own task ids, so that a submit whose answer was lost is looked up.

Everything is a POST of a list of task objects to one address; errors may stand beside results and come with any status.
The id of a task follows from the run's alone: it is known before anything is sent, and after any crash. A task that
Runware does not know some time after it was sent never arrived, and is sent again under the same id; an id that was
used before is the task itself. How long tasks are known is not documented, so a look-up that comes late proves nothing.
Source: runware.ai/docs (authentication, task-polling, errors, media-storage, account-management), the models' pages and
the official SDKs, read 2026-07 to 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import UPLOAD_S, HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name
from studio.engines.strict_json import number, rows, table
from studio.engines.webhook_signatures import UnsignedWebhooks
from studio.errors import (
    EngineError,
    OutOfCredit,
    RateLimited,
    Unauthorised,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.messages import Message, term
from studio.settings import Settings

PROVIDER = Provider(
    *("runware", "Runware"), key="RUNWARE_API_KEY", base="RUNWARE_BASE_URL", url="https://api.runware.ai",
    key_page="https://my.runware.ai/keys",
)  # fmt: skip
LABEL = PROVIDER.label
RUNS = uuid.UUID("5d1c2a52-7d0e-5a6e-9b1f-6a1f8f0c7b11")
"""Namespace of the ids that tasks get from their runs."""
SETTLE_S = 15.0
"""A task that is not known so long after its answer was lost was never taken."""
LATEST_S = 3600.0
"""So long after it was sent, that a task is not known does not say that it was never taken."""
STATUS = tuple(
    (re.compile(pattern, re.IGNORECASE), status)
    for pattern, status in {
        r"Credits|Quota|Balance|^paymentRequired": 402,
        r"RateLimit": 429,
        r"ApiKey|^(un|invalidA|missingA|a)uth|^forbidden|^(permission|insufficientP)|^token|(Suspended|Disabled)$": 401,
        r"Timeout": 504,
        r"(NotFound|Expired)$|^taskCancelled|^unknownModel": 404,
        r"^(internalS|serviceU|serverU|standardE|unknownE|undefinedE|provider|inferenceE|noAvailable|modelU)": 500,
        r"Failed$": 500,
    }.items()
)
"""Their codes -> the HTTP status that means the same, the first that matches; any other is a wrong call. The order and
the groups are those of the official TypeScript SDK."""


class RunwareEngine(HttpEngine, UnsignedWebhooks):
    """See engines.base.Engine. settle_s: see SETTLE_S."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.settle_s = SETTLE_S
        self._lost: dict[str, float] = {}

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list; input clips are billed by the second, too."""
        return pricing.price(request, model, inputs, input_s=pricing.clips_s(request, inputs))

    async def _tasks(self, *tasks: JSON, paid: bool = False, total_s: float | None = None) -> Reply:
        return await self._api.call("POST", "/v1", json=list(tasks), paid=paid, total_s=total_s)

    async def _one(self, task: JSON, total_s: float | None = None) -> JSON:
        """The result of a free task that is done at once."""
        reply = await self._tasks(task | {"taskUUID": str(uuid.uuid4())}, total_s=total_s)
        if error := _error_in(reply, ""):
            raise error
        return next(iter(rows(reply.body.get("data"))), {})

    async def upload(self, file: Input) -> str:
        """The id under which the file is stored there, for 30 days after the last use."""
        content = await asyncio.to_thread(lambda: base64.b64encode(file.path.read_bytes()).decode())
        task = {"taskType": "mediaStorage", "operation": "upload", "media": content}
        media = (await self._one(task, UPLOAD_S)).get("mediaUUID")
        if not isinstance(media, str) or not media:
            raise no_upload_address("no id")
        return media

    async def submit(self, job: Job) -> str:
        """Send the job under the id of its run."""
        body = await mapping.body_of(job, model=job.model.engine["model"])
        task = task_id(job.run_id)
        body |= {"webhookURL": job.webhook_url} if job.webhook_url else {}
        reply = await self._tasks({**body, "taskUUID": task}, paid=True)
        if any(code.lower().startswith("duplicate") for code, _ in _errors(reply, task)):
            return Receipt.of(job, task).handle()
        if error := _error_in(reply, task, call="submit"):
            raise error
        if not isinstance(reply.body.get("data"), list) or "errors" in reply.body:
            raise no_task_named(LABEL)
        return Receipt.of(job, task).handle()

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks. Nothing is signed."""
        return task_name(next(iter(rows(body.get("data")) or rows(body.get("errors"))), body).get("taskUUID"))

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """See engines.base.SubmitLookup: the task has the run's own id, so it is there or was never taken."""
        since = self._lost.setdefault(job.run_id, time.monotonic())
        reply = await self._tasks({"taskType": "getResponse", "taskUUID": task_id(job.run_id)})
        try:
            _results(reply, task_id(job.run_id))
        except UnknownHandle:
            if time.time() - submitted_after > LATEST_S:
                raise UnknownOutcome(Message("engine.looked_up_late", provider=term(LABEL))) from None
            if (waited := time.monotonic() - since) < self.settle_s:
                problem = Message("engine.not_known_yet", provider=term(LABEL))
                raise Unavailable(problem, retry_after_s=max(0.2, (self.settle_s - waited) / 2)) from None
            del self._lost[job.run_id]
            return []
        except EngineError as error:
            if error.transient or isinstance(error, Unauthorised | OutOfCredit):
                raise
        self._lost.pop(job.run_id, None)
        return [Receipt.of(job, task_id(job.run_id)).handle()]

    async def poll(self, handle: str) -> Progress:
        """Look once. A call for several files has an entry each, of which some may have failed."""
        receipt = Receipt.read(handle, LABEL)
        reply = await self._tasks({"taskType": "getResponse", "taskUUID": receipt.task})
        entries, failed = _results(reply, receipt.task)
        done = [one for one in entries if _link(one)]
        if len(done) + failed >= receipt.count and done:
            return _done(receipt, done)
        percents = [number(one.get("progress")) for one in entries]
        fraction = next((p / 100 for p in percents if p and p <= 100), None)
        return Progress(status=Status.RUNNING, word="processing", fraction=fraction)

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance."""
        details = await self._one({"taskType": "accountManagement", "operation": "getDetails"})
        balance = table(details.get("balance"))
        return account_balance(balance.get("amount"), LABEL, unit=str(balance.get("currency") or "USD"))


def task_id(run_id: str) -> str:
    """The id of the task that this run makes: the same before and after any restart."""
    hashed = bytearray(uuid.uuid5(RUNS, run_id).bytes)
    return str(uuid.UUID(bytes=bytes(hashed), version=4))


def _errors(reply: Reply, task: str) -> list[tuple[str, str]]:
    """(code, message) of the errors of this task, or of the whole call."""
    listed = rows(reply.body.get("errors")) + rows(reply.body.get("error"))
    listed += [
        table(one.get("error")) | {"taskUUID": one.get("taskUUID")}
        for one in rows(reply.body.get("data"))
        if one.get("status") == "error"
    ]
    mine = [one for one in listed if not task or one.get("taskUUID") in (None, task)]
    return [(str(one.get("code") or one.get("errorCode") or "")[:100], str(one.get("message") or "")) for one in mine]


def _error_in(reply: Reply, task: str, call: errors_http.Call = "other") -> EngineError | None:
    """The error that the answer to a call holds, or None."""
    if errors := _errors(reply, task):
        code, message = errors[0]
        return errors_http.of_reply(_with_status(reply, code), LABEL, call=call, code=code, message=message)
    return None if reply.status == 200 else errors_http.of_reply(reply, LABEL, call=call)


def _with_status(reply: Reply, code: str) -> Reply:
    default = reply.status if reply.status != 200 else 400
    status = next((status for pattern, status in STATUS if pattern.search(code)), default)
    if errors_http.moderated(code, ""):
        status = 400
    return Reply(status, reply.headers, {}, is_json=True)


def _results(reply: Reply, task: str) -> tuple[list[JSON], int]:
    """The entries of this task that have not failed, and how many have. Raises the reason where all have."""
    entries = [
        one
        for one in rows(reply.body.get("data"))
        if one.get("taskUUID") == task and one.get("status") in ("processing", "success")
    ]
    failed = _errors(reply, task)
    if entries:
        return entries, len(failed)
    if not failed:
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        raise Unavailable(Message("engine.no_usable_answer", provider=term(LABEL), word="data"), code="data")
    code, message = failed[0]
    error = errors_http.of_reply(_with_status(reply, code), LABEL, call="poll", code=code, message=message)
    if isinstance(error, UnknownHandle | Unauthorised | OutOfCredit | RateLimited):
        raise error
    raise errors_http.of_failure(code, message, LABEL, refunded=False)


def _link(one: Mapping[str, Any]) -> str:
    url = one.get("videoURL") or one.get("imageURL")
    return url if isinstance(url, str) else ""


def _done(receipt: Receipt, done: list[JSON]) -> Progress:
    """All files and the sum of what each cost; a figure that is missing or no amount leaves the estimate."""
    costs = [number(one.get("cost")) for one in done]
    cost = round(sum(c for c in costs if c), 6) if None not in costs else None
    files = receipt.files([_link(one) for one in done])
    usage = {"cost": cost} if cost else {}
    return receipt.succeeded(files, label=LABEL, word="success", cost_usd=cost, usage=usage, seed=done[0].get("seed"))
