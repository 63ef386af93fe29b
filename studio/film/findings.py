"""Findings of the quality check and of preflight, as facts that a page states in its own language.

A code names the kind of finding, values fill in its sentence; `what` is the English sentence. Pages have a translation
of each sentence under the same code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["error", "warning", "note"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "note": 2}
"""error: the film will not be as requested. warning: check it first. note: for information."""

SENTENCES = {
    "black": "Black for {s} s.",
    "frozen": "The picture is frozen for {s} s.",
    "silent": "Silent for {s} s.",
    "no_sound": "The film has no sound.",
    "clipped": "The sound is clipped: its peaks are cut off.",
    "peaks": "Peaks reach {peak} dBTP, which may distort.",
    "loudness": "Loudness is {lufs} LUFS; {place} plays at {target}.",
    "too_long": "{place} allows {limit} s; this film is {length} s long. Shorten it.",
    "too_short": "{place} needs at least {limit} s; this film is {length} s long.",
    "small": "The film is {size}; {place} shows {wanted}.",
    "shape": "{place} has a different aspect ratio. Choose how to frame the picture.",
    "rate": "{fps} fps will be converted for {place}.",
    "no_shots": "The storyboard has no shots yet.",
    "shot_missing": "no take and no draft.",
    "shot_draft": "only a draft.",
    "shot_stale": "changed after its take was made.",
    "shot_retake": "marked for a retake.",
    "shot_running": "a new take is still rendering.",
    "shot_lost": "the take's file cannot be read.",
    "shot_short": "its take is {has} s long; the shot needs {wants} s.",
    "shot_small": "{size} is upscaled to {wanted} for {place}.",
    "shot_bars": "{size} does not match the film's aspect ratio; bars fill the frame.",
    "shot_black": "black for {s} s.",
    "shot_frozen": "the picture is frozen for {s} s.",
    "shot_silent": "dialogue or sound is written, but the take is silent.",
    "shot_clipped": "the sound is clipped: its peaks are cut off.",
    "shot_loud": "{lu} LU louder than the rest of the film.",
    "shot_quiet": "{lu} LU quieter than the rest of the film.",
    "rates_mixed": "Shots with {rates} fps in a film with {fps} fps: some frames are repeated or dropped.",
    "rate_changed": "All shots have {rates} fps, the film {fps}: frames are repeated or dropped.",
    "level_far": "Loudness is about {lufs} LUFS; {place} needs {target}. Adding {db} dB also raises the noise.",
    "level_open": "Loudness is about {lufs} LUFS. Choose a target, or it is left unchanged.",
    "captions_bad": "The captions cannot be read. Use an SRT or VTT file.",
    "captions_outside": "Captions that begin after the film ends ({length} s): {count}.",
    "titles_outside": "Titles that begin after the film ends ({length} s), so nobody sees them: {count}.",
    "captions_late": "The last caption ends at {end} s, the film at {length} s.",
    "captions_fast": "Captions shown too briefly to read: {count}.",
    "captions_lost": "{place} ignores subtitle tracks in files. Burn the captions in, or upload them separately.",
}  # fmt: skip
"""Code -> sentence. Sentences about shots follow "Shot 3: "."""


@dataclass(frozen=True)
class Finding:
    """One finding. at_s, length_s: range in seconds; None for the whole film. shot, number: id and number of a shot."""

    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    at_s: float | None = None
    length_s: float | None = None
    shot: str = ""
    number: int = 0

    @property
    def what(self) -> str:
        """The finding as an English sentence."""
        sentence = SENTENCES[self.code].format(**self.values)
        return f"Shot {self.number}: {sentence}" if self.number else sentence

    def plain(self) -> dict[str, Any]:
        """As JSON, with the sentence."""
        return asdict(self) | {"what": self.what}


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by time."""
    return tuple(sorted(found, key=lambda f: (ORDER[f.level], f.at_s or 0.0)))
