"""The graphics cards of this machine, asked from the driver's own tool; torch is not needed for that.

STUDIO_GPU chooses: nothing for all NVIDIA cards, "0,1" for some, "mps" for an Apple chip, "cpu" for tests, "none".
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

QUERY = "index,name,memory.total,compute_cap,power.limit"


@dataclass(frozen=True)
class Gpu:
    """One device. memory in bytes, None where unknown; capability like 9.0; watts at full load, None where unknown."""

    device: str
    name: str
    memory: int | None = None
    capability: float = 0.0
    watts: float | None = None

    @property
    def fp8(self) -> bool:
        """Whether the card multiplies 8-bit floats itself (NVIDIA 8.9 and newer)."""
        return self.capability >= 8.9


def find(choice: str, environ: Mapping[str, str] = os.environ) -> list[Gpu]:
    """The cards to use. choice: the value of STUDIO_GPU. An unknown index is kept, for the worker to judge."""
    names = [n.strip().lower().removeprefix("cuda:") for n in choice.split(",") if n.strip()]
    if names == ["none"]:
        return []
    special = [Gpu(n, {"cpu": "processor", "mps": "Apple GPU"}[n]) for n in names if n in ("cpu", "mps")]
    if special:
        return special
    present = {c.device: c for c in _nvidia()}
    if not names and environ.get("CUDA_VISIBLE_DEVICES", "").strip():
        names = [n.strip() for n in environ["CUDA_VISIBLE_DEVICES"].split(",") if n.strip().isdigit()]
    if not names:
        return list(present.values())
    return [present.get(n, Gpu(n, f"GPU {n}")) for n in names]


def _nvidia() -> list[Gpu]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        command = [tool, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [card for line in done.stdout.splitlines() if (card := parse(line))]


def parse(line: str) -> Gpu | None:
    """One line of nvidia-smi's answer, None where it is no card. Values it does not know are `[N/A]`."""
    parts = [p.strip() for p in line.split(",")]
    if len(parts) != 5 or not parts[0].isdigit():
        return None
    memory, capability, watts = (_number(p) for p in parts[2:])
    return Gpu(parts[0], parts[1], int(memory * 2**20) if memory else None, capability or 0.0, watts)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
