"""The engine for AtlasCloud. No list of tasks and no key for repeats: a submit whose answer was lost is held.

Right after a submit the provider may not know the task yet; official clients wait half a minute, and so does this one.
The price list names no unit and a task reports no cost, so what is booked is the estimate.
Source: github.com/AtlasCloudAI (ComfyUI nodes, MCP server, CLI), atlascloud.ai/docs, read 2026-03 to 2026-11.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar, Literal

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, EngineInfo, Input, Job, Variable, required
from studio.engines.http import ApiClient, base_problem
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import links, number, table
from studio.errors import Unavailable, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

LABEL, KEY = "AtlasCloud", "ATLASCLOUD_API_KEY"
STATES: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {
    "created": Status.QUEUED,
    "queued": Status.QUEUED,
    "starting": Status.QUEUED,
    "processing": Status.RUNNING,
}
DONE, FAILED = ("completed", "succeeded"), ("failed", "timeout", "cancelled")
GRACE_S = 30.0
"""How long a new task may be unknown."""
UPLOAD_S = 600.0


class AtlascloudEngine:
    """See engines.base.Engine. settle_s: see GRACE_S."""

    environment: ClassVar = {KEY: Variable(secret=True, required=True), "ATLASCLOUD_BASE_URL": Variable()}

    def __init__(self, settings: Settings) -> None:
        self._key, self.settle_s = settings.secret(KEY) or "", GRACE_S
        self._base = settings.option("ATLASCLOUD_BASE_URL", "https://api.atlascloud.ai")
        self.info = EngineInfo("atlascloud", LABEL, required(self.environment), base_url=self._base)
        auth = {"Authorization": f"Bearer {self._key}"}
        self._api = ApiClient(self._base, label=LABEL, auth=lambda: auth)
        self._unknown: dict[str, float] = {}

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        if not self._key:
            return Message("engine.set_key", key=KEY, provider=term(LABEL))
        return base_problem("ATLASCLOUD_BASE_URL", self._base)

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload all inputs: clips and sounds are taken as addresses only."""
        return {i: await self._upload(file) for i, file in job.inputs.items()}

    async def _upload(self, file: Input) -> str:
        with file.path.open("rb") as opened:
            sent = {"file": (file.path.name, opened, file.asset.mime)}
            reply = errors_http.with_body_code(
                await self._api.call("POST", "/api/v1/model/uploadMedia", files=sent, total_s=UPLOAD_S)
            )
        if reply.status not in (200, 201):
            raise errors_http.of_reply(reply, LABEL)
        data = table(reply.body.get("data"))
        found = links(data.get("download_url")) or links(data.get("url")) or links(reply.body.get("url"))
        if not found:
            raise Unavailable(Message("engine.upload_permission"), code="no address")
        return found[0]

    async def submit(self, job: Job) -> str:
        """Send the job; older answers call the task's id predictionId."""
        body = await asyncio.to_thread(mapping.body, job, model=job.model.engine["model"])
        path = f"/api/v1/model/{job.model.engine['path']}"
        reply = errors_http.with_body_code(await self._api.call("POST", path, json=body, paid=True))
        if reply.status not in (200, 201, 202):
            raise errors_http.of_reply(reply, LABEL, call="submit")
        data = table(reply.body.get("data"))
        names = (task_name(data.get(name)) for name in ("id", "predictionId", "prediction_id"))
        if not (task := next((name for name in names if name), "")):
            raise UnknownOutcome(Message("engine.no_task_named", provider=term(LABEL)), code="no task")
        return Receipt.of(job, task).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        reply = errors_http.with_body_code(await self._api.call("GET", f"/api/v1/model/prediction/{receipt.task}"))
        if reply.status in (400, 404) and reply.is_json and self._is_new(receipt.task):
            return Progress(status=Status.QUEUED, word="created")
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        self._unknown.pop(receipt.task, None)
        data = table(reply.body.get("data"))
        word = data.get("status")
        if word in FAILED:
            code, message = errors_http.reason({"error": data.get("error")})
            raise errors_http.of_failure(code or str(word), message, LABEL, refunded=False)
        if word in DONE:
            return _done(receipt, data)
        if not isinstance(word, str) or word not in STATES:
            raise unknown_status(word, LABEL)
        return Progress(status=STATES[word], word=word)

    def _is_new(self, task: str) -> bool:
        """Whether the task has been unknown for a short time only."""
        since = self._unknown.setdefault(task, time.monotonic())
        return time.monotonic() - since < self.settle_s

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance."""
        reply = errors_http.with_body_code(await self._api.call("GET", "/public/v1/balance"))
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        told = table(reply.body.get("available"))
        amount, unit = number(told.get("value")), str(told.get("currency") or "USD")
        if amount is None:
            raise Unavailable(Message("engine.no_balance", provider=term(LABEL)), code="balance")
        return AccountBalance(amount, unit, amount if unit == "USD" else None)

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()


def _done(receipt: Receipt, data: JSON) -> Progress:
    found = links(data.get("outputs")) or links(data.get("output"))
    if not found:  # held as billed by the job manager, to be fetched again
        return Progress(status=Status.SUCCEEDED, word="completed")
    return receipt.succeeded(receipt.files(found), label=LABEL, word="completed")
