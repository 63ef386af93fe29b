"""The edits of a board that pages may post: one small shape each, and the function of the board it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from studio.domain import JSON, Asset, Kind
from studio.errors import CapabilityError
from studio.film import platforms
from studio.messages import Message
from studio.payload import Payload
from studio.storyboard import edit, limits
from studio.storyboard import script as text
from studio.storyboard.concurrent_edits import MAX_SEEN_FIELDS, check_seen
from studio.storyboard.edited_script import EditedScript
from studio.storyboard.from_script import from_script
from studio.storyboard.limits import MAX_SHOTS, Id, ShortText
from studio.storyboard.model import Board, CastMember, ShotStatus, new_id
from studio.storyboard.rewrite import rewrite


class LibraryLookup(Protocol):
    """What one user may put on a board. Each raises NotFound for what is not there or belongs to someone else."""

    def model(self, model_id: str) -> object:
        """A row of the catalogue."""
        ...

    def asset(self, asset_id: str) -> Asset:
        """A file that this user keeps."""
        ...

    def lut(self, lut_id: str) -> object:
        """A colour table that this user keeps."""
        ...


class BoardCommand(Payload):
    """Base of the edits. same: names one stretch of typing, which is one step of undo. seen: values that the author of
    the edit saw, by field; see concurrent_edits."""

    same: str = Field("", max_length=80)
    seen: dict[str, Any] = Field(default_factory=dict, max_length=MAX_SEEN_FIELDS)

    def edit_name(self) -> str:
        """What the step is called for undo; the page has words for it."""
        return str(getattr(self, "op", ""))

    def check(self, library: LibraryLookup) -> None:
        """Refuse what the board's own rules cannot see: models and files that are not there."""

    def apply(self, board: Board) -> tuple[Board, str]:
        """The new board, and the id of a shot or member that came with it ("" for none)."""
        raise NotImplementedError


class _FieldsCommand(BoardCommand):
    """Edits that set some fields and leave the others."""

    def sent_fields(self) -> JSON:
        """The fields that were sent."""
        return {k: getattr(self, k) for k in self.model_fields_set - {"op", "shot", "same", "seen", "after"}}

    def check(self, library: LibraryLookup) -> None:
        """Only models of the catalogue and files of this user."""
        fields = self.sent_fields()
        if fields.get("model"):
            library.model(fields["model"])
        start = fields.get("start")
        if start and start.kind == "asset":
            if not start.asset:
                raise CapabilityError(Message("shot.choose_picture"), field="start")
            library.asset(start.asset)


class UpdateFilm(limits.FilmFields, _FieldsCommand):
    """The film as a whole."""

    op: Literal["update"]

    def check(self, library: LibraryLookup) -> None:
        """As for any fields, and only colour tables and music that this user keeps."""
        super().check(library)
        if self.look.lut:
            library.lut(self.look.lut)
        if self.delivery.music and library.asset(self.delivery.music).kind is not Kind.AUDIO:
            raise CapabilityError(Message("board.music_not_sound"), field="music", value=self.delivery.music)
        for place in self.delivery.places:
            platforms.preset(place)

    def edit_name(self) -> str:
        """The field's own name where there is only one."""
        names = sorted(self.sent_fields())
        return f"film_{names[0]}" if len(names) == 1 else "film_size" if "width" in names else "update"

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with these values."""
        check_seen(board, self.seen, self.sent_fields())
        return edit.update(board, **self.sent_fields()), ""


class AddShot(limits.ShotFields, _FieldsCommand):
    """A new shot behind another; at the end without one."""

    op: Literal["add"]
    after: Id | None = None

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with one shot more."""
        limits.check_counts(shots=len(board.shots) + 1)
        new, shot = edit.add(board, after=self.after, **self.sent_fields())
        return new, shot.id


class ChangeShot(limits.ShotFields, _FieldsCommand):
    """Some fields of one shot."""

    op: Literal["change"]
    shot: Id

    def edit_name(self) -> str:
        """The field's own name where there is only one."""
        names = sorted(self.sent_fields())
        if names and names[0].startswith("tr"):
            return names[0].removesuffix("_s").removesuffix("_in").removesuffix("_out")
        return names[0] if len(names) == 1 else "change"

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with the shot changed."""
        shot = board.shot(self.shot)
        check_seen(shot, self.seen, self.sent_fields())
        trims = [self.sent_fields().get(k, getattr(shot, k)) for k in ("duration_s", "trim_in_s", "trim_out_s")]
        if not limits.is_long_enough(*trims):
            raise CapabilityError(Message("shot.nothing_left"), field="trim_out_s")
        return edit.change(board, self.shot, **self.sent_fields()), ""


class SetStatus(BoardCommand):
    """One status for several shots."""

    op: Literal["status"]
    shots: list[Id] = Field(min_length=1, max_length=MAX_SHOTS)
    status: ShotStatus

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with these shots so marked."""
        for shot in self.shots:
            board = edit.change(board, shot, status=self.status)
        return board, ""


