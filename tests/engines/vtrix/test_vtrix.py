"""Vtrix: the two forms of body key by key, as its pages show them, and its paths as settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind
from studio.engines import mapping
from studio.engines.base import Input, Job
from studio.engines.vtrix import VtrixEngine
from studio.settings import Settings
from tests.providers.vtrix import VtrixServer

CATALOGUE = load()
URL = "https://files.test/a.png"


def job(body: JSON, seed: int | None = 7) -> Job:
    request = validation.parse(body, CATALOGUE)
    model = CATALOGUE.get(request.model)
    asset = Asset(id="a1", kind=Kind.IMAGE, mime="image/png")
    given = {"a1": Input(asset, Path("unused"))} if any(request.media().values()) else {}
    whole = validation.complete(request, model)
    return Job("r_1", whole, model, seed if model.seeds else None, Path("unused"), given, dict.fromkeys(given, URL))


BODIES: list[tuple[JSON, JSON]] = [
    (
        {"task": "image-edit", "model": "vtrix/wan2.6-image", "prompt": "make it red", "images": ["a1"], "tier": "1K"},
        {
            "model": "wan26_image",
            "input": {"messages": [{"role": "user", "content": [{"text": "make it red"}, {"image": URL}]}]},
            "parameters": {"size": "1K", "n": 1, "enable_interleave": False, "prompt_extend": True, "seed": 7}
            | {"watermark": False},
        },
    ),
    (
        {
            "task": "image-to-video",
            "model": "vtrix/wan2.7-i2v",
            "prompt": "waves",
            "first_frame": "a1",
            "duration_s": 5,
        },
        {
            "model": "wan27_i2v",
            "input": [
                {
                    "params": {
                        "input": {"prompt": "waves", "media": [{"type": "first_frame", "url": URL}]},
                        "parameters": {"duration": 5, "resolution": "720P", "seed": 7, "prompt_extend": True}
                        | {"watermark": False},
                    }
                }
            ],
        },
    ),
    (
        {"task": "text-to-video", "model": "vtrix/kling-2.6-t2v", "prompt": "waves", "duration_s": 10, "audio": False},
        {
            "model": "kirin_v2_6_t2v",
            "input": [
                {"params": {"prompt": "waves", "mode": "std", "duration": "10", "aspect_ratio": "16:9", "sound": "off"}}
            ],
        },
    ),
]


@pytest.mark.parametrize(("asked", "sent"), BODIES, ids=[str(asked["model"]) for asked, _ in BODIES])
def test_the_body_is_as_the_page_of_the_model_shows_it(asked: JSON, sent: JSON) -> None:
    one = job(asked)
    assert mapping.body(one, model=one.model.engine["model"]) == sent


def test_paths_are_settings(tmp_path: Path) -> None:
    paths = {"VTRIX_SUBMIT_PATH": "/model/v1/generation/next", "VTRIX_TASK_PATH": "/model/v1/generation/next/{task}/x"}
    with VtrixServer() as server:
        options = {"VTRIX_BASE_URL": server.url, **paths}
        engine = VtrixEngine(Settings(secrets={"VTRIX_API_KEY": SecretStr(server.KEY)}, options=options))

        async def story() -> None:
            handle = await engine.submit(job(BODIES[2][0]))
            with pytest.raises(Exception, match="task"):
                await engine.poll(handle)
            await engine.close()

        asyncio.run(story())
        assert server.seen[0].path == "/model/v1/generation/next"
        assert server.seen[1].path.startswith("/model/v1/generation/next/task_")
