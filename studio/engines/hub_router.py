"""fal, WaveSpeedAI and Replicate through Hugging Face's router: the same engines, paid by a Hugging Face account.

The router takes a Hugging Face token, knows the models that their providers registered at the Hub, and passes on what
it is sent. It has no upload, no list of runs and no webhooks: inputs travel inside the request, and a submit whose
answer was lost is left to a person.
Source: huggingface_hub 2.4, inference/_providers (base URL, routes, headers, polling); Hugging Face's page for
providers on the model mapping API (2026-11).
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

from studio.catalogue import Model
from studio.domain import JSON, Kind, Output, Progress
from studio.engines import errors_http, fal, mapping, replicate, wavespeed
from studio.engines.base import Input, Job, Variable
from studio.engines.fal import FalEngine
from studio.engines.http_engine import no_task_named
from studio.engines.receipt import Receipt, task_name
from studio.engines.replicate import ReplicateEngine
from studio.engines.strict_json import links, rows, table
from studio.engines.wavespeed import WaveSpeedEngine
from studio.errors import Refused, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

TOKEN = "HF_INFERENCE_TOKEN"  # noqa: S105 - the name under which the engine is given its token
ROUTER, HUB = "https://router.huggingface.co", "https://huggingface.co"
ROUTER_BASE = "HF_ROUTER_BASE_URL"
HUB_NAMES = {"fal": "fal-ai", "wavespeed": "wavespeed", "replicate": "replicate"}
"""Our provider -> its name in the router's addresses and in the Hub's mapping."""
PATHS = {"fal": "", "wavespeed": "/api/v3", "replicate": "/v1"}
"""What follows that name, before the routes that our engines know."""
ENVIRONMENT = {TOKEN: Variable(secret=True, required=True)}
MAX_INLINE_BYTES = 8 * 2**20
"""Largest input: it travels inside the request, a third larger as text."""
WAIT_S = 30
"""How long Replicate holds its answer back for a result; the router is not known to pass on later looks at it."""


class RoutedFal(FalEngine):
    """See engines.base.Engine. Every address of the queue has the same query, which leads the router there."""

    provider: ClassVar = replace(fal.PROVIDER, key=TOKEN, scheme="Bearer")
    environment: ClassVar = ENVIRONMENT
    queue_query: ClassVar[Mapping[str, str]] = {"_subdomain": "queue"}

    async def upload(self, file: Input) -> str:
        """The file itself, as an address."""
        return _inline(file)

    async def submit(self, job: Job) -> str:
        """Without the address for calls of the provider."""
        return await super().submit(replace(job, webhook_url=""))

    async def cancel(self, handle: str) -> bool:
        """The router stops nothing."""
        return False

    def _addresses(self, body: JSON, model: str, task: str) -> dict[str, str]:
        """At the router, by the path of the provider's own address: it may name another model than was asked for."""
        answered = body.get("response_url")
        path = urlsplit(answered).path if isinstance(answered, str) else ""
        where = f"{self.info.base_url}{path or f'/{model}/requests/{task}'}"
        ends = {"status": "/status", "response": "", "cancel": "/cancel"}
        return {name: f"{where}{end}?_subdomain=queue" for name, end in ends.items()}


class RoutedWaveSpeed(WaveSpeedEngine):
    """See engines.base.Engine."""

    provider: ClassVar = replace(wavespeed.PROVIDER, key=TOKEN)
    environment: ClassVar = ENVIRONMENT

    async def upload(self, file: Input) -> str:
        """The file itself, as an address."""
        return _inline(file)

    async def submit(self, job: Job) -> str:
        """Without the address for calls of the provider."""
        return await super().submit(replace(job, webhook_url=""))

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """The router lists no runs."""
        raise _only_a_person(self.info.label)


class RoutedReplicate(ReplicateEngine):
    """See engines.base.Engine. The provider holds its answer back until there is a result, which the handle keeps."""

    provider: ClassVar = replace(replicate.PROVIDER, key=TOKEN)
    environment: ClassVar = ENVIRONMENT

    async def upload(self, file: Input) -> str:
        """The file itself, as an address."""
        return _inline(file)

    async def submit(self, job: Job) -> str:
        """Start the prediction, and wait a little for its end."""
        body, model = mapping.body(job), job.model.engine["id"]
        reply = await self._api.call(
            "POST", f"/models/{model}/predictions", json=body, paid=True, headers={"prefer": f"wait={WAIT_S}"}
        )
        if not reply.ok:
            raise errors_http.of_reply(reply, self.info.label, call="submit")
        task = task_name(reply.body.get("id"))
        if not task:
            raise no_task_named(self.info.label)
        results = links(reply.body.get("output")) if reply.body.get("status") == "succeeded" else []
        return Receipt.of(job, task, **{f"output_{n}": link for n, link in enumerate(results)}).handle()

    async def poll(self, handle: str) -> Progress:
        """The result that came with the answer to the submit; else look once."""
        receipt = Receipt.read(handle, self.info.label)
        if not receipt.urls:
            return await super().poll(handle)
        files = tuple(Output(kind=Kind(receipt.kind), url=link) for link in receipt.urls.values())
        return receipt.succeeded(files, label=self.info.label, word="succeeded")

    async def cancel(self, handle: str) -> bool:
        """The router stops nothing."""
        return False

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """The router lists no runs."""
        raise _only_a_person(self.info.label)


ROUTED: Mapping[str, type[RoutedFal | RoutedWaveSpeed | RoutedReplicate]] = {
    "fal": RoutedFal,
    "wavespeed": RoutedWaveSpeed,
    "replicate": RoutedReplicate,
}


def build(name: str, settings: Settings) -> RoutedFal | RoutedWaveSpeed | RoutedReplicate:
    """The engine of this provider behind the router. The token is in the settings under TOKEN; the provider's own key
    and address play no part."""
    cls = ROUTED[name]
    router = settings.option(ROUTER_BASE, ROUTER).rstrip("/")
    options = settings.options | {cls.provider.base: f"{router}/{HUB_NAMES[name]}{PATHS[name]}"}
    return cls(settings.model_copy(update={"options": options}))


def mapped_ids(answer: JSON) -> frozenset[str]:
    """The provider's ids of the models that the Hub serves through it, from its mapping (task -> model -> entry)."""
    entries = [entry for of_task in answer.values() for entry in table(of_task).values()]
    return frozenset(str(e["providerId"]) for e in rows(entries) if e.get("status") == "live" and e.get("providerId"))


def can_route(model: Model, mapped: Collection[str]) -> bool:
    """Whether the router does this model: one that the Hub maps. Of Replicate pictures only, since it cannot be asked
    for a clip that takes longer than one answer."""
    if model.provider not in ROUTED or model.engine.get("id") not in mapped:
        return False
    return model.provider != "replicate" or all(task.makes == Kind.IMAGE for task in model.tasks)


def _inline(file: Input) -> str:
    """The file as a data: address."""
    if file.path.stat().st_size > MAX_INLINE_BYTES:
        raise Refused(Message("hubrouter.too_large", name=file.asset.name, most=MAX_INLINE_BYTES // 2**20))
    return f"data:{file.asset.mime};base64,{base64.b64encode(file.path.read_bytes()).decode()}"


def _only_a_person(label: str) -> UnknownOutcome:
    return UnknownOutcome(Message("hubrouter.no_list", provider=term(label)))
