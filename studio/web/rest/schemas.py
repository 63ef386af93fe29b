"""The shapes of what the API answers, for its document. Answers are made elsewhere; a test holds them to these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio.domain import HeldReason, Kind, Phase, Status
from studio.prompt.script.model import LengthFrom, MemberKind

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


class ScriptMember(Answer):
    """A member of the cast of a script."""

    name: str
    kind: MemberKind
    description: str


class ScriptLine(Answer):
    """A spoken line. speaker: "" where the text names nobody. manner: how it is said, such as "whispering"."""

    speaker: str
    manner: str
    text: str


class ScriptShot(Answer):
    """A shot of a script. length_from: whether its length was written as one, follows from times, was estimated from
    its speech, or is assumed."""

    number: str
    prompt: str
    duration_s: float
    length_from: LengthFrom
    shot_size: str
    angle: str
    lens: str
    move: str
    place: str
    cast: list[str]
    dialogue: list[ScriptLine]
    voice_over: str
    sound: str
    music: str
    transition: str
    notes: str


class LintRemedy(Answer):
    """What helps. text: the prompt after it. changes: other fields that it sets; negative_prompt: words to add."""

    label: str
    text: str
    changes: dict[str, str | float | bool]


class LintFinding(Answer):
    """A doubt about a prompt. start, end: the characters that it is about, which are `words`."""

    rule: str
    message: str
    severity: str
    start: int
    end: int
    words: str
    remedies: list[LintRemedy]


class LintResult(Answer):
    """What is doubtful in a prompt; warnings first."""

    findings: list[LintFinding]


class UnreadPart(Answer):
    """Characters start to end (not included) of the text, which were not understood. text: their beginning."""

    start: int
    end: int
    text: str
    reason: str


class ReadScript(Answer):
    """What a script would become. It can be sent as the `script` of a new storyboard. faults: what does not add up."""

    form: str = Field(description="The form in which the text was read.")
    title: str
    style: str
    negative: str
    cast: list[ScriptMember]
    shots: list[ScriptShot]
    length_s: float
    unread: list[UnreadPart]
    faults: list[str]


class StoryboardRow(Answer):
    """A storyboard in the list. shots: how many."""

    id: str
    title: str
    shots: int
    model: str
    updated_at: str


class Shot(Answer):
    """A shot, and what there is of it: draft and render are assets, running is a run. number: its own, "" where its
    place in the film is its number. cast: who is in it beside those in its words. dialogue: a line each,
    `Speaker (manner): "text"`."""

    id: str
    number: str
    prompt: str
    shot_size: str
    angle: str
    lens: str
    move: str
    place: str
    cast: list[str]
    dialogue: str
    voice_over: str
    sound: str
    music: str
    transition: str
    notes: str
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
    negative: str
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


class ReviewRow(Answer):
    """A review in the list. items, approved: how many."""

    id: str
    title: str
    project: str
    items: int
    open_comments: int
    approved: int
    updated_at: str
    page: str


class ReviewStatus(Answer):
    """A status that versions can have. approves: it counts as approval. settable: you may set it."""

    id: str
    name: str
    approves: bool
    settable: bool


class ReviewVersion(Answer):
    """A take or cut. state: ready, making, failed or gone. fps: a fraction such as 30000/1001. answers: the comment it
    was made for."""

    id: str
    number: int
    label: str
    state: str
    status: str
    run: str | None
    asset: str | None
    export: str | None
    url: str | None
    fps: str | None
    frames: int | None
    answers: str | None
    model: str | None
    seed: int | None


class ReviewItem(Answer):
    """A place in a review, with its versions, oldest first."""

    id: str
    title: str
    board: str | None
    shot: str | None
    versions: list[ReviewVersion]


class ReviewComment(Answer):
    """A comment. frame_in, frame_out: the range, both ends included; null: the whole version."""

    id: str
    version: str
    parent: str | None
    author: str
    text: str
    frame_in: int | None
    frame_out: int | None
    internal: bool
    has_drawing: bool
    created_at: str
    resolved: bool
    retake: str | None


class Review(Answer):
    """A review. page: for a person; report: the approval report as PDF."""

    id: str
    title: str
    project: str
    updated_at: str
    page: str
    report: str
    statuses: list[ReviewStatus]
    items: list[ReviewItem]
    comments: list[ReviewComment]


class StatusStep(Answer):
    """One change of a version's status."""

    status: str
    name: str
    before: str
    approves: bool
    by: str
    at: str
    note: str


class RetakePlan(Answer):
    """What a retake would be. ways: each with why it is none, "" where it is one. problems: what stands against it.
    approval: why it would wait for somebody's approval."""

    way: str | None
    ways: dict[str, str]
    model: str | None
    usd: float | None
    expected_s: float | None
    prompt: str
    seed: str | None
    changes: list[str]
    problems: list[str]
    approval: str


class Retake(Answer):
    """A retake that was started: the version it is, and its run."""

    version: str
    run: Run


class WritingResult(Answer):
    """What a language model answered. warnings: what may be wrong with it, in sentences. usd: null where the price is
    not known. estimated: the tokens were not counted by its server."""

    model: str
    tokens_in: int
    tokens_out: int
    usd: float | None
    estimated: bool
    warnings: list[str]


class WritingText(WritingResult):
    """A text that a language model wrote."""

    text: str


class WritingShots(WritingResult):
    """Shots that a language model wrote. script: as a script is read; see its fields there."""

    script: dict[str, Any]


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
