"""Tools for runs: start, look, wait, stop, decide, rate, find."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from anyio import CapacityLimiter, sleep, to_thread
from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from studio.domain import Kind, Run, Status, Task
from studio.errors import BudgetError, Conflict
from studio.messages import Message
from studio.services.requests import OnStored
from studio.web.mcp.answers import ExportAnswer, RunAnswer, RunsAnswer, export_answer, run_answer, runs_answer
from studio.web.mcp.caller import Caller, caller_of
from studio.web.mcp.request_input import RequestInput, flat
from studio.web.mcp.tool import EDIT, LOOK, SPEND, STOP, Tool
from studio.web.verbs.films import PRICE_TOLERANCE_USD

if TYPE_CHECKING:
    from studio.studio import Studio

T = TypeVar("T")
MAX_WAIT_S = 300.0
SLICE_S = 1.0
"""How long one look waits for changes before progress is told."""
MAX_WAITING_THREADS = 16

RunId = Annotated[str, Field(max_length=64, description="id of a run (r_...)")]
RunIds = Annotated[list[RunId], Field(min_length=1, max_length=200)]
Key = Annotated[
    str,
    Field(
        max_length=64,
        description="A word of your own for this call. The same call again with the same key starts and pays nothing "
        "more, and answers the runs of the first.",
    ),
]
MaxUsd = Annotated[float, Field(ge=0, le=100_000, description="Refuse when the price is above so many dollars")]


class WaitAnswer(BaseModel):
    """Runs and exports as they are. done: all have ended. next: what to do, where something has not ended."""

    done: bool
    runs: list[RunAnswer] = []
    exports: list[ExportAnswer] = []
    next: str | None = None


class SearchAnswer(BaseModel):
    """A page of runs, newest first. next_before: for the page after; null at the end."""

    runs: list[RunAnswer]
    total: int
    next_before: int | None = None


def require_price(usd: float | None, max_usd: float) -> None:
    """Raise BudgetError unless max_usd covers the price; what has none is covered by no amount."""
    if usd is None:
        raise BudgetError(Message("mcp.no_price"))
    if usd > max_usd + PRICE_TOLERANCE_USD:
        raise BudgetError(Message("mcp.above_max", usd=f"{usd:.2f}", most=f"{max_usd:.2f}"))


def tools(studio: Studio) -> Iterator[Tool]:
    """submit, get_runs, wait, cancel, decide, rate, search."""
    waiting = CapacityLimiter(MAX_WAITING_THREADS)
    yield Tool(_submit(studio), "Start runs", SPEND)
    yield Tool(_get_runs(studio), "Look at runs", LOOK)
    yield Tool(_wait(studio, waiting), "Wait for runs and exports", LOOK)
    yield Tool(_cancel(studio), "Cancel runs", STOP)
    yield Tool(_decide(studio), "Decide on a held run", SPEND)
    yield Tool(_rate(studio), "Rate a run", EDIT)
    yield Tool(_search(studio), "Search the gallery", LOOK)


def _submit(studio: Studio) -> Callable[..., RunsAnswer]:
    def submit(
        context: Context,
        requests: Annotated[list[RequestInput], Field(min_length=1, max_length=200)],
        max_usd: MaxUsd | None = None,
        key: Key = "",
    ) -> RunsAnswer:
        """Start what is asked and answer its runs at once; `wait` for their end. All requests are checked before any is
        stored, and together they are one batch. A run above a spending limit is held for a decision.
        """
        caller = caller_of(studio, context)
        services, bodies = caller.services, [flat(request) for request in requests]

        def start(on_stored: OnStored) -> list[Run]:
            if max_usd is not None:
                require_price(services.requests.estimate(bodies).usd, max_usd)
            return services.requests.submit_list(bodies, on_stored=on_stored)

        return runs_answer(caller, services.keyed_calls.once(key, {"submit": bodies}, start))

    return submit


def _get_runs(studio: Studio) -> Callable[..., RunsAnswer]:
    def get_runs(context: Context, run_ids: RunIds) -> RunsAnswer:
        """These runs as they are now, with their assets."""
        caller = caller_of(studio, context)
        return RunsAnswer(runs=[run_answer(caller, caller.services.runs.get(run_id)) for run_id in run_ids])

    return get_runs


def _wait(studio: Studio, waiting: CapacityLimiter) -> Callable[..., object]:
    async def wait(
        context: Context,
        ids: Annotated[
            list[RunId], Field(min_length=1, max_length=200, description="Runs (r_...) and exports (f_...)")
        ],
        timeout_s: Annotated[float, Field(ge=0, le=MAX_WAIT_S)] = 60.0,
    ) -> WaitAnswer:
        """Wait until all have ended, or only held ones are left, or the time is up; progress is told meanwhile. Call it
        again for what is still under way: nothing is lost by waiting too short.
        """
        caller, deadline = caller_of(studio, context), time.monotonic() + timeout_s
        while True:
            answer = await _in_thread(waiting, partial(_look_anew, studio, context, ids))
            open_ids = _open(answer)
            await context.report_progress(_fraction(answer), 1.0, str(_progress(answer)))
            if not open_ids or (left_s := deadline - time.monotonic()) <= 0:
                return _with_advice(answer)
            if runs := [i for i in open_ids if i.startswith("r_")]:
                slice_s = min(left_s, SLICE_S)
                await caller.services.runs.wait_pushed(runs, timeout_s=slice_s)
            else:
                await sleep(min(left_s, SLICE_S / 2))

    return wait


async def _in_thread(limiter: CapacityLimiter, work: Callable[[], T]) -> T:
    """In a thread that no other request waits for."""
    return await to_thread.run_sync(work, limiter=limiter)


def _look_anew(studio: Studio, context: Context, ids: list[str]) -> WaitAnswer:
    """As the caller may see them now: a token that is revoked while it waits sees no more."""
    return _look(caller_of(studio, context), ids)


def _look(caller: Caller, ids: list[str]) -> WaitAnswer:
    runs = [run_answer(caller, caller.services.runs.get(i)) for i in ids if not i.startswith("f_")]
    exports = [export_answer(caller, i) for i in ids if i.startswith("f_")]
    ended = [one.status in ("succeeded", "failed", "cancelled") for one in (*runs, *exports)]
    return WaitAnswer(done=all(ended), runs=runs, exports=exports)


def _open(answer: WaitAnswer) -> list[str]:
    """What may still end without a person."""
    still = ("queued", "running")
    return [one.id for one in (*answer.runs, *answer.exports) if one.status in still]


def _fraction(answer: WaitAnswer) -> float:
    parts = [1.0 if one.status not in ("queued", "running") else one.fraction or 0.0 for one in answer.runs]
    parts += [1.0 if one.status != "running" else one.fraction or 0.0 for one in answer.exports]
    return round(sum(parts) / len(parts), 4)


def _progress(answer: WaitAnswer) -> Message:
    of = len(answer.runs) + len(answer.exports)
    return Message("mcp.progress", ended=of - len(_open(answer)), of=of)


def _with_advice(answer: WaitAnswer) -> WaitAnswer:
    held = [run.id for run in answer.runs if run.status == "held"]
    advice = [Message("mcp.call_wait_again", count=count)] if (count := len(_open(answer))) else []
    advice += [Message("mcp.held_runs", count=len(held), ids=held)] if held else []
    return answer.model_copy(update={"next": " ".join(advice) or None})


def _cancel(studio: Studio) -> Callable[..., object]:
    def cancel(
        context: Context,
        ids: Annotated[
            list[RunId], Field(min_length=1, max_length=200, description="Runs (r_...) and exports (f_...)")
        ],
    ) -> WaitAnswer:
        """Ask runs and exports to stop. What has not been sent ends at once; what a provider works on may still be
        billed. Those that had already ended stay as they are.
        """
        caller = caller_of(studio, context)
        for one in ids:
            if one.startswith("f_"):
                caller.services.exports.cancel(one)
                continue
            try:
                caller.services.runs.cancel(one)
            except Conflict:
                caller.services.runs.get(one)
        return _with_advice(_look(caller, ids))

    return cancel


def _decide(studio: Studio) -> Callable[..., RunAnswer]:
    def decide(
        context: Context,
        run_id: RunId,
        choice: Annotated[str, Field(max_length=100, description="One of the run's `choices`")],
    ) -> RunAnswer:
        """Decide on a held run: its `error` says why it waits, its `choices` what can be done. Choices such as
        run_anyway, approve and submit_again may cost money; confirm_consent says that real people have agreed, which
        only a person can know; give_up ends the run.
        """
        caller = caller_of(studio, context)
        return run_answer(caller, caller.services.runs.decide(run_id, choice))

    return decide


def _rate(studio: Studio) -> Callable[..., RunAnswer]:
    def rate(context: Context, run_id: RunId, stars: Annotated[int, Field(ge=0, le=5)]) -> RunAnswer:
        """Give a run 1 to 5 stars, or 0 for none."""
        caller = caller_of(studio, context)
        return run_answer(caller, caller.services.gallery.rate(run_id, stars))

    return rate


def _search(studio: Studio) -> Callable[..., SearchAnswer]:
    def search(
        context: Context,
        query: Annotated[
            str,
            Field(
                max_length=1000,
                description='Words of the prompt, "phrases", -without; seed:42 rating:>=4 after:2026-03-01',
            ),
        ] = "",
        task: Task | None = None,
        model: Annotated[str, Field(max_length=200)] = "",
        kind: Literal["image", "video", "audio", "text"] | None = None,
        status: Status | None = None,
        rating_min: Annotated[int, Field(ge=0, le=5)] = 0,
        before: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
    ) -> SearchAnswer:
        """Kept runs, newest first, with their assets. `before` takes next_before of the page before."""
        caller = caller_of(studio, context)
        page = caller.services.gallery.search(
            query, task=task, model=model or None, kind=Kind(kind) if kind else None, status=status,
            rating_min=rating_min, before=before, limit=limit,
        )  # fmt: skip
        return SearchAnswer(
            runs=[run_answer(caller, run) for run in page.runs], total=page.total, next_before=page.next_before
        )

    return search
