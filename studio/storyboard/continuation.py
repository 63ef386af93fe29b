"""Shots that follow one another by themselves: each is queued when the one before it has its take, whose last frame it
begins with. What was confirmed (which shots, from what, at what price) is kept, and nothing else is ever queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from studio.domain import JSON, Asset, Kind, Value
from studio.messages import Message, packed, unpacked
from studio.storyboard.model import Board, Shot
from studio.storyboard.plan import RunPlan, fingerprint

PLACEHOLDER_FRAME_ID = "next_frame"
"""Stands for the last frame that is still to be made, where a price is asked."""


class Stop(Value):
    """Why a shot will not be queued. values: fill the blanks of the message follow.CODE."""

    code: str
    values: Annotated[JSON, BeforeValidator(packed)] = {}

    @property
    def sentence(self) -> Message:
        """Why, in words."""
        return Message(f"follow.{self.code}", **unpacked(self.values))


class Link(Value):
    """One shot that follows. after: the shot in front of it; waits: that shot's run, "" while it is not queued itself.

    asked: what was confirmed, as a fingerprint without the first frame; usd: its price then. chosen: the take of the
    shot in front that was in the film then. token: the access token that pays for it, "" for none. run: once queued.
    stopped: why it will not be.
    """

    shot: str
    after: str
    asked: str
    usd: float | None = None
    chosen: str | None = None
    waits: str = ""
    token: str = ""
    run: str = ""
    stopped: Stop | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to come."""
        return not self.run and not self.stopped


class Chain(Value):
    """The links of one board, in the film's order."""

    board: str
    owner: str = ""
    links: tuple[Link, ...] = ()

    def waiting(self) -> set[str]:
        """Runs whose end matters."""
        return {link.waits for link in self.links if link.is_open and link.waits}

    def put(self, link: Link) -> Chain:
        """The chain with this link in the place of the one of the same shot."""
        return self.model_copy(update={"links": tuple(link if o.shot == link.shot else o for o in self.links)})

    def with_run(self, shot: str, run: str) -> Chain:
        """The shot has its run, and who follows it waits for that."""
        changed = [
            o.model_copy(update={"run": run})
            if o.shot == shot
            else o.model_copy(update={"waits": run})
            if o.after == shot and o.is_open
            else o
            for o in self.links
        ]
        return self.model_copy(update={"links": tuple(changed)})

    def stop(self, shot: str, why: Stop) -> Chain:
        """The shot will not be queued, for this reason, and so none that follows it."""
        stopped_shots = {shot}
        links: list[Link] = []
        for link in self.links:
            if link.shot == shot:
                links.append(link.model_copy(update={"stopped": why}))
            elif link.after in stopped_shots and link.is_open:
                stopped_shots.add(link.shot)
                links.append(link.model_copy(update={"stopped": Stop(code="before")}))
            else:
                links.append(link)
        return self.model_copy(update={"links": tuple(links)})


def request_fingerprint(body: JSON) -> str:
    """What is asked of the model, apart from the frame it begins with."""
    return fingerprint({k: v for k, v in body.items() if k != "first_frame"})


def placeholder_frame(board: Board, previous_plan: RunPlan | None) -> Asset:
    """A picture as the shot before will end with, for checks and prices."""
    width = previous_plan.body.get("width", board.width) if previous_plan else board.width
    height = previous_plan.body.get("height", board.height) if previous_plan else board.height
    return Asset(
        id=PLACEHOLDER_FRAME_ID, kind=Kind.IMAGE, mime="image/png", name="last frame.png", bytes=width * height,
        width=width, height=height,
    )  # fmt: skip


def followers(board: Board, starting: Mapping[str, str]) -> list[tuple[Shot, Shot]]:
    """Shots that begin with the end of one in `starting`, or of one that follows such a one: (shot, the one before)."""
    pairs: list[tuple[Shot, Shot]] = []
    queued = set(starting)
    for shot in board.shots:
        previous = board.previous_shot(shot.id)
        if previous and previous.id in queued and shot.start.kind == "previous":
            pairs.append((shot, previous))
            queued.add(shot.id)
    return pairs
