"""A prompt that names its references, put into another model's names for them."""

from __future__ import annotations

import pytest

from studio.catalogue import load, reference_names
from studio.domain import Kind

CATALOGUE = load()
CHARACTERS, NUMBERED = CATALOGUE.get("alibaba/wan2.6-r2v-flash"), CATALOGUE.get("fal/wan2.7-r2v")


@pytest.mark.parametrize(
    ("prompt", "kinds", "expected"),
    [
        ("character1 meets character2", [Kind.IMAGE, Kind.IMAGE], "Image 1 meets Image 2"),
        ("Character1和character2说话", [Kind.IMAGE, Kind.VIDEO], "Image 1和Video 1说话"),
        ("character1 and character12", [Kind.IMAGE], "Image 1 and character12"),
        ("mycharacter1 stays", [Kind.IMAGE], "mycharacter1 stays"),
        ("nobody is named", [Kind.IMAGE], "nobody is named"),
    ],
)
def test_names_are_replaced_as_whole_words_in_order_and_by_kind(prompt: str, kinds: list[Kind], expected: str) -> None:
    assert NUMBERED.reference_numbers == "kind"
    assert reference_names.renamed(prompt, CHARACTERS, NUMBERED, kinds) == expected


def test_there_and_back_is_the_same_prompt() -> None:
    prompt, kinds = "character1 hands character2 to character3", [Kind.IMAGE, Kind.VIDEO, Kind.IMAGE]
    there = reference_names.renamed(prompt, CHARACTERS, NUMBERED, kinds)
    assert there == "Image 1 hands Video 1 to Image 2"
    assert reference_names.renamed(there, NUMBERED, CHARACTERS, kinds) == prompt
