"""What a ZeroGPU Space brings along: the models that fit its card and disk, and the packages that run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio import catalogue
from studio.engines.local.weights import download_bytes
from studio.errors import StudioError
from studio.messages import Message
from studio.space.requirements import ZEROGPU_TORCH

MODELS = ("local/wan2.2-ti2v-5b", "local/z-image-turbo", "local/flux2-klein-4b")
"""Models whose weights fit into 48 GB beside their work."""
MAX_PRELOAD_BYTES = 45_000_000_000
"""A Space has 50 GB of disk; the rest is for its packages and for results. Source: hub-docs, spaces-overview.md."""
TORCHVISION = {"2.8.0": "0.23.0", "2.9.1": "0.24.1", "2.10.0": "0.25.0", "2.11.0": "0.26.0"}
"""torch -> the torchvision that is built for it."""
REQUIREMENTS_GPU = Path(__file__).parents[2] / "requirements-gpu.txt"


@dataclass(frozen=True)
class Preload:
    """The repositories that the Hub downloads while it builds the Space."""

    repositories: list[str]

    def requirements(self) -> str:
        """The lines that these models need, with torch as ZeroGPU has it."""
        torch = ZEROGPU_TORCH[-1]
        exact = {"torch": f"torch=={torch}", "torchvision": f"torchvision=={TORCHVISION[torch]}"}
        lines = [line.partition("#")[0].strip() for line in REQUIREMENTS_GPU.read_text("utf-8").splitlines()]
        packages = [exact.get(line.partition(">")[0], line) for line in lines if line]
        return "\n".join([*packages, "spaces>=0.51,<1", ""])


def preload(names: Sequence[str]) -> Preload:
    """The models of these names, such as z-image-turbo. Raises StudioError: one is unknown, or too large."""
    rows = catalogue.load()
    unknown = [name for name in names if f"local/{name}" not in MODELS]
    if unknown:
        known = ", ".join(model.removeprefix("local/") for model in MODELS)
        raise StudioError(Message("space.no_such_model", name=unknown[0], known=known))
    found = [rows.get(f"local/{name}") for name in dict.fromkeys(names)]
    total = sum(download_bytes(model.engine) for model in found)
    if total > MAX_PRELOAD_BYTES:
        raise StudioError(
            Message("space.models_too_large", size=f"{total / 1e9:.0f}", most=f"{MAX_PRELOAD_BYTES / 1e9:.0f}")
        )
    return Preload([model.engine["repo"] for model in found])
