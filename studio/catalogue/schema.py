"""The shape of a catalogue row. Facts only; rules are in validation.py."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from studio.catalogue.body import REST, BodyField, path_error
from studio.domain import NEVER_SENT, Kind, Request, Task
from studio.messages import Message
from studio.prompt.markup import MarkKind

Follows = Literal["size", "duration", "fps"]
"""What of a result may follow its input."""


class Row(BaseModel):
    """Base of catalogue values: immutable; a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSpec(Row):
    """One media input of a model. Limits in bytes, pixels, seconds; None means the provider states none.

    name of an input is one of: image, images, first_frame, last_frame, references, audio_file, video, document, and
    reference_voices: sound files, each the voice of one of the references.
    kinds: what a file may be. count: how many files (min, max). alpha: whether transparency is accepted.
    tasks: only for these tasks; empty means all of the row. needs: inputs that must be there too.
    required_for: tasks that need at least one. instead: other inputs or own parameters any of which
    may stand in for this one. max_pages: of a document whose pages are known.
    per_kind: other limits for one kind, e.g. references that mix images and clips. max_seconds: of all files of a kind.
    mask: it is no content but says where to repaint, white on black, in the size of what is repainted.
    mask_frame: the own parameter that names the clip's frame, from 1, which a mask picture was drawn over.
    """

    kinds: tuple[Kind, ...]
    min: int = 0
    max: int = 1
    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    min_side_px: int | None = None
    max_side_px: int | None = None
    max_pixels: int | None = None
    max_aspect: float | None = None
    min_s: float | None = None
    max_s: float | None = None
    min_fps: float | None = None
    max_pages: int | None = None
    max_per_kind: dict[Kind, int] = Field(default_factory=dict[Kind, int])
    per_kind: dict[Kind, dict[str, Any]] = Field(default_factory=dict[Kind, dict[str, Any]])
    max_seconds: dict[Kind, float] = Field(default_factory=dict[Kind, float])
    alpha: bool = True
    tasks: tuple[Task, ...] = ()
    required_for: tuple[Task, ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    label: str = ""
    help: str = ""
    mask: bool = False
    mask_frame: str = ""
    people: bool = False
    """people: may show or let hear a real person, so it is asked whether it does; see catalogue.consent."""


class ParamSpec(Row):
    """One own parameter of a model, by the name it has in the flat request.

    choice_labels: names for people, where the value is not one; choices of other rows that share the table may be among
    them. requires: other parameter -> value it must have for this one to act. send: False for what only the studio
    uses.
    """

    type: Literal["int", "float", "bool", "choice", "text"]
    label: str
    default: Any = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    choice_labels: dict[str, str] = Field(default_factory=dict)
    max_chars: int | None = None
    requires: dict[str, Any] = Field(default_factory=dict)
    send: bool = True
    tasks: tuple[Task, ...] = ()
    help: str = ""
    advanced: bool = False

    def value_label(self, value: Any) -> Any:
        """A value as people read it: the label of a choice, anything else as it is."""
        return self.choice_labels.get(value, value) if isinstance(value, str) else value


class Size(Row):
    """A size the provider names. tier is the provider's word (720P, 1K); aspect is W:H in lowest usual terms."""

    tier: str
    aspect: str
    width: int
    height: int


class FreeSize(Row):
    """Any width and height within these bounds. multiple: both sides must be divisible by it."""

    min_side: int = 64
    max_side: int = 4096
    min_pixels: int | None = None
    max_pixels: int | None = None
    max_aspect: float | None = None
    multiple: int = 1


class Durations(Row):
    """Allowed lengths in seconds: either `choices`, or min..max in steps. from_input: as long as the input is.

    max_with_clip: the longest when a reference is a video. max_with_input: of the input clips and the result together.
    open: the own parameter that leaves the length to the model; such a run is priced at the longest.
    """

    choices: tuple[float, ...] = ()
    min: float | None = None
    max: float | None = None
    step: float = 1
    default: float | None = None
    from_input: bool = False
    max_with_clip: float | None = None
    max_with_input: float | None = None
    open: str = ""


class PromptSpec(Row):
    """A prompt field. max_chars: 0 means none is taken. beyond: what the provider does with more characters.
    optional_for: tasks that do without it although it is required. marks: the marks of prompt programs that it reads,
    such as weights: a graph of ComfyUI does, a provider's model does not."""

    required: bool = False
    optional_for: tuple[Task, ...] = ()
    max_chars: int | None = None
    beyond: Literal["cut", "refused", "unknown"] = "unknown"
    marks: tuple[MarkKind, ...] = ()


class Seeds(Row):
    """Range of seeds, both ends included. repeatable: whether the provider promises the same result."""

    min: int = 0
    max: int = 2147483647
    repeatable: bool = False


class Price(Row):
    """One line of a price list: usd per unit when every condition in `when` holds (request field, tier, region).

    unit second: of output; input_second: of billed input clips; image: one delivered; run: one; megapixel: of output;
    token, credit: as the provider counts them. also: other units at the same price.
    quantity: units that one output takes, where the list says so (tokens of a picture); without it the tokens and
    credits of a run are known only when it is billed.
    credits: the price in the provider's credits; dollars follow from the row's credit_usd.
    native, currency: the list price as published, where it is not in dollars.
    """

    unit: Literal["second", "input_second", "image", "run", "megapixel", "token", "credit"]
    also: tuple[str, ...] = ()
    usd: float = 0.0
    credits: float | None = None
    quantity: float | None = None
    when: dict[str, Any] = Field(default_factory=dict)
    native: float | None = None
    currency: str = "USD"


class OutputCount(Row):
    """How many files one paid call brings: as the own parameter `param` says if all of `when` holds; else 1."""

    param: str
    when: dict[str, Any] = Field(default_factory=dict)


class ModelLimits(Row):
    """What the provider allows for one model: new runs a second, and runs under way at once. None: as the account.

    shared: rows with the same word here count together, such as two manners of one model.
    """

    submits_per_s: float | None = Field(default=None, gt=0)
    concurrent: int | None = Field(default=None, gt=0)
    shared: str = ""


class AccountLimits(Row):
    """What the provider allows a whole account: new runs a second, runs under way at once, looks a second."""

    submits_per_s: float = Field(default=5.0, gt=0)
    concurrent: int = Field(default=5, gt=0)
    polls_per_s: float = Field(default=20.0, gt=0)


class RefundTerms(Row):
    """What the provider's pages say about runs that brought nothing. claim_days: how long a refund may be claimed after
    the run; None where no page states a period."""

    says: str = ""
    claim_days: int | None = Field(default=None, gt=0)


class Exclusion(Row):
    """When all of `given` hold (field -> value, or field -> true for "is set"), none of `never` may be set."""

    given: dict[str, Any]
    never: tuple[str, ...]
    why: str


OF_USER = "workflow"
"""The family of rows that users make themselves."""


class Model(Row):
    """One model of one provider. `id` is provider/name. See the README of this folder for how to write a row.

    family: the name that models of one kind share, as people read it: Wan, Kling, FLUX.2. The picker filters by it.
    sizes: named sizes; free_size: any within bounds; size_from_input: the result follows the input's shape and only the
    tier is chosen (tiers). audio: always (there is always a sound track), never, or optional (a switch).
    result_ttl_s: how long the provider keeps results. latency_s: usual seconds from submit to result, low and high.
    follows: what a task takes from its input where the user leaves it open: size, duration, fps.
    edits_clip: its video-to-video changes the clip as the prompt says and keeps the rest; other rows continue, restyle
    or enlarge it.
    sends_followed_size: such a size is sent, the row's nearest, since the provider would take one of its own.
    multi_shot: understands shots with times in one prompt. reference_names: how a prompt calls the n-th reference, e.g.
    "character{n}"; reference_numbers: n counts all references, or those of the same kind. clip_voices: a reference clip
    gives the voice that is heard in it, too.
    request: the provider's request body, their path -> what stands there (see catalogue/body.py). A row that has one
    must send whatever it takes.
    engine: constants of the engine's own (path, mode ...), free in shape.
    canonical: the model itself, whoever serves it, such as wan2.6-t2v; "" where that is not certain.
    outputs: how many files one call brings. credit_usd: dollars for one of the provider's credits.
    yours: how a file of the user made the row (user_rows.py): added, or corrected from the row of the same id.
    checked: when the row was compared with its source. priced: the date of the price list, where it has one.
    price_confirmed: false where the prices were not read on a page of the provider, which every estimate then says.
    """

    id: str
    provider: str
    canonical: str = ""
    label: str
    family: str
    version: str = ""
    tasks: tuple[Task, ...]
    note: str = ""
    inputs: dict[str, InputSpec] = Field(default_factory=dict)
    params: dict[str, ParamSpec] = Field(default_factory=dict)
    sizes: tuple[Size, ...] = ()
    default_size: tuple[int, int] | None = None
    free_size: FreeSize | None = None
    size_from_input: bool = False
    follows: dict[Task, tuple[Follows, ...]] = Field(default_factory=dict[Task, tuple[Follows, ...]])
    edits_clip: bool = False
    sends_followed_size: bool = False
    tiers: tuple[str, ...] = ()
    default_tier: str | None = None
    durations: Durations | None = None
    fps: tuple[int, ...] = ()
    default_fps: int | None = None
    prompt: PromptSpec = PromptSpec(required=True)
    negative_prompt: PromptSpec | None = None
    seeds: Seeds | None = None
    audio: Literal["always", "never", "optional"] = "never"
    audio_default: bool = True
    max_n: int = 8
    multi_shot: bool = False
    reference_names: dict[Kind, str] = Field(default_factory=dict[Kind, str])
    reference_numbers: Literal["all", "kind"] = "all"
    clip_voices: bool = False
    regions: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    credit_usd: float | None = Field(default=None, gt=0)
    outputs: OutputCount | None = None
    limits: ModelLimits = ModelLimits()
    exclusions: tuple[Exclusion, ...] = ()
    result_ttl_s: int | None = None
    latency_s: tuple[float, float] | None = None
    draft: bool = False
    deprecated: str = ""
    request: dict[str, BodyField] = Field(default_factory=dict)
    engine: dict[str, Any] = Field(default_factory=dict)
    source: str
    checked: date
    priced: date | None = None
    price_confirmed: bool = True
    yours: Literal["", "added", "corrected"] = ""

    @field_validator("prices", mode="after")
    @classmethod
    def _one_price(cls, prices: tuple[Price, ...]) -> tuple[Price, ...]:
        for line in prices:
            if (line.credits is None) != ("usd" in line.model_fields_set):
                raise ValueError(Message("userfile.price_kind", unit=line.unit))
        return prices

    @model_validator(mode="after")
    def _sound(self) -> Model:
        if not self.id.startswith(self.provider + "/"):
            raise ValueError(f"model id {self.id} must start with its provider {self.provider}/")
        if self.outputs and self.outputs.param not in self.params:
            raise ValueError(Message("userfile.no_such_param", place="outputs", name=self.outputs.param))
        for name in (spec.mask_frame for spec in self.inputs.values() if spec.mask_frame):
            if name not in self.params:
                raise ValueError(Message("userfile.no_such_param", place="inputs", name=name))
        if self.durations and self.durations.open and self.durations.open not in self.params:
            raise ValueError(Message("userfile.no_such_param", place="durations", name=self.durations.open))
        if self.credit_usd is None and any(line.credits is not None for line in self.prices):
            raise ValueError(Message("userfile.credits_need"))
        for path, field in self.request.items():
            if wrong := path_error(path, field):
                raise ValueError(wrong)
        sent = {name for field in self.request.values() for name in field.sources()}
        known = {*Request.model_fields, *self.params, "model", REST} - NEVER_SENT
        if unknown := sorted(sent - known):
            raise ValueError(Message("userfile.no_such_param", place="request", name=", ".join(unknown)))
        if self.request and (dropped := sorted(self._taken(rest=REST in sent) - sent)):
            raise ValueError(Message("userfile.not_sent", names=", ".join(dropped)))
        return self

    def _taken(self, *, rest: bool) -> set[str]:
        """Names that the user can set and that must be sent. rest: parameters are sent without being named."""
        lengths = self.durations and (len(self.durations.choices) > 1 or self.durations.max)
        choices = {
            "prompt": self.prompt.max_chars != 0,
            "negative_prompt": self.negative_prompt and self.negative_prompt.max_chars != 0,
            "duration_s": lengths,
            "tier": len(self.tiers) > 1,
            "fps": self.fps,
            "seed": self.seeds,
            "audio": self.audio == "optional",
        }
        own: set[str] = set() if rest else {name for name, spec in self.params.items() if spec.send}
        return {name for name, taken in choices.items() if taken} | set(self.inputs) | own

    @property
    def of_user(self) -> bool:
        """Made by the user while the studio runs, so that no form can be prepared for its own parameters."""
        return self.family == OF_USER or self.yours == "added"

    def usd(self, line: Price) -> float:
        """Dollars for one unit of a line of the price list."""
        return line.usd if line.credits is None else line.credits * (self.credit_usd or 0.0)

    def inputs_for(self, task: Task) -> dict[str, InputSpec]:
        """The inputs that this task may or must have."""
        specs = {k: s for k, s in self.inputs.items() if not s.tasks or task in s.tasks}
        return {
            k: s.model_copy(update={"min": max(s.min, 1)}) if task in s.required_for else s for k, s in specs.items()
        }

    def follows_input(self, task: Task, what: Literal["size", "duration", "fps"]) -> bool:
        """Whether the input decides this where the user leaves it open."""
        return what in self.follows.get(task, ())

    def params_for(self, task: Task) -> dict[str, ParamSpec]:
        """The own parameters that apply to this task."""
        return {k: s for k, s in self.params.items() if not s.tasks or task in s.tasks}
