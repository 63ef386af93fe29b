"""Requests, runs, assets, progress: the words of the studio as plain, frozen values.

They import nothing of ours but errors and messages. Times are UTC, sizes pixels, durations seconds, money US dollars.
A request is complete enough to be repeated; a run is one request on its way through one engine.
"""

# A request of one task narrows the type of `task`. Values are frozen, so that is sound, which pyright cannot see.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from studio.messages import Text, answer

JSON = dict[str, Any]
LOCAL_USER = ""
"""The single user of this machine, who sees everything."""


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Value(BaseModel):
    """Base of all domain values: immutable, and unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Task(StrEnum):
    """What is asked for, by the field's common names."""

    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_EDIT = "image-edit"
    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"
    REFERENCE_TO_VIDEO = "reference-to-video"
    AUDIO_TO_VIDEO = "audio-to-video"
    VIDEO_TO_VIDEO = "video-to-video"

    @property
    def makes(self) -> Kind:
        """The kind of file this task gives."""
        return Kind.IMAGE if self in (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT) else Kind.VIDEO


class Kind(StrEnum):
    """Kinds of media file. TEXT is the written part of an interleaved answer; DOCUMENT is only given, never made."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    DOCUMENT = "document"


class Status(StrEnum):
    """Where a run is; see TRANSITIONS for the allowed moves."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True when nothing more will happen to the run."""
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.HELD, Status.CANCELLED, Status.FAILED}),
    Status.RUNNING: frozenset({Status.QUEUED, Status.HELD, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}),
    Status.HELD: frozenset({Status.QUEUED, Status.RUNNING, Status.CANCELLED, Status.FAILED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""running -> queued only while nothing has been submitted; held -> running when a lost task was found again."""


class Phase(StrEnum):
    """What a running run is doing, for display and for recovery after a restart."""

    PREPARING = "preparing"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    FINISHING = "finishing"


class HeldReason(StrEnum):
    """Why a run waits for a person. The choices each offers are in jobs.holds."""

    BUDGET = "budget"
    APPROVAL = "approval"
    CONSENT = "consent"
    LOST_SUBMIT = "lost_submit"
    CRASHED_TWICE = "crashed_twice"
    NOT_CONFIGURED = "not_configured"
    CREDIT = "credit"
    DISK_FULL = "disk_full"
    LOST_TASK = "lost_task"
    BROKEN_RESULT = "broken_result"


MAX_ORIGINAL_CHARS = 20_000
"""Characters of a prompt as it was first written: as many as the longest prompt of any model."""
NEVER_SENT = frozenset({"original_prompt", "literal_prompt"})
"""Fields of a request that are kept with the run and that no provider gets."""


class Request(Value):
    """What the user asked of one model, in the flat form of the API minus `params`.

    Sizes: either width and height, or aspect and tier (a row of the catalogue turns one into the other). Media are
    asset ids; `reference_voices` gives a reference (key) the voice of a sound file. `params` holds the model's own
    parameters by their catalogue names; the flat form carries them at the top level (see catalogue.parse_request and
    Request.flat). n is the number of runs wanted, each with its own seed. original_prompt: what the person wrote first,
    where `prompt` was rewritten before it was sent; "" elsewhere. It is kept and found, and no engine gets it.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    task: Task
    model: str
    prompt: str = ""
    negative_prompt: str = ""
    literal_prompt: bool = False
    original_prompt: str = Field(default="", max_length=MAX_ORIGINAL_CHARS)
    width: int | None = None
    height: int | None = None
    aspect: str | None = None
    tier: str | None = None
    duration_s: float | None = None
    fps: int | None = None
    seed: int | None = None
    n: int = 1
    audio: bool | None = None
    image: str | None = None
    images: tuple[str, ...] = ()
    first_frame: str | None = None
    last_frame: str | None = None
    references: tuple[str, ...] = ()
    reference_voices: dict[str, str] = Field(default_factory=dict)
    audio_file: str | None = None
    video: str | None = None
    document: str | None = None
    real_people: bool | None = None
    consent: bool = False
    params: JSON = Field(default_factory=dict)

    @property
    def provider(self) -> str:
        """The part of the model id before the slash."""
        return self.model.partition("/")[0]

    def media(self) -> dict[str, tuple[str, ...]]:
        """Asset ids by input name, only the inputs that are set, in the order the user gave."""
        return media_of(vars(self))

    def flat(self) -> JSON:
        """The request as the API's flat JSON: unset fields left out, params at the top level."""
        body = self.model_dump(mode="json", exclude_defaults=True, exclude={"params"})
        return {"task": self.task.value, "model": self.model, **body, **self.params}


def media_of(request: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """`Request.media` of the fields that were set."""
    found: dict[str, tuple[str, ...]] = {}
    for name in ("image", "first_frame", "last_frame", "audio_file", "video", "document"):
        if asset := request.get(name):
            found[name] = (asset,)
    for name in ("images", "references"):
        if assets := request.get(name):
            found[name] = tuple(assets)
    if voices := request.get("reference_voices"):
        found["reference_voices"] = tuple(voices.values())
    return found


MEDIA_INPUTS = (
    *("image", "images", "first_frame", "last_frame", "references", "reference_voices", "audio_file", "video"),
    "document",
)
"""Fields of a request that name files."""


class TextToImage(Request):
    """A picture from words."""

    task: Literal[Task.TEXT_TO_IMAGE] = Task.TEXT_TO_IMAGE


class ImageEdit(Request):
    """A picture changed, or several combined, by instruction."""

    task: Literal[Task.IMAGE_EDIT] = Task.IMAGE_EDIT


class TextToVideo(Request):
    """A clip from words, with an optional sound file."""

    task: Literal[Task.TEXT_TO_VIDEO] = Task.TEXT_TO_VIDEO


class ImageToVideo(Request):
    """A clip that starts from a picture, and may end on another."""

    task: Literal[Task.IMAGE_TO_VIDEO] = Task.IMAGE_TO_VIDEO


class ReferenceToVideo(Request):
    """A clip with the subjects of the references, named character1, character2 ... in their order."""

    task: Literal[Task.REFERENCE_TO_VIDEO] = Task.REFERENCE_TO_VIDEO


class AudioToVideo(Request):
    """A clip that follows a sound file."""

    task: Literal[Task.AUDIO_TO_VIDEO] = Task.AUDIO_TO_VIDEO


class VideoToVideo(Request):
    """A clip restyled or edited, its motion kept."""

    task: Literal[Task.VIDEO_TO_VIDEO] = Task.VIDEO_TO_VIDEO


AnyRequest = Annotated[
    TextToImage | ImageEdit | TextToVideo | ImageToVideo | ReferenceToVideo | AudioToVideo | VideoToVideo,
    Field(discriminator="task"),
]
REQUEST: TypeAdapter[Request] = TypeAdapter(AnyRequest)
"""The one validator of requests: form, API and MCP alike."""


class Asset(Value):
    """A file we keep. `path` is relative to the data folder, with forward slashes; None for pure text.

    width, height: as displayed, EXIF rotation applied. origin: the run that made it, or None for an upload. notes: what
    the user should know of the file, a sentence a line. pages: of a document, None where that is not known.
    """

    id: str
    kind: Kind
    mime: str
    name: str = ""
    path: str = ""
    bytes: int = 0
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    has_audio: bool | None = None
    has_alpha: bool | None = None
    pages: int | None = None
    owner: str = ""
    origin: str | None = None
    text: str | None = None
    notes: Text = ""
    created_at: datetime = Field(default_factory=now)
    trashed_at: datetime | None = None

    @property
    def url(self) -> str:
        """Where the page finds the file, relative to the studio's root."""
        return f"/media/{self.id}"


RUN_KEYS = (
    *("id", "status", "phase", "held_reason", "error", "seed", "model", "provider", "handle", "estimate_usd"),
    *("cost_usd", "created_at", "started_at", "finished_at", "retry_of", "batch", "note"),
)
ASSET_KEYS = ("id", "kind", "mime", "width", "height", "duration_s", "fps", "bytes", "sha256", "text")


class Run(Value):
    """One request on its way through one engine, and what came of it; the gallery's row.

    seq rises with time and is the key of pages. fraction is 0..1 where the provider gives one. expected_s is our
    estimate of the whole time from our own history, None without one; eta_s the engine's own word on the seconds left.
    position counts from 1 (next) among the runs that wait for the same engine and keys; ahead_s is the expected work of
    those before it, None where that is not known. account names the keys that it is sent with, "" for the studio's;
    token the access token that submitted it, if any. preview names the version of the picture of a run under way, None
    where there is none; false_colours: only shapes can be judged by it. attempt counts the starts; edits how often its
    request was changed while it waited. project: the team's project it was made in, "" for none; shared: that project's
    members may see it. hidden: whoever reads it may know no more than whose it is and where it stands in the queue; see
    `masked`.
    """

    id: str
    seq: int = 0
    owner: str = ""
    project: str = ""
    shared: bool = False
    batch: str = ""
    status: Status = Status.QUEUED
    phase: Phase | None = None
    held_reason: HeldReason | None = None
    error: Text | None = None
    error_code: str | None = None
    note: Text | None = None
    request: Request
    seed: int | None = None
    model: str
    provider: str
    account: str = ""
    token: str = ""
    handle: str | None = None
    priority: int = 0
    position: int | None = None
    ahead_s: float | None = None
    hidden: bool = False
    attempt: int = 0
    edits: int = 0
    cancel_wanted: bool = False
    provider_word: str | None = None
    provider_position: int | None = None
    fraction: float | None = None
    expected_s: float | None = None
    eta_s: float | None = None
    preview: str | None = None
    false_colours: bool = False
    created_at: datetime = Field(default_factory=now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    estimate_usd: float | None = None
    cost_usd: float | None = None
    retry_of: str | None = None
    rating: int = 0
    trashed_at: datetime | None = None
    assets: tuple[Asset, ...] = ()

    def masked(self) -> Run:
        """What anybody may know of a run of somebody else's that waits or is under way."""
        kept = ("id", "seq", "owner", "status", "priority", "position", "ahead_s", "created_at")
        request = Request(task=self.request.task, model="", prompt="")
        values = {name: getattr(self, name) for name in kept}
        return Run(**values, request=request, model="", provider="", hidden=True)

    def public(self) -> JSON:
        """The run as the API answers it (the stable contract in the README)."""
        dumped = self.model_dump(mode="json")
        body = {key: dumped[key] for key in RUN_KEYS} | answer(self.error)
        assets = [a.model_dump(mode="json", include=set(ASSET_KEYS)) | {"url": a.url} for a in self.assets]
        return body | {"request": self.request.flat(), "assets": assets}


class Event(Value):
    """One transition of a run: from None when it was made. why is a sentence."""

    run: str
    from_status: Status | None
    to_status: Status
    at: datetime
    why: Text = ""
    phase: Phase | None = None


class Estimate(Value):
    """What a press of Generate would cost, before it is pressed.

    usd is None where the provider publishes no price. basis says in words how it was computed; it is an estimate.
    """

    usd: float | None
    runs: int
    basis: Text = ""
    expected_s: float | None = None
    warnings: tuple[Text, ...] = ()


class Output(Value):
    """One result of a run as the engine found it: a url to download, a local file to move, or text.

    headers go with the download (never the API key unless the url is on the provider's API host).
    expected_bytes: size, where the provider says it. size: width and height that the file must have.
    """

    kind: Kind
    url: str | None = None
    path: Path | None = None
    text: str | None = None
    mime: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    expected_bytes: int | None = None
    size: tuple[int, int] | None = None


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


Figure = Annotated[float | None, AfterValidator(_finite)]
"""A number that a provider told; one that is not finite counts as not told."""


class Progress(Value):
    """What one look at a run found. word is the provider's own status word; position counts from 1 (next).

    When status is FAILED, the engine raises instead: an EngineError of the right class. outputs come with SUCCEEDED.
    cost_usd: what the provider billed, if it said or the rules are certain; else None. usage: the provider's own
    numbers, kept with the run. billed: with CANCELLED, the provider charges for it nevertheless. seed: the one used, if
    the provider tells. preview: a small picture of what is being made, JPEG, PNG or WebP, always whole; under one name
    for the whole run, which the job manager removes at its end. false_colours: only shapes can be judged by that
    picture.
    """

    status: Literal[Status.QUEUED, Status.RUNNING, Status.SUCCEEDED, Status.CANCELLED]
    word: str = ""
    position: int | None = None
    fraction: Figure = None
    eta_s: Figure = None
    outputs: tuple[Output, ...] = ()
    cost_usd: Figure = None
    usage: JSON = Field(default_factory=dict)
    billed: bool = False
    seed: int | None = None
    note: Text | None = None
    preview: Path | None = None
    false_colours: bool = False
