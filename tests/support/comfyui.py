"""A studio whose only engine is ComfyUI, at the address of a local server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from studio import settings
from studio.engines.comfyui import ComfyEngine
from studio.studio import Studio
from tests.support.kit import QUICK


@contextmanager
def opened(tmp_path: Path, comfy: str = "", environ: Mapping[str, str] | None = None) -> Iterator[Studio]:
    """An open studio with its data under tmp_path. comfy: the server's address, or "" for none."""
    named = {"COMFYUI_URL": comfy} if comfy else {}
    given = settings.read({"data": tmp_path / "data"}, named | dict(environ or {}))
    with Studio.open(given, engines={"comfyui": ComfyEngine(given)}, timing=QUICK) as studio:
        yield studio
