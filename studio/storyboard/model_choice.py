"""Which sister of a model makes a shot as it is meant.

Hosted families have one model for words, one for a first frame and one for references; a film needs all three.
"""

from __future__ import annotations

from studio.catalogue import Catalogue, Model
from studio.domain import Task
from studio.storyboard.model import Board, Shot


def required_task(board: Board, shot: Shot) -> Task:
    """What the shot asks for: to start from a picture, to show someone of the cast by references, or words alone."""
    if shot.start.kind != "none":
        return Task.IMAGE_TO_VIDEO
    present = (board.member(name) for name in shot.mentions())
    return Task.REFERENCE_TO_VIDEO if any(m and m.references for m in present) else Task.TEXT_TO_VIDEO


def sibling(board: Board, shot: Shot, catalogue: Catalogue) -> Model | None:
    """The model of the same provider, family and version that does what the shot asks for; None where its own does."""
    model, task = catalogue.get(shot.model or board.model), required_task(board, shot)
    if model.draft or task in model.tasks:
        return None
    if task == Task.IMAGE_TO_VIDEO and "first_frame" in model.inputs_for(Task.REFERENCE_TO_VIDEO):
        return None
    family = (model.provider, model.family, model.version)
    candidates = (
        m for m in catalogue.for_task(task) if (m.provider, m.family, m.version) == family and not m.deprecated
    )
    return next(candidates, None)
