"""A run from a picture through the whole studio, at WaveSpeedAI and Replicate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain import Run, Status
from studio.studio import Studio
from tests.engines.alibaba.test_studio import rest
from tests.providers import results
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.stories.studio_child import opened_with

SERVERS = {"wavespeed": WaveSpeedServer, "replicate": ReplicateServer}
Server = WaveSpeedServer | ReplicateServer


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def server(name: str) -> Iterator[Server]:
    with SERVERS[name]() as server:
        yield server


@pytest.fixture
def studio(name: str, server: Server, tmp_path: Path) -> Iterator[Studio]:
    with opened_with(name, tmp_path / "data", server.url) as studio:
        yield studio


def made(studio: Studio, name: str, **more: object) -> Run:
    body = {"model": f"{name}/wan2.7-t2v", "task": "text-to-video", "prompt": "a fox", "duration_s": 2}
    (run,) = studio.local.requests.submit(body | more)
    return rest(studio, run)


def test_a_clip_from_a_picture_is_made_and_kept(studio: Studio, server: Server, name: str, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(320, 240, "f"))
    frame = studio.local.assets.add(picture)
    run = made(studio, name, model=f"{name}/wan2.7-i2v", task="image-to-video", first_frame=frame.id, consent=True)
    assert run.status == Status.SUCCEEDED, run.error
    assert studio.local.assets.path(run.assets[0]).stat().st_size == run.assets[0].bytes
    assert sum(row.usd for row in studio.admin.spend("model")) == pytest.approx(0.2)
    assert picture.read_bytes() in server.files.values()
    assert server.leaks == []
