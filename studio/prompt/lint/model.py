"""A finding, its remedies, and the facts of model and form that the rules judge a prompt by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.domain import Value
from studio.messages import Text
from studio.prompt.markup import MarkKind

Severity = Literal["note", "warning"]
TextField = Literal["prompt", "negative_prompt", "dialogue", "move"]
Sound = Literal["on", "off", "never", "unknown"]


class Edit(Value):
    """Characters start to end (not included) of the field's text are replaced."""

    start: int
    end: int
    replacement: str = ""


class FieldChange(Value):
    """A field of the form gets this value. append: the text is added to what stands there, after a comma."""

    field: str
    value: str | float | bool
    append: bool = False


class Remedy(Value):
    """What one press does: edits of the text that the finding is in, changes of other fields, or both."""

    label: Text
    edits: tuple[Edit, ...] = ()
    changes: tuple[FieldChange, ...] = ()


class Finding(Value):
    """One doubt. start, end: the characters of `field` that it is about; equal where it is about the whole.

    warning: the result will most likely not be what the text says; note: worth a look.
    """

    rule: str
    message: Text
    start: int = 0
    end: int = 0
    field: TextField = "prompt"
    severity: Severity = "note"
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the rules know of model and form. Without any, a text is judged alone.

    max_chars, beyond: what the model takes and what its provider does with more. words: the length that its authors
    write for it, in words, of Chinese in characters. lengths: allowed lengths in seconds, or low and high with a step
    in length_range. one_camera_term: its authors write either a camera move or an angle. sound: whether the clip has
    sound; sound_switch: it can be switched. negative: a negative prompt is taken. reads: marks of other programs that
    the model understands. can_vary: the form spreads braces out where `combinations` is on. literal: the person wants
    the marks sent as they stand. media: files given, by kind. reference_names: how the given references are called in
    the prompt. needs_references: people come from references. reads_names: the model itself knows what an @ is. cast:
    names that an @ may mention, None where there is none.
    move, dialogue: what the shot has in these fields.
    """

    model: str = ""
    makes: Literal["image", "video"] = "video"
    max_chars: int | None = None
    beyond: Literal["cut", "refused", "unknown"] = "unknown"
    words: tuple[int, int] | None = None
    duration_s: float | None = None
    lengths: tuple[float, ...] = ()
    length_range: tuple[float, float, float] | None = None
    one_camera_term: bool = False
    sound: Sound = "unknown"
    sound_switch: bool = False
    negative: bool = False
    reads: frozenset[MarkKind] = frozenset()
    can_vary: bool = False
    combinations: bool = False
    per_line: bool = False
    literal: bool = False
    media: tuple[tuple[str, int], ...] = ()
    reference_names: tuple[str, ...] = ()
    needs_references: bool = False
    reads_names: bool = False
    cast: tuple[str, ...] | None = None
    move: str = ""
    dialogue: str = ""

    def files(self, kind: str) -> int:
        """How many files of a kind are given."""
        return dict(self.media).get(kind, 0)

    def allows(self, seconds: float) -> bool:
        """Whether the model makes clips of this length."""
        if self.length_range is None:
            return seconds in self.lengths
        low, high, step = self.length_range
        return low <= seconds <= high and (
            not step or abs((seconds - low) / step - round((seconds - low) / step)) < 1e-6
        )

    def at_least(self, seconds: float) -> float | None:
        """The shortest length that the model makes and that is no shorter than this."""
        if self.length_range is None:
            return min((length for length in self.lengths if length >= seconds - 1e-6), default=None)
        low, high, step = self.length_range
        steps = -(-(max(seconds, low) - low) // step) if step else 0
        length = round(low + steps * step if step else max(seconds, low), 3)
        return length if length <= high + 1e-6 else None
