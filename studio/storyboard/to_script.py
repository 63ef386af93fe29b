"""A board as the script that it stands for, from which every written form is made. The other way: from_script.py."""

from __future__ import annotations

from studio.film.timeline import Transition
from studio.prompt.script.model import Script, ScriptMember, ScriptShot
from studio.storyboard import dialogue
from studio.storyboard.model import MENTION, Board, Shot

UNTITLED = Board.model_fields["title"].default
TRANSITIONS = {
    Transition.CROSSFADE: "Dissolve",
    Transition.DIP_BLACK: "Fade to black",
    Transition.DIP_WHITE: "Fade to white",
    Transition.WIPE: "Wipe",
}
"""Their names in scripts; a cut has none."""


def to_script(board: Board) -> Script:
    """The board's words. Prompts keep their @names; lengths are those that the film shows, times add up from 0."""
    shots: list[ScriptShot] = []
    start_s = 0.0
    for place, shot in enumerate(board.shots, 1):
        end_s = round(start_s + shot.length_s, 3)
        shots.append(_shot(board, shot, shot.number or str(place), start_s, end_s))
        start_s = end_s
    cast = tuple(ScriptMember(name=m.name, kind=m.kind, description=m.description) for m in board.cast)
    title = board.title if board.title != UNTITLED else ""
    return Script(
        form="", title=title, style=board.style, negative=board.negative, cast=cast, shots=tuple(shots)
    )  # fmt: skip


def _people(board: Board, shot: Shot) -> tuple[str, ...]:
    """Who is in the shot: not the places and props that its words name."""
    things = {m.name.casefold() for m in board.cast if m.kind != "character"}
    named = dict.fromkeys(MENTION.findall(f"{shot.prompt} {shot.dialogue}"))
    listed = {name.casefold(): name for name in shot.cast}
    return (*(n for n in named if n.casefold() not in things | listed.keys()), *listed.values())


def _shot(board: Board, shot: Shot, number: str, start_s: float, end_s: float) -> ScriptShot:
    return ScriptShot(
        number=number, prompt=shot.prompt, duration_s=round(shot.length_s, 3), length_from="own", start_s=start_s,
        end_s=end_s, shot_size=shot.shot_size, angle=shot.angle, lens=shot.lens, move=shot.move,
        place=MENTION.sub(r"\1", shot.place), cast=_people(board, shot), dialogue=dialogue.lines_of(shot.dialogue),
        voice_over=shot.voice_over, sound=shot.sound, music=shot.music,
        transition=TRANSITIONS.get(shot.transition, ""), notes=shot.notes,
    )  # fmt: skip
