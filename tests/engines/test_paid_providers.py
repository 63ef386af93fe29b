"""What every paid provider must do alike, against its local server (tests/support/provider_cases.py): nothing is lost,
nothing is paid for twice, and each refusal is of the class that tells the job manager what to do next."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studio import engines
from studio.catalogue import Catalogue, Model, validation
from studio.domain import JSON, Asset, HeldReason, Kind, Progress, Run, Status, Task
from studio.engines.base import Balance, Cancels, Engine, Input, Job, SubmitLookup
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
from tests.providers.http_server import Call, Reply, as_json
from tests.providers.results import png
from tests.support.kit import QUICK
from tests.support.provider_cases import PROVIDERS, ProviderCase

LIMIT_S = 30
CLOCKS = ("pending_s", "queue_s", "starting_s", "running_s")
"""How the servers name how long a task takes."""
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


@contextmanager
def timed(server: Any, waiting_s: float, running_s: float) -> Iterator[None]:
    """New tasks of this server wait and run so long."""
    clock = {name: getattr(server, name) for name in CLOCKS if hasattr(server, name)}
    try:
        for name in clock:
            setattr(server, name, running_s if name == "running_s" else waiting_s)
        yield
    finally:
        for name, seconds in clock.items():
            setattr(server, name, seconds)


def at_once(server: Any) -> AbstractContextManager[None]:
    """Tasks of this server are done at the first look."""
    return timed(server, 0.0, 0.0)


async def finish(engine: Engine, handle: str) -> Progress:
    """The look that finds the run at its end."""
    while (seen := await engine.poll(handle)).status not in (Status.SUCCEEDED, Status.CANCELLED):
        await asyncio.sleep(0.01)
    return seen


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


def filled(model: Model, task: Task, catalogue: Catalogue, needs: JSON) -> Job:
    """A job of this row with the inputs that it must have, each as an address. needs: what else it must say."""
    given: dict[str, list[str]] = {}
    inputs: dict[str, Input] = {}
    for name, spec in model.inputs_for(task).items():
        for n in range(spec.min):
            asset = Asset(id=f"{name}{n}", kind=spec.kinds[0], mime=MIMES[spec.kinds[0]], duration_s=5.0)
            inputs[asset.id] = Input(asset, Path("unused"))
            given.setdefault(name, []).append(asset.id)
    lists = ("images", "references")
    media = {name: ids if name in lists else ids[0] for name, ids in given.items()}
    prompt = {} if model.prompt.max_chars == 0 else {"prompt": "a boat"}
    request = validation.parse({"task": task, "model": model.id} | prompt | media | needs, catalogue)
    uploads = {i: f"https://files.test/{i}" for i in inputs}
    seed = max(7, model.seeds.min) if model.seeds else None
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


@pytest.mark.parametrize("what", [*sorted(ODD), "gateway"])
def test_an_answer_to_a_submit_that_says_nothing_leaves_the_outcome_open(case: ProviderCase, what: str) -> None:
    case.server.fail("submit", "reply", reply=(ODD | PAGES)[what])
    assert type(raised(case, lambda engine: engine.submit(job(case)))) is UnknownOutcome


def test_an_answer_to_a_poll_that_says_nothing_is_asked_for_again(case: ProviderCase) -> None:
    """No such answer may fail or hold a run that is paid."""

    async def story(engine: Engine) -> None:
        handle = await engine.submit(job(case))
        for name, reply in (ODD | PAGES).items():
            case.server.fail(case.poll, "reply", reply=reply)
            with pytest.raises(Unavailable):
                print(name, await engine.poll(handle))

    with_engine(case, story)


def test_a_task_is_seen_to_wait_and_to_run(case: ProviderCase) -> None:
    """Before its end it is never done, and what it says of its progress is a share or nothing."""

    async def story(engine: Engine) -> list[Progress]:
        seen: list[Progress] = []
        for clock in ((60.0, 60.0), (0.0, 60.0)):
            with timed(case.server, *clock):
                handle = await engine.submit(job(case))
                seen += [await engine.poll(handle) for _ in range(4)]  # a new task may be unknown for a moment
        return seen

    seen = with_engine(case, story)
    assert {one.status for one in seen} <= {Status.QUEUED, Status.RUNNING}
    assert seen[-1].status == Status.RUNNING
    assert [fault for one in seen for fault in faults_of(one)] == []
    assert all(one.word for one in seen)


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


@pytest.mark.parametrize("base", ["127.0.0.1:9", "ftp://x", "http://", "http://[::1"])
def test_a_base_url_that_is_none_is_said(case: ProviderCase, base: str) -> None:
    """As what to set, before any call; nothing breaks where the engine is built."""
    named = [name for name in case.settings.options if name.endswith("_BASE_URL")]
    for name in named:
        options = {**case.settings.options, name: base}
        missing = engines.build(case.name, case.settings.model_copy(update={"options": options})).missing()
        assert name in (missing or "") and base.rstrip("/") in (missing or "")


def test_every_row_sends_what_the_provider_takes(case: ProviderCase) -> None:
    """The least that each row and task needs, against the rules of the provider's server."""

    async def story(engine: Engine) -> list[str]:
        wrong: list[str] = []
        for model in case.catalogue:
            for task in model.tasks if model.provider == case.name else ():
                try:
                    await engine.submit(filled(model, task, case.catalogue, case.needs.get(model.id, {})))
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


