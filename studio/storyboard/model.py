"""Board, shot, cast, take: frozen values. An edit gives a new board (edit.py); history is the store's.

Lengths in seconds, sizes in pixels. A shot's `duration_s` is what is asked of the model; `trim_in_s` and `trim_out_s`
are cut from both ends of its take, so `length_s` is what it is planned to last. When the film shows a shot, and for how
long, only to_timeline.timeline knows.
"""

from __future__ import annotations

import re
import secrets
from enum import StrEnum
from typing import Literal

from pydantic import Field

from studio.domain import JSON, Value
from studio.errors import NotFound
from studio.film.timeline import Transition
from studio.messages import Message
from studio.storyboard.delivery import Delivery
from studio.storyboard.look import Look, Match, Slate, Title

MENTION = re.compile(r"@([\w][\w-]*)")
"""A member of the cast in a prompt: @anna, @老王."""


class ShotStatus(StrEnum):
    """Where a shot stands with the people who decide."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETAKE = "retake"


class CastMember(Value):
    """Someone or something that must look the same in every shot. name is what follows the @ in prompts.

    voice: a sound file, how the member sounds when it speaks. consent, voice_consent: the people whose pictures and
    voice these are have agreed.
    """

    id: str
    name: str = Field(pattern=r"^[\w][\w-]*$", max_length=40)
    kind: Literal["character", "place", "prop"] = "character"
    description: str = ""
    references: tuple[str, ...] = ()
    voice: str | None = None
    consent: bool = False
    voice_consent: bool = False


class Start(Value):
    """What the first frame comes from: nothing, the last frame of the shot before, or an asset.

    consent: the real people whom that asset shows have agreed.
    """

    kind: Literal["none", "previous", "asset"] = "none"
    asset: str | None = None
    consent: bool = False


class Take(Value):
    """A run made for a shot. fingerprint: of the shot as it then stood, so that a changed shot is seen to be stale."""

    run: str
    kind: Literal["draft", "render"]
    fingerprint: str


class ShotSpan(Value):
    """A shot's part of a film made in one run, as its prompt says. asked: the shot's fingerprint as it then stood."""

    shot: str
    start_s: float
    end_s: float
    asked: str = ""


class OneRunFilm(Value):
    """A film made in one multi-shot run. fingerprint: of what was asked."""

    run: str
    fingerprint: str
    spans: tuple[ShotSpan, ...] = ()


class Shot(Value):
    """One planned clip. Empty model: the board's. chosen: the run id of the take that goes into the film.

    number: its own, such as "1A"; "" where its place in the film is its number. cast: names of members who are in the
    shot, whether or not the prompt has them. dialogue: a line each, `Speaker (manner): "text"`. voice_over: what a
    voice says that nobody in the picture speaks. literal_prompt: marks of other prompt programs are sent as they stand.
    original_prompt: what the prompt was before it was rewritten.
    """

    id: str
    number: str = ""
    prompt: str = ""
    literal_prompt: bool = False
    original_prompt: str = ""
    model: str = ""
    duration_s: float = Field(default=4.0, gt=0, le=60)
    shot_size: str = ""
    angle: str = ""
    lens: str = ""
    move: str = ""
    place: str = ""
    cast: tuple[str, ...] = ()
    dialogue: str = ""
    voice_over: str = ""
    sound: str = ""
    music: str = ""
    start: Start = Start()
    transition: Transition = Transition.CUT
    transition_s: float = Field(default=0.5, ge=0, le=3)
    trim_in_s: float = Field(default=0, ge=0)
    trim_out_s: float = Field(default=0, ge=0)
    match: Match = Match()
    seed: int | None = None
    notes: str = ""
    status: ShotStatus = ShotStatus.DRAFT
    takes: tuple[Take, ...] = ()
    chosen: str | None = None
    params: JSON = Field(default_factory=dict)

    @property
    def length_s(self) -> float:
        """Seconds that the shot is planned to last, trims taken off."""
        return max(0.1, self.duration_s - self.trim_in_s - self.trim_out_s)

    def mentions(self) -> tuple[str, ...]:
        """Names of the cast in prompt, dialogue and place, in order of appearance, then others that the shot lists."""
        names = dict.fromkeys(MENTION.findall(f"{self.prompt} {self.dialogue} {self.place}"))
        return (*names, *self.unnamed_cast())

    def unnamed_cast(self) -> tuple[str, ...]:
        """Those of the listed cast whom neither prompt nor dialogue names, each once."""
        named = {name.casefold() for name in MENTION.findall(f"{self.prompt} {self.dialogue} {self.place}")}
        return tuple({name.casefold(): name for name in self.cast if name.casefold() not in named}.values())


class Board(Value):
    """A storyboard: shots in order, and what holds for all of them. style opens every prompt; negative: what no shot
    is to show.

    look, titles, slate: how the finished film is coloured, what is written over it, and the card before it.
    delivery: what was last chosen for its exports.
    """

    id: str
    title: str = "Untitled film"
    width: int = 1280
    height: int = 720
    fps: int = 24
    style: str = ""
    negative: str = ""
    seed: int | None = None
    audio: bool = True
    model: str = "draft/animatic"
    wholes: tuple[OneRunFilm, ...] = ()
    shown: str | None = None
    cast: tuple[CastMember, ...] = ()
    look: Look = Look()
    titles: tuple[Title, ...] = Field(default=(), max_length=200)
    slate: Slate = Slate()
    delivery: Delivery = Delivery()
    shots: tuple[Shot, ...] = ()

    def shot(self, shot_id: str) -> Shot:
        """The shot with this id, or NotFound."""
        for shot in self.shots:
            if shot.id == shot_id:
                return shot
        raise NotFound(Message("shot.gone"))

    def member(self, name: str) -> CastMember | None:
        """The member of the cast that @name means, whatever its case."""
        return next((m for m in self.cast if m.name.casefold() == name.casefold()), None)

    def previous_shot(self, shot_id: str) -> Shot | None:
        """The shot in front of this one; None for the first."""
        index = [s.id for s in self.shots].index(shot_id)
        return self.shots[index - 1] if index else None


def new_id(prefix: str) -> str:
    """A short id that is new for all practical purposes (60 bits)."""
    return f"{prefix}{secrets.token_hex(8)[:15]}"
