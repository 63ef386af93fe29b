"""Rules that can be read off the source: imports point one way and never round in a circle, no module uses another's
private names, and a light import pulls in nothing heavy. Every import counts, also inside functions and TYPE_CHECKING.

media is below engines and store, so that draft engine, GPU worker and exports share one encoder. Our own test rather
than import-linter: that knows neither the rule about private names nor circles between the files of one folder.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.syntax import tree

ROOT = Path(__file__).parents[1]
LEVEL = {
    "background_thread": 0,
    "errors": 0, "lean_imports": 0, "memory": 0, "messages": 0, "memo": 0, "domain": 1, "permissions": 1, "settings": 1,
    "storage": 1, "prompt": 1, "field_errors": 1,
    "space_settings": 1, "payload": 2, "catalogue": 2, "media": 3, "animatic": 4, "film": 4,
    "review": 4, "engines": 5, "store": 5, "jobs": 6, "storyboard": 6, "llm": 6,
    "services": 7, "studio": 8, "web": 9, "cli": 9, "space": 10,
}  # fmt: skip
SIBLINGS = {("engines", "store"), ("animatic", "film"), ("jobs", "storyboard"), ("cli", "web")}
SIBLINGS |= {(b, a) for a, b in SIBLINGS}
FILES = sorted((ROOT / "studio").rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(ROOT / "studio").with_suffix("").parts[0]


def module(path: Path) -> str:
    """studio/media/probe.py is studio.media.probe; a folder's __init__.py has the folder's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


@cache
def imports(path: Path) -> set[str]:
    """Names of all modules imported anywhere in the file; `from a import b` gives a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def needed(path: Path) -> set[str]:
    """Our modules that the file uses: `from studio.engines import http` needs studio.engines.http."""
    names = {name for name in imports(path) if name in MODULES}
    return names - {n for n in names if any(other.startswith(f"{n}.") for other in names)} - {module(path)}


def listed(faults: list[str]) -> str:
    return "\n  ".join(["", *faults])


def test_imports_point_down() -> None:
    """From web through services, jobs and engines down to media, catalogue and domain; never back."""
    faults = []
    for path in FILES:
        here = part(path)
        if here == "__init__":
            continue
        assert here in LEVEL, f"{here} has no place: give it a level in this test and a line in the README"
        for other in {n.split(".")[1] for n in imports(path) if n.startswith("studio.")} & LEVEL.keys() - {here}:
            if LEVEL[other] > LEVEL[here]:
                faults.append(f"{path.relative_to(ROOT)} imports upward: studio.{other}")
            elif (here, other) in SIBLINGS:
                faults.append(f"{path.relative_to(ROOT)}: {here} and {other} must not know one another")
    assert not faults, listed(faults)


def test_no_imports_go_round_in_a_circle() -> None:
    """Between files, not only between folders: each can be read, and tested, with what is below it alone."""
    try:
        TopologicalSorter({name: needed(path) for name, path in MODULES.items()}).prepare()
    except CycleError as error:
        pytest.fail("imports in a circle: " + " -> ".join(reversed(error.args[1])))


def test_only_web_imports_gradio_and_only_the_gpu_worker_torch() -> None:
    faults = []
    for path in FILES:
        barred = set() if part(path) == "web" else {"gradio"}
        barred |= set() if "local" in path.parts else {"torch", "diffusers", "transformers"}
        faults += [f"{path.relative_to(ROOT)}: {n}" for n in barred & {n.split(".")[0] for n in imports(path)}]
    assert not faults, listed(faults)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def private_names(path: Path) -> set[str]:
    """Private functions, classes, variables and attributes that the file brings into being."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return {name for name in found if is_private(name)}


@cache
def every_private_name() -> set[str]:
    return set().union(*(private_names(path) for path in FILES))


def reaches(path: Path) -> list[str]:
    """Uses of private names that another file of ours defines; a class may use those of its own base."""
    others = every_private_name() - private_names(path)
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("studio."):
            found += [(node.lineno, f"{node.module}.{a.name}") for a in node.names if is_private(a.name)]
        elif isinstance(node, ast.Attribute) and node.attr in others and ast.unparse(node.value) not in ("self", "cls"):
            found.append((node.lineno, ast.unparse(node)))
    return [f"{path.relative_to(ROOT)}: {text}, line {line}" for line, text in found]


def test_no_module_uses_another_ones_private_names() -> None:
    faults = [fault for path in FILES for fault in reaches(path)]
    assert not faults, listed(faults)


HEAVY = ["gradio", "torch", "cv2", "av", "moviepy", "PIL", "numpy", "pandas"]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("studio", [*HEAVY, "pydantic"]),
        ("studio.studio", HEAVY),
        ("studio.web.app", ["mcp", "pandas.core", "torch", "cv2", "av", "moviepy"]),
    ],
)
def test_importing_the_studio_is_light(module: str, heavy: list[str]) -> None:
    """Neither the pages nor any heavy library is loaded before it is needed."""
    code = f"import sys, {module}; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_web_acts_for_the_user_of_the_request() -> None:
    """`Studio.local` sees everything, so no page and no route may use it."""
    found = [
        str(p.relative_to(ROOT))
        for p in FILES
        if part(p) == "web" and re.search(r"studio\.local\b", p.read_text("utf-8"))
    ]
    assert found == []
