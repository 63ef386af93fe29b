"""ComfyUI as an engine: graphs the server accepts, progress, cancel, what a restart loses, and own workflows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from studio import catalogue, settings
from studio.catalogue import Model, validation
from studio.domain import JSON, Asset, Kind, Progress, Status, Task
from studio.engines.base import Input, Job
from studio.engines.comfyui import ComfyEngine, workflow, workflow_model, workflow_parser
from studio.errors import CapabilityError, EngineError, Refused, Unavailable, UnknownHandle, UnknownOutcome
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served

ROWS = catalogue.load()


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    return ComfyServer(tmp_path / "comfy", official_files())


@pytest.fixture
def url(server: ComfyServer) -> Iterator[str]:
    with served(server.app()) as base:
        yield base


@asynccontextmanager
async def opened(url: str, tmp_path: Path) -> AsyncIterator[ComfyEngine]:
    engine = ComfyEngine(settings.read({"data": tmp_path}, {"COMFYUI_URL": url}))
    try:
        yield engine
    finally:
        await engine.close()


def job(tmp_path: Path, model: Model | str, *, run_id: str = "r1", **body: Any) -> Job:
    model = ROWS.get(model) if isinstance(model, str) else model
    picture = tmp_path / "in.png"
    Image.new("RGB", (64, 48), "red").save(picture)
    asset = Asset(id="a1", kind=Kind.IMAGE, mime="image/png", sha256="ab" * 32)
    given = {"task": model.tasks[0].value, "model": model.id, "prompt": "a cat", "width": 96, "height": 64} | body
    request = validation.complete(validation.parse(given, catalogue.Catalogue([model])), model)
    work = tmp_path / run_id
    work.mkdir(exist_ok=True)
    return Job(run_id, request, model, 7, work, inputs={"a1": Input(asset, picture)} if request.media() else {})


async def started(engine: ComfyEngine, one: Job) -> str:
    uploads = await engine.prepare(one)
    return await engine.submit(Job(**{**one.__dict__, "uploads": uploads}))


async def finish(engine: ComfyEngine, handle: str) -> tuple[Progress, list[Progress]]:
    looks: list[Progress] = []
    async with asyncio.timeout(20):
        while True:
            look = await engine.poll(handle)
            if look.status in (Status.SUCCEEDED, Status.CANCELLED):
                return look, looks
            looks.append(look)
            await asyncio.sleep(0.01)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


VIDEO: list[tuple[str, JSON]] = [
    ("comfyui/wan2.2-t2v-a14b", {"duration_s": 5}),
    ("comfyui/wan2.2-t2v-a14b", {"duration_s": 2, "mode": "fast"}),
    ("comfyui/wan2.2-i2v-a14b", {"first_frame": "a1"}),
    ("comfyui/wan2.2-i2v-a14b", {"first_frame": "a1", "last_frame": "a1"}),
    ("comfyui/wan2.2-flf2v-a14b", {"first_frame": "a1", "last_frame": "a1"}),
    ("comfyui/qwen-image", {}),
]


@pytest.mark.parametrize(("model", "body"), VIDEO)
def test_each_graph_passes_the_servers_checks_and_its_file_comes_back(
    server: ComfyServer, url: str, tmp_path: Path, model: str, body: JSON
) -> None:
    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            if "width" not in body and "vace" not in model:
                body.update(width=256, height=256)
            done, looks = await finish(engine, await started(engine, job(tmp_path, model, **body)))
            (output,) = done.outputs
            assert output.kind == ROWS.get(model).tasks[0].makes
            assert len(httpx.get(output.url or "").content) > 100
            fractions = [look.fraction for look in looks if look.fraction is not None]
            assert fractions == sorted(fractions)
            assert fractions, "progress came over the websocket"
            shown = next(look.preview for look in looks if look.preview)
            with Image.open(shown) as preview:
                assert (preview.format, preview.size) == ("JPEG", (64, 36))

    run(story)


def test_seconds_become_frames_and_the_seed_is_ours(server: ComfyServer, url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            await started(engine, job(tmp_path, "comfyui/wan2.2-t2v-a14b", duration_s=5, width=832, height=480))

    run(story)
    by_class = {n["class_type"]: n["inputs"] for n in server.graphs[0].values()}
    assert by_class["EmptyHunyuanLatentVideo"]["length"] == 81
    assert by_class["CreateVideo"]["fps"] == 16
    seeds = [n["inputs"]["noise_seed"] for n in server.graphs[0].values() if n["class_type"] == "KSamplerAdvanced"]
    assert seeds == [7, 0]


def test_a_missing_model_file_is_named_with_its_folder(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.models["vae"] = []

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            with pytest.raises(Refused, match=r"wan_2\.1_vae\.safetensors in models/vae"):
                await started(engine, job(tmp_path, "comfyui/wan2.2-t2v-a14b", width=256, height=256))

    run(story)
    assert server.posts == {}


def test_a_server_too_old_for_a_model_is_told_apart_from_a_missing_file(url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            with pytest.raises(Refused, match=r"no node .*LTXAVTextEncoderLoader"):
                await started(engine, job(tmp_path, "comfyui/ltx-2", width=256, height=256))

    run(story)


def test_node_definitions_are_not_read_anew_for_each_run(server: ComfyServer, url: str, tmp_path: Path) -> None:
    """On a real server they are 700 kB, and everything else waits while it lists them."""

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            for number in range(3):
                await started(engine, job(tmp_path, "comfyui/qwen-image", run_id=f"r{number}", width=256, height=256))

    run(story)
    assert (len(server.posts), server.looked) == (3, 1)


def test_a_renamed_file_is_recognised(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.models["vae"] = ["mine/Wan_2.1_VAE_bf16.safetensors", "other.safetensors"]

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            await started(engine, job(tmp_path, "comfyui/wan2.2-t2v-a14b", width=256, height=256))

    run(story)
    assert next(n for n in server.graphs[0].values() if n["class_type"] == "VAELoader")["inputs"][
        "vae_name"
    ].startswith("mine/")


def test_a_waiting_run_leaves_the_queue_and_a_running_one_stops(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.step_s = 0.3

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            first = await started(engine, job(tmp_path, "comfyui/qwen-image", run_id="r1", width=256, height=256))
            second = await started(engine, job(tmp_path, "comfyui/qwen-image", run_id="r2", width=256, height=256))
            look = await engine.poll(second)
            assert (look.status, look.position) == (Status.QUEUED, 2)
            assert await engine.cancel(second)
            assert (await engine.poll(second)).status == Status.CANCELLED
            assert await engine.cancel(first)
            done, _ = await finish(engine, first)
            assert done.status == Status.CANCELLED
            assert not await engine.cancel(first)

    run(story)


def test_a_graph_that_would_run_without_some_of_its_outputs_is_taken_back(
    server: ComfyServer, url: str, tmp_path: Path
) -> None:
    error = {"type": "value_not_in_list", "extra_info": {"input_name": "codec", "received_value": "h265"}}
    server.faults = {"9": {"class_type": "SaveVideo", "errors": [error]}}
    server.step_s = 0.3

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            with pytest.raises(Refused, match="SaveVideo: codec is 'h265'"):
                await started(engine, job(tmp_path, "comfyui/qwen-image", width=256, height=256))
            async with asyncio.timeout(10):
                while server.running or server.waiting:
                    await asyncio.sleep(0.02)

    run(story)
    [entry] = server.history.values()
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"


def test_the_end_of_a_run_is_announced_when_its_result_can_be_read(
    server: ComfyServer, url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            seen: list[Status] = []
            ended = asyncio.Event()

            async def look(handle: str) -> None:
                seen.append((await engine.poll(handle)).status)
                if seen[-1] == Status.SUCCEEDED:
                    ended.set()

            looks = set()
            engine.subscribe(lambda handle: looks.add(asyncio.ensure_future(look(handle))))
            await started(engine, job(tmp_path, "comfyui/qwen-image", width=256, height=256))
            await asyncio.wait_for(ended.wait(), 10)

    run(story)


def test_a_lost_answer_is_looked_up_under_our_own_id(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.lose_answer = True

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            one = job(tmp_path, "comfyui/qwen-image", width=256, height=256)
            with pytest.raises(UnknownOutcome):
                await started(engine, one)
            (handle,) = await engine.find(one, submitted_after=0, submitted_before=0)
            await finish(engine, handle)
            never = job(tmp_path, "comfyui/qwen-image", run_id="r9", width=256, height=256)
            assert await engine.find(never, submitted_after=0, submitted_before=0) == []

    run(story)
    assert list(server.posts.values()) == [1]


def test_a_restarted_server_has_lost_the_run_and_says_so(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.step_s = 0.2

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            handle = await started(engine, job(tmp_path, "comfyui/qwen-image", width=256, height=256))
            server.forget()
            with pytest.raises(UnknownHandle, match="restarted"):
                await engine.poll(handle)
        assert ComfyEngine.info.repeatable

    run(story)


def test_a_failed_node_is_a_sentence_without_server_paths(server: ComfyServer, url: str, tmp_path: Path) -> None:
    server.fail = "cannot open /home/me/comfy/output/x.png\nTraceback ..."

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            handle = await started(engine, job(tmp_path, "comfyui/qwen-image", width=256, height=256))
            with pytest.raises(EngineError) as error:
                await finish(engine, handle)
            assert "SaveImage" in str(error.value)
            assert "/home" not in str(error.value)

    run(story)


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened("http://127.0.0.1:9", tmp_path) as engine:
            with pytest.raises(Unavailable, match="not responding"):
                await started(engine, job(tmp_path, "comfyui/qwen-image", width=256, height=256))

    run(story)
    assert "COMFYUI_URL" in (ComfyEngine(settings.read({}, {})).missing() or "")


OWN = {
    "3": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}, "_meta": {"title": "Out"}},
}


def test_an_own_workflow_becomes_a_model_with_a_form_and_runs(server: ComfyServer, url: str, tmp_path: Path) -> None:
    graph = workflow_parser.parse(json.dumps(OWN))
    guesses = {f"{s.node}.{s.field}": s.guess for s in workflow.slots(graph) if s.guess}
    assert guesses == {"3.width": "width", "3.height": "height"}
    row = workflow_model.row(
        "flat", "Flat colour", graph, guesses | {"3.color": "color"}, (Task.TEXT_TO_IMAGE,), date(2026, 11, 20)
    )
    workflow.save(tmp_path / "workflows", row)
    (kept,) = workflow.load(tmp_path / "workflows")
    assert kept == row

    async def story() -> None:
        async with opened(url, tmp_path) as engine:
            await finish(engine, await started(engine, job(tmp_path, kept, color=77, width=128, height=64)))

    run(story)
    made = server.graphs[0]
    assert (made["3"]["inputs"]["width"], made["3"]["inputs"]["color"]) == (128, 77)
    assert made["9"]["inputs"]["filename_prefix"] == "studio/r1"


def test_the_text_that_ends_in_the_negative_input_is_the_negative_prompt() -> None:
    text = {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["9", 0]}}
    sampler = {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "negative": ["2", 0], "seed": 1}}
    guesses = [s.guess for s in workflow.slots({"1": text, "2": text, "3": sampler})]
    assert guesses == ["prompt", "negative_prompt", "seed"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{", "not a JSON"),
        ('{"nodes": [], "links": []}', "Export (API)"),
        ("[]", "API format"),
        ('{"1": {"inputs": 3}}', "API format"),
        (" " * (workflow_parser.MAX_BYTES + 1), "larger"),
        (
            json.dumps({str(n): {"class_type": "X", "inputs": {}} for n in range(workflow_parser.MAX_NODES + 1)}),
            "nodes",
        ),
        (json.dumps({"1": {"class_type": "X", "inputs": dict.fromkeys(map(str, range(6001)), 1)}}), "inputs"),
    ],
)
def test_what_is_no_workflow_is_refused_with_advice(content: str, word: str) -> None:
    with pytest.raises(CapabilityError) as error:
        workflow_parser.parse(content)
    assert word in str(error.value)
