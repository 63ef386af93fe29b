"""What may be chosen for a film that is exported: by a page, by a program, and as an unfinished export keeps it."""

from __future__ import annotations

from pydantic import Field, ValidationError

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.field_errors import sentence
from studio.messages import Message
from studio.storyboard.delivery import FilmFinish
from studio.storyboard.model import Board

REVIEW_COPY, REVIEW_COPY_CHINESE = "REVIEW COPY", "审阅副本"
_CONTENT = {
    *("music", "music_db", "captions", "repair_treble"), *("exposure", "contrast", "saturation", "warmth"),
}  # fmt: skip


class FilmOptions(FilmFinish):
    """What may be chosen for a film. whole: the film that this run made in one go, instead of the shots' takes.

    preset: where the film goes (an id of film.platforms). exposure in stops, contrast and saturation as factors, warmth
    from -1 cold to 1 warm: instead of those of the board's look. review_copy: not for delivery, and says so in the
    picture.
    """

    width: int | None = None
    height: int | None = None
    fps: int | None = None
    whole: str | None = None
    preset: str = "master"
    exposure: float | None = Field(default=None, ge=-3, le=3)
    contrast: float | None = Field(default=None, ge=0.2, le=3)
    saturation: float | None = Field(default=None, ge=0, le=3)
    warmth: float | None = Field(default=None, ge=-1, le=1)
    review_copy: bool = False

    def apply_to(self, board: Board) -> Board:
        """The board with what these options say in the place of its own look."""
        options = {k: getattr(self, k) for k in ("exposure", "contrast", "saturation", "warmth")}
        changes = {k: v for k, v in options.items() if v is not None}
        return board.model_copy(update={"look": board.look.model_copy(update=changes)})

    def content(self) -> JSON:
        """What of it is seen and heard as a part of the film, wherever the film goes."""
        return self.model_dump(mode="json", include=_CONTENT)

    def label_of(self, board: Board) -> str:
        """The words of the label that is drawn in; a review copy always has one, in the language of the film."""
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in board.title)
        mark = (REVIEW_COPY_CHINESE if chinese else REVIEW_COPY) if self.review_copy else ""
        return " · ".join(part for part in (mark, self.label.strip()) if part)


def read_options(options: JSON | None) -> FilmOptions:
    """The options as a page or a program sent them; None for all defaults. Raises CapabilityError."""
    try:
        return FilmOptions.model_validate(options or {})
    except ValidationError as error:
        why = sentence(error.errors()[0])
        raise CapabilityError(Message("export.bad_options", error=why), field="options") from None
