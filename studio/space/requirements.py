"""A Space's requirements: bounded on both sides, fit for its Python, and resolvable."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from studio.space.front_matter import ZEROGPU_PYTHON, FrontMatter

RESOLVE_TIMEOUT_S = 300
ZEROGPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")
"""Source: hub-docs, docs/hub/spaces-zerogpu.md."""
BOUNDS_BELOW, BOUNDS_ABOVE = (">=", "==", "~=", ">"), ("<", "<=", "==", "~=")


def read(path: Path) -> Iterator[Requirement]:
    """The file's requirements, and those of the files that it includes. Raises InvalidRequirement, OSError."""
    for line in path.read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            yield from read(path.parent / text[3:].strip())
        elif text:
            yield Requirement(text)


def problems(path: Path, values: FrontMatter) -> Iterator[str]:
    """A sentence for each requirement that another day could break, or that the Space's SDK contradicts."""
    try:
        listed = list(read(path))
    except (InvalidRequirement, OSError) as error:
        yield f"{path.name} cannot be read, or a file that it includes: {error}."
        return
    for one in listed:
        operators = {spec.operator for spec in one.specifier}
        if one.url:
            yield f"{one.name} comes from an address; name a release instead."
        elif not operators & set(BOUNDS_BELOW):
            yield f"{one.name} has no lowest version."
        elif not operators & set(BOUNDS_ABOVE) and one.name != "tzdata":  # data, whose newest release is the right one
            yield f"{one.name} has no bound above: the next major release could break the Space."
    if values.get("sdk") == "gradio" and "-r " in path.read_text("utf-8"):
        yield f"{path.name} includes another file, which is not there while the Hub installs: join the two."
    gradio = next((one for one in listed if one.name == "gradio"), None)
    version = str(values.get("sdk_version") or "")
    if gradio and version and not gradio.specifier.contains(version):
        yield f"sdk_version is {version}, but {path.name} asks for gradio{gradio.specifier}."


def zerogpu_problems(path: Path, values: FrontMatter) -> Iterator[str]:
    """What ZeroGPU would refuse of a Space that asks for it."""
    if values.get("sdk") != "gradio":
        yield "ZeroGPU works with the Gradio SDK only."
    if values.get("python_version") not in ZEROGPU_PYTHON:
        yield f"ZeroGPU has Python {' or '.join(ZEROGPU_PYTHON)}; python_version is {values.get('python_version')}."
    torch = next((one for one in read(path) if one.name == "torch"), None)
    pinned = [spec.version for spec in torch.specifier if spec.operator == "=="] if torch else []
    if not pinned or pinned[0] not in ZEROGPU_TORCH:
        yield f"ZeroGPU has torch {', '.join(ZEROGPU_TORCH)}: pin one of them with ==."


def is_for_zerogpu(path: Path) -> bool:
    """Whether the Space brings the package that asks for a card."""
    try:
        return any(one.name == "spaces" for one in read(path))
    except (InvalidRequirement, OSError):
        return False


def python_of(values: FrontMatter) -> str:
    """The Python that the Space gets: the front matter's, or that of our Dockerfile."""
    return str(values.get("python_version") or "3.12")


def resolve(path: Path, values: FrontMatter) -> tuple[str, str]:
    """Why the requirements do not resolve, "" where they do, and for which Python that holds. Nothing is installed.

    With the Gradio SDK, what the Hub itself installs is resolved along.
    """
    minor = ".".join(python_of(values).split(".")[:2])
    hub = [f"gradio[oauth,mcp]=={values['sdk_version']}", "spaces"] if values.get("sdk") == "gradio" else []
    why = _resolved(path, hub, ["--only-binary=:all:", "--python-version", minor])
    if "No matching distribution" not in why:
        return why, f"for Python {minor}"
    # pip looks at source packages, which the Hub builds, for the Python that it runs on only
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _resolved(path, hub, ["--prefer-binary"]), f"with source packages, for Python {own} of this check"


def _resolved(path: Path, hub: list[str], options: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-input", "--disable-pip-version-check",
            "--ignore-installed", "--target", folder, *options, "-r", str(path), *hub,
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=RESOLVE_TIMEOUT_S, cwd=path.parent)
        except subprocess.TimeoutExpired:
            return f"The requirements did not resolve within {RESOLVE_TIMEOUT_S} s."
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (lines or ["pip could not resolve the requirements."])[-1]
