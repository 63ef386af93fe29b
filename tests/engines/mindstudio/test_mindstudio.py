"""MindStudio: agents as models with their variables, steps with settings of their own, files in two steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind, Status
from studio.engines.base import Input, Job
from studio.engines.mindstudio import MindstudioEngine, addresses
from studio.errors import CapabilityError, Unauthorised
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.mindstudio import MindstudioServer
from tests.providers.results import png
from tests.support.kit import QUICK

CATALOGUE = load()


@pytest.fixture
def server() -> Iterator[MindstudioServer]:
    with MindstudioServer() as made:
        yield made


def settings(server: MindstudioServer, folder: Path, key: str = "") -> Settings:
    secrets = {"MINDSTUDIO_API_KEY": SecretStr(key or server.KEY)}
    return Settings(data=folder, secrets=secrets, options={"MINDSTUDIO_BASE_URL": server.url})


def play(engine: MindstudioEngine, story: Any) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            try:
                return await story(engine)
            finally:
                await engine.close()

    return asyncio.run(bounded())


def test_a_step_takes_a_model_with_its_settings_and_the_frame_under_its_name(
    server: MindstudioServer, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(png(64, 48, "a"))
    frame = {"a1": Input(Asset(id="a1", kind=Kind.IMAGE, mime="image/png"), picture)}
    body: JSON = {
        "task": "image-to-video",
        "model": "mindstudio/generate-video",
        "prompt": "a fox",
        "first_frame": "a1",
    }
    body |= {"model_id": "wan-2.6-i2v", "config": '{"duration": 5}', "frame_key": "startImage"}

    async def story(engine: MindstudioEngine) -> None:
        request = validation.parse(body, CATALOGUE)
        model = CATALOGUE.get(request.model)
        job = Job("r_1", validation.complete(request, model), model, None, tmp_path, frame)
        uploads = await engine.prepare(job)
        await engine.submit(Job("r_1", job.request, model, None, tmp_path, frame, uploads))

    play(MindstudioEngine(settings(server, tmp_path)), story)
    (sent,) = server.bodies("submit")
    (address,) = server.uploads
    assert sent["step"]["videoModelOverride"] == {
        "model": "wan-2.6-i2v",
        "config": {"duration": 5, "startImage": address},
    }
    assert server.uploads[address] == picture.read_bytes()
    assert server.leaks == []


@pytest.mark.parametrize("text", ["[1]", "duration: 5", "5", '{"a": ' * 200])
def test_settings_that_are_no_object_are_refused_before_anything_is_sent(
    server: MindstudioServer, tmp_path: Path, text: str
) -> None:
    body = {"task": "text-to-video", "model": "mindstudio/generate-video", "prompt": "a fox", "config": text}
    request, engine = validation.parse(body, CATALOGUE), MindstudioEngine(settings(server, tmp_path))
    (problem,) = engine.problems(request, CATALOGUE.get(request.model), {})
    assert "JSON object" in str(problem)


def test_a_key_is_proved_for_free(server: MindstudioServer, tmp_path: Path) -> None:
    play(MindstudioEngine(settings(server, tmp_path)), lambda e: e.check_key())
    with pytest.raises(Unauthorised):
        play(MindstudioEngine(settings(server, tmp_path, "another-key")), lambda e: e.check_key())
    assert server.tasks == {}


SAID = "Done: https://cdn.x/a.mp4, https://cdn.x/a.png and [page](https://x.com/p)."


@pytest.mark.parametrize(
    ("said", "kind", "links"),
    [
        (SAID, Kind.VIDEO, ["https://cdn.x/a.mp4"]),
        (SAID, Kind.IMAGE, ["https://cdn.x/a.png"]),
        ({"clips": ["https://cdn.x/1.mp4?x=1", "https://cdn.x/1.mp4?x=1"]}, Kind.VIDEO, ["https://cdn.x/1.mp4?x=1"]),
        ("https://cdn.x/file/77", Kind.VIDEO, ["https://cdn.x/file/77"]),
        ("nothing", Kind.VIDEO, []),
        (None, Kind.VIDEO, []),
        (5, Kind.VIDEO, []),
    ],
)
def test_files_are_found_in_an_agents_last_words(said: Any, kind: Kind, links: list[str]) -> None:
    assert addresses(said, kind) == links


def test_agents_become_models_with_a_field_for_each_variable(server: MindstudioServer, tmp_path: Path) -> None:
    """What a user edits in the file stays when they are loaded again; odd names and markup break nothing."""
    server.apps = [
        {"id": "a-1", "name": "Teaser maker"},
        {"id": "a-2", "name": '<img src=x> "Odd" \n name'},
        {"id": "a-3", "name": "No variables"},
        {"id": 7},
    ]
    server.flows = {
        "a-1": [{"name": "Main", "launchVariables": ["prompt", "brandColor", "seed", None, "a b"]}],
        "a-2": [{"name": "Main", "launchVariables": ["x", "X"]}, {"name": "Second", "launchVariables": "odd"}],
    }
    with Studio.open(settings(server, tmp_path), timing=QUICK) as studio:
        loaded = studio.agents.load("mindstudio")
        assert (len(loaded.added), loaded.known) == (4, 0)
        (file,) = studio.user_files.all()
        assert [p.sentence for p in file.problems] == []
        model = studio.catalogue.get("mindstudio/agent-teaser-maker")
        assert list(model.params) == ["brand_color", "var_seed", "ab"]
        body = {"task": "text-to-video", "model": model.id, "prompt": "a fox", "brand_color": "red", "ab": "1"}
        (run,) = studio.local.requests.submit(body)
        (run,) = studio.local.runs.wait([run.id], timeout_s=30)
        assert (run.status, len(run.assets)) == (Status.SUCCEEDED, 1), run.error
        (sent,) = server.bodies("submit")
        assert (sent["appId"], sent["workflow"]) == ("a-1", "Main")
        assert sent["variables"] == {"prompt": "a fox", "brandColor": "red", "ab": "1"}
        opened = studio.user_files.open("models", "mindstudio-agents")
        edited = opened.text.replace('label = "Teaser maker"', 'label = "My teaser"')
        studio.user_files.save("models", "mindstudio-agents", edited, revision=opened.revision)
        server.apps.append({"id": "a-4", "name": "Teaser maker"})
        again = studio.agents.load("mindstudio")
        assert (again.added, again.known) == (("Teaser maker",), 4)
        assert studio.catalogue.get("mindstudio/agent-teaser-maker").label == "My teaser"
        assert studio.catalogue.get("mindstudio/agent-teaser-maker-2").label == "Teaser maker"
        with pytest.raises(CapabilityError, match="agent"):
            studio.local.requests.submit({"task": "text-to-video", "model": "mindstudio/agent", "prompt": "x"})
