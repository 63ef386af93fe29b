"""The engine protocol: what the job manager asks of a provider. No verb waits, retries or downloads.

A provider is one file here plus its TOML file in studio/catalogue and one line in studio/engines/__init__.py. What only
some providers can do is a protocol of its own, further down. Engines know neither the store nor the job manager. All
coroutines of one engine run on one event loop thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from studio.catalogue import AccountLimits, Catalogue, Model
from studio.domain import JSON, Asset, Progress, Request
from studio.errors import CapabilityError


@dataclass(frozen=True)
class Variable:
    """An environment value that an engine reads.

    secret: it must appear nowhere, so its name must look like one (see settings.looks_secret). required: the engine
    cannot run without it. address: it is a URL. number: it is one above 0. path: it is a path under the base URL.
    choices: what it may be, where that is a list. page: where the provider gives keys to its users. own_server: an
    address of a program of the user's own, which usually is on this machine or its network.
    """

    secret: bool = False
    required: bool = False
    address: bool = False
    number: bool = False
    path: bool = False
    choices: tuple[str, ...] = ()
    page: str = ""
    own_server: bool = False


def required(environment: Mapping[str, Variable]) -> tuple[str, ...]:
    """Names without which the engine cannot run."""
    return tuple(name for name, variable in environment.items() if variable.required)


@dataclass(frozen=True)
class EngineInfo:
    """What the studio must know of an engine as it is set up.

    name: as in model ids. needs: environment names that must be set. limits: of the account, where the engine knows
    them better than its catalogue file. model_submits_per_s: in the place of every row's own rate, for accounts that
    may do more. repeatable: submitting again costs nothing, so a run whose handle was lost by a restart is queued
    again. local: works on this machine. base_url, hosts: where the provider is; results are fetched from private
    addresses only if they lie there. by_time: the price is time on a card of the user's own, so before such a run was
    timed there is no estimate. maps_hdr: reads HDR clips itself; others are given copies in ordinary colours.
    """

    name: str
    label: str
    needs: tuple[str, ...] = ()
    limits: AccountLimits | None = None
    model_submits_per_s: float | None = None
    repeatable: bool = False
    local: bool = False
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    by_time: bool = False
    maps_hdr: bool = False


@dataclass(frozen=True)
class Input:
    """An input file, checked and ready to read. path is absolute."""

    asset: Asset
    path: Path


@dataclass(frozen=True)
class Job:
    """All that an engine needs for one run. seed is decided (never None where the model takes seeds).

    work_dir: an empty folder of this run's own, for files a local engine makes; removed after the run has ended. Not
    made for engines that work elsewhere.
    inputs: by asset id. uploads: what `prepare` returned. webhook_url: where the provider may call, for engines with
    Webhooks; "" for nowhere.
    """

    run_id: str
    request: Request
    model: Model
    seed: int | None
    work_dir: Path
    inputs: Mapping[str, Input] = field(default_factory=dict)
    uploads: Mapping[str, str] = field(default_factory=dict)
    webhook_url: str = ""


@dataclass(frozen=True)
class AccountBalance:
    """What is left of an account. amount: in `unit`, as the provider counts (USD, credits). usd: in dollars, where the
    rate is known."""

    amount: float
    unit: str
    usd: float | None = None


class Engine(Protocol):
    """One provider. Every failure is raised as one of the EngineError classes of studio.errors."""

    info: EngineInfo

    def missing(self) -> str | None:
        """A sentence that says what to set before this engine can run, or None when it is ready."""
        ...

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """The likely price of one run in US dollars; None where unknown. Usually catalogue.pricing.price."""
        ...

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload inputs that the provider fetches itself: asset id -> URL. Free of charge, and may be repeated."""
        ...

    async def submit(self, job: Job) -> str:
        """Start the run and return its handle: opaque text that `poll` understands even after a restart.

        This is the call that costs money; nothing repeats it unasked. Raises UnknownOutcome when the answer was
        lost after the request may have arrived.
        """
        ...

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        ...

    async def close(self) -> None:
        """Give back connections and processes."""
        ...


# What only some engines can do -----------------------------------------------------------------------------------


@runtime_checkable
class Cancels(Protocol):
    """An engine whose provider can stop a run."""

    async def cancel(self, handle: str) -> bool:
        """Ask the provider to stop; False where it cannot any more."""
        ...


@runtime_checkable
class Balance(Protocol):
    """An engine whose provider tells what is left of the account."""

    async def balance(self) -> AccountBalance:
        """What is left. Free of charge; raises Unauthorised where the key may not ask."""
        ...


@runtime_checkable
class KeyCheck(Protocol):
    """An engine with a call, beside the balance or instead of it, that proves its key."""

    async def check_key(self) -> None:
        """Return where the provider accepts the key. Free of charge; starts nothing. Raises EngineError, Unauthorised
        for a key that is refused."""
        ...


