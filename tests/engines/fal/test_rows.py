"""Every row of fal sends what the provider's own schema takes, for each of its tasks, at a known price."""

from __future__ import annotations

from typing import Any

import pytest

from studio.catalogue import Model, load
from studio.domain import Task
from studio.engines import mapping
from studio.engines.fal import FalEngine
from studio.settings import Settings
from tests.providers import fal_rules as rules
from tests.support.row_jobs import FILES, job, jobs

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "fal"}


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    for one in jobs(model):
        body = mapping.body(one)
        assert rules.check(model.engine["id"], body) == [], (one.request.task, body)
        estimate = FalEngine(Settings()).estimate_usd(one.request, model, FILES)
        assert estimate, "a row without a price is booked as free"
        assert estimate < 10


def test_every_model_of_the_server_but_one_is_a_row() -> None:
    """Prime's reference to video is on no page that was read."""
    missing = set(rules.MODELS) - {m.engine["id"] for m in ROWS.values()}
    assert missing == {"alibaba/wan-3.0-prime/reference-to-video"}


@pytest.mark.parametrize(
    ("name", "body", "usd"),
    [
        ("wan2.6-t2v", {"duration_s": 10, "tier": "1080P"}, 1.5),
        ("wan2.6-i2v-flash", {"audio": False}, 0.125),
        ("wan2.6-i2v-flash", {"audio": True, "tier": "1080P"}, 0.375),
        ("wan3.0-t2v", {"duration_s": 30, "tier": "480P"}, 1.5),
        ("wan3.0-prime-t2v", {}, 0.7),
        ("wan2.7-image-pro", {"num_images": 3}, 0.225),
        ("wan2.7-videoedit", {}, 0.4),
        ("wan2.2-t2v-a14b-turbo", {"tier": "580P"}, 0.075),
    ],
)
def test_prices_are_those_of_the_pages(name: str, body: dict[str, Any], usd: float) -> None:
    model = ROWS[name]
    one = job(model, model.tasks[0], **body)
    assert FalEngine(Settings()).estimate_usd(one.request, model, FILES) == pytest.approx(usd)


def test_the_body_says_all_that_was_asked() -> None:
    model = ROWS["wan2.6-r2v-flash"]
    one = job(model, Task.REFERENCE_TO_VIDEO, full=True, audio=False, aspect="9:16", duration_s=10, shot_type="multi")
    assert mapping.body(one) == {
        "prompt": "a red fox", "seed": 7, "negative_prompt": "blurred", "enable_prompt_expansion": True,
        "multi_shots": True, "resolution": "720p", "aspect_ratio": "9:16", "duration": "10", "generate_audio": False,
        "video_urls": ["https://files.example.com/video1"], "image_urls": ["https://files.example.com/image1"],
    }  # fmt: skip


def test_clips_come_before_pictures_where_fal_numbers_them_so() -> None:
    model = ROWS["wan2.6-r2v-flash"]
    engine = FalEngine(Settings())
    good = job(model, Task.REFERENCE_TO_VIDEO, references=["video0", "video1", "image0"])
    assert engine.problems(good.request, model, FILES) == []
    mixed = good.request.model_copy(update={"references": ("image0", "video0")})
    (problem,) = engine.problems(mixed, model, FILES)
    assert problem.field == "references"
    other = ROWS["wan2.7-r2v"]
    assert (
        engine.problems(job(other, Task.REFERENCE_TO_VIDEO, references=["image0", "video0"]).request, other, FILES)
        == []
    )
