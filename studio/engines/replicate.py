"""Replicate: predictions of official models, asked for by their id.

Nothing of a prediction is kept for more than an hour, so a result that was removed meanwhile cannot be fetched. A
submit is never repeated; whether it arrived is looked up in the account's list of predictions, which says what was
asked. What is cancelled after it began is charged all the same, so such a run is left to end, and its result kept.
Source: Replicate's pages on its HTTP API, limits and the life of predictions; its Python client 1.0.7 (2026-11).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, lookup, mapping
from studio.engines.base import EngineInfo, Input, Job, Variable, required
from studio.engines.http import ApiClient, Reply, api_base, base_problem
from studio.engines.receipt import Receipt, task_name, unknown_status
from studio.engines.strict_json import number, rows, table
from studio.errors import Unavailable, UnknownHandle, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

LABEL, KEY, BASE = "Replicate", "REPLICATE_API_TOKEN", "REPLICATE_BASE_URL"
API = "https://api.replicate.com/v1"
WORDS: dict[str, Literal[Status.QUEUED, Status.RUNNING]] = {"starting": Status.QUEUED, "processing": Status.RUNNING}
PERCENT = re.compile(r"(\d{1,3})%\|")
"""Lines such as "45%|####  | 9/20 [00:10<00:12]", which some models write into their log."""
MOST_PAGES = 3
UPLOAD_S = 600.0


class ReplicateEngine:
    """See engines.base.Engine. settle_s: how long a submit that the list does not show is looked for."""

    environment: ClassVar = {KEY: Variable(secret=True, required=True), BASE: Variable()}

    def __init__(self, settings: Settings) -> None:
        self._key, self.settle_s = settings.secret(KEY) or "", lookup.SETTLE_S
        base = api_base(settings.option(BASE), API)
        self._problem = base_problem(BASE, base)
        self.info = EngineInfo("replicate", LABEL, required(self.environment), base_url="" if self._problem else base)
        auth = {"Authorization": f"Bearer {self._key}"}
        self._api = ApiClient(self.info.base_url, label=LABEL, auth=lambda: auth)

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        return self._problem if self._key else Message("engine.set_key", key=KEY, provider=term(LABEL))

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload the inputs."""
        return {i: await self._upload(file) for i, file in job.inputs.items()}

    async def _upload(self, file: Input) -> str:
        with file.path.open("rb") as content:
            form = {"content": (file.path.name, content, file.asset.mime)}
            reply = await self._api.call("POST", "/files", files=form, total_s=UPLOAD_S)
        if not 200 <= reply.status < 300:
            raise errors_http.of_reply(reply, LABEL)
        link = table(reply.body.get("urls")).get("get")
        if not isinstance(link, str):
            raise Unavailable(Message("engine.upload_permission"), code="file")
        return link

    async def submit(self, job: Job) -> str:
        """Start the prediction; its id is the receipt."""
        body, model = await asyncio.to_thread(mapping.body, job), job.model.engine["id"]
        if job.webhook_url:
            body |= {"webhook": job.webhook_url, "webhook_events_filter": ["completed"]}
        reply = await self._api.call("POST", f"/models/{model}/predictions", json=body, paid=True)
        if not 200 <= reply.status < 300:
            raise errors_http.of_reply(reply, LABEL, call="submit")
        task = task_name(reply.body.get("id"))
        if not task:
            raise UnknownOutcome(Message("engine.no_task_named", provider=term(LABEL)), code="no task")
        return Receipt.of(job, task).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        seen = (await self._prediction("GET", receipt.task)).body
        word = seen.get("status")
        if word == "succeeded":
            return _done(receipt, seen)
        if word == "canceled":
            return Progress(status=Status.CANCELLED, word=word)
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
        if not 200 <= reply.status < 300:
            raise errors_http.of_reply(reply, LABEL, call="poll")
        return reply

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """See engines.base.SubmitLookup. The list begins with the newest."""
        sent, model = await asyncio.to_thread(mapping.body, job), job.model.engine["id"]
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

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()


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