NO_AMOUNTS = ("null", '"many"', "1e400", "-5", "[1]", "true", '"inf"', '"nan"', "9" * 400, "{}")
"""JSON text of figures that are no amount of money."""


def test_what_is_left_is_a_number_or_an_error(case: ProviderCase) -> None:
    async def story(engine: Engine) -> None:
        if case.balance is None:
            assert not isinstance(engine, Balance) or case.name not in engines.REGISTRY
            return
        assert isinstance(engine, Balance)
        assert (await engine.balance()).usd == pytest.approx(case.balance)
        for case.server.amount in NO_AMOUNTS:
            with pytest.raises(Unavailable):
                print(case.server.amount, await engine.balance())

    with_engine(case, story)


def test_a_bill_that_is_no_amount_leaves_the_estimate(case: ProviderCase) -> None:
    """What is booked then is told; nothing that is no number gets into the usage that is kept."""

    async def story(engine: Engine) -> None:
        estimated = bool(engine.estimate_usd(job(case).request, job(case).model, {}))
        for case.server.amount in NO_AMOUNTS:
            seen = await finish(engine, await engine.submit(job(case)))
            assert seen.cost_usd is None, (case.server.amount, seen)
            json.dumps(seen.usage, allow_nan=False)
            assert ("estimate was recorded" in (seen.note or "")) == estimated, case.server.amount

    with at_once(case.server):
        with_engine(case, story)


HOSTILE: tuple[Any, ...] = (None, True, -1, 10**30, "", "inf", "x" * 300, [], [[]], {}, {"url": {}}, [None, 5, {}])


def test_an_answer_with_any_part_replaced_is_read_or_refused(case: ProviderCase) -> None:
    """Each part of a real answer to a look gives way to each of HOSTILE: never an error that is not ours, never a bill
    or a seed that is none, and never an end of the run that the provider did not state."""
    server, seen_replies = case.server, dict[str, Reply]()
    answer = server.answer

    async def recorded(call: Call, topic: str) -> Reply:
        reply = await answer(call, topic)
        seen_replies[topic] = reply
        return reply

    async def story(engine: Engine) -> list[str]:
        handle = await engine.submit(job(case))
        seen_replies.clear()
        await finish(engine, handle)
        wrong: list[str] = []
        for topic, reply in dict(seen_replies).items():
            for body in mutations(json.loads(reply.body)):
                server.fail(topic, "reply", reply=Reply(reply.status, json.dumps(body).encode(), reply.headers))
                try:
                    wrong += [f"{topic} {body}: {fault}" for fault in faults_of(await engine.poll(handle))]
                except EngineError as error:
                    if not (error.transient or isinstance(error, Unauthorised | OutOfCredit | UnknownHandle)):
                        wrong += [f"{topic} {body}: {error!r}"]
                except Exception as error:
                    wrong += [f"{topic} {body}: {error!r}"]
                server.faults.clear()
        return wrong

    with at_once(server), pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "answer", recorded)
        assert with_engine(case, story) == []
    assert seen_replies and server.calls.total() > 2 * len(HOSTILE)


