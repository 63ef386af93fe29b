"""What a board may hold, whoever writes it: the edits of the pages, a script, and an archive of another studio.

Kept apart from the values themselves (board.py), so that a board that was stored before a limit came still opens.
"""

# What may come from outside narrows the types of a board's own values. They are frozen, so that is sound.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections.abc import Sized
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.field_errors import require_whole, sentence
from studio.film.timeline import Transition
from studio.messages import Message
from studio.storyboard.delivery import Delivery
from studio.storyboard.look import Look, Match, Slate, Title
from studio.storyboard.model import Board, OneRunFilm, ShotSpan, ShotStatus, Start, Take

MAX_TEXT_CHARS, MAX_NAME_CHARS = 20_000, 2_000
"""Most characters of a prompt, a note or a description, and of a name or a model's id."""
MAX_NUMBER_CHARS = 40
"""Most characters of a shot's own number."""
MAX_SHOTS, MAX_CAST, MAX_REFERENCES = 500, 200, 20
MAX_TAKES, MAX_ONE_RUN_FILMS = 1_000, 1_000
"""Most takes of one shot, and films made in one run, that come along with an archive."""
MIN_SHOT_S = 0.1
"""What trims must leave of a shot."""

Id = Annotated[str, Field(max_length=64)]
ShortText = Annotated[str, Field(max_length=MAX_NAME_CHARS)]
CastName = Annotated[str, Field(pattern=r"^[\w][\w-]*$", max_length=40)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class FilmFields(BaseModel):
    """The fields of a film as a whole that a person sets. width, height in pixels."""

    title: ShortText = ""
    width: int = Field(1280, ge=64, le=4096, multiple_of=2)
    height: int = Field(720, ge=64, le=4096, multiple_of=2)
    fps: int = Field(24, ge=8, le=120)
    style: str = Field("", max_length=MAX_TEXT_CHARS)
    negative: str = Field("", max_length=MAX_TEXT_CHARS)
    seed: Seed | None = None
    audio: bool = True
    model: ShortText = ""
    look: Look = Look()
    titles: tuple[Title, ...] = Field((), max_length=200)
    slate: Slate = Slate()
    delivery: Delivery = Delivery()


class ShotFields(BaseModel):
    """The fields of a shot that a person sets. Lengths in seconds."""

    number: str = Field("", max_length=MAX_NUMBER_CHARS)
    literal_prompt: bool = False
    prompt: str = Field("", max_length=MAX_TEXT_CHARS)
    original_prompt: str = Field("", max_length=MAX_TEXT_CHARS)
    model: ShortText = ""
    duration_s: float = Field(4.0, gt=0, le=60)
    shot_size: ShortText = ""
    angle: ShortText = ""
    lens: ShortText = ""
    move: ShortText = ""
    place: ShortText = ""
    cast: tuple[CastName, ...] = Field((), max_length=MAX_CAST)
    dialogue: str = Field("", max_length=MAX_TEXT_CHARS)
    voice_over: str = Field("", max_length=MAX_TEXT_CHARS)
    sound: str = Field("", max_length=MAX_TEXT_CHARS)
    music: str = Field("", max_length=MAX_TEXT_CHARS)
    start: Start = Start()
    transition: Transition = Transition.CUT
    transition_s: float = Field(0.5, ge=0, le=3)
    trim_in_s: float = Field(0, ge=0, le=60)
    trim_out_s: float = Field(0, ge=0, le=60)
    match: Match = Match()
    seed: Seed | None = None
    notes: str = Field("", max_length=MAX_TEXT_CHARS)
    status: ShotStatus = ShotStatus.DRAFT


class CastFields(BaseModel):
    """What there is to know of a member of the cast, without its name."""

    kind: Literal["character", "place", "prop"] = "character"
    description: str = Field("", max_length=MAX_TEXT_CHARS)
    references: list[Id] = Field(default_factory=list, max_length=MAX_REFERENCES)
    voice: Id | None = None
    consent: bool = False
    voice_consent: bool = False


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Take(Take):
    run: Id
    fingerprint: Id


class _Span(ShotSpan):
    shot: Id
    start_s: float = Field(ge=0, le=36_000)
    end_s: float = Field(ge=0, le=36_000)
    asked: Id = ""


class _OneRunFilm(OneRunFilm):
    run: Id
    fingerprint: Id
    spans: tuple[_Span, ...] = Field((), max_length=MAX_SHOTS)


class _Member(CastFields, _Strict):
    id: Id
    name: ShortText


class _Shot(ShotFields, _Strict):
    id: Id
    takes: tuple[_Take, ...] = Field((), max_length=MAX_TAKES)
    chosen: Id | None = None
    params: JSON = Field(default_factory=dict)


class _Film(FilmFields, _Strict):
    id: Id
    wholes: tuple[_OneRunFilm, ...] = Field((), max_length=MAX_ONE_RUN_FILMS)
    shown: Id | None = None
    cast: tuple[_Member, ...] = Field((), max_length=MAX_CAST)
    shots: tuple[_Shot, ...] = Field((), max_length=MAX_SHOTS)


def parse_board(body: JSON) -> Board:
    """A board that comes from elsewhere, held to the limits of every edit.

    Raises pydantic's ValidationError for a value that cannot be taken, CapabilityError for what no single value shows.
    """
    check_counts(shots=_count(body.get("shots")), cast=_count(body.get("cast")))
    require_whole(body)
    _Film.model_validate(body)
    board = Board.model_validate(body)
    names = set[str]()
    for member in board.cast:
        if member.name.casefold() in names:
            raise CapabilityError(Message("cast.twice", name=member.name), field="cast", value=member.name)
        names.add(member.name.casefold())
    for number, shot in enumerate(board.shots, 1):
        if not is_long_enough(shot.duration_s, shot.trim_in_s, shot.trim_out_s):
            raise CapabilityError(Message("shot.nothing_left_of", n=number), field="trim_out_s")
        if len(str(shot.params)) > MAX_TEXT_CHARS:
            raise CapabilityError(Message("shot.settings_too_long", n=number), field="params")
    return board


def check_limits(board: Board) -> Board:
    """The board, where it holds to the limits. Raises CapabilityError, whose sentence names what does not."""
    try:
        return parse_board(board.model_dump(mode="json"))
    except ValidationError as error:
        raise CapabilityError(sentence(dict(error.errors(include_url=False)[0])), field="script") from None


def check_counts(*, shots: int = 0, cast: int = 0) -> None:
    """Raise CapabilityError where a board would have more shots or a larger cast than there can be."""
    if shots > MAX_SHOTS:
        raise CapabilityError(Message("board.too_many_shots", most=MAX_SHOTS), field="shots", value=shots)
    if cast > MAX_CAST:
        raise CapabilityError(Message("board.too_many_cast", most=MAX_CAST), field="cast", value=cast)


def is_long_enough(duration_s: float, trim_in_s: float, trim_out_s: float) -> bool:
    """Whether trims leave at least SHORTEST_S of a shot."""
    return duration_s - trim_in_s - trim_out_s >= MIN_SHOT_S - 1e-6


def _count(value: object) -> int:
    return len(cast(Sized, value)) if isinstance(value, list | tuple) else 0
