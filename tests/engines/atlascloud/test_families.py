"""Rows of other families send what the provider's own client sends for the same model."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.catalogue import Model, load
from studio.engines import mapping
from tests.providers import field_rules
from tests.support.row_jobs import jobs

RULES = field_rules.read(Path(field_rules.__file__).with_name("atlascloud_families.json"))
ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "atlascloud" and m.family != "Wan"}


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    for one in jobs(model):
        name = model.engine["model"]
        body = mapping.body(one, model=name)
        assert field_rules.broken(RULES[name], body) == [], (one.request.task, body)


def test_every_model_of_the_client_that_was_read_is_a_row() -> None:
    assert {m.engine["model"] for m in ROWS.values()} == set(RULES)
