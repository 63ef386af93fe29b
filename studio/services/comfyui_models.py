"""The user's ComfyUI as the pages see it: what nodes and model files it has, and which file each role of a model takes.

A choice is kept in the data folder and counts from the next run on; whether the file is still there is checked at each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from studio.catalogue import Catalogue, Model
from studio.domain import JSON
from studio.errors import CapabilityError, NotFound, Unavailable
from studio.messages import Message, term
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.engines.comfyui.model_files import FileRole

DEFINITIONS_TTL_S = 60.0
"""How long the server's node definitions are taken as known; without an answer, it is asked again at once."""

ServerStatus = Literal["unset", "silent", "known"]


class ComfyServer:
    """What is known of the server. settings: as they are now. Safe from any thread: a change puts a new entry in place
    of the old one."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._cached: tuple[float, str, JSON] | None = None

    def definitions(self, *, refresh: bool = False) -> JSON | None:
        """Its node definitions, asked for at most three seconds; None without an answer. refresh: ask again now."""
        from studio.engines.comfyui import inspect

        settings = self._settings()
        url, cached = settings.option("COMFYUI_URL"), self._cached
        if not refresh and cached and cached[1] == url and time.monotonic() - cached[0] < DEFINITIONS_TTL_S:
            return cached[2]
        nodes = inspect.definitions(settings) if url else None
        self._cached = (time.monotonic(), url, nodes) if nodes is not None else None
        return nodes

    def status(self, nodes: JSON | None) -> ServerStatus:
        """Whether a server is named, and whether it answered."""
        return "known" if nodes is not None else "silent" if self._is_configured() else "unset"

    def _is_configured(self) -> bool:
        return bool(self._settings().option("COMFYUI_URL"))


class ComfyModels:
    """`Studio.comfy_files`. Methods are safe from any thread."""

    def __init__(self, settings: Settings, catalogue: Catalogue, server: ComfyServer) -> None:
        self._catalogue, self._server, self._settings = catalogue, server, settings

    def overview(self, *, refresh: bool = False) -> JSON:
        """Every model of ours for ComfyUI with its roles: the file a run would take, or what is missing.

        server: see Server. lists: what the server offers, by "node.input"; roles name their list. state of a model:
        ready, files (some are missing), nodes (the server is too old), unknown (it does not answer).
        """
        from studio.engines.comfyui.model_files import options

        nodes = self._server.definitions(refresh=refresh)
        rows = [m for m in self._catalogue if m.provider == "comfyui" and "files" in m.engine]
        inputs = {f"{s['node']}.{s['field']}": s for m in rows for s in m.engine["files"].values()}
        lists = {key: options(nodes or {}, s["node"], s["field"]) for key, s in inputs.items()}
        return {
            "server": self._server.status(nodes),
            "lists": lists,
            "models": [self._model_status(m, nodes) for m in rows],
        }

    def choose(self, model_id: str, role: str, file: str) -> None:
        """Take this file for a role from now on; "" leaves it to the studio again.

        Raises NotFound for a model or role that is not there, CapabilityError for a file that the server does not list,
        Unavailable while it does not answer.
        """
        from studio.engines.comfyui.model_choices import ModelChoices
        from studio.engines.comfyui.model_files import options

        model = self._catalogue.get(model_id)
        spec = model.engine.get("files", {}).get(role) if model.provider == "comfyui" else None
        if spec is None:
            raise NotFound(Message("comfyui.no_role", model=term(model.label), role=f"{role[:40]!r}"))
        if file:
            nodes = self._server.definitions(refresh=True)
            if nodes is None:
                raise Unavailable(Message("comfyui.files_unknown"))
            if file not in options(nodes, spec["node"], spec["field"]):
                message = Message("comfyui.file_not_listed", file=f"{file[:100]!r}", folder=spec["folder"])
                raise CapabilityError(message, field=role, value=file[:200])
        ModelChoices(self._settings.data).put(model_id, role, file)

    def _model_status(self, model: Model, nodes: JSON | None) -> JSON:
        from studio.engines.comfyui import build, model_files
        from studio.engines.comfyui.model_choices import ModelChoices

        roles = model_files.file_roles(
            model.engine["files"], nodes or {}, ModelChoices(self._settings.data).of(model.id)
        )
        missing = sorted(build.classes(model) - set(nodes)) if nodes is not None else []
        required = [role for role in roles if not role.spec.get("when")]
        state = "nodes" if missing else "ready" if all(role.file for role in required) else "files"
        return {
            "id": model.id,
            "label": model.label,
            "tasks": [t.value for t in model.tasks],
            "note": model.note,
            "state": state if nodes is not None else "unknown",
            "nodes": missing,
            "roles": [_role_status(role) for role in roles],
        }


def _role_status(role: FileRole) -> JSON:
    spec = role.spec
    return {
        "role": role.role,
        "mode": spec.get("when", ""),
        "official": spec["file"],
        "folder": spec["folder"],
        "url": spec["url"],
        "list": f"{spec['node']}.{spec['field']}",
        "chosen": role.chosen,
        "file": role.file,
    }
