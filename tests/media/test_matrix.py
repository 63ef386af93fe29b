"""Files as people have them: each is taken with the right size, length and turn, or refused in a sentence.

The table is tests/stories/files.py. What was taken is taken again from the library's copy: there nothing is left to
mend, for providers are strict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.errors import MediaError
from studio.media import intake, validate
from tests.stories.files import CASES, Case, Refused, Sources, Taken

NEAR_S = 0.15
"""Encoders add up to 2,048 samples of silence, at 16 kHz an eighth of a second."""
WAYS_OUT = ("Export", "Upload", "Convert", "Unpack", "Give", "Make it smaller", "Render", "Record")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    yield Sources(tmp_path_factory.mktemp("sources"))


def test_the_table_is_large_and_names_are_used_once() -> None:
    assert len(CASES) >= 120
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.defect}")
def test_a_file_gets_its_answer(case: Case, sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.make(sources))
    if isinstance(case.right, Refused):
        with pytest.raises(MediaError) as caught:
            validate.admit(path)
        words = str(caught.value)
        assert case.right.says in words
        assert case.name in words and words.endswith(".") and any(way in words for way in WAYS_OUT)
        return
    facts = validate.admit(path)
    fits(case.right, facts)
    assert facts.rotation == case.right.rotation
    assert case.right.note in " ".join(facts.notes)
    (tmp_path / "kept").mkdir()
    kept, made = intake.library_copy(path, tmp_path / "kept", facts)
    fits(case.right, made)
    assert not case.right.kept or made.suffix == case.right.kept
    assert case.right.note in " ".join(made.notes)
    again = validate.admit(kept)
    assert not again.remedy
    assert replace(again, notes=()) == replace(made, notes=(), bytes=again.bytes)


def fits(right: Taken, facts: validate.MediaFacts) -> None:
    """Size and length are those of the table."""
    assert right.size in (None, (facts.width, facts.height))
    assert right.length_s is None or facts.duration_s == pytest.approx(right.length_s, abs=NEAR_S)
