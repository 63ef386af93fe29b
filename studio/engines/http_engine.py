"""What the engines of HTTP APIs share: key and base URL from the settings, one client, uploads, the usual price.

An engine names its `provider` and translates `upload`, `submit` and `poll`. What its provider can do beyond that is in
the protocols of engines.base.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from studio.catalogue import Model, pricing
from studio.domain import Asset, Progress, Request
from studio.engines.base import AccountBalance, EngineInfo, Input, Job, Variable, required
from studio.engines.http import ApiClient, Reply, api_base, base_problem
from studio.engines.strict_json import number
from studio.errors import Unavailable, UnknownOutcome
from studio.messages import Message, term
from studio.settings import Settings

UPLOAD_S = 600.0
"""Longest upload of one input."""


@dataclass(frozen=True)
class Provider:
    """A service with an HTTP API. name: as in model ids. label: for people. key, base: the environment names of its key
    and of another base URL. url: its own base URL. scheme: the word before the key in the Authorization header.
    key_page: where its users get their keys."""

    name: str
    label: str
    key: str
    base: str
    url: str
    scheme: str = "Bearer"
    key_page: str = ""

    @property
    def environment(self) -> dict[str, Variable]:
        """For Engine.environment: the key, which is required, and the base URL."""
        key = Variable(secret=True, required=True, page=self.key_page)
        return {self.key: key, self.base: Variable(address=True)}


class HttpEngine(ABC):
    """See engines.base.Engine. hosts: addresses of the provider's other services that know the same key."""

    provider: ClassVar[Provider]
    environment: ClassVar[Mapping[str, Variable]]

    def __init__(self, settings: Settings, *, hosts: Iterable[str] = ()) -> None:
        provider, self._key = self.provider, settings.secret(self.provider.key) or ""
        given = settings.option(provider.base)
        self._base_problem = base_problem(provider.base, given) if given else None
        base = "" if self._base_problem else api_base(given, provider.url)
        self.info = EngineInfo(provider.name, provider.label, required(self.environment), base_url=base)
        auth = {"Authorization": f"{provider.scheme} {self._key}"}
        self._api = ApiClient(base, label=provider.label, auth=lambda: auth, hosts=hosts)

    def missing(self) -> str | None:
        """What to set before this engine can run."""
        provider = self.provider
        key_problem = Message("engine.set_key", key=provider.key, provider=term(provider.label))
        return self._base_problem if self._key else key_problem

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row's price list."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload all inputs, one after the other."""
        return {i: await self.upload(file) for i, file in job.inputs.items()}

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    @abstractmethod
    async def upload(self, file: Input) -> str:
        """How a request names the file, once the provider has it: an address or an id."""

    @abstractmethod
    async def submit(self, job: Job) -> str:
        """Start the run; its handle."""

    @abstractmethod
    async def poll(self, handle: str) -> Progress:
        """Look once."""

    async def _post_file(
        self, where: str, file: Input, *, field: str = "file", name: str = "", form: Mapping[str, str] | None = None
    ) -> Reply:
        """The answer to a form with the file. field, name: of the file in it. form: its other fields."""
        with file.path.open("rb") as content:
            files = {field: (name or file.path.name, content, file.asset.mime)}
            return await self._api.call("POST", where, form=form, files=files, total_s=UPLOAD_S)


def account_balance(amount: Any, label: str, *, unit: str = "USD", unit_usd: float | None = None) -> AccountBalance:
    """The balance that an answer states. unit_usd: dollars of one unit, where known. Raises Unavailable where it states
    no amount."""
    if (value := number(amount)) is None:
        raise Unavailable(Message("engine.no_balance", provider=term(label)), code="balance")
    rate = 1.0 if unit == "USD" else unit_usd
    return AccountBalance(value, unit, None if rate is None else round(value * rate, 6))


def no_task_named(label: str) -> UnknownOutcome:
    """For an answer to a submit that is no error and names no task: it may run all the same."""
    return UnknownOutcome(Message("engine.no_task_named", provider=term(label)), code="no task")


def no_upload_address(code: str = "no address") -> Unavailable:
    """For an answer to an upload that says nothing of where the file is."""
    return Unavailable(Message("engine.upload_permission"), code=code)
