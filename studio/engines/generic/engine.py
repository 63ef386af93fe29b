"""The engine of every REST service of the common shape; what differs stands in the `[api]` table of its file (spec.py).

A submit whose answer was lost is held, unless the file names an idempotency header, which makes repeating safe. A state
that the file does not name means that the task still runs. Source: the pattern of "WAN 2.6 API Guide" (2025), whose
file is studio/catalogue/generic.toml, and the pages of services like it; none of these was tried.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from studio import catalogue
from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import errors_http, mapping
from studio.engines.base import EngineInfo, Input, Job, Variable, required
from studio.engines.generic import answers
from studio.engines.generic.spec import TASK, Api, Upload, submit_path
from studio.engines.http import ApiClient, Reply, base_problem
from studio.engines.receipt import Receipt
from studio.engines.strict_json import number
from studio.errors import EngineError, Unavailable, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

UPLOAD_S = 600.0
"""Longest upload of one input."""


class GenericEngine:
    """See engines.base.Engine. name: of the provider, as in model ids."""

    environment: Mapping[str, Variable] = {}

    def __init__(self, settings: Settings, name: str, api: Api) -> None:
        self.api, self._label = api, api.label
        self._key = (settings.secret(api.key_env) or "") if api.key_env else ""
        given = settings.option(api.base_url_env) if api.base_url_env else ""
        self._base = (given or api.base_url).rstrip("/")
        trusted = api.local or bool(given)  # the owner's own word; any other file leads to public addresses only
        self.environment = environment_of(api)
        own = self._base if trusted else ""
        self.info = EngineInfo(name, api.label, required(self.environment), base_url=own)
        self._auth = {api.auth.header: f"{api.auth.scheme} {self._key}".strip()} if self._key else {}
        base = "" if self._base_problem() else self._base
        self._api = ApiClient(base, label=api.label, auth=lambda: self._auth, judged="own" if trusted else "public")

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        if self.api.key_env and not self._key:
            return Message("engine.set_key", key=self.api.key_env, provider=term(self._label))
        return self._base_problem()

    def _base_problem(self) -> str | None:
        if not self._base:
            return Message("userfile.set_base", name=self.api.base_url_env, provider=term(self._label))
        return base_problem(self.api.base_url_env or "base_url", self._base)

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload the inputs where the service takes uploads; else they go inside the body."""
        spec = self.api.upload
        return {i: await self._upload(spec, file) for i, file in job.inputs.items()} if spec else {}

    async def _upload(self, spec: Upload, file: Input) -> str:
        with file.path.open("rb") as content:
            sent = {spec.field: (file.path.name, content, file.asset.mime)}
            reply = await self._call("POST", spec.path, files=sent, total_s=UPLOAD_S)
        if not _is_success(reply):
            raise errors_http.of_reply(reply, self._label)
        if not (found := answers.addresses(reply.body, spec.url)):
            raise Unavailable(Message("engine.upload_permission"), code="no address")
        return self._whole(found[0])

    async def submit(self, job: Job) -> str:
        """Send the job; under its own id where the service has a header for that."""
        spec, model = self.api.submit, job.model
        body = await mapping.body_of(job, model=str(model.engine.get("model", "")))
        path = submit_path(model.engine, job.request.task, self.api)
        headers = {spec.idempotency_header: job.run_id} if spec.idempotency_header else {}
        try:
            reply = await self._call("POST", path, json=body, headers=headers, paid=True)
            return self._accepted(job, reply)
        except UnknownOutcome as error:
            if not headers:
                raise
            raise Unavailable(str(error), code=error.code) from error  # the same key finds the same task

    def _accepted(self, job: Job, reply: Reply) -> str:
        if not _is_success(reply):
            raise self._error(reply, "submit")
        task = answers.task(reply.body, self.api.submit.id)
        if not task and answers.speaks_of_error(reply.body):
            raise self._error(replace(reply, status=400), "submit")
        if not task:
            raise UnknownOutcome(Message("engine.no_task_named", provider=term(self._label)), code="no task")
        looks = answers.addresses(reply.body, self.api.submit.poll_url)
        return Receipt.of(job, task, **({"poll": self._whole(looks[0])} if looks else {})).handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt, spec = Receipt.read(handle, self._label), self.api.poll
        where = receipt.urls.get("poll") or _named(spec.path, receipt.task)
        body = {name: value.replace(TASK, receipt.task) for name, value in spec.body.items()}
        reply = await self._call(spec.method, where, json=body if spec.method == "POST" else None)
        if not _is_success(reply):
            raise self._error(reply, "poll")
        word = answers.word(reply.body, spec.state)
        if not word:
            raise Unavailable(
                Message("engine.no_usable_answer", provider=term(self._label), word="status"), code="status"
            )
        states = self.api.states
        if word in states.failed:
            code, message = self._reason(reply.body)
            raise errors_http.of_failure(code, message, self._label, refunded=False)
        if word in states.cancelled:
            return Progress(status=Status.CANCELLED, word=word)
        if word in states.done:
            return self._done(receipt, reply.body, word)
        status = Status.QUEUED if word in states.queued else Status.RUNNING
        return Progress(status=status, word=word, fraction=answers.fraction(reply.body, spec.progress))

    def _done(self, receipt: Receipt, body: JSON, word: str) -> Progress:
        spec = self.api.poll
        found = [self._whole(link) for link in answers.addresses(body, spec.result)]
        if not found:  # held as billed by the job manager, to be fetched again
            return Progress(status=Status.SUCCEEDED, word=word)
        cost = number(answers.first(body, spec.cost))
        return receipt.succeeded(
            receipt.files(found), label=self._label, word=word, cost_usd=cost,
            usage={} if cost is None else {"cost": cost}, seed=answers.first(body, spec.seed),
        )  # fmt: skip

    async def cancel(self, handle: str) -> bool:
        """See engines.base.Cancels; False where the file names no such call."""
        spec, receipt = self.api.cancel, Receipt.read(handle, self._label)
        if spec is None:
            return False
        return _is_success(await self._call(spec.method, _named(spec.path, receipt.task)))

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def _call(self, method: str, where: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        """One call, with the status that the body states where it states one."""
        fixed = {**self.api.headers, **(headers or {})}
        return errors_http.with_body_code(await self._api.call(method, where, headers=fixed, **more))

    def _error(self, reply: Reply, call: errors_http.Call) -> EngineError:
        code, message = self._reason(reply.body)
        return errors_http.of_reply(reply, self._label, call=call, code=code, message=message)

    def _reason(self, body: JSON) -> tuple[str, str]:
        """Code and message of an error: at the places that the file names, else at the usual ones."""
        code, message = errors_http.reason(body)
        own_code, own_message = answers.text(body, self.api.poll.code), answers.text(body, self.api.poll.error)
        return own_code[:100] or code, errors_http.plain(own_message) or message

    def _whole(self, link: str) -> str:
        """An address of an answer, which may be a path of the service."""
        return link if "://" in link else str(httpx.URL(self._base).join(link))


class WanRestEngine(GenericEngine):
    """The pattern that Wan guides print, at the address of the user's provider."""

    environment: ClassVar[Mapping[str, Variable]] = {
        "WAN_API_KEY": Variable(secret=True, required=True),
        "WAN_BASE_URL": Variable(required=True, address=True),
    }

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "generic", _wan_rest())


def environment_of(api: Api) -> dict[str, Variable]:
    """The environment names of a file's service."""
    key = {api.key_env: Variable(secret=True, required=True)} if api.key_env else {}
    return key | ({api.base_url_env: Variable(required=not api.base_url, address=True)} if api.base_url_env else {})


@cache
def _wan_rest() -> Api:
    path = Path(catalogue.__file__).parent / "generic.toml"
    return Api.model_validate(tomllib.loads(path.read_text("utf-8"))["api"])


def _named(path: str, task: str) -> str:
    return path.replace(TASK, quote(task, safe=""))


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300
