"""The picture of a run under way: for its owner while the run runs, told to pages by version, gone at its end."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from studio.catalogue import Catalogue, load
from studio.domain import Run, Status
from studio.engines.comfyui import ComfyEngine
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.errors import EngineError, NotFound
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served
from tests.support.kit import QUICK, finish, image
from tests.support.web import serving

LIMIT_S = 30
SLOW = {"task": "text-to-image", "model": "fake/image", "prompt": "slow"}


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    """Runs with `slow` in their prompt go on until the test lets them end."""
    scripts = {
        "breaks": FakeScript(never_ends=True, final=EngineError("It broke.")),
        "slow": FakeScript(never_ends=True),
    }
    return FakeEngine(provider=FakeProvider(tmp_path / "provider-fake"), scripts=scripts, repeatable=True)


@pytest.fixture
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as url, httpx.Client(base_url=url, timeout=LIMIT_S) as client:
        yield client


def until(what: Callable[[], object]) -> object:
    """What it gives as soon as that is true; NotFound counts as not yet."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except NotFound:
            pass
        time.sleep(0.01)
    raise TimeoutError


def started(studio: Studio, engine: FakeEngine, *, owner: str = "", prompt: str = "slow") -> Run:
    """A run under way with a first picture."""
    [run] = studio.on_behalf_of(owner).requests.submit(SLOW | {"prompt": prompt})
    until(lambda: studio.local.runs.get(run.id).handle)
    run = studio.local.runs.get(run.id)
    engine.provider.paint(run.handle or "", 1)
    until(lambda: studio.local.runs.get(run.id).preview)
    return studio.local.runs.get(run.id)


def address(run: Run) -> str:
    return f"/media/runs/{run.id}/preview"


def test_the_newest_picture_is_shown_while_the_run_runs(studio: Studio, engine: FakeEngine, web: httpx.Client) -> None:
    run = started(studio, engine)
    first = web.get(address(run))
    assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
    assert first.headers["cache-control"] == "private, no-store"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert web.get(address(run), headers={"if-none-match": first.headers["etag"]}).status_code == 304
    engine.provider.paint(run.handle or "", 2)
    until(lambda: studio.local.runs.get(run.id).preview != run.preview)
    second = web.get(address(run), headers={"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.content != first.content


@pytest.mark.parametrize("end", ["success", "failure", "cancel"])
def test_at_every_end_of_the_run_the_picture_is_gone(
    studio: Studio, engine: FakeEngine, web: httpx.Client, end: str
) -> None:
    run = started(studio, engine, prompt="slow breaks" if end == "failure" else "slow")
    if end == "cancel":
        studio.local.runs.cancel(run.id)
    else:
        engine.provider.release(run.handle or "")
    [run] = studio.local.runs.wait([run.id], timeout_s=LIMIT_S)
    assert run.status.ended
    assert run.preview is None
    assert web.get(address(run)).status_code == 404
    until(lambda: not engine.provider.preview(run.handle or "").exists())


def test_nobody_else_sees_the_picture(studio: Studio, engine: FakeEngine, web: httpx.Client) -> None:
    run = started(studio, engine, owner="ann")
    assert web.get(address(run), headers={"x-user": "ann"}).status_code == 200
    assert web.get(address(run), headers={"x-user": "bob"}).status_code == 404
    assert web.get(address(run)).status_code == 200, "the single local user sees everything"


@pytest.mark.parametrize(
    "path", ["..%2f..%2fstudio.db/preview", "%2e%2e/preview", "r_1%00/preview", "r_none/preview", "x/../../preview"]
)
def test_no_path_leads_to_another_file(web: httpx.Client, path: str) -> None:
    assert web.get(f"/media/runs/{path}").status_code == 404


def test_what_is_no_picture_is_not_served(studio: Studio, engine: FakeEngine, web: httpx.Client) -> None:
    run = started(studio, engine)
    engine.provider.preview(run.handle or "").write_bytes(b"<svg onload=alert(1)>")
    assert web.get(address(run)).status_code == 404


def test_pages_are_told_of_each_new_picture_and_of_no_path(
    studio: Studio, engine: FakeEngine, web: httpx.Client, tmp_path: Path
) -> None:
    run = started(studio, engine)
    with web.stream("GET", "/events/runs") as stream:
        lines = stream.iter_lines()
        seen = told(lines, run.id)
        assert seen["preview"] == run.preview
        engine.provider.paint(run.handle or "", 2)
        while (newer := told(lines, run.id))["preview"] == run.preview:
            continue
        assert newer["preview"]
    assert str(tmp_path) not in json.dumps([seen, newer])
    assert "preview.png" not in json.dumps(newer)


def told(lines: Iterator[str], run_id: str) -> dict[str, object]:
    """The next card of this run in the stream."""
    for line in lines:
        if not line.startswith("data: "):
            continue
        body = json.loads(line.removeprefix("data: "))
        cards = [*body["active"], *body["recent"]] if isinstance(body, dict) else body
        if mine := [c for c in cards if c["id"] == run_id]:
            return mine[0]
    raise AssertionError("the stream ended")


def test_the_next_start_removes_what_a_killed_studio_left(settings: Settings, catalogue: Catalogue) -> None:
    """Files of runs that are over, and all previews; what an interrupted run still needs stays."""
    with Studio.open(settings, engines={}, catalogue=catalogue) as studio:
        studio.queue.pause()
    with Studio.open(settings, engines={"fake": FakeEngine()}, catalogue=catalogue, timing=QUICK) as studio:
        [waiting] = studio.local.requests.submit(image())
    work = settings.data / "cache" / "work"
    left = [work / "r_gone" / "clip.mp4", work / waiting.id / "preview.jpg", work.parent / "previews" / "x.jpg"]
    kept = work / waiting.id / "frames.bin"
    for path in [*left, kept]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    with Studio.open(settings, engines={"fake": FakeEngine()}, catalogue=catalogue, timing=QUICK) as studio:
        assert not any(p.exists() for p in left)
        assert kept.exists()
        studio.queue.resume()
        [run] = studio.local.runs.wait([waiting.id], timeout_s=LIMIT_S)
        assert run.status == Status.SUCCEEDED
        assert finish(studio, image("another")).status == Status.SUCCEEDED


def test_a_comfyui_shows_what_it_makes(tmp_path: Path) -> None:
    """Its frames come over the websocket; each look finds the newest, and nothing is left on the disk."""
    server = ComfyServer(tmp_path / "comfy", official_files())
    server.step_s = 0.3
    with served(server.app()) as comfy:
        given = Settings(data=tmp_path / "data", options={"COMFYUI_URL": comfy})
        engines = {"comfyui": ComfyEngine(given)}
        with Studio.open(given, engines=engines, catalogue=load(), timing=QUICK) as studio, serving(studio) as url:
            body = {"task": "text-to-image", "model": "comfyui/qwen-image", "prompt": "a cat"}
            [run] = studio.local.requests.submit(body | {"width": 256, "height": 256})
            until(lambda: studio.local.runs.get(run.id).preview)
            answer = httpx.get(url + address(run))
            assert answer.headers["content-type"] == "image/jpeg"
            assert Image.open(io.BytesIO(answer.content)).size == (64, 36)
            [run] = studio.local.runs.wait([run.id], timeout_s=LIMIT_S)
            assert run.status == Status.SUCCEEDED
            until(lambda: not list((tmp_path / "data" / "cache" / "previews").iterdir()))
