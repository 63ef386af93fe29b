"""The engine for Alibaba Model Studio: one accepted submit is one task, and an answer that got lost is looked up.

Videos are tasks. So are pictures, unless ALIBABA_IMAGES=direct asks for the call that answers at once (streamed for
text with images); its whole result then is the handle, since there is nothing to poll. A direct call leaves no task
behind, so when its answer is lost nobody but a person can decide: tasks are the safer way and the default.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import ClassVar, Literal

from studio.catalogue import AccountLimits, Model
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import mapping
from studio.engines.addresses import looks_public
from studio.engines.alibaba import errors, pricing, reconcile, regions, uploads
from studio.engines.alibaba import request as request_body
from studio.engines.alibaba import response as response_body
from studio.engines.alibaba.tasks import Tasks
from studio.engines.base import ChatApi, EngineInfo, Job, Variable, required
from studio.engines.http import ApiClient
from studio.engines.strict_json import number, rows, table
from studio.errors import CapabilityError, Refused, Unavailable, UnknownHandle, UnknownOutcome
from studio.messages import Message, joined, term
from studio.settings import Settings

KEY = "DASHSCOPE_API_KEY"
STATUS: dict[str, Literal[Status.QUEUED, Status.RUNNING, Status.CANCELLED]] = {
    "PENDING": Status.QUEUED,
    "RUNNING": Status.RUNNING,
    "SUSPENDED": Status.RUNNING,
    "CANCELED": Status.CANCELLED,
}
"""Their word -> ours. SUCCEEDED brings outputs; FAILED and UNKNOWN raise."""
TASK_ID = re.compile(r"[\w.:-]{1,200}")
"""What is asked for by its name later; anything else is no name of a task."""
DIRECT_S = 300.0
"""Longest direct call: pictures are made while it is open."""


class AlibabaEngine:
    """See engines.base.Engine. settle_s: a lost submit that the task list does not show for so long was never made."""

    environment: ClassVar = {
        KEY: Variable(secret=True, required=True, page=regions.KEY_PAGE),
        "ALIBABA_REGION": Variable(choices=tuple(regions.WORKSPACE)),
        "ALIBABA_WORKSPACE": Variable(),
        "ALIBABA_BASE_URL": Variable(address=True),
        "ALIBABA_IMAGES": Variable(choices=("tasks", "direct")),
        "ALIBABA_CONCURRENT": Variable(number=True),
        "ALIBABA_SUBMITS_PER_S": Variable(number=True),
    }

    def __init__(self, settings: Settings, *, settle_s: float = reconcile.SETTLE_S) -> None:
        self._settings, self.endpoint = settings, regions.endpoint(settings)
        concurrent = int(_number(settings, "ALIBABA_CONCURRENT", 10))
        per_s = _number(settings, "ALIBABA_SUBMITS_PER_S", 5.0)
        limits = AccountLimits(submits_per_s=per_s, concurrent=max(1, concurrent), polls_per_s=1000.0)
        faster = per_s if per_s > 5.0 else None
        self.info = EngineInfo(
            "alibaba",
            errors.LABEL,
            required(self.environment),
            limits,
            model_submits_per_s=faster,
            base_url=self.endpoint.base,
        )
        self._api = ApiClient(self.endpoint.base, label=errors.LABEL, auth=self._auth)
        self._tasks = Tasks(self._api, self.endpoint)
        self._finder = reconcile.TaskFinder(self._tasks, settle_s)

    def _auth(self) -> dict[str, str]:
        key = self._settings.secret(KEY) or ""
        extra = {"X-DashScope-WorkSpace": self.endpoint.workspace} if self.endpoint.workspace else {}
        return {"Authorization": f"Bearer {key}", **extra}

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        key = self._settings.secret(KEY)
        if not key:
            return Message("engine.set_key", key=KEY, provider=term(errors.LABEL))
        if key.startswith("sk-sp-"):
            return Message("alibaba.coding_plan_key", key=KEY)
        if self._settings.option("ALIBABA_IMAGES", "tasks") not in ("tasks", "direct"):
            return Message("alibaba.images_option")
        return self.endpoint.problem

    def chat_api(self) -> ChatApi | None:
        """See engines.base.Chats."""
        base = regions.chat_base(self.endpoint)
        return ChatApi(base, self._auth(), self.endpoint.region) if base else None

    async def check_key(self) -> None:
        """See engines.base.KeyCheck. Reads the list of tasks."""
        await self._tasks.check()

    def unavailable(self, model: Model) -> str | None:
        """See engines.base.ModelAvailability: a key's region has not all models."""
        region, offered = self.endpoint.region, model.regions
        if not region or not offered or region in offered:
            return None
        where = ", ".join(r.capitalize() for r in offered)
        said = Message("alibaba.offered_in", model=term(model.label), where=where, here=self.endpoint.name)
        advice = Message("alibaba.other_region")
        return joined(said, advice)

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """What the row allows but this region, or the sense of the parameters, does not."""
        found: list[CapabilityError] = []
        if said := self.unavailable(model):
            found.append(CapabilityError(said, field="model", value=model.id, limit=", ".join(model.regions)))
        for name in model.engine.get("links", ()):
            address = request.params.get(name)
            if address and not looks_public(str(address)):
                said = Message("alibaba.public_link", label=term(model.params[name].label))
                found.append(CapabilityError(said, field=name, value=address, limit="https://"))
        references = len(request.references)
        name = model.engine.get("words")
        if name and (text := request.params.get(name)):
            given = mapping.words(text)
            if len(given) != references or not set(given) <= {"obj", "bg"}:
                said = Message("alibaba.obj_or_bg", name=name, count=references)
                found.append(CapabilityError(said, field=name, value=text, limit=references))
        return found

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list in this region."""
        return pricing.estimate(request, model, inputs, self.endpoint.price_region)

    # ------------------------------------------------------------------------------------------------ start

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload what cannot travel inside the call. Keys: asset ids; FACE + id: a copy for the face check."""
        nowhere = self.endpoint.region not in ("", *regions.UPLOADS)
        inside = request_body.inlined_assets(job, any_size=nowhere)
        model = request_body.model_name(job.model, self.endpoint.region)
        made: dict[str, str] = {}
        for name, ids in job.request.media().items():
            for i in ids:
                if i not in inside and i not in made:
                    made[i] = await self._upload(model, job, i)
                if name == "image" and (check := job.model.engine.get("face_check")):
                    made[FACE + i] = await self._upload(check, job, i)
        return made

    async def _upload(self, model: str, job: Job, asset_id: str) -> str:
        file = job.inputs[asset_id]
        return await uploads.upload(self._api, self.endpoint, model, file.path, file.asset)

    async def submit(self, job: Job) -> str:
        """Send the job; its handle. See engines.base."""
        model, row = request_body.model_name(job.model, self.endpoint.region), job.model.engine
        direct = self._direct(row)
        await self._check_face(job)
        stream = direct and bool(row.get("stream"))
        build = partial(request_body.build, job, region=self.endpoint.region, stream=stream)
        body = await asyncio.to_thread(build) if job.inputs else build()  # files are read and encoded
        resolve = uploads.RESOLVE if any(u.startswith("oss:") for u in job.uploads.values()) else {}
        if direct:
            answer = await self._stream(body, resolve, model) if stream else await self._at_once(body, resolve, model)
            return self._handle(job, result=answer)
        with self._finder.sending(model, job) as sent:
            sent.task = await self._task(body, request_body.PATHS[row["path"]], resolve, model)
        handle = self._handle(job, task=sent.task)
        self._tasks.track(sent.task, handle)
        return handle

    def _direct(self, row: Mapping[str, object]) -> bool:
        wanted = self._settings.option("ALIBABA_IMAGES", "tasks") == "direct"
        return wanted and row.get("path") == "image" and self.endpoint.region != "frankfurt"

    async def _task(self, body: JSON, path: str, headers: Mapping[str, str], model: str) -> str:
        reply = await self._api.call(
            "POST", path, json=body, headers={"X-DashScope-Async": "enable", **headers}, paid=True
        )
        task = table(reply.body.get("output")).get("task_id")
        if reply.status == 200 and isinstance(task, str) and TASK_ID.fullmatch(task):
            return task
        if reply.status == 200 and not errors.error_code(reply.body)[0]:
            raise UnknownOutcome(Message("engine.no_task_named", provider=term(errors.LABEL)), code="no task")
        raise errors.reply_error(reply, self.endpoint, model, lookup=True)

    async def _at_once(self, body: JSON, headers: Mapping[str, str], model: str) -> JSON:
        reply = await self._api.call(
            "POST", request_body.DIRECT_PATH, json=body, headers=headers, paid=True, total_s=DIRECT_S
        )
        if reply.status != 200 or errors.error_code(reply.body)[0]:
            raise errors.reply_error(reply, self.endpoint, model)
        return reply.body

    async def _stream(self, body: JSON, headers: Mapping[str, str], model: str) -> JSON:
        headers = {**self._auth(), "X-DashScope-SSE": "enable", **headers}
        url = self.endpoint.base + request_body.DIRECT_PATH
        request = self._api.client.build_request("POST", url, json=body, headers=headers)
        async with self._api.sending(request, paid=True, total_s=DIRECT_S) as response:
            if response.status_code != 200:
                raise errors.reply_error(await self._api.reply(response), self.endpoint, model)
            try:
                return await response_body.joined_events(self._api.events(response))
            except response_body.StreamError as error:
                raise errors.task_error(error.body, self.endpoint, model) from error

    async def _check_face(self, job: Job) -> None:
        """Ask whether the portrait can be made to speak. Costs half a tenth of a cent; not part of the paid submit."""
        check = job.model.engine.get("face_check")
        if not check or not job.request.image:
            return
        body = {"model": check, "input": {"image_url": job.uploads[FACE + job.request.image]}}
        reply = await self._api.call("POST", request_body.FACE_PATH, json=body, headers=uploads.RESOLVE)
        if reply.status != 200 or errors.error_code(reply.body)[0]:
            raise errors.reply_error(reply, self.endpoint, check)
        if not table(reply.body.get("output")).get("check_pass"):
            said = Message("alibaba.no_face")
            raise Refused(said, code="face")

    def _handle(self, job: Job, *, task: str = "", result: JSON | None = None, found_for: str = "") -> str:
        kept: JSON = {"task": task, "model": request_body.model_name(job.model, self.endpoint.region)}
        kept["usd"] = pricing.rates(job.request, job.model, self.endpoint.price_region)
        if found_for:
            kept["found_for"] = found_for
        if result is not None:
            kept = {k: v for k, v in kept.items() if k != "task"} | {"result": result}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    # ------------------------------------------------------------------------------------------------ look

    async def poll(self, handle: str) -> Progress:
        """Look once. A direct answer is in the handle itself."""
        kept = _parsed(handle)
        if result := kept.get("result"):
            return _succeeded(result, "SUCCEEDED", kept["usd"])
        task, model = kept["task"], kept["model"]
        body = await self._tasks.poll(task, handle)
        output = table(body.get("output"))
        word = str(output.get("task_status") or ("FAILED" if errors.error_code(body)[0] else ""))
        if word in ("FAILED", "UNKNOWN", "SUCCEEDED", "CANCELED"):
            self._tasks.forget(task)
        if word == "FAILED":
            raise errors.task_error(body, self.endpoint, model)
        if word == "UNKNOWN":
            said = Message("alibaba.task_expired", provider=term(errors.LABEL), task=term(task))
            raise UnknownHandle(said, code=task)
        if word == "SUCCEEDED":
            _check_owner(kept, output)
            return _succeeded(body, word, kept["usd"])
        if word not in STATUS:
            said = Message("engine.unknown_status", provider=term(errors.LABEL), word=f"{word[:40]!r}")
            raise Unavailable(said, code=word[:40])
        return Progress(status=STATUS[word], word=word)

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """See engines.base.Notifications."""
        self._tasks.subscribe(callback)

    async def cancel(self, handle: str) -> bool:
        """Only tasks that have not begun can be stopped."""
        task = _parsed(handle).get("task")
        return bool(task) and await self._tasks.cancel(task)

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """See engines.base.SubmitLookup and find.py."""
        if self._direct(job.model.engine):
            raise UnknownOutcome(Message("alibaba.direct_call"))
        model = request_body.model_name(job.model, self.endpoint.region)
        taken = {json.loads(h).get("task") for h in known if h.startswith("{")}
        window = reconcile.SubmitWindow(submitted_after, submitted_before)
        found = await self._finder.find(job, model, window, taken)
        return [self._handle(job, task=t, found_for=reconcile.plain(job.request.prompt)) for t in found]

    async def close(self) -> None:
        """Give the connections back."""
        await self._tasks.close()
        await self._api.close()


