"""Scripts as people and programs publish them, in every form, each with the right answer beside it.

corpus/NAME.txt (or .csv, .json, .fountain ...) is read without being told its form; corpus/NAME.right.json holds the
right answer as far as it is given: only the fields that it names are compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.prompt.script.read import read

CORPUS = Path(__file__).parent / "corpus"
TEXTS = sorted(path for path in CORPUS.iterdir() if not path.name.endswith(".right.json"))
RIGHT_SUFFIX = ".right.json"


def differences(found: Any, right: Any, where: str) -> list[str]:
    """What the answer has otherwise than it should, a line each; only what `right` names is compared."""
    if isinstance(right, dict):
        missing = [f"{where}: no {key}" for key in right if key not in found]
        return missing + [d for k, v in right.items() if k in found for d in differences(found[k], v, f"{where}.{k}")]
    if isinstance(right, list):
        if len(found) != len(right):
            return [f"{where}: {len(found)} instead of {len(right)}: {found}"]
        return [
            d for n, (f, r) in enumerate(zip(found, right, strict=True)) for d in differences(f, r, f"{where}[{n}]")
        ]
    return [] if found == right else [f"{where}: {found!r} instead of {right!r}"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_published_form_is_read_right(path: Path) -> None:
    right = json.loads(path.with_name(path.stem + RIGHT_SUFFIX).read_text("utf-8"))
    script = read(path.read_bytes().decode("utf-8")).model_dump(mode="json")
    found = differences(script, right, "script")
    assert not found, "\n".join(["", *found])


def test_positions_lie_in_the_text() -> None:
    """Every span and every unread part is a stretch of the text that was read."""
    for path in TEXTS:
        text = path.read_bytes().decode("utf-8")
        script = read(text)
        assert all(0 <= s.start < s.end <= len(text) for s in (*script.spans, *script.unread)), path.name
