"""The shapes of what the API answers, for its document. Answers are made elsewhere; a test holds them to these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio.domain import HeldReason, Kind, Phase, Status

JSON = dict[str, Any]


class Answer(BaseModel):
    """Base of the shapes."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    """What is wrong, as a sentence that says what to do."""

    error: str
    error_id: str | None = Field(description="Names the sentence, the same in every language.")
    error_values: JSON | None = Field(description="What stands in its blanks.")
    field: str | None = Field(None, description="The field of the request that is wrong, where it is one.")


class Asset(Answer):
    """A file of the library. Its content is at `url`."""

    id: str
    kind: Kind
    mime: str
    width: int | None
    height: int | None
    duration_s: float | None
    fps: float | None
    bytes: int
    sha256: str
    text: str | None
    url: str


class Upload(Asset):
    """A file just taken in."""

    name: str
    has_audio: bool | None
    has_alpha: bool | None
    pages: int | None
    origin: str | None
    notes: str
    created_at: datetime


class Run(Answer):
    """A request on its way through one model, and what came of it."""

    id: str
    status: Status
    phase: Phase | None
    held_reason: HeldReason | None
    error: str | None
    error_id: str | None
    error_values: JSON | None
    note: str | None
    request: JSON = Field(description="The request as flat JSON, complete enough to be sent again.")
    seed: int | None
    model: str
    provider: str
    handle: str | None = Field(description="The provider's receipt.")
    batch: str
    retry_of: str | None
    estimate_usd: float | None
    cost_usd: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    assets: list[Asset]


class Page(Answer):
    """A page of runs. total counts up to a limit; then `capped` is true."""

    runs: list[Run]
    next_before: int | None
    total: int
    capped: bool


class Estimate(Answer):
    """A price before anything is sent. usd: null where a provider publishes none."""

    usd: float | None
    runs: int
    basis: str
    expected_s: float | None
    warnings: list[str]


class Alternative(BaseModel):
    """A model that can do the same: its request, price, usual time, and what would change."""

    model_config = ConfigDict(extra="allow")


class Member(Answer):
    """A run of a comparison, and what its model does otherwise than was asked."""

    run: Run
    changes: list[str]


class Comparison(Answer):
    """The same request at several models."""

    id: str
    created_at: str
    members: list[Member]


class HeldModel(Answer):
    """A model whose waiting runs do not start."""

    model: str
    label: str
    reason: str
    failures: int
    held_at: datetime
    waiting: int
    trying: bool


class CastName(Answer):
    """A member of the cast."""

    name: str
    kind: str


class ShotText(Answer):
    """A shot of a script."""

    prompt: str
    duration_s: float


class ParsedScript(Answer):
    """What a script would become. faults: what was not understood."""

    title: str
    style: str
    cast: list[CastName]
    shots: list[ShotText]
    faults: list[str]


class StoryboardRow(Answer):
    """A storyboard in the list. shots: how many."""

    id: str
    title: str
    shots: int
    model: str
    updated_at: str


class Shot(Answer):
    """A shot, and what there is of it: draft and render are assets, running is a run."""

    id: str
    prompt: str
    duration_s: float
    model: str
    status: str
    draft: str | None
    render: str | None
    running: str | None
    error: str | None
    problems: list[str]
    usd: float | None
    expected_s: float | None


class Storyboard(Answer):
    """A storyboard as it stands."""

    id: str
    title: str
    width: int
    height: int
    fps: int
    style: str
    model: str
    cast: list[JSON]
    shots: list[Shot]
    length_s: float
    updated_at: str


class Follower(Answer):
    """A shot that is queued once the one before is rendered."""

    shot: str
    after: str
    usd: float | None


class RenderPlan(Answer):
    """What rendering would queue and cost. blocked: shot -> why."""

    ready: list[str]
    follow: list[Follower]
    done: list[str]
    blocked: dict[str, str]
    usd: float | None
    expected_s: float | None
    warnings: list[str]


class Rendering(RenderPlan):
    """A plan that was carried out, with its runs."""

    runs: list[Run]


class Export(Answer):
    """An export of a storyboard. url: of the file, once it succeeded."""

    id: str
    board: str
    form: str
    options: JSON
    status: str
    error: str | None
    asset: str | None
    created_at: str
    finished_at: str | None
    fraction: float | None
    name: str
    bytes: int | None
    url: str | None


class PlannedRequest(Answer):
    """What a submit would do with one request of a batch. stored: its runs, where it was stored before."""

    key: str
    stored: list[str]
    task: str
    model: str
    n: int
    usd: float | None
    expected_s: float | None
    problem: str
    field: str
    question: str
    warnings: list[str]


class BatchPlan(Answer):
    """What a submit of a batch would do. usd: of what is new and has a price; unpriced: runs that have none.

    refusal: why the new ones together would be refused. approval: why what costs money would wait for approval.
    """

    requests: list[PlannedRequest]
    usd: float
    runs: int
    unpriced: int
    expected_s: float | None
    refusal: str
    approval: str


class Queue(Answer):
    """What keeps waiting runs from starting."""

    paused: bool
    storage: str | None
    held_models: list[HeldModel]
