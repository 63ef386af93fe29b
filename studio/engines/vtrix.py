"""The engine for Vtrix. No list of tasks, no uploads, no cancelling: pictures go inside the body, and a submit whose
answer was lost is held. Its pages show answers with and without an envelope, and two words for each state; both count.

There is no SDK. Source: doc.vtrix.ai (the page of each model), the code of its command line
(github.com/VtrixAI/vtrix-cli), read 2026-11-30; not tried against the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

from studio.domain import JSON, Progress, Status
from studio.engines import errors_http, mapping
from studio.engines.base import Input, Job, Variable
from studio.engines.http import Reply
from studio.engines.http_engine import HttpEngine, Provider, no_task_named
from studio.engines.receipt import Receipt, task_name
from studio.engines.strict_json import links, number, rows, table
from studio.errors import EngineError, Unavailable
from studio.messages import Message, term
from studio.settings import Settings

PROVIDER = Provider("vtrix", "Vtrix", key="VTRIX_API_KEY", base="VTRIX_BASE_URL", url="https://cloud.vtrix.ai")
LABEL = PROVIDER.label
WAITING, DONE = ("in_queue", "queued", "pending"), ("completed", "success")
"""Words of a task; "failed" is the third end, and any other word means that it runs."""


class VtrixEngine(HttpEngine):
    """See engines.base.Engine."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = {
        **PROVIDER.environment,
        "VTRIX_SUBMIT_PATH": Variable(path=True),
        "VTRIX_TASK_PATH": Variable(path=True),
    }

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._submit_path = settings.option("VTRIX_SUBMIT_PATH", "/model/v1/generation")
        self._task_path = settings.option("VTRIX_TASK_PATH", "/model/v1/generation/task/{task}")

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Nothing: there are no uploads."""
        return {}

    async def upload(self, file: Input) -> str:
        """The file written out, as the body holds it."""
        return await asyncio.to_thread(mapping.data_uri, file.path, file.asset)

    async def submit(self, job: Job) -> str:
        """Send the job; where its parameters stand in the body, the row says."""
        body = await mapping.body_of(job, model=job.model.engine["model"])
        reply = _judged(await self._api.call("POST", self._submit_path, json=body, paid=True))
        task = _task(reply)
        name, failed = task_name(task.get("id")), bool(task.get("error"))
        if not reply.ok or (failed and not name):
            raise _error(reply if not reply.ok else replace(reply, status=400), "submit")
        if not name:
            raise no_task_named(LABEL)
        return Receipt.of(job, name).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        path = self._task_path.replace("{task}", quote(receipt.task, safe=""))
        reply = _judged(await self._api.call("GET", path))
        if not reply.ok:
            raise _error(reply, "poll")
        task = _task(reply)
        word = task.get("status")
        if not isinstance(word, str) or not word:
            raise Unavailable(Message("engine.no_usable_answer", provider=term(LABEL), word="status"), code="status")
        if word == "failed":
            raise errors_http.of_failure(*_reason(task), LABEL, refunded=False)
        if word in DONE:
            return _done(receipt, task)
        share = number(task.get("progress"))
        status = Status.QUEUED if word in WAITING else Status.RUNNING
        return Progress(status=status, word=word[:40], fraction=share if share and share < 1 else None)


def _judged(reply: Reply) -> Reply:
    """The answer with the status that its envelope states: {"data": ..., "status": {"code": 200}}."""
    code = number(table(reply.body.get("status")).get("code"))
    inner = reply if code is None or not 100 <= code < 600 else replace(reply, status=int(code))
    return errors_http.with_body_code(inner)


def _task(reply: Reply) -> JSON:
    """The task of an answer, in its envelope or without one."""
    return table(reply.body.get("data")) or reply.body


def _error(reply: Reply, call: errors_http.Call) -> EngineError:
    code, message = _reason(_task(reply))
    envelope = table(reply.body.get("status")).get("message")
    message = message or (errors_http.plain(envelope) if isinstance(envelope, str) else "")
    return errors_http.of_reply(reply, LABEL, call=call, code=code, message=message)


def _reason(task: JSON) -> tuple[str, str]:
    """Code and message: an error is a text, or an object whose message has one of two names."""
    code, message = errors_http.reason(task)
    other = table(task.get("error")).get("error_message")
    return code, message or (other if isinstance(other, str) else "")


def _done(receipt: Receipt, task: JSON) -> Progress:
    """All files of all parts of the output, in their order; the cost is in dollars, written as text."""
    parts = rows(task.get("output"))
    items = [item for part in parts for item in rows(part.get("content")) or [part]]
    usage, cost = table(task.get("usage")), number(table(task.get("usage")).get("cost"))
    if not links(items):  # held as billed by the job manager, to be fetched again
        return Progress(status=Status.SUCCEEDED, word="completed")
    kept = {name: value for name in ("cost", "discount") if (value := number(usage.get(name))) is not None}
    return receipt.succeeded(receipt.files(items), label=LABEL, word="completed", cost_usd=cost, usage=kept)
