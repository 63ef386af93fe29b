"""fal: one queue for all models. A submit answers with the addresses to ask next, and they are the handle.

A finished run says nothing of its own success: a second call brings the files, or the error. An ordinary key can list
no runs, so a submit whose answer was lost is left to a person.
Source: fal's pages on queue, errors, storage and billing, and its Python client 1.0.3 (2026-11).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from studio.catalogue import Model
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping, references
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import UPLOAD_S, HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import number, table
from studio.engines.webhook_signatures import PublishedKeys, hexadecimal, is_recent
from studio.errors import CapabilityError, EngineError, Moderated, OutOfCredit, Refused
from studio.messages import Message, term
from studio.settings import Settings

QUEUE, STORAGE, ACCOUNT = "https://queue.fal.run", "https://rest.fal.ai", "https://api.fal.ai"
PROVIDER = Provider(
    *("fal", "fal"),
    key="FAL_KEY",
    base="FAL_BASE_URL",
    url=QUEUE,
    scheme="Key",
    key_page="https://fal.ai/dashboard/keys",
)
LABEL = PROVIDER.label
CANCELLED = ("CANCELED", "CANCELLED", "client_cancelled")
MODERATION = ("content_policy_violation",)
FAULTS = (
    *("internal_server_error", "generation_timeout", "downstream_service_error", "downstream_service_unavailable"),
    *("request_timeout", "startup_timeout", "runner_scheduling_failure", "runner_server_error", "internal_error"),
    *("runner_connection_timeout", "runner_disconnected", "runner_connection_refused", "runner_connection_error"),
    *("runner_incomplete_response", "no_media_generated"),
)
"""Error types of a run that has ended without a fault of the request; never billed."""
LOCKED = re.compile(r"balance|locked|credit", re.IGNORECASE)
RESULTS = ("video", "images", "image")


class FalEngine(HttpEngine):
    """See engines.base.Engine. queue_query: goes with every submit."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment
    queue_query: ClassVar[Mapping[str, str]] = {}

    def __init__(self, settings: Settings) -> None:
        redirected = bool(settings.option(PROVIDER.base))
        super().__init__(settings, hosts=() if redirected else (STORAGE, ACCOUNT))
        base = self.info.base_url
        self._storage, self._account = (base, base) if redirected else (STORAGE, ACCOUNT)
        self._webhook_keys = PublishedKeys(self._api, f"{self._storage}/.well-known/jwks.json")

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """See engines.base.RequestChecks."""
        return references.out_of_order(request, model, assets)

    async def upload(self, file: Input) -> str:
        """The file's address at fal: a ticket with the key, then the bytes to a signed address without it."""
        ticket = await self._upload_ticket(file.path.name, file.asset.mime)
        put, link = ticket.get("upload_url"), ticket.get("file_url")
        if not (isinstance(put, str) and isinstance(link, str)):
            raise no_upload_address("ticket")
        headers = {"content-type": file.asset.mime}
        errors_http.check_upload(await self._api.put_file(put, file.path, headers=headers, total_s=UPLOAD_S))
        return link

    async def _upload_ticket(self, name: str, mime: str) -> JSON:
        ticket = await self._api.call(
            "POST", f"{self._storage}/storage/upload/initiate", params={"storage_type": "fal-cdn-v3"},
            json={"file_name": name, "content_type": mime},
        )  # fmt: skip
        if not ticket.ok:
            raise _error(ticket, "other")
        return ticket.body

    async def check_key(self) -> None:
        """See engines.base.KeyCheck. Most keys may not read the balance, but every one may ask to upload."""
        await self._upload_ticket("check.txt", "text/plain")

    async def submit(self, job: Job) -> str:
        """Put the job into the queue; its receipt has the three addresses of the answer."""
        body, model = await mapping.body_of(job), job.model.engine["id"]
        params = {**self.queue_query, **({"fal_webhook": job.webhook_url} if job.webhook_url else {})}
        reply = await self._api.call("POST", model, json=body, params=params or None, paid=True)
        if not reply.ok:
            raise _error(reply, "submit")
        task = task_name(reply.body.get("request_id"))
        if not task:
            raise no_task_named(LABEL)
        return Receipt.of(job, task, **self._addresses(reply.body, model, task)).handle()

    def _addresses(self, body: JSON, model: str, task: str) -> dict[str, str]:
        """Where to ask, as the answer says; what it leaves out follows from the first two parts of the model's name."""
        usual = f"{self.info.base_url}/{'/'.join(model.split('/')[:2])}/requests/{task}"
        named = {"status": f"{usual}/status", "response": usual, "cancel": f"{usual}/cancel"}
        answered = {name: body.get(f"{name}_url") for name in named}
        return named | {name: url for name, url in answered.items() if isinstance(url, str) and url}

    async def poll(self, handle: str) -> Progress:
        """Look once; at a run that is done, at its result as well."""
        receipt = Receipt.read(handle, LABEL)
        reply = await self._api.call("GET", receipt.urls["status"])
        if not reply.ok:
            raise _error(reply, "poll")
        word = reply.body.get("status")
        kind, message = str(reply.body.get("error_type") or ""), reply.body.get("error")
        if word in CANCELLED or kind in CANCELLED:
            return Progress(status=Status.CANCELLED, word=str(word))
        if word == "IN_QUEUE":
            place = number(reply.body.get("queue_position"))
            return Progress(status=Status.QUEUED, word=word, position=None if place is None else int(place) + 1)
        if word == "IN_PROGRESS":
            return Progress(status=Status.RUNNING, word=word)
        if word not in ("COMPLETED", "FAILED"):
            raise unknown_status(word, LABEL)
        result = await self._api.call("GET", receipt.urls["response"])
        if result.status >= 400 or kind or message or word == "FAILED":
            raise _failure(receipt, result, kind, str(message or ""))
        return _done(receipt, result)

    async def cancel(self, handle: str) -> bool:
        """See engines.base.Cancels. A run that has begun may go on, and is billed then: so it is looked at again."""
        urls = Receipt.read(handle, LABEL).urls
        reply = await self._api.call("PUT", urls["cancel"])
        if not reply.ok:
            return False
        after = (await self._api.call("GET", urls["status"])).body
        cancelled = after.get("error_type") in CANCELLED or after.get("status") in CANCELLED
        return cancelled or after.get("status") == "IN_QUEUE"

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks. Source: fal's page on webhooks: Ed25519 over four lines, by the published keys."""
        request, user, timestamp, signature = (
            headers.get(f"x-fal-webhook-{name}", "") for name in ("request-id", "user-id", "timestamp", "signature")
        )
        message = "\n".join((request, user, timestamp, hashlib.sha256(body).hexdigest())).encode()
        return is_recent(timestamp) and await self._webhook_keys.verify(message, hexadecimal(signature))

    def handle_of(self, job: Job, task: str) -> str:
        """See engines.base.WebhookHandles."""
        return Receipt.of(job, task, **self._addresses({}, job.model.engine["id"], task)).handle()

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks."""
        return task_name(body.get("request_id"))

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance. Only keys with the rights of an administrator may ask."""
        reply = await self._api.call("GET", f"{self._account}/v1/account/billing", params={"expand": "credits"})
        if reply.status != 200:
            raise _error(reply, "other")
        return account_balance(table(reply.body.get("credits")).get("current_balance"), LABEL)


