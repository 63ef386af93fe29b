"""What was chosen for the exports of a board, kept with it so that the next export starts from the same choices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studio.domain import Value

Framing = Literal["fit", "fill", "follow", "blur"]


class FilmFinish(Value):
    """Sound, words and shape of an exported film. allow_drafts: shots without a take show their draft.

    loudness: target in LUFS, None leaves the level. repair_treble: take Wan 2.6's harsh treble back, where measured.
    music: asset id of a track laid under the film; music_db: its level. captions: text of an SRT or VTT file; burn:
    drawn into the picture, else a track that can be switched on. label: words for the AI label, "" none.
    framing: how a place of another shape is filled.
    """

    allow_drafts: bool = True
    loudness: float | None = None
    repair_treble: bool = False
    music: str | None = None
    music_db: float = -14.0
    captions: str = ""
    burn: bool = False
    label: str = ""
    framing: Framing = "fit"


class Delivery(FilmFinish):
    """The choices of the export dialog. places: ids of the presets that each get a file."""

    framing: Framing = "follow"
    captions: str = Field(default="", max_length=1_000_000)
    label: str = Field(default="", max_length=200)
    music: str | None = Field(default=None, max_length=64)
    music_db: float = Field(default=-14.0, ge=-60, le=12)
    loudness: float | None = Field(default=None, ge=-70, le=0)
    places: tuple[str, ...] = Field(default=("master",), max_length=50)
