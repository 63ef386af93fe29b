"""Tools for the words of a film: read a script, make a storyboard of it, look at it, change it, approve its shots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field, TypeAdapter

from studio.domain import JSON, Task
from studio.film.timeline import Transition
from studio.prompt.script.model import DialogueLine, LengthFrom, ScriptMember, Unread
from studio.prompt.script.read import read as read_text
from studio.services.board_repository import StoredBoard
from studio.storyboard.commands import AnyCommand, BoardCommand, as_change
from studio.storyboard.limits import MAX_CAST, MAX_REFERENCES, MAX_SHOTS, MAX_TEXT_CHARS, CastName
from studio.storyboard.model import ShotStatus
from studio.web.forms import model_picker
from studio.web.mcp.board_answers import BoardAnswer, BoardSummary, ShotAnswer, board_answer, board_summary, shot_answer
from studio.web.mcp.caller import Caller, caller_of
from studio.web.mcp.tool import ADD, EDIT, LOOK, Tool
from studio.web.routes.storyboards import UserLibrary
from studio.web.verbs import script_values
from studio.web.verbs.script_values import MAX_SCRIPT_CHARS, GivenScript

if TYPE_CHECKING:
    from studio.studio import Studio

COMMAND: TypeAdapter[BoardCommand] = TypeAdapter(AnyCommand)

Script = Annotated[
    str,
    Field(
        max_length=MAX_SCRIPT_CHARS,
        description="In any published form: `Shot 1 [0-4s] ...`, a shot list as CSV, TSV, Markdown table or JSON, a "
        "screenplay, captions, or a paragraph a shot",
    ),
]
FormId = Annotated[
    str,
    Field(max_length=40, description="Form of the text, such as csv or fountain; empty: the one it looks most like"),
]
BoardId = Annotated[str, Field(max_length=64, description="id of a storyboard")]
ShotId = Annotated[str, Field(max_length=64, description="id of a shot")]
ShotIds = Annotated[list[ShotId], Field(min_length=1, max_length=MAX_SHOTS)]
ModelId = Annotated[str, Field(max_length=200, description="id of a model; the draft is made by draft_shots anyway")]
Words = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]


class ReadShot(BaseModel):
    """A shot as it was read. length_from: written as a length, from times, estimated from its speech, or assumed."""

    number: str
    prompt: str
    duration_s: float
    length_from: LengthFrom
    shot_size: str | None = None
    angle: str | None = None
    lens: str | None = None
    move: str | None = None
    place: str | None = None
    cast: list[str] | None = None
    dialogue: list[DialogueLine] | None = None
    voice_over: str | None = None
    sound: str | None = None
    music: str | None = None
    transition: str | None = None
    notes: str | None = None


class ReadScriptAnswer(BaseModel):
    """What a script would become. unread: what was not understood. faults: what does not add up."""

    form: str = Field(description="The form in which the text was read")
    title: str
    style: str
    negative: str
    cast: list[ScriptMember]
    shots: list[ReadShot]
    length_s: float
    unread: list[Unread]
    faults: list[str]


class BoardsAnswer(BaseModel):
    """Storyboards, the last changed first."""

    storyboards: list[BoardSummary]


class StatusAnswer(BaseModel):
    """Where each shot of the board stands, by id."""

    statuses: dict[str, str]


class CastInput(BaseModel):
    """Someone or something that must look the same in every shot; @name in prompts means it. A member of the same name
    is changed."""

    name: str = Field(max_length=41)
    kind: Literal["character", "place", "prop"] = "character"
    description: Words = ""
    references: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=MAX_REFERENCES, description="Asset ids of pictures or clips"
    )
    voice: str | None = Field(None, max_length=64, description="Asset id of a sound")


def tools(studio: Studio) -> Iterator[Tool]:
    """read_script, create_storyboard, list_storyboards, get_storyboard, edit_storyboard, edit_shot, set_shot_status."""
    yield Tool(_read_script(studio), "Read a script", LOOK)
    yield Tool(_create(studio), "Create a storyboard", ADD)
    yield Tool(_list(studio), "List storyboards", LOOK)
    yield Tool(_get(studio), "Look at a storyboard", LOOK)
    yield Tool(_edit_storyboard(studio), "Change a storyboard", EDIT)
    yield Tool(_edit_shot(studio), "Change a shot", EDIT)
    yield Tool(_set_shot_status(studio), "Approve or reject shots", EDIT)


def changed(caller: Caller, board_id: str, body: JSON) -> StoredBoard:
    """The board after one command, in the form in which pages post them. Raises as they are refused there."""
    command = COMMAND.validate_python(body)
    command.check(UserLibrary(caller.studio, caller.key))
    return caller.services.storyboards.edit(board_id, command.edit_name(), as_change(command, []))


def _given(**fields: Any) -> JSON:
    """The arguments that were given: null leaves a field as it is."""
    return {name: value for name, value in fields.items() if value is not None}


def _read_script(studio: Studio) -> Callable[..., ReadScriptAnswer]:
    def read_script(context: Context, text: Script, form: FormId = "") -> ReadScriptAnswer:
        """What a script would become: the film's title, style and cast, and shots with all their fields. Nothing is
        stored. The answer can be changed and given to create_storyboard as `read`.
        """
        caller_of(studio, context)
        found = read_text(text, form=form)
        always = {"number", "prompt", "duration_s"}
        shots = [
            {key: value for key, value in shot.items() if value or key in always}
            for shot in script_values.answer(found)["shots"]
        ]
        return ReadScriptAnswer(
            form=found.form, title=found.title, style=found.style, negative=found.negative, cast=list(found.cast),
            shots=[ReadShot.model_validate(shot) for shot in shots], length_s=found.length_s,
            unread=list(found.unread), faults=[str(fault) for fault in found.faults],
        )  # fmt: skip

    return read_script


def _create(studio: Studio) -> Callable[..., BoardAnswer]:
    def create_storyboard(
        context: Context,
        title: Annotated[str, Field(max_length=200)],
        script: Script = "",
        form: FormId = "",
        read: Annotated[GivenScript | None, Field(description="Instead of script: what read_script answered")] = None,
        model: ModelId = "",
        style: Annotated[Words, Field(description="Opens the prompt of every shot")] = "",
        width: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 1280,
        height: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 720,
        fps: Annotated[int, Field(ge=8, le=120)] = 24,
        audio: bool = True,
    ) -> BoardAnswer:
        """A new storyboard, with shots from a script, as text or as read_script answered it. model renders its shots,
        unless a shot names another; without it the first ready one does. Nothing is drafted or rendered yet.
        """
        caller = caller_of(studio, context)
        if model:
            chosen = studio.catalogue.get(model)
        else:
            chosen = model_picker.default_model(studio, Task.TEXT_TO_VIDEO, caller.services)
        fields: JSON = {"width": width, "height": height, "fps": fps, "audio": audio, "model": chosen.id}
        given = read.script() if read else script
        stored = caller.services.storyboards.create(title, script=given, form=form, **fields)
        if style:
            stored = changed(caller, stored.board.id, {"op": "update", "style": style})
        return board_answer(caller, stored)

    return create_storyboard


def _list(studio: Studio) -> Callable[..., BoardsAnswer]:
    def list_storyboards(context: Context, limit: Annotated[int, Field(ge=1, le=100)] = 30) -> BoardsAnswer:
        """Storyboards, the last changed first."""
        caller = caller_of(studio, context)
        boards = caller.services.storyboards.all()[:limit]
        overviews = caller.services.storyboards.overviews([stored.board for stored in boards])
        pairs = zip(boards, overviews, strict=True)
        return BoardsAnswer(storyboards=[board_summary(caller, stored, view.length_s) for stored, view in pairs])

    return list_storyboards


def _get(studio: Studio) -> Callable[..., BoardAnswer]:
    def get_storyboard(context: Context, storyboard_id: BoardId) -> BoardAnswer:
        """A storyboard with its cast and shots: what each shows now, its takes, its price and its problems."""
        caller = caller_of(studio, context)
        return board_answer(caller, caller.services.storyboards.get(storyboard_id))

    return get_storyboard


def _edit_storyboard(studio: Studio) -> Callable[..., BoardAnswer]:
    def edit_storyboard(
        context: Context,
        storyboard_id: BoardId,
        title: Annotated[str, Field(max_length=200)] | None = None,
        style: Words | None = None,
        negative: Annotated[Words, Field(description="What no shot is to show")] | None = None,
        model: ModelId | None = None,
        audio: bool | None = None,
        seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None,
        script: Script | None = None,
        cast: Annotated[list[CastInput], Field(max_length=MAX_CAST)] | None = None,
    ) -> BoardAnswer:
        """Change what holds for the whole film; what is left out stays. script: the shots of this text in the place of
        the board's own, to add, remove or reorder shots; those whose words stand unchanged keep their takes. cast: adds
        members or changes those of the same name. Each can be undone by a person on the page.
        """
        caller = caller_of(studio, context)
        stored = caller.services.storyboards.get(storyboard_id)
        if fields := _given(title=title, style=style, negative=negative, model=model, audio=audio, seed=seed):
            stored = changed(caller, storyboard_id, {"op": "update", **fields})
        for member in cast or ():
            known = stored.board.member(member.name.removeprefix("@"))
            body = member.model_dump() | {"op": "cast", "id": known.id if known else ""}
            stored = changed(caller, storyboard_id, body)
        if script is not None:
            stored = changed(caller, storyboard_id, {"op": "script", "text": script})
        return board_answer(caller, stored)

    return edit_storyboard


def _edit_shot(studio: Studio) -> Callable[..., ShotAnswer]:
    def edit_shot(
        context: Context,
        storyboard_id: BoardId,
        shot_id: ShotId,
        prompt: Words | None = None,
        literal_prompt: Annotated[bool, Field(description="Send marks such as (word:1.2) as they stand")] | None = None,
        dialogue: Words | None = None,
        sound: Words | None = None,
        shot_size: Annotated[str, Field(max_length=200, description="Such as close-up, wide shot")] | None = None,
        angle: Annotated[str, Field(max_length=200, description="Of the camera, such as low angle")] | None = None,
        lens: Annotated[str, Field(max_length=200)] | None = None,
        move: Annotated[str, Field(max_length=200, description="Of the camera, such as slow pan left")] | None = None,
        place: Annotated[str, Field(max_length=2_000, description="Where it happens")] | None = None,
        cast: Annotated[list[CastName], Field(max_length=MAX_CAST)] | None = None,
        voice_over: Words | None = None,
        music: Words | None = None,
        label: Annotated[str, Field(max_length=40, description="Its own number, such as 1A")] | None = None,
        duration_s: Annotated[float, Field(gt=0, le=60)] | None = None,
        trim_in_s: Annotated[float, Field(ge=0, le=60)] | None = None,
        trim_out_s: Annotated[float, Field(ge=0, le=60)] | None = None,
        model: ModelId | None = None,
        start: Literal["none", "previous", "asset"] | None = None,
        start_asset: Annotated[str, Field(max_length=64)] | None = None,
        transition: Transition | None = None,
        transition_s: Annotated[float, Field(ge=0, le=3)] | None = None,
        seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None,
        notes: Words | None = None,
    ) -> ShotAnswer:
        """Change one shot; what is left out stays. start: the first frame comes from nothing, the last frame of the
        shot before, or the picture start_asset. cast: who is in it beside those in its words; dialogue: a line each,
        `Speaker (manner): "text"`. A changed shot is no longer approved, and its takes become stale.
        """
        caller = caller_of(studio, context)
        fields = _given(
            number=label, prompt=prompt, dialogue=dialogue, voice_over=voice_over, sound=sound, music=music,
            shot_size=shot_size, angle=angle, lens=lens, move=move, place=place, cast=cast,
            duration_s=duration_s, trim_in_s=trim_in_s, trim_out_s=trim_out_s, model=model, transition=transition,
            transition_s=transition_s, seed=seed, notes=notes, literal_prompt=literal_prompt,
        )  # fmt: skip
        if start is not None or start_asset is not None:
            fields["start"] = {"kind": start or "asset", "asset": start_asset}
        body = {"op": "change", "shot": shot_id, **fields}
        return shot_answer(caller, changed(caller, storyboard_id, body), shot_id)

    return edit_shot


def _set_shot_status(studio: Studio) -> Callable[..., StatusAnswer]:
    def set_shot_status(
        context: Context, storyboard_id: BoardId, status: ShotStatus, shot_ids: ShotIds | None = None
    ) -> StatusAnswer:
        """Say where shots stand: draft, in_review, approved (render makes these) or retake (asks for another take).
        Without shot_ids all shots of the board.
        """
        caller = caller_of(studio, context)
        board = caller.services.storyboards.get(storyboard_id).board
        shots = shot_ids if shot_ids is not None else [shot.id for shot in board.shots]
        body = {"op": "status", "shots": shots, "status": status.value}
        shots_now = changed(caller, storyboard_id, body).board.shots
        return StatusAnswer(statuses={shot.id: shot.status.value for shot in shots_now})

    return set_shot_status
