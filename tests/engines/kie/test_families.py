"""Rows of other families send what the OpenAPI documents of the models' pages name."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.catalogue import Model, load
from studio.domain import JSON
from studio.engines import mapping
from tests.providers import field_rules
from tests.providers.kie import FAMILIES
from tests.support.provider_cases import kie
from tests.support.provider_jobs import output_counts
from tests.support.row_jobs import jobs

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "kie" and m.family != "Wan"}


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    name = model.engine["model"]
    for one in jobs(model):
        body = mapping.body(one, model=name)
        assert (body["model"], set(body)) == (name, {"model", "input"})
        assert field_rules.broken(FAMILIES[name], body["input"]) == [], (one.request.task, body)


def test_every_model_that_was_read_is_a_row() -> None:
    assert {m.engine["model"] for m in ROWS.values()} == set(FAMILIES)


def test_clips_and_pictures_of_other_families_come_back(tmp_path: Path) -> None:
    bodies: list[JSON] = [
        {"model": "kie/kling-3.0-pro", "task": "image-to-video", "first_frame": "first", "last_frame": "last"},
        {"model": "kie/nano-banana-2", "task": "image-edit", "images": ["first"]},
    ]
    with kie(tmp_path) as case:
        assert output_counts(case, bodies, tmp_path) == [1, 1]
