"""WaveSpeedAI: a call to a model's name starts a prediction, its result is asked for by its id.

Every answer lies in an envelope with a code of its own, which may say an error under HTTP 200. A submit is never
repeated; whether it arrived is looked up in the account's list of predictions. Predictions cannot be cancelled. Source:
WaveSpeedAI's documentation, its Python SDK 2.0.5 and its command line (2026-11).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Literal

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, lookup, mapping, references
from studio.engines.base import AccountBalance, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import UPLOAD_S, HttpEngine, Provider, account_balance, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import number, rows, table
from studio.engines.webhook_signatures import WebhookSecret, hex_hmac, is_recent, same
from studio.errors import CapabilityError, EngineError, Moderated, UnknownHandle
from studio.messages import Message, term
from studio.settings import Settings

PROVIDER = Provider(
    "wavespeed",
    "WaveSpeedAI",
    key="WAVESPEED_API_KEY",
    base="WAVESPEED_BASE_URL",
    url="https://api.wavespeed.ai/api/v3",
    key_page="https://wavespeed.ai/accesskey",
)
LABEL = PROVIDER.label
WORDS: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {
    "created": Status.QUEUED,
    "pending": Status.QUEUED,
    "processing": Status.RUNNING,
}
LISTS = ("items", "predictions", "list", "data")
"""Where a page of the history has its rows; the documentation does not say."""


class WaveSpeedEngine(HttpEngine):
    """See engines.base.Engine. settle_s: how long a submit that the history does not show is looked for."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.settle_s = lookup.SETTLE_S
        self._webhook_secret = WebhookSecret(
            self._api, "/webhook/secret", lambda body: table(body.get("data")).get("secret") or body.get("secret")
        )

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """See engines.base.RequestChecks."""
        return references.out_of_order(request, model, assets)

    async def upload(self, file: Input) -> str:
        """The file's address: a ticket with the key, then the bytes to a signed address, with exactly its headers."""
        size = file.path.stat().st_size
        body = {"filename": file.path.name, "size": size, "content_type": file.asset.mime}
        ticket = await self._call("POST", "/media/uploads", body)
        upload, link = table(ticket.get("upload")), ticket.get("download_url")
        put, headers = upload.get("url"), table(upload.get("headers"))
        if upload.get("method") != "PUT" or not (isinstance(put, str) and isinstance(link, str)):
            raise no_upload_address("ticket")
        signed = {str(name): str(value) for name, value in headers.items()}
        errors_http.check_upload(await self._api.put_file(put, file.path, headers=signed, total_s=UPLOAD_S))
        return link

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list; of some models input clips are billed by the second, too."""
        return pricing.price(request, model, inputs, input_s=pricing.clips_s(request, inputs))

    async def submit(self, job: Job) -> str:
        """Start the prediction. An id is a receipt, whatever the code beside it says."""
        body = await mapping.body_of(job)
        params = {"webhook": job.webhook_url} if job.webhook_url else None
        reply = await self._api.call("POST", job.model.engine["id"], json=body, params=params, paid=True)
        if task := task_name(_data(reply).get("id")):
            return Receipt.of(job, task).handle()
        if error := _error(reply, "submit"):
            raise error
        raise no_task_named(LABEL)

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        reply = await self._api.call("GET", f"/predictions/{receipt.task}/result")
        data, word = _data(reply), _data(reply).get("status")
        if word is None and (error := _error(reply, "poll")):
            raise error
        if word == "completed":
            return _done(receipt, data)
        if word == "cancelled":
            return Progress(status=Status.CANCELLED, word=word)
        if word in ("failed", "timeout"):
            raise errors_http.of_failure("", str(data.get("error") or ""), LABEL, refunded=word == "failed")
        if word == "deleted":
            raise UnknownHandle(Message("engine.task_unknown", provider=term(LABEL), why=word), code=word)
        if not isinstance(word, str) or word not in WORDS:
            raise unknown_status(word, LABEL)
        return Progress(status=WORDS[word], word=word)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks. The secret is used as text, without its prefix.

        Source: WaveSpeedAI's page on verifying webhooks; the samples on it do not match its own words, and no call of
        the provider was seen here. A call that is refused for that costs a poll's pause.
        """
        call_id, timestamp, signature = (
            headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        message = f"{call_id}.{timestamp}.".encode() + body
        return is_recent(timestamp) and await self._webhook_secret.verify(
            lambda secret: same(signature, f"v3,{hex_hmac(secret.removeprefix('whsec_'), message)}")
        )

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks. The call has no envelope; one is opened all the same."""
        return task_name(table(body.get("data")).get("id") if "data" in body else body.get("id"))

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """See engines.base.SubmitLookup."""
        sent = await mapping.body_of(job)
        window = {"created_after": _stamp(submitted_after), "created_before": _stamp(submitted_before)}
        body = {"page": 1, "page_size": 100, "model": job.model.engine["id"], **window}
        page = await self._api.call("POST", "/predictions", json=body)
        if error := _error(page, "other"):
            raise error
        data = page.body.get("data")
        tasks = next((found for name in LISTS if (found := rows(table(data).get(name)))), rows(data))
        return lookup.find_handles(tasks, job, sent, known, since=submitted_after, settle_s=self.settle_s, label=LABEL)

    async def balance(self) -> AccountBalance:
        """See engines.base.Balance. In dollars."""
        return account_balance((await self._call("GET", "/balance")).get("balance"), LABEL)

    async def _call(self, method: str, path: str, body: JSON | None = None) -> JSON:
        """The data of a call that costs nothing."""
        reply = await self._api.call(method, path, json=body)
        if error := _error(reply, "other"):
            raise error
        return _data(reply)


def _data(reply: Reply) -> JSON:
    """What the envelope holds; some answers come without one."""
    return table(reply.body.get("data")) if "data" in reply.body else reply.body


def _error(reply: Reply, call: errors_http.Call) -> EngineError | None:
    """The error of an answer by its HTTP status, else by the code of its envelope; None where neither says one."""
    code = number(reply.body.get("code"))
    if reply.ok and code not in (None, 200):
        reply = replace(reply, status=int(code) if code and 400 <= code < 600 else 400)
    if reply.ok:
        return None
    word = reply.body.get("error_code")
    return errors_http.of_reply(reply, LABEL, call=call, code=word if isinstance(word, str) else "")


def _done(receipt: Receipt, data: JSON) -> Progress:
    files, flags = receipt.files(data.get("outputs")), data.get("has_nsfw_contents")
    if not files and isinstance(flags, list) and any(flag is True for flag in flags):
        why = str(data.get("error") or "nsfw")
        raise Moderated(Message("engine.moderated", provider=term(LABEL), why=why), code="nsfw", maybe_billed=True)
    seconds = number(table(data.get("timings")).get("inference"))
    usage = {} if seconds is None else {"inference_ms": seconds}
    return receipt.succeeded(files, label=LABEL, word="completed", usage=usage)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
