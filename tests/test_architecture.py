"""The house rules that can be read off the source: which way imports point, and what a light import must not pull in.

media is below engines and store, so that draft engine, GPU worker and exports share one encoder.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.syntax import tree

ROOT = Path(__file__).parents[1]
LEVEL = {
    "errors": 0, "messages": 0, "domain": 1, "settings": 1, "storage": 1, "prompt": 1, "field_errors": 1, "payload": 2,
    "catalogue": 2, "media": 3, "animatic": 4, "film": 4,
    "engines": 5, "store": 5, "jobs": 6, "storyboard": 6, "services": 7, "studio": 8, "web": 9,
}  # fmt: skip
SIBLINGS = {("engines", "store"), ("animatic", "film"), ("jobs", "storyboard")}
SIBLINGS |= {(b, a) for a, b in SIBLINGS}
FILES = sorted((ROOT / "studio").rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(ROOT / "studio").with_suffix("").parts[0]


@cache
def imports(path: Path) -> set[str]:
    """Names of all modules imported anywhere in the file, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    """From web through services, jobs and engines down to media, catalogue and domain; never back."""
    here = part(path)
    if here == "__init__":
        return
    assert here in LEVEL, f"{here} has no place in the house: give it a level in this test and in the README"
    for name in imports(path):
        pieces = name.split(".")
        if pieces[0] != "studio" or len(pieces) < 2 or pieces[1] not in LEVEL or pieces[1] == here:
            continue
        assert LEVEL[pieces[1]] <= LEVEL[here], f"{path.name} imports upward: {name}"
        assert (here, pieces[1]) not in SIBLINGS, f"{here} and {pieces[1]} must not know one another: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_web_imports_gradio_and_only_the_gpu_worker_torch(path: Path) -> None:
    names = {n.split(".")[0] for n in imports(path)}
    if part(path) != "web":
        assert "gradio" not in names
    if "local" not in path.parts:
        assert not names & {"torch", "diffusers", "transformers"}


HEAVY = ["gradio", "torch", "cv2", "av", "moviepy", "PIL"]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("studio", [*HEAVY, "numpy", "pydantic"]), ("studio.studio", HEAVY)],  # sqlite-utils loads pandas where it is
)
def test_importing_the_studio_is_light(module: str, heavy: list[str]) -> None:
    """Neither the pages nor any heavy library is loaded before it is needed."""
    code = f"import sys, {module}; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
