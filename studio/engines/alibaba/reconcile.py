"""Which task a lost submit made, if any. Wrong in neither direction: a task adopted by the wrong run shows somebody
else's clip, a task overlooked is paid for twice.

The list names model and time, not the prompt. So a task of another run must be known (its handle is on file, or it
was just sent by this process), the answer waits while another submit of the same model is under way, and where several
fit, finished ones are told apart by the prompt they report. What remains in doubt is left to a person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from studio.domain import JSON
from studio.engines.alibaba.tasks import Tasks, created_at
from studio.engines.base import Job
from studio.engines.strict_json import table
from studio.errors import Unavailable, UnknownOutcome
from studio.messages import Message

SETTLE_S = 10.0
"""A job accepted just before the line broke should show in the list by then. Nothing promises it, so only a list that
shows a task sent later is taken as complete; without such a proof the run is not sent again."""
PATIENCE = 6.0
"""How many times SETTLE_S the list is asked before a person is."""
AROUND_S = 1800.0
"""Tasks this far outside the time of the submit raise doubt (clocks may have jumped), but are not adopted."""


@dataclass
class SubmitWindow:
    """When the submit was under way, by our clock, in Unix seconds."""

    after: float
    before: float


@dataclass
class PendingSubmit:
    """A submit under way; task is set when the provider named it."""

    run_id: str
    task: str = ""


@dataclass(frozen=True)
class LostSubmit:
    """A submit without an answer. since: monotonic seconds. prompt: plain."""

    since: float
    prompt: str


@dataclass
class TaskFinder:
    """Remembers what this process sends, and what it looks for."""

    tasks: Tasks
    settle_s: float
    _under_way: dict[str, list[PendingSubmit]] = field(default_factory=dict)
    _sent: dict[str, str] = field(default_factory=dict)
    _sent_at: dict[str, float] = field(default_factory=dict)
    _lost: dict[str, dict[str, LostSubmit]] = field(default_factory=dict)

    @contextmanager
    def sending(self, model: str, job: Job) -> Iterator[PendingSubmit]:
        """While a submit is under way. Its task, once known, belongs to this run."""
        sent, began = PendingSubmit(job.run_id), time.monotonic()
        self._under_way.setdefault(model, []).append(sent)
        try:
            yield sent
        except UnknownOutcome:
            self._lose(model, job)
            raise
        finally:
            self._under_way[model].remove(sent)
            if sent.task:
                self._sent[sent.task] = job.run_id
                self._sent_at[sent.task] = began
                self._lost.get(model, {}).pop(job.run_id, None)

    def _lose(self, model: str, job: Job) -> LostSubmit:
        """Remember that the answer is missing, since when it is."""
        lost = LostSubmit(time.monotonic(), plain(job.request.prompt))
        return self._lost.setdefault(model, {}).setdefault(job.run_id, lost)

    async def find(self, job: Job, model: str, window: SubmitWindow, taken: set[str | None]) -> list[str]:
        """Ids of tasks that the submit of this job made: one, or none for certain.

        Raises Unavailable while it is too early to say and UnknownOutcome when it stays in doubt.
        """
        first = self._lose(model, job).since
        lost = self._lost[model]
        if self._under_way.get(model):
            raise Unavailable(Message("alibaba.others_sending"), retry_after_s=2.0)
        waited = time.monotonic() - first
        complete = waited >= self.settle_s and await self._complete(first)  # asked first: what it proves is read after
        rows = await self.tasks.list_for_model(model, after=window.after - AROUND_S)
        free = [r for r in rows if r.get("task_id") not in taken and self._owner(r) in (None, job.run_id)]
        near = [r for r in free if window.after <= created_at(r) <= window.before]
        fits = [str(r["task_id"]) for r in near if await self._may_be(job, r)]
        others = [o for run, o in lost.items() if run != job.run_id and time.monotonic() - o.since < AROUND_S]
        if len(fits) == 1 and (not others or await self._can_only_be(job, fits[0], others)):
            self._sent[fits[0]] = job.run_id
            lost.pop(job.run_id, None)
            return fits
        if fits:
            if len(fits) > 1:
                raise UnknownOutcome(Message("alibaba.several_fit", count=len(fits)))
            raise UnknownOutcome(Message("alibaba.one_fits"))
        if len(free) > len(near):
            said = Message("alibaba.foreign_tasks", count=len(free) - len(near), model=model)
            raise UnknownOutcome(said)
        if complete:
            lost.pop(job.run_id, None)
            return []
        if waited < self.settle_s * PATIENCE:
            raise Unavailable(Message("alibaba.not_listed_yet"), retry_after_s=max(self.settle_s, waited) / 2)
        lost.pop(job.run_id, None)
        raise UnknownOutcome(Message("alibaba.never_listed", waited=f"{waited:.0f}"))

    async def _complete(self, since: float) -> bool:
        """Whether the list shows a task that this process sent after that moment: then it shows what came before."""
        later = {task for task, began in self._sent_at.items() if began > since}
        return bool(later) and await self.tasks.shows(later)

    def _owner(self, row: JSON) -> str | None:
        return self._sent.get(str(row.get("task_id")))

    async def _may_be(self, job: Job, row: JSON) -> bool:
        """Not the task of another prompt. Only finished tasks tell their prompt, and not all of them."""
        if row.get("status") != "SUCCEEDED":
            return True
        prompt = await self._prompt(str(row["task_id"]))
        return prompt is None or prompt == plain(job.request.prompt)

    async def _can_only_be(self, job: Job, task: str, others: list[LostSubmit]) -> bool:
        """Certainly the task of this run: it tells this prompt, and no other lost run has the same one."""
        prompt = plain(job.request.prompt)
        return bool(prompt) and all(o.prompt != prompt for o in others) and await self._prompt(task) == prompt

    async def _prompt(self, task: str) -> str | None:
        prompt = table((await self.tasks.fetch(task)).get("output")).get("orig_prompt")
        return plain(prompt) if prompt and isinstance(prompt, str) else None


def plain(prompt: str) -> str:
    """The prompt without differences in white space."""
    return " ".join(prompt.split())
