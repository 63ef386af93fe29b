"""From a job to the graph that is posted: the row's own builder, or the user's workflow with its slots filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.catalogue import Model, shapes, validation
from studio.domain import JSON, REQUEST, Request, Task
from studio.engines import lora
from studio.engines.base import Job
from studio.engines.comfyui import model_files
from studio.engines.comfyui.graphs import BUILDERS, GraphInputs
from studio.engines.comfyui.workflow import fill
from studio.engines.lora import Lora


def graph(job: Job, nodes: JSON, chosen: Mapping[str, str]) -> JSON:
    """The graph of a job. nodes: what the server has. chosen: role -> model file, where the user chose one.

    Raises Refused for a model file, CapabilityError for a LoRA file, that the server does not have.
    """
    inputs = {k: [job.uploads[i] for i in ids] for k, ids in job.request.media().items()}
    own, prefix = job.model.engine, f"studio/{job.run_id}"  # new for every run: the same graph twice would run nothing
    if "workflow" in own:
        return fill(own, job.request, job.seed or 0, inputs, prefix=prefix)
    roles = _roles(job.model, job.request)
    found = model_files.match(roles, nodes, chosen)
    wanted = user_loras(job.request, job.model)
    order = _order(job.request, job.model, job.seed or 0, found, inputs)
    width, height = shapes.size(job.request, job.model, {i: one.asset for i, one in job.inputs.items()})
    order = replace(order, width=width, height=height)
    return BUILDERS[own["graph"]](replace(order, prefix=prefix, loras=model_files.loras(wanted, roles, nodes)))


def user_loras(request: Request, model: Model) -> tuple[Lora, ...]:
    """The LoRA files that the form's line names for one of our graphs. Raises CapabilityError."""
    line = "" if "workflow" in model.engine else str(request.params.get("loras") or "")
    return lora.read(line)


def classes(model: Model) -> set[str]:
    """The node classes that the graphs of a row need, over all its tasks and modes."""
    modes = getattr(model.params.get("mode"), "choices", ("",))
    return {
        node["class_type"]
        for task in model.tasks
        for mode in modes
        for node in _planning_job(model, task, mode).values()
    }


def _planning_job(model: Model, task: Task, mode: str) -> JSON:
    names = model.inputs_for(task)
    given = {name: ["x"] if name in ("images", "references") else "x" for name in names}
    params = {"mode": mode} if mode else {}
    asked = REQUEST.validate_python({"task": task, "model": model.id, "prompt": "x", "params": params} | given)
    request = validation.complete(asked, model)
    found = {role: spec["file"] for role, spec in _roles(model, request).items()}
    return BUILDERS[model.engine["graph"]](_order(request, model, 0, found, {name: ["x"] for name in names}))


def _roles(model: Model, request: Request) -> JSON:
    """The model files that this request needs: some belong to one mode only."""
    return {k: v for k, v in model.engine["files"].items() if v.get("when") in (None, request.params.get("mode"))}


def _order(
    request: Request, model: Model, seed: int, found: Mapping[str, str], inputs: dict[str, list[str]]
) -> GraphInputs:
    fps = model.fps[0] if model.fps else 0
    length = round((request.duration_s or 0) * fps) + 1
    width, height = shapes.size(request, model, {})
    return GraphInputs(
        request=request, seed=seed, files=found, inputs=inputs, prefix="", fps=fps, length=length,
        width=width, height=height, negative=model.engine.get("negative", ""),
    )  # fmt: skip
