"""Which model file the user wants for a role, where it is not the official one: kept in the data folder.

One small file, read at each use: the page writes it and the engine reads it, so a choice counts from the next run on.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from threading import Lock

log = logging.getLogger(__name__)
_change = Lock()


class ModelChoices:
    """Model id -> role -> file, as the server names it. folder: the data folder. Safe from any thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "comfyui.json"

    def of(self, model_id: str) -> dict[str, str]:
        """The files chosen for this model; empty where none was."""
        return self._all().get(model_id, {})

    def put(self, model_id: str, role: str, file: str) -> None:
        """Choose a file for a role; "" goes back to the automatic choice."""
        with _change:
            kept = self._all()
            mine = {k: v for k, v in kept.get(model_id, {}).items() if k != role} | ({role: file} if file else {})
            kept = {k: v for k, v in kept.items() if k != model_id} | ({model_id: mine} if mine else {})
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps({"files": kept}, indent=1, ensure_ascii=False), "utf-8")
            part.replace(self._path)

    def _all(self) -> dict[str, dict[str, str]]:
        try:
            kept = json.loads(self._path.read_text("utf-8"))["files"]
            return {str(m): {str(r): str(f) for r, f in roles.items()} for m, roles in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read, so every model file is chosen automatically: %s", self._path.name, error)
            return {}
