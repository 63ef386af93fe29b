"""Takes for a board without waiting for an engine: finished runs whose file is one that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from studio.domain import Asset, Run, Status
from studio.store import runs
from studio.store.mapping import new_id
from studio.storyboard import edit
from studio.storyboard.model import Board, CastMember, Take
from studio.studio import Studio


def give_takes(
    studio: Studio, board_id: str, files: Mapping[str, Asset], *, kind: Literal["draft", "render"] = "render"
) -> Board:
    """Each of these shots (by id) gets a take with this file, made from the shot as it is."""
    snapshot = studio.local.storyboards.snapshot(board_id)
    found = {s.shot.id: s.drafted.plan if kind == "draft" else s.plan for s in snapshot.states}
    plans = {i: plan for i, plan in found.items() if plan}
    takes: dict[str, Take] = {}
    with studio.context.store.write() as db:
        for shot, asset in files.items():
            checked = studio.local.requests.validate(plans[shot].body, ready=False)
            run = Run(
                id=new_id("r_"), request=checked.request, model=checked.model.id, provider=checked.model.provider,
                cost_usd=0.0,
            )  # fmt: skip
            run = runs.add(db, runs.NewRun(run, {}), "b_takes")
            run = runs.move(db, run, Status.RUNNING, "Test.")
            runs.attach(db, run.seq, "output", 0, asset.id)
            runs.move(db, run, Status.SUCCEEDED, "Test.")
            takes[shot] = Take(run=run.id, kind=kind, fingerprint=plans[shot].fingerprint)

    def add(board: Board) -> Board:
        for shot, take in takes.items():
            board = edit.add_take(board, shot, take)
        return board

    return studio.local.storyboards.edit(board_id, "takes", add).board


def put_member(board: Board, member: CastMember) -> Board:
    """The board with this member in the place of one of the same name, whom a script may have brought."""
    same = board.member(member.name)
    other = edit.remove_cast_member(board, same.id) if same and same.id != member.id else board
    return edit.put_cast_member(other, member)
