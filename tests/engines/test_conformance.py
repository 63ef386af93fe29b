"""What the job manager relies on, asked of every engine that can run here (see engine_cases.py)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio import engines
from studio.catalogue import validation
from studio.domain import REQUEST, Progress, Status, Task
from studio.engines.base import Cancels, Engine, Job, required
from studio.errors import UnknownHandle
from studio.settings import Settings, looks_secret
from studio.studio import Studio
from tests.support.engine_cases import CASES, Case
from tests.support.kit import QUICK

T = TypeVar("T")
LIMIT_S = 60
ASKED = re.compile(r"""(?:option|secret)\(\s*"(\w+)""")


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with CASES[request.param](tmp_path) as made:
        yield made


def play(story: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(LIMIT_S):
            return await story

    return asyncio.run(bounded())


def job(case: Case, folder: Path, body: dict[str, Any], run_id: str = "r_1") -> Job:
    request = validation.parse(body, case.catalogue)
    model = case.catalogue.get(request.model)
    work = folder / "work" / run_id
    work.mkdir(parents=True)
    return Job(run_id, validation.complete(request, model), model, 7 if model.seeds else None, work)


async def finish(engine: Engine, handle: str) -> Progress:
    while (seen := await engine.poll(handle)).status not in (Status.SUCCEEDED, Status.CANCELLED):
        await asyncio.sleep(0.05)
    return seen


def test_the_info_are_whole(case: Case) -> None:
    engine = case.build()
    info = engine.info
    assert info.name == case.name
    assert info.label
    assert [m for m in case.catalogue if m.provider == info.name], "an engine without models"
    assert engine.missing() is None
    play(engine.close())


def test_a_price_is_a_number_or_unknown_for_every_row(case: Case) -> None:
    engine = case.build()
    for model in case.catalogue:
        if model.provider != case.name:
            continue
        for task in model.tasks:
            asked = REQUEST.validate_python({"task": task, "model": model.id, "prompt": "x"})
            usd = engine.estimate_usd(validation.complete(asked, model), model, {})
            assert usd is None or 0 <= usd < 100
    play(engine.close())


def test_submit_and_poll_lead_to_outputs_of_the_right_kind(case: Case, tmp_path: Path) -> None:
    async def story() -> Progress:
        engine = case.build()
        one = job(case, tmp_path, case.body)
        await engine.prepare(one)
        handle = await engine.submit(one)
        assert handle
        assert isinstance(handle, str)
        seen = await finish(engine, handle)
        await engine.close()
        return seen

    seen = play(story())
    assert seen.status == Status.SUCCEEDED
    assert {o.kind for o in seen.outputs} == {Task(case.body["task"]).makes}
    assert all((o.url is None) != (o.path is None) for o in seen.outputs)


def test_an_unknown_handle_is_said_to_be_unknown(case: Case) -> None:
    """Never waited for, never taken for a failure of the run."""

    async def story() -> None:
        engine = case.build()
        with pytest.raises(UnknownHandle):
            await engine.poll("no-such-handle")
        await engine.close()

    play(story())


def test_after_a_restart_a_handle_still_counts_or_is_said_to_be_lost(case: Case, tmp_path: Path) -> None:
    async def story() -> None:
        first, second = case.build(), case.build()
        handle = await first.submit(job(case, tmp_path, case.body))
        await first.close()
        if case.outlives:
            assert (await finish(second, handle)).status == Status.SUCCEEDED
        else:
            assert second.info.repeatable, "what a restart loses must be free to repeat"
            with pytest.raises(UnknownHandle):
                await second.poll(handle)
        await second.close()

    play(story())


def test_cancel_stops_the_run_or_says_that_it_cannot(case: Case, tmp_path: Path) -> None:
    async def story() -> None:
        engine = case.build()
        await engine.submit(job(case, tmp_path, case.body | {"prompt": "first"}, "r_1"))
        handle = await engine.submit(job(case, tmp_path, case.slow, "r_2"))
        if isinstance(engine, Cancels) and await engine.cancel(handle):
            assert (await finish(engine, handle)).status == Status.CANCELLED
        await engine.close()

    play(story())


def test_close_is_quick_and_may_be_repeated(case: Case, tmp_path: Path) -> None:
    async def story() -> float:
        engine = case.build()
        await engine.submit(job(case, tmp_path, case.slow))
        start = time.monotonic()
        await engine.close()
        await engine.close()
        return time.monotonic() - start

    assert play(story()) < 5


def test_through_the_studio_it_ends_with_kept_files(case: Case) -> None:
    engines_here = {case.name: case.build()}
    with Studio.open(case.settings, engines=engines_here, catalogue=case.catalogue, timing=QUICK) as studio:
        [run] = studio.local.requests.submit(case.body)
        [run] = studio.local.runs.wait([run.id], timeout_s=LIMIT_S)
        assert run.status == Status.SUCCEEDED, run.error or run.note
        assert all(studio.local.assets.path(a).stat().st_size == a.bytes for a in run.assets)
        assert studio.library.settings_in(studio.local.assets.path(run.assets[0])), "settings inside the file"


@pytest.mark.parametrize("name", sorted(engines.REGISTRY))
def test_without_a_setting_an_engine_says_what_to_set(name: str, tmp_path: Path) -> None:
    """Built without any environment, it neither fails nor calls anybody."""
    engine = engines.build(name, Settings(data=tmp_path))
    assert engine.info.name == name
    said = engine.missing()
    for needed in engine.info.needs:
        if looks_secret(needed):
            assert said
            assert needed in said
    play(engine.close())


@pytest.mark.parametrize("name", sorted(engines.REGISTRY))
def test_an_engine_declares_every_name_that_it_asks_for(name: str) -> None:
    """The README's table, the Settings page and the guard of keys go by the declaration."""
    declared = engines.environment(name)
    folder = Path(engines.__file__).parent / name
    files = [*folder.glob("*.py"), *folder.parent.glob(f"{name}.py")]
    asked = {found for path in files for found in ASKED.findall(path.read_text("utf-8"))}
    assert asked <= set(declared)
    assert [n for n, variable in declared.items() if variable.secret] == [n for n in declared if looks_secret(n)]
    assert engines.build(name, Settings()).info.needs == required(declared)
