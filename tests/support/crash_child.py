"""A process that opens a Studio, does what it is told, and may die on the way: for tests that really kill.

python -m tests.support.crash_child DATA PROVIDER JOBS: JOBS is JSON: engine options, scripts by prompt, bodies to
submit. It prints the ids of its runs at once, then the word `ready`, and waits until every run has ended or is held.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from studio.catalogue import load
from studio.domain import Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK


def engines(provider: Path, jobs: dict[str, object]) -> dict[str, FakeEngine]:
    """The scripted engines that the jobs describe; their providers live in folders and outlive this process."""
    scripts = {prompt: FakeScript(**fields) for prompt, fields in jobs.get("scripts", {}).items()}  # type: ignore[union-attr]
    paying = FindingFake if jobs.get("finds") else FakeEngine
    return {
        "fake": FakeEngine(provider=FakeProvider(provider / "fake"), scripts=scripts, repeatable=True),
        "paid": paying(
            name="paid",
            provider=FakeProvider(provider / "paid"),
            scripts=scripts,
            local=False,
            base_url=str(jobs.get("base_url", "")),
        ),
    }


def main(data: Path, provider: Path, jobs: dict[str, object]) -> None:
    """Submit, tell, wait."""
    catalogue, settings = load(Path(__file__).parents[1] / "catalogue"), Settings(data=data)
    ids: list[str] = []
    if bodies := jobs.get("bodies"):
        with Studio.open(settings, engines=engines(provider, jobs), catalogue=catalogue, start=False) as studio:
            ids = [run.id for body in bodies for run in studio.local.requests.submit(body)]  # type: ignore[attr-defined]
    print(json.dumps(ids), flush=True)  # before anything runs: the first run may take the process along
    with Studio.open(settings, engines=engines(provider, jobs), catalogue=catalogue, timing=QUICK) as studio:
        while any(run.status != Status.HELD for run in studio.local.runs.active()):
            time.sleep(0.02)
        print("settled", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
