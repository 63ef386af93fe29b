"""What an engine keeps of an accepted run: the text of its handle, enough to poll and to book it after any restart.

For providers that answer a submit with a name or addresses and report the files at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.catalogue import pricing
from studio.domain import JSON, Kind, Output, Progress, Status
from studio.engines import handles
from studio.engines.base import Job
from studio.engines.strict_json import links
from studio.errors import Unavailable, UnknownHandle
from studio.messages import Message, joined, term

MOST_TASK_CHARS = 200
"""Longest name of a task. Real ones are UUIDs or shorter."""


MOST_FEWER, MOST_MORE = 30.0, 3.0
"""How far billed units may lie below and above those expected and still be of the unit that the row prices."""


@dataclass(frozen=True)
class Receipt:
    """An accepted run. task: the provider's name of it. urls: addresses that the provider gave for the next calls.

    kind: of the files it makes. count: how many were asked for. usd: the estimate. rates: dollars by unit. prices: all
    dollars that the row lists for one unit.
    """

    task: str
    kind: str
    count: int = 1
    usd: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    prices: list[float] = field(default_factory=list)
    urls: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job, task: str, **urls: str) -> Receipt:
        """The receipt of this job."""
        request, model = job.request, job.model
        usd = pricing.price(request, model, {i: file.asset for i, file in job.inputs.items()})
        rates = pricing.rates(request, model)
        prices = sorted({model.usd(line) for line in model.prices})
        return cls(task, request.task.makes, pricing.outputs(request, model), usd, rates, prices, urls)

    def handle(self) -> str:
        """The text that `read` understands."""
        return handles.dump(**asdict(self))

    @classmethod
    def read(cls, handle: str, label: str) -> Receipt:
        """What a handle says. Raises UnknownHandle for any other text."""
        try:
            return cls(**handles.parse(handle, label))
        except TypeError:
            raise UnknownHandle(Message("engine.bad_handle", handle=f"{handle[:40]!r}", provider=term(label))) from None

    def files(self, part: Any) -> tuple[Output, ...]:
        """The files that a part of an answer names: a link, an object with `url`, or a list of either, in its order."""
        return tuple(Output(kind=Kind(self.kind), url=link) for link in links(part))

    def cost_of(self, units: float | None) -> float | None:
        """Dollars for billed units of which the provider does not say what one is: units of the only price, where they
        are about as many as were expected (minutes or megapixels in the place of seconds are not), else the estimate,
        where it is so many units of one of the prices. None where neither explains them."""
        if units is None:
            return None
        if len(self.prices) == 1:
            cost = round(units * self.prices[0], 6)
            near = not (cost and self.usd) or self.usd / MOST_FEWER <= cost <= MOST_MORE * self.usd
            return cost if near else None
        explains = any(self.usd and abs(units * price - self.usd) < 0.01 * self.usd for price in self.prices)
        return self.usd if explains else None

    def succeeded(
        self, files: tuple[Output, ...], *, label: str, word: str, cost_usd: float | None = None,
        usage: JSON | None = None, seed: Any = None, note: str = "",
    ) -> Progress:  # fmt: skip
        """The end of a run that brought these files. Says where they are fewer than asked for, and where the estimate
        is booked, since the provider gave no figure. Without any the job manager holds the run as billed, to be fetched
        again."""
        if not files:
            return Progress(status=Status.SUCCEEDED, word=word)
        notes = [note]
        if len(files) < self.count:
            notes.append(Message("engine.fewer_came", provider=term(label), count=len(files), asked=self.count))
        if cost_usd is None and self.usd:
            notes.append(Message("engine.estimate_booked"))
        said = joined(*notes) or None
        whole = seed if isinstance(seed, int) and not isinstance(seed, bool) else None
        return Progress(
            status=Status.SUCCEEDED,
            word=word,
            outputs=files,
            cost_usd=cost_usd,
            usage=usage or {},
            seed=whole,
            note=said,
        )


def task_name(value: Any) -> str:
    """The provider's name of a task; "" for what cannot be one."""
    return value if isinstance(value, str) and 0 < len(value) <= MOST_TASK_CHARS and value.isprintable() else ""


def unknown_status(word: Any, label: str) -> Unavailable:
    """For a status word that the engine does not know: the task is still there, so it is looked at again."""
    shown = str(word)[:40]
    return Unavailable(Message("engine.unknown_status", provider=term(label), word=f"{shown!r}"), code=shown)
