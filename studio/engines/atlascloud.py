"""The engine for AtlasCloud. No list of tasks and no key for repeats: a submit whose answer was lost is held.

Right after a submit the provider may not know the task yet; official clients wait half a minute, and so does this one.
The price list names no unit and a task reports no cost, so what is booked is the estimate.
Source: github.com/AtlasCloudAI (ComfyUI nodes, MCP server, CLI), atlascloud.ai/docs, read 2026-03 to 2026-11.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar, Literal

from studio.domain import JSON, Progress, Status
from studio.engines import errors_http, mapping
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http_engine import HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import links, table
from studio.engines.webhook_signatures import PublishedKeys, base64url, is_recent
from studio.settings import Settings

PROVIDER = Provider(
    *("atlascloud", "AtlasCloud"), key="ATLASCLOUD_API_KEY", base="ATLASCLOUD_BASE_URL",
    url="https://api.atlascloud.ai", key_page="https://www.atlascloud.ai/docs/en/api-keys",
)  # fmt: skip
LABEL = PROVIDER.label
STATES: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {
    "created": Status.QUEUED,
    "queued": Status.QUEUED,
    "starting": Status.QUEUED,
    "processing": Status.RUNNING,
}
DONE, FAILED = ("completed", "succeeded"), ("failed", "timeout", "cancelled")
GRACE_S = 30.0
"""How long a new task may be unknown."""


class AtlascloudEngine(HttpEngine):
    """See engines.base.Engine. settle_s: see GRACE_S."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.settle_s = GRACE_S
        self._webhook_keys = PublishedKeys(self._api, "/api/v1/webhooks/jwks.json")
        self._unknown: dict[str, float] = {}

    async def upload(self, file: Input) -> str:
        """For all inputs: clips and sounds are taken as addresses only."""
        reply = errors_http.with_body_code(await self._post_file("/api/v1/model/uploadMedia", file))
        if reply.status not in (200, 201):
            raise errors_http.of_reply(reply, LABEL)
        data = table(reply.body.get("data"))
        urls = links(data.get("download_url")) or links(data.get("url")) or links(reply.body.get("url"))
        if not urls:
            raise no_upload_address()
        return urls[0]

    async def submit(self, job: Job) -> str:
        """Send the job; older answers call the task's id predictionId."""
        body = await mapping.body_of(job, model=job.model.engine["model"])
        body |= {"webhook_url": job.webhook_url} if job.webhook_url else {}
        path = f"/api/v1/model/{job.model.engine['path']}"
        reply = errors_http.with_body_code(await self._api.call("POST", path, json=body, paid=True))
        if reply.status not in (200, 201, 202):
            raise errors_http.of_reply(reply, LABEL, call="submit")
        data = table(reply.body.get("data"))
        names = (task_name(data.get(name)) for name in ("id", "predictionId", "prediction_id"))
        if not (task := next((name for name in names if name), "")):
            raise no_task_named(LABEL)
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

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks. Only the Ed25519 signature counts: for the older HMAC no key is documented.

        Source: AtlasCloud's page on webhooks.
        """
        key_id, timestamp, signature = (
            headers.get(f"x-atlascloud-webhook-{name}", "") for name in ("key-id", "timestamp", "signature-ed25519")
        )
        message = f"{timestamp}.".encode() + body
        return is_recent(timestamp) and await self._webhook_keys.verify(message, base64url(signature), key_id=key_id)

    def handle_of(self, job: Job, task: str) -> str:
        """See engines.base.WebhookHandles."""
        return Receipt.of(job, task).handle()

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks. It is not documented that a call names its task."""
        payload = table(body.get("payload"))
        return task_name(payload.get("id") or payload.get("predictionId"))

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance."""
        reply = errors_http.with_body_code(await self._api.call("GET", "/public/v1/balance"))
        if reply.status != 200:
            raise errors_http.of_reply(reply, LABEL)
        available = table(reply.body.get("available"))
        return account_balance(available.get("value"), LABEL, unit=str(available.get("currency") or "USD"))


def _done(receipt: Receipt, data: JSON) -> Progress:
    urls = links(data.get("outputs")) or links(data.get("output"))
    return receipt.succeeded(receipt.files(urls), label=LABEL, word="completed")
