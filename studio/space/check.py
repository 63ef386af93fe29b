"""All checks of a Space's folder, in the order in which the Hub would come upon a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.errors import StudioError
from studio.space import contents, dockerfile, front_matter, requirements, trial
from studio.space.findings import Finding, found, skipped
from studio.space.front_matter import DEFAULT_PORT, FrontMatter


def check(folder: Path, *, offline: bool = False, port: int | None = None) -> Iterator[Finding]:
    """A finding for each check. offline: ask no package index. port: to start on instead of the front matter's."""
    try:
        values = front_matter.read(folder)
    except StudioError as error:
        yield Finding("front matter", "failed", str(error))
        return
    listed = list(front_matter.problems(values, folder))
    yield found("front matter", listed, f"{len(values)} documented names, sdk {values.get('sdk')}")
    asked = int(values.get("app_port") or DEFAULT_PORT) if not listed else DEFAULT_PORT
    sound = not listed
    for finding in _static(folder, values, asked, offline=offline):
        sound = sound and finding.result != "failed"
        yield finding
    if sound:
        yield from trial.findings(folder, values, port or trial.free_port(asked))
    else:
        yield skipped("start", "Put the failures above right first.")


def _static(folder: Path, values: FrontMatter, port: int, *, offline: bool) -> Iterator[Finding]:
    if values.get("sdk") == "docker" and (folder / "Dockerfile").is_file():
        listed = dockerfile.instructions((folder / "Dockerfile").read_text("utf-8"))
        yield found("Dockerfile", dockerfile.problems(listed, folder, port), f"user 1000, port {port}")
    path = folder / "requirements.txt"
    yield found("requirements: bounds", requirements.problems(path, values), "every package bounded on both sides")
    if requirements.is_for_zerogpu(path):
        yield found("ZeroGPU", requirements.zerogpu_problems(path, values), "Gradio SDK, Python and torch as listed")
    if offline:
        yield skipped("requirements: resolve", "No package index is asked with --offline.")
    else:
        why, holds_for = requirements.resolve(path, values)
        yield found("requirements: resolve", [why] if why else [], holds_for)
    yield found("no secrets in files", contents.secret_problems(folder))
    size = f"{contents.total_bytes(folder) / 1e6:.1f} MB in {sum(1 for _ in contents.files(folder))} files"
    yield found("file sizes and kinds", contents.size_problems(folder), size)
    yield found("nothing of no use", contents.useless_problems(folder))