def _error(reply: Reply, call: errors_http.Call) -> EngineError:
    """The error of a call. A locked account is refused with 403, as a wrong key is."""
    code, message = errors_http.reason(reply.body)
    if reply.status in (401, 403) and LOCKED.search(message):
        return OutOfCredit(Message("engine.no_credit", provider=term(LABEL), why=message), code=code or "403")
    return errors_http.of_reply(reply, LABEL, call=call, code=code or reply.headers.get("x-fal-error-type", ""))


def _failure(receipt: Receipt, result: Reply, kind: str, message: str) -> EngineError:
    """The error of a run that is done: as its state said it (kind, message), else as the answer in the place of its
    result does. What names no type is a fault on the way to the result, and no error of the run."""
    code, text = errors_http.reason(result.body)
    if not (kind or message):
        kind, message = code or result.headers.get("x-fal-error-type", ""), text
        lasting = kind in FAULTS or (kind and result.status in (400, 422)) or result.status == 422
        if not lasting:
            return _error(result, "poll")
    message = errors_http.plain(message or text)
    units = number(result.headers.get("x-fal-billable-units"))
    billed = bool(units)
    bill: dict[str, Any] = {"billed": billed, "cost_usd": receipt.cost_of(units) if billed else None}
    bill["maybe_billed"] = units is None
    why = ": ".join(part for part in (kind, message) if part)
    if kind in MODERATION or errors_http.moderated(kind, message):
        return Moderated(Message("engine.moderated", provider=term(LABEL), why=why), code=kind, **bill)
    if kind in FAULTS or not kind:
        return errors_http.of_failure(kind, message, LABEL, refunded=kind in FAULTS, cost_usd=bill["cost_usd"])
    return Refused(Message("engine.refused", provider=term(LABEL), why=why), code=kind, **bill)


def _done(receipt: Receipt, result: Reply) -> Progress:
    files = tuple(file for name in RESULTS for file in receipt.files(result.body.get(name)))
    units = number(result.headers.get("x-fal-billable-units"))
    usage = {} if units is None else {"billable_units": units}
    cost, seed, prompt = receipt.cost_of(units), result.body.get("seed"), result.body.get("actual_prompt")
    note = Message("engine.prompt_improved", prompt=prompt) if isinstance(prompt, str) and prompt else ""
    return receipt.succeeded(files, label=LABEL, word="COMPLETED", cost_usd=cost, usage=usage, seed=seed, note=note)
