"""A board from text in any published form; the way back is in to_script.py and the folder written."""

from __future__ import annotations

from collections.abc import Iterable

from studio.errors import CapabilityError
from studio.messages import Message
from studio.prompt.script.model import Script
from studio.prompt.script.read import read
from studio.storyboard.from_script import BoardParts, from_script
from studio.storyboard.model import CastMember

LEFT_OUT = {"board.too_many_shots": "board.too_many_shots", "scriptread.cast_full": "board.too_many_cast"}
"""What a reader says of shots or members that it did not keep: the sentence with which that is refused."""


def parts_of(text: str, *, form: str = "", known: Iterable[CastMember] = ()) -> BoardParts:
    """What a text gives to a board. form: the id of its form; "" finds out. known: as in from_script.

    Raises CapabilityError for a text that is too long, of more shots than a board has, or a form that is not known.
    """
    return from_script(whole(read(text, form)), known) if text.strip() else BoardParts()


def whole(script: Script) -> Script:
    """The script, where all its shots were kept. Raises CapabilityError, for nobody should take a part for the film."""
    for said in (*script.faults, *(part.reason for part in script.unread)):
        if isinstance(said, Message) and (refusal := LEFT_OUT.get(said.id)):
            raise CapabilityError(Message(refusal, **said.values), field="script")
    return script
