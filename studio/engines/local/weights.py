"""Model files: where they are, whether they are all there, how large; fetching them, with resume; throwing them away.

A repository counts as present in STUDIO_MODELS/<owner>/<name> (else <data>/models/...) or in the hub's own cache
(HF_HOME, HF_HUB_CACHE). Only safetensors and plain data files are fetched and read, never code.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.settings import Settings

PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "*.md", "LICENSE*")
"""What is fetched: weights, configurations, tokenizers. No .bin, .pt, .ckpt or .py: those can run code."""

WEIGHTLESS = ("tokenizer", "scheduler", "processor", "feature_extractor", "guider", "image_processor")
"""Parts that have no weights."""


@dataclass(frozen=True)
class RepositoryFiles:
    """What lies on the disk of one repository. missing: names of parts or files that lack; sizes: bytes by part."""

    repo: str
    folder: Path | None
    missing: tuple[str, ...]
    sizes: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether the model can be loaded."""
        return self.folder is not None and not self.missing

    @property
    def bytes(self) -> int:
        """Bytes of all weights found."""
        return sum(self.sizes.values())


def download_bytes(engine: Mapping[str, Any]) -> int:
    """Bytes to fetch for a row: its own figure where the files hold wider numbers than the card will, else by part."""
    return int(engine.get("download") or sum(engine["bytes"].values()))


def models_folder(settings: Settings) -> Path:
    """Where models are fetched to: STUDIO_MODELS, else a folder in the data folder."""
    named = settings.option("STUDIO_MODELS")
    return Path(named).expanduser() if named else settings.data / "models"


def hub_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the hub's client keeps its files."""
    if named := environ.get("HF_HUB_CACHE", "").strip():
        return Path(named).expanduser()
    home = environ.get("HF_HOME", "").strip() or "~/.cache/huggingface"
    return Path(home).expanduser() / "hub"


def find(repo: str, settings: Settings) -> Path | None:
    """The folder with this repository's model_index.json, None where it is not on this machine."""
    own = models_folder(settings)
    places = [own / repo, own / repo.rpartition("/")[2], *_snapshots(repo)]
    return next((p for p in places if (p / "model_index.json").is_file()), None)


def _snapshots(repo: str) -> list[Path]:
    """Copies in the hub's cache: the one its `main` points at first."""
    root = hub_cache() / f"models--{repo.replace('/', '--')}"
    main = root / "refs" / "main"
    named = [root / "snapshots" / main.read_text().strip()] if main.is_file() else []
    return named + sorted((root / "snapshots").glob("*"))


def find_file(repo: str, file: str, settings: Settings) -> Path | None:
    """One file of a repository that is no pipeline, such as a LoRA; None where it is not on this machine."""
    own = models_folder(settings)
    places = [own / repo, *_snapshots(repo)]
    return next((p / file for p in places if (p / file).is_file()), None)


def inspect(repo: str, settings: Settings) -> RepositoryFiles:
    """What is there of a repository, part by part."""
    folder = find(repo, settings)
    if folder is None:
        return RepositoryFiles(repo, None, ("model_index.json",), {})
    index = json.loads((folder / "model_index.json").read_text("utf-8"))
    missing: list[str] = []
    sizes: dict[str, int] = {}
    for name, kind in index.items():
        if name.startswith("_") or not isinstance(kind, list) or not kind[0]:
            continue
        if name.startswith(WEIGHTLESS):
            if not (folder / name).is_dir():
                missing.append(name)
            continue
        lacking, size = _weights(folder / name)
        missing += [f"{name}/{file}" for file in lacking]
        sizes[name] = size
    return RepositoryFiles(repo, folder, tuple(missing), sizes)


def _weights(folder: Path) -> tuple[list[str], int]:
    """Files that a part lacks, and the bytes of those it has."""
    if not (folder / "config.json").is_file():
        return ["config.json"], 0
    wanted: set[str] = set()
    for index in folder.glob("*.safetensors.index.json"):
        wanted |= set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    have = {p.name: p for p in folder.glob("*.safetensors")}
    lacking = sorted(wanted - set(have)) or ([] if have else ["*.safetensors"])
    chosen = [have[n] for n in wanted & set(have)] or list(have.values())
    return lacking, sum(p.stat().st_size for p in chosen)


def header(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Tensor names of a safetensors file with their type and shape, read without the weights.

    Source: the format's description: eight bytes of little-endian length, then JSON.
    """
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        body = json.loads(file.read(length))
    return {k: (v["dtype"], tuple(v["shape"])) for k, v in body.items() if k != "__metadata__"}


WIDTH = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "I64": 8, "I32": 4}


def loaded_bytes(folder: Path, part: str, width: int) -> int:
    """Bytes of a part on the card when its floats are `width` bytes wide, from the files' headers."""
    total = 0
    for path in (folder / part).glob("*.safetensors"):
        for kind, shape in header(path).values():
            count = 1
            for side in shape:
                count *= side
            total += count * (width if kind.startswith(("F", "BF")) else WIDTH.get(kind, 1))
    return total
