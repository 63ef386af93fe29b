"""A kept workflow as a file for another studio: its graph with the mapping, title, tasks; read back with suspicion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.catalogue import Model
from studio.domain import JSON, Task
from studio.engines.comfyui import workflow_parser
from studio.errors import CapabilityError
from studio.messages import Message

FORMAT = "wan-studio-workflow"
_Name = Annotated[str, Field(max_length=60)]


class ExportedWorkflow(BaseModel):
    """A mapped workflow. mapping: slot ("node.input") -> field. labels: own setting -> what the form calls it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["wan-studio-workflow"]
    version: Literal[1] = 1
    name: _Name
    label: Annotated[str, Field(max_length=200)]
    tasks: list[Task] = Field(max_length=len(Task))
    mapping: dict[Annotated[str, Field(max_length=300)], _Name] = Field(max_length=2000)
    labels: dict[_Name, Annotated[str, Field(max_length=200)]] = Field(default_factory=dict, max_length=200)
    workflow: JSON


def written(model: Model) -> JSON:
    """The kept workflow as such a file."""
    return ExportedWorkflow(
        format=FORMAT,
        name=model.id.partition("/")[2],
        label=model.label,
        tasks=list(model.tasks),
        mapping=mapping(model),
        labels=labels(model),
        workflow=model.engine["workflow"],
    ).model_dump(mode="json")


def mapping(model: Model) -> dict[str, str]:
    """Slot -> field, as it was saved."""
    return {slot: ours for ours, where in model.engine["slots"].items() for slot in where}


def labels(model: Model) -> dict[str, str]:
    """Own setting -> its label."""
    return {key: spec.label for key, spec in model.params.items()}


def read(content: bytes | str) -> ExportedWorkflow | None:
    """The workflow of such a file, its graph parsed as any stranger's; None when it is another kind of file.

    Raises CapabilityError for one that is broken.
    """
    body = workflow_parser.read(content)
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        return None
    try:
        found = ExportedWorkflow.model_validate(body)
    except (ValidationError, RecursionError):
        said = Message("workflow.bad_export")
        raise CapabilityError(said, field="workflow") from None
    return found.model_copy(update={"workflow": workflow_parser.api_graph(found.workflow)})
