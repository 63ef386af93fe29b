"""Time on a card of one's own has a price: watts and tariff, or an hourly rate, by measured seconds, in the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import catalogue, settings
from studio.catalogue import validation
from studio.domain import JSON, Run, Status
from studio.engines import gpu_cost
from studio.engines.comfyui.inspect import history_entry
from studio.studio import Studio
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served
from tests.support.comfyui import opened

HOUR = {"STUDIO_GPU_HOUR_USD": "36"}  # a cent a second
BODY: JSON = {"task": "text-to-image", "model": "comfyui/qwen-image", "prompt": "a fox", "width": 256, "height": 256}


@pytest.mark.parametrize(
    ("environ", "watts", "usd"),
    [
        ({}, None, 0.0),
        ({}, 700.0, 0.0),  # without a tariff power costs nothing here
        ({"STUDIO_GPU_WATTS": "700"}, None, 0.0),
        ({"STUDIO_GPU_WATTS": "500", "STUDIO_KWH_PRICE": "0.36"}, None, 0.18 / 3600),
        ({"STUDIO_KWH_PRICE": "0.36"}, 500.0, 0.18 / 3600),
        ({"STUDIO_GPU_WATTS": "250", "STUDIO_KWH_PRICE": "0.36"}, 500.0, 0.09 / 3600),
        ({"STUDIO_GPU_WATTS": "500", "STUDIO_KWH_PRICE": "0.36"} | HOUR, 500.0, 0.01),
        ({"STUDIO_GPU_HOUR_USD": "much"}, None, 0.0),
        ({"STUDIO_GPU_HOUR_USD": "inf"}, None, 0.0),
    ],
)
def test_a_second_costs_the_hourly_rate_or_power_at_the_tariff(
    environ: dict[str, str], watts: float | None, usd: float
) -> None:
    assert gpu_cost.usd_per_s(settings.read({}, environ), watts=watts) == pytest.approx(usd)


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    """A ComfyUI whose nodes take long enough to be measured."""
    made = ComfyServer(tmp_path / "comfy", official_files())
    made.step_s = 0.05
    return made


@pytest.fixture
def comfy(server: ComfyServer) -> Iterator[str]:
    """Its address."""
    with served(server.app()) as base:
        yield base


def made(studio: Studio, **more: object) -> Run:
    [run] = studio.local.requests.submit(BODY | more)
    [done] = studio.local.runs.wait([run.id], timeout_s=20)
    assert done.status == Status.SUCCEEDED, done.error
    return done


def seconds(server: ComfyServer, number: int = -1) -> float:
    """How long the server itself says that it took."""
    events = dict(list(server.history.values())[number]["status"]["messages"])
    return (events["execution_success"]["timestamp"] - events["execution_start"]["timestamp"]) / 1000


def test_before_the_first_run_there_is_no_estimate_and_after_it_the_measured_one(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy, HOUR) as studio:
        before = studio.local.requests.estimate([BODY])
        assert before.usd is None
        assert "no estimate yet" in before.basis
        assert before.warnings == (before.basis,)
        first = made(studio)
        assert first.estimate_usd is None
        assert first.cost_usd == pytest.approx(seconds(server) / 100, abs=1e-6)
        assert first.cost_usd
        after = studio.local.requests.estimate([BODY | {"n": 2}])
        assert after.usd == pytest.approx(2 * first.cost_usd, abs=1e-5)
        assert "for the time on your GPU" in after.basis
        assert studio.local.requests.estimate([BODY | {"width": 512}]).usd is None  # another size takes another time


def test_the_ledger_has_what_the_card_took_and_not_what_was_reckoned(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy, HOUR) as studio:
        first = made(studio)
        server.step_s = 0.01
        second = made(studio)
        assert second.estimate_usd == first.cost_usd
        assert second.cost_usd == pytest.approx(seconds(server) / 100, abs=1e-6)
        [row] = studio.admin.spend("model")
        assert (row.runs, row.usd) == (2, pytest.approx(seconds(server, 0) / 100 + seconds(server) / 100, abs=1e-5))


def test_an_estimate_comes_from_runs_with_the_same_settings_where_there_are_any(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy, HOUR) as studio:
        server.step_s = 0.01
        few = made(studio, steps=4)
        server.step_s = 0.08
        many = made(studio, steps=40)
        assert studio.local.requests.estimate([BODY | {"steps": 4}]).usd == few.cost_usd
        assert studio.local.requests.estimate([BODY | {"steps": 40}]).usd == many.cost_usd
        between = (seconds(server, 0) + seconds(server)) / 2 / 100
        assert studio.local.requests.estimate([BODY | {"steps": 20}]).usd == pytest.approx(between, abs=1e-5)


def test_times_outlive_the_studio_and_a_limit_counts_them(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    with opened(tmp_path, comfy, HOUR) as studio:
        first = made(studio)
    with opened(tmp_path, comfy, HOUR) as studio:
        assert studio.local.requests.estimate([BODY]).usd == first.cost_usd
        studio.admin.set_limits(run_usd=(first.cost_usd or 0) / 2)
        [run] = studio.local.requests.submit(BODY)
        until = time.monotonic() + 20
        while (seen := studio.local.runs.get(run.id)).status != Status.HELD and time.monotonic() < until:
            time.sleep(0.02)
        assert seen.status == Status.HELD


def test_without_a_price_a_run_is_free(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    with opened(tmp_path, comfy, {}) as studio:
        assert studio.local.requests.estimate([BODY]).usd == 0
        assert made(studio).cost_usd == 0


def entry(**events: object) -> JSON:
    graph = {"1": {"class_type": "VAELoader"}, "2": {"class_type": "KSampler"}}
    return {
        "prompt": [1, "p", graph, {"studio_kind": ["a", "b"]}, []],
        "status": {"messages": [list(e) for e in events.items()]},
    }


def test_only_work_that_was_done_tells_how_long_it_takes() -> None:
    start, end = {"timestamp": 1_000}, {"timestamp": 3_500}
    whole = history_entry(entry(execution_start=start, execution_cached={"nodes": ["1"]}, execution_success=end))
    assert (whole.seconds, whole.kind, whole.spared) == (2.5, ("a", "b"), False)
    assert history_entry(entry(execution_cached={"nodes": ["1", "2"]})).spared
    for strange in (entry(execution_start=start), entry(execution_start=end, execution_success=start), {}):
        assert history_entry(strange).seconds is None
    assert history_entry({"prompt": [1, "p", {}, None, []], "status": {"messages": [3, ["a"], ["b", 1]]}}).kind is None


def test_a_broken_file_of_times_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "times.json"
    model = catalogue.load().get(BODY["model"])
    kind = gpu_cost.run_kind(validation.complete(validation.parse(dict(BODY), catalogue.load()), model), model)
    for text in ("{", "[]", '{"a": 3}', '{"a": [["r", "s", "long"]]}'):
        path.write_text(text)
        times = gpu_cost.RunTimes(path)
        assert times.median_s(kind) is None
        times.add(kind, "r1", 2.0)
        times.add(kind, "r1", 99.0)  # the same run, seen again
        assert gpu_cost.RunTimes(path).median_s(kind) == 2.0
