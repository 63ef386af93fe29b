"""What every paid provider must do alike, against its local server (tests/support/provider_cases.py): nothing is lost,
nothing is paid for twice, and each refusal is of the class that tells the job manager what to do next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio.catalogue import Catalogue, Model, validation
from studio.domain import JSON, Asset, HeldReason, Kind, Run, Status, Task
from studio.engines.base import Balance, Engine, Input, Job, SubmitLookup
from studio.errors import (
    EngineError,
    Moderated,
    OutOfCredit,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.studio import Studio
from tests.providers.http_server import Reply, as_json
from tests.support.kit import QUICK
from tests.support.provider_cases import PROVIDERS, ProviderCase

T = TypeVar("T")
LIMIT_S = 30
REFUSALS: dict[str, type[EngineError]] = {
    "moderated": Moderated,
    "bad key": Unauthorised,
    "no credit": OutOfCredit,
    "rate limit": RateLimited,
    "real status": RateLimited,
    "refused": Refused,
    "fault": UnknownOutcome,
    "no answer": UnknownOutcome,
    "closed": Unavailable,
}
DEEP = b"[" * 100_000
ODD = {
    "nested": Reply(200, b'{"data":' + DEEP, {"content-type": "application/json"}),
    "no JSON": Reply(200, b"<html>busy</html>"),
    "cut": Reply(200, b'{"data": {"sta'),
    "a list": as_json([1]),
    "numbers": as_json({"data": 5, "code": "many", "errors": 7}),
    "nothing": as_json({}),
    "lists where objects are": as_json({"data": [[]], "errors": [None]}),
}
"""Answers with status 200 that say nothing."""
PAGES = {"not found": Reply(404, b"<html>nginx</html>"), "gateway": Reply(502, b"<html>bad gateway</html>")}


@pytest.fixture(scope="module", params=sorted(PROVIDERS))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderCase]:
    with PROVIDERS[request.param](tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(scope="module")
def studio(case: ProviderCase) -> Iterator[Studio]:
    """One studio for all stories of a provider; each has its own prompt."""
    with Studio.open(
        case.settings, engines={case.name: case.build()}, catalogue=case.catalogue, timing=QUICK
    ) as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh(case: ProviderCase) -> None:
    case.server.reset()


def with_engine(case: ProviderCase, story: Any) -> Any:
    async def bounded() -> Any:
        engine = case.build()
        try:
            async with asyncio.timeout(LIMIT_S):
                return await story(engine)
        finally:
            await engine.close()

    return asyncio.run(bounded())


def job(case: ProviderCase, body: JSON | None = None) -> Job:
    request = validation.parse(dict(body or case.body), case.catalogue)
    model = case.catalogue.get(request.model)
    run_id = f"r_{time.monotonic_ns()}"
    return Job(run_id, validation.complete(request, model), model, 7 if model.seeds else None, Path("unused"))


MIMES = {Kind.IMAGE: "image/png", Kind.VIDEO: "video/mp4", Kind.AUDIO: "audio/mpeg"}


def filled(model: Model, task: Task, catalogue: Catalogue) -> Job:
    """A job of this row with the inputs that it must have, each as an address."""
    given: dict[str, list[str]] = {}
    inputs: dict[str, Input] = {}
    for name, spec in model.inputs_for(task).items():
        for n in range(spec.min):
            asset = Asset(id=f"{name}{n}", kind=spec.kinds[0], mime=MIMES[spec.kinds[0]], duration_s=5.0)
            inputs[asset.id] = Input(asset, Path("unused"))
            given.setdefault(name, []).append(asset.id)
    lists = ("images", "references")
    media = {name: ids if name in lists else ids[0] for name, ids in given.items()}
    request = validation.parse({"task": task, "model": model.id, "prompt": "a boat"} | media, catalogue)
    uploads = {i: f"https://files.test/{i}" for i in inputs}
    seed = 7 if model.seeds else None
    run_id = f"r_{time.monotonic_ns()}"
    return Job(run_id, validation.complete(request, model), model, seed, Path("unused"), inputs, uploads)


def raised(case: ProviderCase, verb: Any) -> EngineError:
    async def story(engine: Engine) -> EngineError:
        with pytest.raises(EngineError) as caught:
            await verb(engine)
        return caught.value

    return with_engine(case, story)


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_a_refusal_is_of_the_class_that_says_what_to_do(case: ProviderCase, what: str) -> None:
    if what not in case.refusals:
        pytest.skip("this provider has no such answer")
    case.server.fail("submit", "reply", reply=case.refusals[what])
    error = raised(case, lambda engine: engine.submit(job(case)))
    assert type(error) is REFUSALS[what], error
    assert case.server.calls["submit"] == 1
    assert case.server.KEY not in str(error)


@pytest.mark.parametrize("what", sorted(ODD))
def test_an_answer_to_a_submit_that_says_nothing_leaves_the_outcome_open(case: ProviderCase, what: str) -> None:
    case.server.fail("submit", "reply", reply=ODD[what])
    assert type(raised(case, lambda engine: engine.submit(job(case)))) is UnknownOutcome


def test_an_answer_to_a_poll_that_says_nothing_is_asked_for_again(case: ProviderCase) -> None:
    """No such answer may fail or hold a run that is paid."""

    async def story(engine: Engine) -> None:
        handle = await engine.submit(job(case))
        for name, reply in (ODD | PAGES).items():
            case.server.fail("poll", "reply", reply=reply)
            with pytest.raises(Unavailable):
                print(name, await engine.poll(handle))

    with_engine(case, story)


@pytest.mark.parametrize(("end", "kind"), [("failed", EngineError), ("moderated", Moderated)])
def test_a_task_that_failed_is_told_with_its_reason(case: ProviderCase, end: str, kind: type[EngineError]) -> None:
    """Moderation of the result is told from a fault; neither is tried again."""
    case.server.ends.append(end)

    async def story(engine: Engine) -> EngineError:
        handle = await engine.submit(job(case))
        with pytest.raises(EngineError) as caught:
            while True:
                await engine.poll(handle)
                await asyncio.sleep(0.02)
        return caught.value

    error = with_engine(case, story)
    assert (type(error), error.transient) == (kind, False), error


def test_every_row_sends_what_the_provider_takes(case: ProviderCase) -> None:
    """The least that each row and task needs, against the rules of the provider's server."""

    async def story(engine: Engine) -> list[str]:
        wrong: list[str] = []
        for model in case.catalogue:
            for task in model.tasks if model.provider == case.name else ():
                try:
                    await engine.submit(filled(model, task, case.catalogue))
                except EngineError as error:
                    wrong.append(f"{model.id}, {task}: {error}")
        return wrong

    assert with_engine(case, story) == []
    assert len(case.server.tasks) == sum(len(m.tasks) for m in case.catalogue if m.provider == case.name) > 0


