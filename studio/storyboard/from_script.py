"""A script that was read, as the parts of a board: shots whose prompts name the cast with an @, cast, and the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.prompt.script.cast import NameFinder, clean_name
from studio.prompt.script.model import Script, ScriptMember, ScriptShot
from studio.storyboard import dialogue, limits
from studio.storyboard.model import CastMember, Shot, new_id
from studio.storyboard.transition_words import transition

MAX_SHOT_S, MIN_SHOT_S = 60.0, 0.1
"""What a shot of a board may last; a scene of a screenplay may last longer."""


@dataclass(frozen=True)
class BoardParts:
    """What a script gives to a board. form: in which it was read."""

    shots: tuple[Shot, ...] = ()
    cast: tuple[CastMember, ...] = ()
    style: str = ""
    negative: str = ""
    title: str = ""
    form: str = ""


def from_script(script: Script, known: Iterable[CastMember] = ()) -> BoardParts:
    """The shots and what holds for all of them. known: members whose names are linked as well, whom the board has.

    Whoever a shot lists joins the cast.
    """
    cast = dict[str, CastMember]()
    listed = [*script.cast, *(ScriptMember(name=name) for shot in script.shots for name in shot.cast)]
    known = tuple(known)
    names = {m.name.casefold(): m.name for m in known}
    for member in listed:
        name = clean_name(member.name)
        if name and name.casefold() not in cast and (member.description or name.casefold() not in names):
            cast[name.casefold()] = CastMember(
                id=new_id("m"), name=name, kind=member.kind, description=member.description
            )
    everybody = (*cast.values(), *(m for m in known if m.name.casefold() not in cast))
    shots = _Shots(everybody)
    return BoardParts(
        shots=tuple(shots.shot(shot, place) for place, shot in enumerate(script.shots, 1)),
        cast=tuple(cast.values()), style=script.style, negative=script.negative, title=script.title,
        form=script.form,
    )  # fmt: skip


class _Shots:
    """Makes shots, with the names of a cast linked."""

    def __init__(self, cast: tuple[CastMember, ...]) -> None:
        self._finder = NameFinder(m.name for m in cast)
        self._names = {m.name.casefold(): m.name for m in cast}

    def shot(self, read: ScriptShot, place: int) -> Shot:
        kind, more = transition(read.transition)
        notes = "\n".join(filter(None, (read.notes, more)))
        shot = Shot(
            id=new_id("s"), number="" if read.number == str(place) else read.number[: limits.MAX_NUMBER_CHARS],
            prompt=self._finder.link(read.prompt), duration_s=min(max(read.duration_s, MIN_SHOT_S), MAX_SHOT_S),
            shot_size=read.shot_size, angle=read.angle, lens=read.lens, move=read.move, place=self._place(read.place),
            cast=tuple(self._names.get(name.casefold(), name) for name in map(clean_name, read.cast) if name),
            dialogue=dialogue.text_of(read.dialogue, self._named), voice_over=read.voice_over, sound=read.sound,
            music=read.music, notes=notes,
        )  # fmt: skip
        shot = shot.model_copy(update={"cast": shot.unnamed_cast()})
        return shot if kind is None else shot.model_copy(update={"transition": kind})

    def _named(self, words: str) -> str:
        """Words that are the name of a member as @name; else as they are."""
        name = self._names.get(clean_name(words).casefold())
        return f"@{name}" if name else words

    def _place(self, words: str) -> str:
        named = self._named(words)
        return named if named != words else self._finder.link(words)