FACE = "face:"


def _parsed(handle: str) -> JSON:
    """What a handle of ours says. Raises UnknownHandle for any other text."""
    try:
        kept = json.loads(handle)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise UnknownHandle(Message("engine.bad_handle", handle=f"{handle[:40]!r}", provider=term(errors.LABEL)))
    return kept


def _check_owner(kept: JSON, output: JSON) -> None:
    """A task that was found in the list must turn out to be of this prompt."""
    told, wanted = output.get("orig_prompt"), kept.get("found_for")
    if isinstance(told, str) and told and wanted and reconcile.plain(told) != wanted:
        said = Message("alibaba.other_prompt", task=kept["task"])
        raise UnknownHandle(said, code=kept["task"])


def _succeeded(body: JSON, word: str, usd: Mapping[str, float]) -> Progress:
    output, usage = table(body.get("output")), table(body.get("usage"))
    found, cost = response_body.outputs(output), pricing.actual(usage, usd)
    if not found and not cost and rows(output.get("results")):
        raise errors.empty_result_error(*response_body.failed_result(output))
    notes = [
        response_body.prompt_used(output),
        Message("engine.estimate_booked") if cost is None and usd else None,
        _tier_note(usage, usd),
    ]
    said = joined(*(note for note in notes if note)) or None
    return Progress(status=Status.SUCCEEDED, word=word, outputs=found, usage=usage, cost_usd=cost, note=said)


def _tier_note(usage: JSON, usd: Mapping[str, float]) -> str | None:
    """A note where the task was made, and is billed, at another tier than asked."""
    tier = number(usage.get("SR"))
    if tier and f"second@{tier:g}" in usd:
        return Message("alibaba.other_tier", tier=f"{tier:g}")
    return None


def _number(settings: Settings, name: str, default: float) -> float:
    value = number(settings.option(name))
    return default if value is None else max(0.1, value)