def test_a_task_of_nobody_is_unknown(case: ProviderCase) -> None:
    async def story(engine: Engine) -> None:
        handle = await engine.submit(job(case))
        await engine.submit(job(case))
        case.server.tasks.pop(next(iter(case.server.tasks)))
        with pytest.raises(UnknownHandle):
            while True:  # a new task may be unknown for a moment
                await engine.poll(handle)
                await asyncio.sleep(0.05)

    with_engine(case, story)


@pytest.mark.parametrize("amount", ["", "null", '"many"', "1e400", "-5", "[1]", "true"])
def test_what_is_left_is_a_number_or_an_error(case: ProviderCase, amount: str) -> None:
    case.server.amount = amount

    async def story(engine: Engine) -> float | None:
        assert isinstance(engine, Balance)
        return (await engine.balance()).usd

    if case.balance is None:
        pytest.skip("this provider does not tell")
    if not amount:
        assert with_engine(case, story) == pytest.approx(case.balance)
    else:
        assert isinstance(raised(case, lambda engine: engine.balance()), Unavailable)


# ----------------------------------------------------------------------------------------------- through the studio


def rest(studio: Studio, *found: Run) -> list[Run]:
    """The runs as soon as they have ended or are held."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        runs = [studio.local.runs.get(run.id) for run in found]
        if all(run.status.ended or run.status == Status.HELD for run in runs):
            return runs
        time.sleep(0.02)
    raise AssertionError(f"not at rest in {LIMIT_S} s")


def made(studio: Studio, body: JSON, prompt: str) -> Run:
    """The run at rest. The failures of the stories before it do not hold the model's queue."""
    for held in studio.queue.held_models():
        studio.queue.resume_model(held.model)
    (run,) = rest(studio, *studio.local.requests.submit(body | {"prompt": prompt}))
    return run


