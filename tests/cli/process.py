"""`app.py run` as a process of its own: what it prints, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 150
"""On a busy machine; alone a command takes seconds."""
PICTURE = {"task": "text-to-image", "model": "draft/animatic", "width": 160, "height": 90}


@dataclass(frozen=True)
class Ended:
    """results: the JSON lines of standard output."""

    code: int
    out: str
    err: str

    @property
    def results(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def command(batch: Path, data: Path, *options: str) -> list[str]:
    return [sys.executable, "app.py", "run", str(batch), "--data", str(data), *options]


def run(batch: Path, data: Path, *options: str, **environ: str) -> Ended:
    env = environment() | {"STUDIO_WORKERS": "1"} | environ
    done = subprocess.run(
        command(batch, data, *options), cwd=ROOT, env=env, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def written(path: Path, *requests: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(request) + "\n" for request in requests), "utf-8")
    return path