@dataclass(frozen=True)
class Agent:
    """What a user built at a provider, and can be run like a model. id: the provider's. workflow: one of its parts, ""
    for the main one. variables: what it is launched with."""

    id: str
    name: str
    workflow: str = ""
    variables: tuple[str, ...] = ()


@runtime_checkable
class Agents(Protocol):
    """An engine whose provider runs what its users built there."""

    async def agents(self) -> list[Agent]:
        """Those of the account. Free of charge."""
        ...


@dataclass(frozen=True)
class ChatApi:
    """A provider's API of language models in the shape of OpenAI's, with the engine's key.

    base: up to and with /v1. price_list: the name of the list in studio/llm/prices.toml that counts there, "" for none.
    """

    base: str
    headers: Mapping[str, str] = field(repr=False)
    price_list: str = ""


@runtime_checkable
class Chats(Protocol):
    """An engine whose provider has language models as well."""

    def chat_api(self) -> ChatApi | None:
        """Where they answer; None where the engine's address leads to none."""
        ...


@runtime_checkable
class Webhooks(Protocol):
    """An engine whose provider calls Job.webhook_url when something happened to a run: a short cut beside polling."""

    async def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the provider itself sent this call, lately. headers: names in lower case. body: as it came."""
        ...

    def to_handle(self, body: JSON) -> str:
        """What identifies the run at the provider: text that its handle contains; "" where the call names none."""
        ...


@runtime_checkable
class WebhookHandles(Protocol):
    """An engine with Webhooks that can poll a task whose name only a call told, since the submit's answer was lost."""

    def handle_of(self, job: Job, task: str) -> str:
        """The handle that `submit` would have returned for this job. task: as `to_handle` read it from the call."""
        ...


@runtime_checkable
class SubmitLookup(Protocol):
    """An engine that can look up a submit whose answer was lost."""

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """Handles of provider tasks that this submit may have made (times: Unix seconds). Empty: certainly none.

        known: handles that other runs of this engine hold; they are left out. Raises Unavailable (with retry_after_s)
        while it is too early to say, and UnknownOutcome where only a person can.
        """
        ...


@runtime_checkable
class DurationEstimate(Protocol):
    """An engine that can estimate how long a run will take, before there is any history of such runs."""

    def expected_s(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """Seconds from start to result; None where it cannot say. Quick, and without a network."""
        ...


@runtime_checkable
class RequestChecks(Protocol):
    """An engine whose settings narrow what its rows allow, e.g. a region without some of the models."""

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """What this engine, as it is set up, would refuse. Asked at submit, after the rules of the row; no network."""
        ...


@runtime_checkable
class ModelAvailability(Protocol):
    """An engine that, as it is set up, cannot offer every row of its catalogue."""

    def unavailable(self, model: Model) -> str | None:
        """A sentence that says why this model cannot be used and what to choose, or None. No network."""
        ...


@runtime_checkable
class Notifications(Protocol):
    """An engine that learns of many runs at once and can say which of them is worth a look."""

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call `callback(handle)`, on the event loop, when something may have happened to the run with this handle."""
        ...


class ModelFiles(Protocol):
    """Files of open models on this machine: where they are, whether they are whole, fetching and removing them."""

    def about(self, model: Model) -> dict[str, Any]:
        """What the models page shows of a model."""
        ...

    def place(self) -> dict[str, Any]:
        """Where they are fetched to: folder, free_bytes of its disk."""
        ...

    def fetch(self, model: Model, *, extras: bool = False) -> None:
        """Begin or resume the download; extras: the files of its draft mode."""
        ...

    def stop(self, model: Model) -> None:
        """Stop the model's downloads; what has arrived is kept."""
        ...

    def remove(self, model: Model) -> int:
        """Delete the model's files; bytes freed."""
        ...


@runtime_checkable
class ModelStorage(Protocol):
    """An engine whose models' files lie on this machine."""

    @property
    def library(self) -> ModelFiles:
        """The files."""
        ...

    def status(self) -> list[dict[str, Any]]:
        """The devices and what they do: device, name, memory in bytes, loaded (model id or None), run, waiting."""
        ...


def declared(engine: Engine) -> Mapping[str, Variable]:
    """The environment names that this engine reads; none where its class declares none."""
    return getattr(engine, "environment", {})


def has_connection(engine: Engine) -> bool:
    """Whether a key or an address leads to what the engine uses, rather than this machine alone."""
    return any(variable.secret or variable.address for variable in declared(engine).values())


def account_limits(engine: Engine, catalogue: Catalogue) -> AccountLimits:
    """What the account of this engine may do: as it was set up, else by its catalogue file, else careful numbers."""
    return engine.info.limits or catalogue.accounts.get(engine.info.name) or AccountLimits()
