"""The one reader of scripts: the form that is surest of a text reads it, or the one that was chosen by hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from studio.errors import CapabilityError
from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.forms import FORMS, form_of
from studio.prompt.script.layout import HEADED
from studio.prompt.script.model import Script
from studio.prompt.script.read_prompt import read_prompt
from studio.prompt.script.times import time_faults

__all__ = ["FormScore", "label_of", "read", "read_prompt", "scores"]

MAX_SCRIPT_CHARS = 200_000
DEFAULT_SHOT_S = 4.0
"""Length of a shot that the text says nothing about."""
MIN_SCORE = 0.01


@dataclass(frozen=True)
class FormScore:
    """How sure a form is of a text, 0 to 1."""

    form: str
    score: float

    @property
    def label(self) -> Message:
        """What people call the form."""
        return label_of(self.form)


def label_of(form: str) -> Message:
    """What people call a form."""
    return Message(f"scriptform.{form}")


def scores(text: str) -> tuple[FormScore, ...]:
    """Every form that can read the text, the surest first."""
    return _scores(_with_plain_lines(text))


@lru_cache(2)
def _scores(text: str) -> tuple[FormScore, ...]:
    """A page asks for the scores of the text that it has read."""
    found = [FormScore(form, round(form_of(form).score(text), 4)) for form in FORMS]
    return tuple(sorted((s for s in found if s.score >= MIN_SCORE), key=lambda s: -s.score))


def _with_plain_lines(text: str) -> str:
    """The text with \\n at the end of every line and without marks of encodings, as long as it was."""
    return text.replace("\r\n", " \n").replace("\r", "\n").replace("\ufeff", " ").replace("\x00", " ")


def read(text: str, form: str = "", *, default_s: float = DEFAULT_SHOT_S) -> Script:
    """The text as shots. form: the form to read it in, an id of FORMS; "" is the one that fits best.

    default_s: seconds of a shot whose length neither the text nor its speech tells. Raises CapabilityError for a form
    that is not known, and for a text of more than MAX_SCRIPT_CHARS characters.
    """
    if len(text) > MAX_SCRIPT_CHARS:
        message = Message("scriptread.too_long", most=f"{MAX_SCRIPT_CHARS:,}")
        raise CapabilityError(message, field="script", value=len(text), limit=MAX_SCRIPT_CHARS)
    if form and form not in FORMS:
        message = Message("scriptread.unknown_form", form=form[:40], listed=", ".join(FORMS))
        raise CapabilityError(message, field="form", value=form[:40])
    text = _with_plain_lines(text)
    script = Script(form=form or FORMS[-1])
    for chosen in [form] if form else [s.form for s in _scores(text)]:
        build = ScriptBuilder(text, default_s=default_s)
        form_of(chosen).read(build)
        script = build.finish(chosen)
        if script.shots:
            faults = (*script.faults, *time_faults(script)) if chosen in HEADED else script.faults
            return script.model_copy(update={"faults": faults})
    return script if script.faults else script.model_copy(update={"faults": (Message("script.empty"),)})
