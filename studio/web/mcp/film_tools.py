"""Tools that make the film: drafts, renders at a confirmed price, takes, exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from studio.domain import JSON, Run
from studio.errors import Conflict, NotFound
from studio.messages import Message, joined
from studio.services.continuations import ChainPlan
from studio.services.requests import OnStored
from studio.web.mcp.answers import (
    EstimateAnswer,
    ExportAnswer,
    RunAnswer,
    RunsAnswer,
    estimate_answer,
    export_answer,
    run_answer,
    runs_answer,
)
from studio.web.mcp.board_answers import ShotAnswer, shot_answer
from studio.web.mcp.board_tools import BoardId, ShotId, ShotIds, changed
from studio.web.mcp.caller import Caller, caller_of
from studio.web.mcp.run_tools import Key, MaxUsd, require_price
from studio.web.mcp.tool import ADD, EDIT, LOOK, SPEND, Tool

if TYPE_CHECKING:
    from studio.studio import Studio

Preset = Annotated[str, Field(max_length=64)]


class RenderPlanAnswer(BaseModel):
    """What render would do. ready: shots that start at once. follow: shots that start later, from the last frame of the
    shot before. done: shots whose take stands. blocked: shot -> why it cannot be rendered. estimate: of ready and
    follow together; give its usd (or more) to render as max_usd.
    """

    ready: list[str]
    follow: list[str]
    done: list[str]
    blocked: dict[str, str]
    estimate: EstimateAnswer


class ExportsAnswer(BaseModel):
    """Exports; `wait` takes their ids."""

    exports: list[ExportAnswer]


class CheckAnswer(BaseModel):
    """Findings so far. measuring: takes that are still being looked at; ask again for those."""

    findings: list[JSON]
    measuring: int


def tools(studio: Studio) -> Iterator[Tool]:
    """draft_shots, plan_render, render, choose_take, retake, check_film, export_film."""
    yield Tool(_draft(studio), "Draft shots", ADD)
    yield Tool(_plan(studio), "Plan a render", LOOK)
    yield Tool(_render(studio), "Render shots", SPEND)
    yield Tool(_retake(studio), "Render one more take", SPEND)
    yield Tool(_choose(studio), "Choose a take", EDIT)
    yield Tool(_check(studio), "Check a film", LOOK)
    yield Tool(_export(studio), "Export a film", ADD)


def _draft(studio: Studio) -> Callable[..., RunsAnswer]:
    def draft_shots(context: Context, storyboard_id: BoardId, shot_ids: ShotIds | None = None) -> RunsAnswer:
        """Draw free animatics of the shots (or these) whose draft does not stand, to judge order, timing and framing
        before anything is paid. Answers the runs that were started; none where all drafts stand.
        """
        caller = caller_of(studio, context)
        return runs_answer(caller, caller.services.storyboards.draft(storyboard_id, shots=shot_ids))

    return draft_shots


def _plan(studio: Studio) -> Callable[..., RenderPlanAnswer]:
    def plan_render(context: Context, storyboard_id: BoardId, shot_ids: ShotIds | None = None) -> RenderPlanAnswer:
        """What render would do with these shots, or with all approved ones, and the price of it. Nothing starts."""
        caller = caller_of(studio, context)
        return _plan_answer(caller, caller.services.continuations.plan(storyboard_id, shots=shot_ids))

    return plan_render


def _plan_answer(caller: Caller, plan: ChainPlan) -> RenderPlanAnswer:
    return RenderPlanAnswer(
        ready=[p.shot for p in plan.ready], follow=[f.link.shot for f in plan.follow], done=list(plan.done),
        blocked={shot: str(why) for shot, why in plan.blocked.items()}, estimate=estimate_answer(caller, plan.estimate),
    )  # fmt: skip


def _render(studio: Studio) -> Callable[..., RunsAnswer]:
    def render(
        context: Context,
        storyboard_id: BoardId,
        max_usd: MaxUsd,
        shot_ids: ShotIds | None = None,
        key: Key = "",
    ) -> RunsAnswer:
        """Render these shots, or all approved ones, each with its model. max_usd confirms the price: plan_render says
        what it must cover, and nothing starts where it does not. Answers the runs that were started at once.
        """
        caller = caller_of(studio, context)
        continuations = caller.services.continuations

        def start(on_stored: OnStored) -> list[Run]:
            plan = continuations.plan(storyboard_id, shots=shot_ids)
            if not plan.ready and not plan.follow:
                raise Conflict(joined(*plan.blocked.values()) or Message("board.nothing_to_render"))
            require_price(plan.estimate.usd, max_usd)
            return continuations.start(storyboard_id, shots=shot_ids, on_stored=on_stored)

        asked: JSON = {"render": storyboard_id, "shots": shot_ids}
        return runs_answer(caller, caller.services.keyed_calls.once(key, asked, start))

    return render


def _retake(studio: Studio) -> Callable[..., RunAnswer]:
    def retake(context: Context, storyboard_id: BoardId, shot_id: ShotId, max_usd: MaxUsd, key: Key = "") -> RunAnswer:
        """Render one more take of a shot, with a new seed; the film keeps the take it shows until choose_take."""
        caller = caller_of(studio, context)
        storyboards = caller.services.storyboards

        def start(on_stored: OnStored) -> list[Run]:
            snapshot = storyboards.snapshot(storyboard_id)
            price = storyboards.prices(snapshot)[snapshot.state(shot_id).shot.id]
            if price.problems:
                raise Conflict(joined(*price.problems))
            require_price(price.usd, max_usd)
            return [storyboards.retake(storyboard_id, shot_id, on_stored=on_stored)]

        asked: JSON = {"retake": storyboard_id, "shot": shot_id}
        if not (found := caller.services.keyed_calls.once(key, asked, start)):
            raise NotFound(Message("mcp.take_gone"))
        return run_answer(caller, found[0])

    return retake


def _choose(studio: Studio) -> Callable[..., ShotAnswer]:
    def choose_take(
        context: Context, storyboard_id: BoardId, shot_id: ShotId, run_id: Annotated[str, Field(max_length=64)] | None
    ) -> ShotAnswer:
        """The take that the film shows of a shot, by its run; null puts the draft back."""
        caller = caller_of(studio, context)
        body = {"op": "choose", "shot": shot_id, "run": run_id}
        return shot_answer(caller, changed(caller, storyboard_id, body), shot_id)

    return choose_take


def _check(studio: Studio) -> Callable[..., CheckAnswer]:
    def check_film(
        context: Context, storyboard_id: BoardId, presets: Annotated[list[Preset], Field(max_length=50)] | None = None
    ) -> CheckAnswer:
        """What to look at before the film is exported: missing, stale, black, frozen or silent takes, loudness, lengths
        that a place does not take.
        """
        result = caller_of(studio, context).services.preflight.check(storyboard_id, {}, presets)
        return CheckAnswer(findings=[finding.plain() for finding in result.findings], measuring=result.measuring)

    return check_film


def _export(studio: Studio) -> Callable[..., ExportsAnswer]:
    def export_film(
        context: Context,
        storyboard_id: BoardId,
        form: Literal["film", "contact", "shots", "otio", "edl", "fcpxml", "project"] = "film",
        presets: Annotated[
            list[Preset],
            Field(max_length=50, description="Where the film goes, one file each: master, youtube, tiktok, webm ..."),
        ] = ["master"],  # noqa: B006 - the library copies it
        allow_drafts: bool = True,
        music: Annotated[str, Field(max_length=64, description="Asset id of a track under the film")] | None = None,
        music_db: Annotated[float, Field(ge=-60, le=12)] = -14.0,
        loudness: Annotated[float, Field(ge=-70, le=0, description="Target in LUFS")] | None = None,
        captions: Annotated[str, Field(max_length=1_000_000, description="Text of an SRT or VTT file")] = "",
        burn_captions: bool = False,
        framing: Literal["fit", "fill", "follow", "blur"] = "follow",
        label: Annotated[str, Field(max_length=200, description="Words of a visible AI label")] = "",
        review_copy: Annotated[bool, Field(description="Says so in the picture; needs no approval")] = False,
    ) -> ExportsAnswer:
        """Export the cut of a storyboard: the film, or a contact sheet, shot list, editing package or project. It is
        made in the background: `wait` for the ids, then open `url` with the same token. allow_drafts=false refuses a
        film with shots that have no take.
        """
        caller = caller_of(studio, context)
        options: JSON = {
            "allow_drafts": allow_drafts, "music": music, "music_db": music_db, "loudness": loudness,
            "captions": captions, "burn": burn_captions, "framing": framing, "label": label,
            "review_copy": review_copy,
        }  # fmt: skip
        rows = caller.services.exports.start_several(storyboard_id, form, options, presets)
        return ExportsAnswer(exports=[export_answer(caller, row.id) for row in rows])

    return export_film
