"""Rows of other families send what the models' pages name."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.catalogue import Model, load
from studio.domain import JSON
from studio.engines import mapping
from studio.engines.runware import RunwareEngine
from studio.settings import Settings
from tests.providers import runware_rules
from tests.support.provider_cases import runware
from tests.support.provider_jobs import output_counts
from tests.support.row_jobs import FILES, jobs

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "runware" and m.family != "Wan"}


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    for one in jobs(model):
        body = mapping.body(one, model=model.engine["model"])
        assert runware_rules.broken(body) == [], (one.request.task, body)
        estimate = RunwareEngine(Settings()).estimate_usd(one.request, model, FILES)
        assert (estimate or 0) > 0 if model.prices else estimate is None, one.request


def test_every_model_that_was_read_is_a_row() -> None:
    assert {m.engine["model"] for m in ROWS.values()} == set(runware_rules.FAMILIES)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"width": 1280, "height": 720, "resolution": "720p"}, "resolution"),
        ({"width": None, "height": None}, "width"),
        ({"duration": 5}, "duration"),
        ({"providerSettings": {"klingai": {"sound": True}}}, "providerSettings.klingai.sound"),
    ],
)  # fmt: skip
def test_the_rules_refuse_what_the_pages_forbid(change: dict[str, object], field: str) -> None:
    one = next(iter(jobs(ROWS["veo-3.1"])))
    body = mapping.body(one, model="google:3@2") | change
    wrong = runware_rules.broken({k: v for k, v in body.items() if v is not None})
    assert field in [name for name, _ in wrong]


def test_clips_and_pictures_of_other_families_come_back(tmp_path: Path) -> None:
    bodies: list[tuple[JSON, int]] = [
        ({"model": "runware/kling-3.0-pro", "task": "image-to-video", "first_frame": "first"}, 1),
        ({"model": "runware/nano-banana-2", "task": "text-to-image", "num_images": 3}, 3),
    ]
    with runware(tmp_path) as case:
        assert output_counts(case, [body for body, _ in bodies], tmp_path) == [count for _, count in bodies]
