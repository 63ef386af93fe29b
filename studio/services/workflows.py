"""The user's own ComfyUI workflows in an open studio: read, mapped, kept as models, taken away and put back.

A kept workflow is a row of the catalogue from the moment it is saved, and again at each start. Its file is the row:
data/workflows/NAME.json; one that was taken away lies in data/workflows/removed until its name is used again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from studio.catalogue import Catalogue, Model
from studio.domain import JSON, Kind, Run, Task, now
from studio.errors import CapabilityError, Conflict, MediaError, NotFound
from studio.messages import Message, term
from studio.services.comfyui_models import ComfyServer, ServerStatus
from studio.settings import Settings
from studio.store import Store, queue

if TYPE_CHECKING:
    from studio.engines.comfyui.inspect import MissingChoice, OutputNode
    from studio.engines.comfyui.workflow import Slot
    from studio.engines.comfyui.workflow_export import ExportedWorkflow

SNIFF_BYTES = 64


@dataclass(frozen=True)
class WorkflowInspection:
    """A workflow looked at. mapped: slot ("node.field") -> field, as guessed or as it was saved.

    labels: what the form calls own settings. server: whether one is named, and whether it answered; only then do
    missing (node classes) and lacking (files and other choices) mean anything. makes: None where nothing is saved.
    label, name, tasks: of an exported workflow, else empty.
    """

    graph: JSON
    slots: list[Slot]
    mapped: dict[str, str]
    outputs: list[OutputNode]
    makes: Kind | None
    server: ServerStatus
    missing_nodes: list[str] = field(default_factory=list)
    missing_choices: list[MissingChoice] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    label: str = ""
    name: str = ""
    tasks: list[Task] = field(default_factory=list)


class Workflows:
    """The user's own workflows. Methods are safe from any thread."""

    def __init__(self, settings: Settings, catalogue: Catalogue, store: Store, server: ComfyServer) -> None:
        self._catalogue, self._store, self._server = catalogue, store, server
        self._folder = settings.data / "workflows"
        self._removed = self._folder / "removed"
        self._lock = Lock()
        if any(self._folder.glob("*.json")):
            from studio.engines.comfyui import workflow

            built_in = {m.id for m in catalogue}
            for model in workflow.load(self._folder):
                if model.id not in built_in:
                    catalogue.put(model)

    def all(self) -> list[Model]:
        """The kept workflows, by title."""
        return sorted((m for m in self._catalogue if _is_user_workflow(m)), key=lambda m: m.label.casefold())

    def get(self, name: str) -> Model:
        """The kept workflow of this name, or NotFound."""
        model = next((m for m in self.all() if m.id == f"comfyui/{name}"), None)
        if model is None:
            raise NotFound(Message("workflow.unknown", name=f"{name[:60]!r}"))
        return model

    def read(self, path: Path, *, name: str = "") -> WorkflowInspection:
        """What is in an API-format JSON, in a picture or clip that ComfyUI made, or in what `shared` gave.

        Raises CapabilityError or MediaError, in a sentence that says what to export instead.
        """
        from studio.engines.comfyui import workflow_export, workflow_parser

        content = _graph_text(path, name or path.name)
        if shared := workflow_export.read(content):
            return self._inspect(shared.workflow, shared.mapping, shared.labels, shared)
        return self._inspect(workflow_parser.parse(content))

    def inspect_saved(self, name: str) -> WorkflowInspection:
        """A kept workflow, to be mapped anew."""
        from studio.engines.comfyui import workflow_export

        model = self.get(name)
        return self._inspect(model.engine["workflow"], workflow_export.mapping(model), workflow_export.labels(model))

    def export(self, name: str) -> JSON:
        """A kept workflow with its mapping, as a file that `read` of another studio takes."""
        from studio.engines.comfyui import workflow_export

        return workflow_export.written(self.get(name))

    def _inspect(
        self,
        graph: JSON,
        mapped: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        exported: ExportedWorkflow | None = None,
    ) -> WorkflowInspection:
        from studio.engines.comfyui import inspect, workflow

        nodes = self._server.definitions()
        saves = inspect.outputs(graph, nodes)
        kinds = [o.kind for o in saves]
        makes = next((k for k in (Kind.VIDEO, Kind.IMAGE) if k in kinds), None)
        slots = workflow.slots(graph, makes=makes)
        guessed = {f"{s.node}.{s.field}": s.guess for s in slots if s.guess}
        return WorkflowInspection(
            graph=graph, slots=slots, mapped=guessed if mapped is None else mapped, outputs=saves, makes=makes,
            server=self._server.status(nodes),
            missing_nodes=inspect.missing_nodes(graph, nodes) if nodes is not None else [],
            missing_choices=inspect.missing_choices(slots, graph, nodes) if nodes is not None else [],
            labels=labels or {},
            label=exported.label if exported else "", name=exported.name if exported else "",
            tasks=list(exported.tasks) if exported else [],
        )  # fmt: skip

    def save(
        self, name: str, label: str, graph: JSON, mapping: Mapping[str, str], tasks: Sequence[Task], *,
        labels: Mapping[str, str] | None = None, replace: bool = False,
    ) -> Model:  # fmt: skip
        """Keep a workflow; it is a model as soon as this returns. name: of its id, comfyui/NAME.

        mapping: "node.field" -> a field of ours, or an own setting's name. labels: what the form calls own settings.
        Raises CapabilityError for what cannot be, Conflict for a name that is taken unless `replace`.
        """
        from studio.engines.comfyui import workflow, workflow_model, workflow_parser

        graph = workflow_parser.parse(json.dumps(graph, ensure_ascii=False))
        today = now().date()
        model = workflow_model.row(
            name,
            label,
            graph,
            mapping,
            tuple(dict.fromkeys(tasks)),
            today,
            nodes=self._server.definitions(),
            labels=labels,
        )
        with self._lock:
            existing = next((m for m in self._catalogue if m.id == model.id), None)
            if existing and not (replace and _is_user_workflow(existing)):
                raise Conflict(
                    Message(
                        "workflow.name_taken" if _is_user_workflow(existing) else "workflow.name_of_model", name=name
                    )
                )
            workflow.save(self._folder, model)
            self._catalogue.put(model)
        return model

    def remove(self, name: str) -> Model:
        """Take a workflow out of the models; `restore` puts it back. Raises Conflict while runs of it are under way."""
        with self._lock:
            model = self.get(name)
            if active := sum(run.model == model.id for run in self._active()):
                raise Conflict(Message("workflow.busy", model=term(model.label), count=active))
            self._catalogue.drop(model.id)
            self._removed.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{name}.json").replace(self._removed / f"{name}.json")
        return model

    def _active(self) -> list[Run]:
        with self._store.read() as db:
            return queue.active(db, "")

    def restore(self, name: str) -> Model:
        """Put back a workflow that was removed. Raises NotFound, or Conflict where its name is taken by now."""
        from studio.engines.comfyui import workflow

        with self._lock:
            modeled = [m for m in workflow.load(self._removed) if m.id == f"comfyui/{name}"]
            if not modeled:
                raise NotFound(Message("workflow.unknown_removed", name=f"{name[:60]!r}"))
            if any(m.id == modeled[0].id for m in self._catalogue):
                raise Conflict(Message("workflow.name_taken_since", name=name))
            (self._removed / f"{name}.json").replace(self._folder / f"{name}.json")
            self._catalogue.put(modeled[0])
        return modeled[0]


def _is_user_workflow(model: Model) -> bool:
    return model.provider == "comfyui" and "workflow" in model.engine


def _graph_text(path: Path, name: str) -> str | bytes:
    """The text of the graph in the file."""
    from studio.engines.comfyui import workflow_parser
    from studio.media import metadata

    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
        if head[:1] in (b"{", b"["):
            file.seek(0)
            return file.read(workflow_parser.MAX_BYTES + 1).removeprefix(b"\xef\xbb\xbf")
    try:
        texts = metadata.texts(path)
    except MediaError:
        message = Message("workflow.not_one", name=name)
        raise CapabilityError(message, field="workflow") from None
    if graph := texts.get("prompt") or _comment_graph(texts.get("comment", "")) or texts.get("workflow"):
        return graph
    message = Message("workflow.none_inside", name=name)
    raise CapabilityError(message, field="workflow")


def _comment_graph(text: str) -> str:
    """The graph in a clip's comment, where VideoHelperSuite puts it."""
    from studio.media import metadata_import

    prompt = (metadata_import.parse(text) or {}).get("prompt")
    return json.dumps(prompt) if isinstance(prompt, dict) else prompt if isinstance(prompt, str) else ""
