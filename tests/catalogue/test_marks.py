"""Marks of other prompt programs are refused before anything is spent, unless the person says so."""

from __future__ import annotations

from datetime import date

import pytest

from studio.catalogue import validation
from studio.catalogue.loading import Catalogue, load
from studio.catalogue.schema import Model, PromptSpec
from studio.domain import Task

ROW = Model(
    id="test/clip", provider="test", label="Clip", family="Wan", tasks=(Task.TEXT_TO_IMAGE,),
    prompt=PromptSpec(required=True), negative_prompt=PromptSpec(), source="x", checked=date(2026, 11, 30),
)  # fmt: skip
READS = ROW.model_copy(update={"id": "test/graph", "prompt": PromptSpec(required=True, marks=("weight",))})
CATALOGUE = Catalogue([ROW, READS])


def wrong(prompt: str, model: str = "test/clip", **more: object) -> list[str]:
    request = validation.parse({"model": model, "prompt": prompt} | more, CATALOGUE)
    return [error.field for error in validation.problems(request, CATALOGUE.get(model), {})]


@pytest.mark.parametrize(
    "prompt",
    [
        *("a __color__ car", "{2$$a|b} x", "{0.5::a|b}", "(red:1.2) car", "[cow|horse]", "[day:night:0.5] street"),
        *("a {red|{dark|light} blue} car", "fox <lora:film:1>", "fox BREAK hill", "fox AND hill"),
    ],
)
def test_a_mark_is_refused_at_its_field_unless_it_is_wanted(prompt: str) -> None:
    assert wrong(prompt) == ["prompt"]
    assert wrong("a fox", negative_prompt=prompt) == ["negative_prompt"]
    assert wrong(prompt, literal_prompt=True) == []


def test_parameters_are_told_and_not_refused() -> None:
    """Some models take them in the prompt."""
    assert wrong("a cat on a wall --ar 16:9") == []


def test_a_model_that_reads_weights_gets_them_and_nothing_else() -> None:
    assert wrong("(red:1.2) car", "test/graph") == []
    assert wrong("(red:1.2) __color__ car", "test/graph") == ["prompt"]


def test_wan_on_comfyui_reads_weights_and_other_encoders_do_not() -> None:
    catalogue = load()
    reads = {row.id for row in catalogue if "weight" in row.prompt.marks}
    assert "comfyui/wan2.2-t2v-a14b" in reads and all(row.startswith("comfyui/wan") for row in reads)
