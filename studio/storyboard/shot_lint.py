"""What is doubtful in the words of each shot of a board, by the rules of studio.prompt.lint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.catalogue import Catalogue, prompt_facts
from studio.domain import Asset, Task
from studio.errors import StudioError
from studio.prompt.lint.lint import lint
from studio.prompt.lint.model import Facts, Finding
from studio.storyboard.model import Board, Shot
from studio.storyboard.plan import RunPlan

SHOT_LENGTHS = (0.5, 60.0, 0.5)
"""Shortest and longest shot, and the step of its field, in seconds."""


def findings(
    board: Board, shot: Shot, plan: RunPlan | None, catalogue: Catalogue, assets: Mapping[str, Asset]
) -> tuple[Finding, ...]:
    """The findings of a shot's prompt. plan: the run that would render it. Texts and facts that were judged before are
    not judged again."""
    return lint(shot.prompt, _facts(board, shot, plan, catalogue, assets))


def _facts(board: Board, shot: Shot, plan: RunPlan | None, catalogue: Catalogue, assets: Mapping[str, Asset]) -> Facts:
    """Facts of the model and the shot. Its length is free, and who an @ means is told where the cast is."""
    facts = Facts()
    if plan is not None:
        kinds = {id_: asset.kind for id_, asset in assets.items()}
        try:
            model = catalogue.get(plan.body["model"])
        except StudioError:
            model = None
        if model is not None:
            facts = prompt_facts.facts(model, Task(plan.body["task"]), plan.body, kinds)
    return replace(
        facts,
        max_chars=None,  # of the whole that is sent, which the plan tells
        duration_s=shot.duration_s,
        lengths=(),
        length_range=SHOT_LENGTHS,
        cast=(*(member.name for member in board.cast), *shot.mentions()),
        literal=shot.literal_prompt,
        move=shot.move,
        dialogue=shot.dialogue,
    )