def mutations(value: Any) -> Iterator[Any]:
    """Copies of a JSON value with one part replaced by each of HOSTILE, the whole value among the parts."""
    yield from HOSTILE
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        for other in mutations(part):
            changed = copy(value)
            changed[name] = other
            yield changed


def faults_of(seen: Progress) -> list[str]:
    """What of a look's result could not be kept."""
    found = [] if seen.cost_usd is None or 0 <= seen.cost_usd < 1e6 else [f"cost {seen.cost_usd}"]
    found += [] if seen.fraction is None or 0 <= seen.fraction <= 1 else [f"fraction {seen.fraction}"]
    found += [] if seen.seed is None or isinstance(seen.seed, int) else [f"seed {seen.seed}"]
    found += [f"link {o.url!r}" for o in seen.outputs if not isinstance(o.url, str) or not o.url]
    json.dumps(seen.usage, allow_nan=False)
    return found


def test_garbage_in_answer_to_any_other_call_is_an_error_of_ours(case: ProviderCase, tmp_path: Path) -> None:
    """Upload, cancel, look-up and balance: refused in a sentence, or taken for nothing."""
    picture = tmp_path / "a.png"
    picture.write_bytes(png(64, 48, "a"))
    asset = Asset(id="a", kind=Kind.IMAGE, mime="image/png", bytes=picture.stat().st_size)

    async def story(engine: Engine) -> list[str]:
        one = job(case)
        handle = await engine.submit(one)
        verbs: dict[str, Callable[[], Awaitable[Any]]] = {
            "prepare": lambda: engine.prepare(replace(one, inputs={"a": Input(asset, picture)}))
        }
        if isinstance(engine, Cancels):
            verbs["cancel"] = partial(engine.cancel, handle)
        if isinstance(engine, Balance):
            verbs["balance"] = engine.balance
        if isinstance(engine, SubmitLookup):
            now = time.time()
            verbs["find"] = partial(engine.find, one, submitted_after=now - 130, submitted_before=now)
        wrong: list[str] = []
        for verb, call in verbs.items():
            before = case.server.calls.copy()
            with suppress(EngineError):
                await call()
            for topic in case.server.calls - before:
                for name, reply in (ODD | PAGES).items():
                    case.server.fail(topic, "reply", reply=reply)
                    try:
                        await call()
                    except EngineError:
                        pass
                    except Exception as error:
                        wrong.append(f"{verb}, {topic}, {name}: {error!r}")
                    case.server.faults.clear()
        return wrong

    assert with_engine(case, story) == []


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


@pytest.mark.parametrize("do", ["drop-before", "drop-after", "truncate"])
def test_a_lost_answer_is_looked_up_or_held_and_never_paid_twice(case: ProviderCase, studio: Studio, do: str) -> None:
    case.server.fail("submit", do)
    run = made(studio, case.body, f"lost {do}")
    if case.lookup == "own id" or (case.lookup and do != "drop-before"):
        assert run.status == Status.SUCCEEDED, run.error
        assert case.server.submits_by_prompt() == {f"lost {do}": 1}
        return
    assert isinstance(case.build(), SubmitLookup) == bool(case.lookup)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert ("does not show it" if case.lookup else "no way to look up the run") in (run.error or "")
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
