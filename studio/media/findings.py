"""What a careful viewer would send back, as facts that a page can say in its own language.

A code names the kind of fault, values fill its blanks; `what` is the English sentence. Pages keep the same sentences
under the same codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["error", "warning", "note"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "note": 2}
"""error: what comes out is not what was asked. warning: look at it first. note: worth knowing."""

SAYS = {
    "black": "Black for {s} s.",
    "frozen": "The picture stands still for {s} s.",
    "silent": "Silent for {s} s.",
    "no_sound": "The film has no sound.",
    "clipped": "The sound is clipped: its peaks are cut flat.",
    "peaks": "Peaks reach {peak} dBTP, which may distort.",
    "loudness": "Loudness is {lufs} LUFS; {place} plays at {target}.",
    "too_long": "{place} takes {limit} s; this film has {length} s. Shorten it.",
    "too_short": "{place} wants at least {limit} s; this film has {length} s.",
    "small": "The film has {size}; {place} shows {wanted}.",
    "shape": "{place} has another shape: choose how the picture is framed.",
    "rate": "{fps} frames a second will be changed for {place}.",
    "no_shots": "The board has no shots yet.",
    "shot_missing": "neither a take nor a draft.",
    "shot_draft": "a draft, not a take.",
    "shot_stale": "the take was made before the shot was changed.",
    "shot_retake": "marked for a retake.",
    "shot_running": "a new take is still being made.",
    "shot_lost": "the file of its take cannot be read.",
    "shot_short": "its take lasts {has} s of {wants} s.",
    "shot_small": "{size} is enlarged to {wanted} for {place}.",
    "shot_bars": "{size} has another shape than the film: bars fill the frame.",
    "shot_black": "black for {s} s.",
    "shot_frozen": "the picture stands still for {s} s.",
    "shot_silent": "dialogue or sound is written, but nothing is heard.",
    "shot_clipped": "the sound is clipped: its peaks are cut flat.",
    "shot_loud": "{lu} LU louder than the rest of the film.",
    "shot_quiet": "{lu} LU quieter than the rest of the film.",
    "rates_mixed": "Shots of {rates} frames a second in a film of {fps}: some are repeated or left out.",
    "rate_changed": "All shots have {rates} frames a second, the film {fps}: frames are repeated or left out.",
    "level_far": "The sound is at about {lufs} LUFS, {place} wants {target}: {db} dB are added, noise with them.",
    "level_open": "The film's sound is at about {lufs} LUFS; choose a loudness, or it is played as it is.",
    "captions_bad": "The captions cannot be read. Give an SRT or VTT file.",
    "captions_outside": "{count} captions begin after the film's end at {length} s.",
    "titles_outside": "{count} titles begin after the film's end at {length} s and are not seen.",
    "captions_late": "The last caption stays until {end} s, the film ends at {length} s.",
    "captions_fast": "{count} captions go by faster than they can be read.",
    "captions_lost": "{place} shows no subtitle track inside a file: burn the captions in, or upload them beside it.",
}  # fmt: skip
"""Code -> sentence. Those of shots follow "Shot 3: "."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at. at_s, length_s: where in the film; None for the whole of it. shot, number: whose fault."""

    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    at_s: float | None = None
    length_s: float | None = None
    shot: str = ""
    number: int = 0

    @property
    def what(self) -> str:
        """The finding as an English sentence."""
        said = SAYS[self.code].format(**self.values)
        return f"Shot {self.number}: {said}" if self.number else said

    def plain(self) -> dict[str, Any]:
        """As JSON, with the sentence."""
        return asdict(self) | {"what": self.what}


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by time."""
    return tuple(sorted(found, key=lambda f: (ORDER[f.level], f.at_s or 0.0)))
