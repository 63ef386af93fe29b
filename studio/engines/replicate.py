"""Replicate: predictions of official models, asked for by their id.

Nothing of a prediction is kept for more than an hour, so a result that was removed meanwhile cannot be fetched. A
submit is never repeated; whether it arrived is looked up in the account's list of predictions, which says what was
asked. What is cancelled after it began is charged all the same, so such a run is left to end, and its result kept.
Source: Replicate's pages on its HTTP API, limits and the life of predictions; its Python client 1.0.7 (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from studio.domain import JSON, Progress, Status
from studio.engines import errors_http, lookup, mapping
from studio.engines.base import Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import HttpEngine, Provider, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import number, rows, table
from studio.engines.webhook_signatures import WebhookSecret, standard_webhook
from studio.errors import UnknownHandle
from studio.messages import Message, term
from studio.settings import Settings

PROVIDER = Provider(
    *("replicate", "Replicate"), key="REPLICATE_API_TOKEN", base="REPLICATE_BASE_URL",
    url="https://api.replicate.com/v1", key_page="https://replicate.com/account/api-tokens",
)  # fmt: skip
LABEL = PROVIDER.label
WORDS: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {"starting": Status.QUEUED, "processing": Status.RUNNING}
PERCENT = re.compile(r"(\d{1,3})%\|")
"""Lines such as "45%|####  | 9/20 [00:10<00:12]", which some models write into their log."""
MOST_PAGES = 3


class ReplicateEngine(HttpEngine):
    """See engines.base.Engine. settle_s: how long a submit that the list does not show is looked for."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.settle_s = lookup.SETTLE_S
        self._webhook_secret = WebhookSecret(self._api, "/webhooks/default/secret", lambda body: body.get("key"))

    async def upload(self, file: Input) -> str:
        reply = await self._post_file("/files", file, field="content")
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL)
        link = table(reply.body.get("urls")).get("get")
        if not isinstance(link, str):
            raise no_upload_address("file")
        return link

    async def submit(self, job: Job) -> str:
        """Start the prediction; its id is the receipt."""
        body, model = await mapping.body_of(job), job.model.engine["id"]
        if job.webhook_url:
            body |= {"webhook": job.webhook_url, "webhook_events_filter": ["completed"]}
        reply = await self._api.call("POST", f"/models/{model}/predictions", json=body, paid=True)
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL, call="submit")
        task = task_name(reply.body.get("id"))
        if not task:
            raise no_task_named(LABEL)
        return Receipt.of(job, task).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        seen = (await self._prediction("GET", receipt.task)).body
        word = seen.get("status")
        if word == "succeeded":
            return _done(receipt, seen)
        if word == "canceled":
            ran_s = number(table(seen.get("metrics")).get("predict_time"))
            return Progress(status=Status.CANCELLED, word=word, billed=bool(ran_s))
        if word in ("failed", "aborted"):
            raise errors_http.of_failure("", str(seen.get("error") or ""), LABEL, refunded=word == "aborted")
        if not isinstance(word, str) or word not in WORDS:
            raise unknown_status(word, LABEL)
        return Progress(status=WORDS[word], word=word, fraction=_fraction(seen.get("logs")))

    async def cancel(self, handle: str) -> bool:
        """See engines.base.Cancels. Only before it began; later the money is spent anyway."""
        task = Receipt.read(handle, LABEL).task
        if (await self._prediction("GET", task)).body.get("status") != "starting":
            return False
        return (await self._prediction("POST", task, "/cancel")).body.get("status") in ("canceled", "starting")

    async def _prediction(self, method: str, task: str, verb: str = "") -> Reply:
        reply = await self._api.call(method, f"/predictions/{task}{verb}")
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        return reply

    async def check_key(self) -> None:
        """See engines.base.KeyCheck. The provider does not tell what is left of an account."""
        reply = await self._api.call("GET", "/account")
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See engines.base.Webhooks. Source: Replicate's page on verifying webhooks: the Standard Webhooks scheme."""
        return await self._webhook_secret.verify(lambda secret: standard_webhook(secret, headers, body))

    def to_handle(self, body: JSON) -> str:
        """See engines.base.Webhooks."""
        return task_name(body.get("id"))

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """See engines.base.SubmitLookup. The list begins with the newest."""
        sent, model = await mapping.body_of(job), job.model.engine["id"]
        tasks: list[JSON] = []
        where: Any = "/predictions"
        for _ in range(MOST_PAGES):
            page = await self._api.call("GET", where)
            if page.status != 200:
                raise errors_http.of_reply(page, LABEL)
            listed = rows(page.body.get("results"))
            tasks += [t for t in listed if t.get("model") == model and _made_at(t) >= submitted_after]
            where = page.body.get("next")
            if not isinstance(where, str) or not listed or _made_at(listed[-1]) < submitted_after:
                break
        asked = sent["input"]
        return lookup.find_handles(tasks, job, asked, known, since=submitted_after, settle_s=self.settle_s, label=LABEL)


def _done(receipt: Receipt, seen: JSON) -> Progress:
    if seen.get("data_removed") and not seen.get("output"):
        raise UnknownHandle(Message("engine.result_removed", provider=term(LABEL)), code="data_removed")
    output = seen.get("output")
    parts = list(output.values()) if isinstance(output, dict) and "url" not in output else output
    seconds = number(table(seen.get("metrics")).get("predict_time"))
    usage = {} if seconds is None else {"predict_s": seconds}
    return receipt.succeeded(receipt.files(parts), label=LABEL, word="succeeded", usage=usage)


def _fraction(logs: object) -> float | None:
    found = PERCENT.findall(logs[-4000:]) if isinstance(logs, str) else []
    return min(1.0, int(found[-1]) / 100) if found else None


def _made_at(task: JSON) -> float:
    """When a listed prediction was created, in Unix seconds; 0 where it does not say."""
    try:
        return datetime.fromisoformat(str(task.get("created_at"))).timestamp()
    except (ValueError, OverflowError):
        return 0.0