class RemoveShot(BoardCommand):
    """Take a shot off the board."""

    op: Literal["remove"]
    shot: Id

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board without it."""
        return edit.remove(board, self.shot), ""


class ReorderShots(BoardCommand):
    """All shots in a new order."""

    op: Literal["reorder"]
    order: list[Id] = Field(max_length=MAX_SHOTS)

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board in this order; Conflict unless it names each shot once."""
        return edit.reorder(board, self.order), ""


class DuplicateShot(BoardCommand):
    """A copy behind the shot."""

    op: Literal["duplicate"]
    shot: Id

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with the copy."""
        limits.check_counts(shots=len(board.shots) + 1)
        new, shot = edit.duplicate(board, self.shot)
        return new, shot.id


class SplitShot(BoardCommand):
    """Two shots instead of one."""

    op: Literal["split"]
    shot: Id
    at_s: float = Field(gt=0, le=60)

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with the shot cut at_s seconds into what the film shows of it."""
        limits.check_counts(shots=len(board.shots) + 1)
        new, shot = edit.split(board, self.shot, self.at_s)
        return new, shot.id


class ChooseTake(BoardCommand):
    """The take that goes into the film; None: the draft."""

    op: Literal["choose"]
    shot: Id
    run: Id | None

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with this take chosen."""
        return edit.choose(board, self.shot, self.run), ""


class ChooseModels(BoardCommand):
    """Models for some shots at once. What was approved stays so: the shot is only given what it asks for."""

    op: Literal["fit"]
    models: dict[Id, ShortText] = Field(max_length=MAX_SHOTS)

    def check(self, library: LibraryLookup) -> None:
        """Only models of the catalogue."""
        for model in self.models.values():
            library.model(model)

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with these models."""
        for shot, model in self.models.items():
            board = edit.change(board, shot, model=model, status=board.shot(shot).status)
        return board, ""


class PutCastMember(limits.CastFields, BoardCommand):
    """A member of the cast, new (without id) or changed."""

    op: Literal["cast"]
    id: Id = ""
    name: str = Field(max_length=41)

    def check(self, library: LibraryLookup) -> None:
        """A name that can follow an @, and files that are there."""
        if not self.name.removeprefix("@").replace("-", "_").isidentifier():
            raise CapabilityError(
                Message("cast.bad_name"),
                field="name", value=self.name,
            )  # fmt: skip
        for asset in self.references:
            library.asset(asset)
        if self.voice and library.asset(self.voice).kind is not Kind.AUDIO:
            raise CapabilityError(Message("cast.voice_not_sound"), field="voice", value=self.voice)

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board with the member."""
        member = CastMember(
            id=self.id or new_id("m"), name=self.name.removeprefix("@"), kind=self.kind, voice=self.voice,
            description=self.description, references=tuple(self.references), consent=self.consent,
            voice_consent=bool(self.voice) and self.voice_consent,
        )  # fmt: skip
        if existing := next((m for m in board.cast if m.id == self.id), None):
            check_seen(existing, self.seen, member.model_dump(mode="json"))
        new = edit.put_cast_member(board, member)
        limits.check_counts(cast=len(new.cast))
        return new, member.id


class RemoveCastMember(BoardCommand):
    """Take a member out of the cast."""

    op: Literal["uncast"]
    id: Id

    def apply(self, board: Board) -> tuple[Board, str]:
        """The board without the member."""
        return edit.remove_cast_member(board, self.id), ""


class RewriteScript(BoardCommand):
    """The shots of a script instead of the board's own; shots whose words stand unchanged stay with their takes.

    read: a script that was read and looked over, instead of its text.
    """

    op: Literal["script"]
    text: str = Field("", max_length=200_000)
    read: EditedScript | None = None

    def apply(self, board: Board) -> tuple[Board, str]:
        """The rewritten board."""
        parts = from_script(self.read.script(), board.cast) if self.read else text.parts_of(self.text, known=board.cast)
        if not parts.shots:
            raise CapabilityError(Message("script.empty"), field="text")
        limits.check_limits(
            Board(id="", style=parts.style, negative=parts.negative, shots=parts.shots, cast=parts.cast)
        )
        new = rewrite(board, parts)
        limits.check_counts(shots=len(new.shots), cast=len(new.cast))
        return new, ""


AnyCommand = Annotated[
    UpdateFilm
    | AddShot
    | ChangeShot
    | SetStatus
    | RemoveShot
    | ReorderShots
    | DuplicateShot
    | SplitShot
    | ChooseTake
    | ChooseModels
    | PutCastMember
    | RemoveCastMember
    | RewriteScript,
    Field(discriminator="op"),
]


def as_change(op: BoardCommand, new_ids: list[str]) -> Callable[[Board], Board]:
    """The edit as a function of the board; the id of what is new is put into `new_ids`."""

    def change(board: Board) -> Board:
        new, new_id_ = op.apply(board)
        new_ids[:] = [new_id_] if new_id_ else []
        return new

    return change
