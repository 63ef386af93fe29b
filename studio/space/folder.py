"""The folder of a Space, written from this checkout: what runs, what the Hub reads, and nothing else."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from studio.errors import StudioError
from studio.messages import Message
from studio.space.contents import files
from studio.space.front_matter import DEFAULT_PORT, ZEROGPU_PYTHON, FrontMatter
from studio.space.zerogpu import Preload

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "assets" / "space"
COPIED = ("app.py", "LICENSE", "studio", "assets")
LEFT_OUT = ("__pycache__", "*.pyc", "screenshots")
LEFT_OUT_WITH_GRADIO = ("mcp",)
"""With its SDK the Hub installs gradio[mcp], which holds mcp below 2: /mcp answers on Docker Spaces only."""
LFS_SUFFIXES = (".gz", ".otf", ".woff2", ".webp", ".png", ".npz", ".onnx")
"""Kinds of binary files that the studio has; the Hub takes them by LFS or Xet."""

DESCRIPTION = "Images, clips and films with Wan; drafts are free"


def build(target: Path, *, sdk: str, preload: Preload | None = None) -> Path:
    """Write the Space into `target`, which may hold an earlier one and its git history. Raises StudioError."""
    if preload and sdk != "gradio":
        raise StudioError(Message("space.zerogpu_sdk"))
    _check_target(target)
    target.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        _copy(ROOT / name, target / name)
    _write(target / "requirements.txt", _requirements(sdk) + (preload.requirements() if preload else ""))
    _write(target / ".gitattributes", "".join(f"*{s} filter=lfs diff=lfs merge=lfs -text\n" for s in LFS_SUFFIXES))
    _write(target / ".gitignore", "__pycache__/\n*.pyc\n")
    if sdk == "docker":
        _copy(TEMPLATES / "Dockerfile", target / "Dockerfile")
    else:
        (target / "Dockerfile").unlink(missing_ok=True)
        _write(target / "packages.txt", "ffmpeg\n")
    body = (TEMPLATES / "README.md").read_text("utf-8")
    head = yaml.safe_dump(front_matter(sdk, preload), sort_keys=False, allow_unicode=True, width=100)
    _write(target / "README.md", f"---\n{head}---\n\n{body}")
    return target


def front_matter(sdk: str, preload: Preload | None = None) -> FrontMatter:
    """What the Hub reads of such a Space."""
    of_sdk: dict[str, Any] = {"app_port": DEFAULT_PORT}
    if sdk == "gradio":
        of_sdk = {
            "sdk_version": metadata.version("gradio"),
            "python_version": ZEROGPU_PYTHON[0],
            "app_file": "app.py",
        }
    values: FrontMatter = {
        "title": "Wan Studio",
        "emoji": "🎬",
        "colorFrom": "indigo",
        "colorTo": "purple",
        "sdk": sdk,
        **of_sdk,
        "license": "apache-2.0",
        "short_description": DESCRIPTION,
        "pinned": False,
        "fullWidth": True,
        "disable_embedding": True,
        "startup_duration_timeout": "1h" if preload else "30m",
        "hf_oauth": True,
        "hf_oauth_expiration_minutes": 480,
        "hf_oauth_scopes": ["inference-api"],
        "tags": ["text-to-video", "image-to-video", "text-to-image", "storyboard", "wan"],
    }
    if preload:  # the Hub's list of hardware that may be suggested has no ZeroGPU: it is chosen in the Space's settings
        return values | {"models": preload.repositories, "preload_from_hub": preload.repositories}
    return values | {"suggested_hardware": "cpu-upgrade"}


def _requirements(sdk: str) -> str:
    paths = (ROOT / "requirements.txt", ROOT / "requirements-space.txt")
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    left_out = LEFT_OUT_WITH_GRADIO if sdk == "gradio" else ()
    return "".join(f"{line}\n" for line in lines if re.split(r"[<>=\[ ]", line)[0] not in left_out)


def _check_target(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise StudioError(Message("space.target_file", target=target))
    if target.resolve() == ROOT or ROOT in target.resolve().parents:
        raise StudioError(Message("space.target_inside", target=target))
    if target.exists() and next(files(target), None) and not (target / "README.md").is_file():
        raise StudioError(Message("space.target_not_empty", target=target))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)  # a file that is gone here goes there, too
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    else:
        shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
