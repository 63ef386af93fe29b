"""Plans of shots, kept while nothing changes that they are made from: an edit of one shot plans one shot.

What a plan is made from is compared, never guessed: the shot's own words and lengths, the members of the cast it
mentions, the film's size, style and sound, the catalogue's row, the files it names.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.catalogue import Catalogue, Model
from studio.domain import Asset
from studio.errors import StudioError
from studio.messages import of_error
from studio.storyboard import model_choice, plan
from studio.storyboard.model import MENTION, Board, Shot
from studio.storyboard.plan import DRAFT_MODEL, RunPlan

MAX_PLANS = 6_000
"""Plans kept, about 4 kB each; a shot has two."""


@dataclass
class PlannedShot:
    """A shot's plan, None where there can be none, for the reason in `refusal`.

    sibling: the model of the same family that makes the shot as it is meant. validated: room for what a service finds
    out from the plan alone.
    """

    plan: RunPlan | None
    refusal: str = ""
    sibling: Model | None = None
    validated: Any = field(default=None, compare=False)


class Planner:
    """Plans by board and shot. Safe from any thread."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[str, str, str], tuple[object, PlannedShot]] = OrderedDict()
        self._lock = threading.Lock()

    def for_board(self, board: Board, catalogue: Catalogue, assets: Mapping[str, Asset]) -> BoardPlanner:
        """The planner for a board as it stands. assets: files that it names, by id."""
        return BoardPlanner(self, board, catalogue, assets)

    def get(self, key: tuple[str, str, str], inputs: object) -> PlannedShot | None:
        """The plan under this key, where it was made from the same."""
        entry = self._plans.get(key)
        return entry[1] if entry and entry[0] == inputs else None

    def put(self, key: tuple[str, str, str], inputs: object, planned: PlannedShot) -> PlannedShot:
        """Remember a plan in the place of the one before."""
        with self._lock:
            self._plans[key] = (inputs, planned)
            self._plans.move_to_end(key)
            while len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        return planned


class BoardPlanner:
    """Plans of one board as it stands; what all its shots depend on is put together once."""

    def __init__(self, planner: Planner, board: Board, catalogue: Catalogue, assets: Mapping[str, Asset]) -> None:
        self._planner, self._board, self._catalogue, self.assets = planner, board, catalogue, dict(assets)
        b = board
        agreed = all(m.consent for m in b.cast if m.references and m.kind == "character")
        starts = all(s.start.consent for s in b.shots if s.start.kind == "asset")
        self._film = (b.style, b.width, b.height, b.fps, b.seed, b.audio, agreed, starts)
        self._members = {
            m.name.casefold(): (m.model_dump_json(), self._asset_keys(m.references)) for m in reversed(b.cast)
        }

    def plan(self, shot: Shot, *, frame: str | None = None, fault: str = "", draft: bool = False) -> PlannedShot:
        """The shot's plan. frame: the last frame of the shot before, for one that starts from it; fault: why not."""
        if fault:
            return PlannedShot(None, fault)
        key = (self._board.id, shot.id, "draft" if draft else f"frame {frame}" if frame else "")
        inputs = self._plan_inputs(shot, frame, DRAFT_MODEL if draft else shot.model or self._board.model)
        cached = self._planner.get(key, inputs)
        if cached:
            return cached
        return self._planner.put(key, inputs, self._build(shot, frame, draft))

    def _build(self, shot: Shot, frame: str | None, draft: bool) -> PlannedShot:
        sister = None if draft else self._sibling(shot)
        try:
            run_plan = plan.for_shot(self._board, shot, self._catalogue, self.assets, previous_frame=frame, draft=draft)
        except StudioError as error:
            return PlannedShot(None, of_error(error), sister)
        return PlannedShot(run_plan, "", sister)

    def _sibling(self, shot: Shot) -> Model | None:
        try:
            return model_choice.sibling(self._board, shot, self._catalogue)
        except StudioError:
            return None

    def _model(self, model_id: str) -> Model | None:
        try:
            return self._catalogue.get(model_id)
        except StudioError:
            return None

    def _plan_inputs(self, shot: Shot, frame: str | None, model: str) -> object:
        s = shot
        shot_values = (s.prompt, s.duration_s, s.shot_size, s.lens, s.move, s.dialogue, s.sound, s.start, s.seed)
        params = json.dumps(s.params, sort_keys=True) if s.params else ""
        words = " ".join((self._board.style, s.prompt, s.dialogue, s.sound, s.shot_size, s.lens, s.move))
        members = tuple(self._members.get(name.casefold()) for name in MENTION.findall(words))
        files = self._asset_keys([i for i in (s.start.asset, frame) if i])
        return (model, self._model(model), self._film, shot_values, params, members, files)

    def _asset_keys(self, asset_ids: list[str] | tuple[str, ...]) -> tuple[object, ...]:
        """What a plan may depend on of these files."""
        assets = (self.assets.get(i) for i in asset_ids)
        return tuple(
            a and (a.id, a.kind, a.mime, a.bytes, a.width, a.height, a.duration_s, a.fps, a.has_audio) for a in assets
        )