def test_several_files_of_one_call_are_kept_and_booked_as_billed(case: ProviderCase, studio: Studio) -> None:
    body, count = case.several
    case.server.amount, usd = case.billed or ("", None)
    run = made(studio, body, "several")
    assert run.status == Status.SUCCEEDED, run.error
    assert (len(run.assets), run.cost_usd) == (count, pytest.approx(usd) if usd else None)
    assert all(studio.local.assets.path(a).stat().st_size == a.bytes for a in run.assets)
    assert case.server.submits_by_prompt() == {"several": 1}
    assert case.server.leaks == []
    kept = b"".join(p.read_bytes() for p in case.settings.data.glob("studio.db*"))
    assert case.server.KEY.encode() not in kept


def test_what_came_of_a_partial_success_is_kept(case: ProviderCase, studio: Studio) -> None:
    body, count = case.several
    if count == 1:
        pytest.skip("this provider makes one file a call")
    case.server.ends.append("partial")
    run = made(studio, body, "partial")
    assert (run.status, len(run.assets)) == (Status.SUCCEEDED, count - 1), run.error
    assert f"returned {count - 1} of {count} files" in (run.note or "")


def test_a_task_that_is_done_without_a_file_stays_billed(case: ProviderCase, studio: Studio) -> None:
    """Runware never calls such a task done: it would be looked at until the deadline."""
    if case.name == "runware":
        pytest.skip("a task without a file is not done there")
    case.server.empty = True
    run = made(studio, case.body, "empty")
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.BROKEN_RESULT), run.error
    case.server.empty = False
    studio.local.runs.decide(run.id, "fetch_again")
    assert rest(studio, run)[0].status == Status.SUCCEEDED


@pytest.mark.parametrize("amount", ["1e400", "-1", '"free"', "[]", "null"])
def test_a_bill_that_is_no_amount_leaves_the_estimate(case: ProviderCase, studio: Studio, amount: str) -> None:
    case.server.amount = amount
    run = made(studio, case.body, f"bill {amount}")
    assert (run.status, run.cost_usd) == (Status.SUCCEEDED, None), run.error
    assert ("estimate was recorded" in (run.note or "")) == bool(run.estimate_usd)


@pytest.mark.parametrize("do", ["drop-before", "drop-after", "truncate"])
def test_a_lost_answer_is_looked_up_or_held_and_never_paid_twice(case: ProviderCase, studio: Studio, do: str) -> None:
    case.server.fail("submit", do)
    run = made(studio, case.body, f"lost {do}")
    if case.finds_lost:
        assert run.status == Status.SUCCEEDED, run.error
        assert case.server.submits_by_prompt() == {f"lost {do}": 1}
        return
    assert not isinstance(case.build(), SubmitLookup)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert "no way to look up the run" in (run.error or "")
    assert case.server.calls["submit"] == 1
    studio.local.runs.decide(run.id, "give_up")


def test_a_rate_limit_is_waited_for_and_sent_once_more(case: ProviderCase, studio: Studio) -> None:
    case.server.fail("submit", "reply", reply=case.refusals["rate limit"])
    run = made(studio, case.body, "slow down")
    assert run.status == Status.SUCCEEDED, run.error
    assert (case.server.calls["submit"], len(case.server.tasks)) == (2, 1)


def test_a_link_that_is_dead_is_held_and_can_be_fetched_again(case: ProviderCase, studio: Studio) -> None:
    case.server.gone = True
    run = made(studio, case.body, "expired")
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.BROKEN_RESULT), run.error
    case.server.gone = False
    studio.local.runs.decide(run.id, "fetch_again")
    assert rest(studio, run)[0].status == Status.SUCCEEDED
    assert case.server.submits_by_prompt() == {"expired": 1}


def test_a_judged_prompt_fails_without_a_second_try(case: ProviderCase, studio: Studio) -> None:
    case.server.fail("submit", "reply", reply=case.refusals["moderated"])
    run = made(studio, case.body, "judged")
    assert (run.status, case.server.calls["submit"]) == (Status.FAILED, 1)
    assert "unsafe" in (run.error or "")
