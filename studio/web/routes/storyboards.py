"""The storyboard's own JSON under /ui/boards: read a board whole, change it by small edits, draft, render, export.

Every change answers with the board as it then stands: whole, or, for a page that says which version it has, with what
changed since. Uploads come as the plain body of a POST.
"""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from studio.domain import JSON, Asset, Task
from studio.errors import Conflict, MediaError, NotFound, StudioError
from studio.messages import Message
from studio.payload import Payload
from studio.prompt.script import read as reader
from studio.services.board_repository import StoredBoard
from studio.storage import storing
from studio.storyboard.commands import AnyCommand, as_change
from studio.storyboard.edited_script import EditedScript
from studio.storyboard.from_script import from_script
from studio.storyboard.limits import MAX_TEXT_CHARS, Id
from studio.storyboard.script_writers import forms as script_forms
from studio.storyboard.to_script import to_script
from studio.web.forms import model_picker
from studio.web.language import PageJSON
from studio.web.middleware.same_origin import actor_of
from studio.web.routes import storyboard_json
from studio.web.routes.board_changes import AnswerLog
from studio.web.routes.files import file_response, thumb_mime
from studio.web.routes.run_cards import asset_card
from studio.web.routes.runs import ActorKey, SentenceRoute
from studio.web.routes.script_json import script_json

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_ARCHIVE_BYTES = 40 * 10**9
PRICE_TOLERANCE_USD = 0.005

EditCommand = Annotated[AnyCommand, Body()]


@dataclass(frozen=True)
class UserLibrary:
    """What this user may put on a board, as the board's commands look it up."""

    studio: Studio
    actor: str

    def model(self, model_id: str) -> object:
        """A row of the catalogue."""
        return self.studio.catalogue.get(model_id)

    def asset(self, asset_id: str) -> Asset:
        """A file that this user keeps."""
        return self.studio.acting_for(self.actor).assets.get(asset_id)

    def lut(self, lut_id: str) -> object:
        """A colour table that this user keeps."""
        return self.studio.acting_for(self.actor).looks.get_lut(lut_id)


class NewBoard(Payload):
    """A new board, empty or from a script. read: one that was looked over. draft: draw its animatic at once."""

    title: str = Field("", max_length=200)
    script: str = Field("", max_length=200_000)
    read: EditedScript | None = None
    width: int = Field(1280, ge=64, le=4096, multiple_of=2)
    height: int = Field(720, ge=64, le=4096, multiple_of=2)
    fps: int = Field(24, ge=8, le=120)
    draft: bool = True


class TrashChange(Payload):
    """Into the trash, or back out of it."""

    back: bool = False


class UndoStep(Payload):
    """Undo, or redo. others: also a change that somebody else made."""

    redo: bool = False
    others: bool = False


class ShotSelection(Payload):
    """These shots; without a list all that need it."""

    shots: list[Id] | None = Field(None, max_length=500)


class ConfirmedRender(ShotSelection):
    """What was confirmed: these shots at this price, which must still hold."""

    usd: float | None = None


class ShotChoice(Payload):
    """A shot."""

    shot: Id


class ChosenModel(Payload):
    """A model's id."""

    model: str = Field(max_length=200)


class OneRunChoice(Payload):
    """A film made in one run; none: the cut of shots."""

    run: Id | None = None


class ScriptText(Payload):
    """A script or a multi-shot prompt."""

    text: str = Field(max_length=200_000)


class ExportRequest(Payload):
    """What to export and how; options as Films.start takes them, places as Films.start_several."""

    form: str = Field(max_length=40)
    options: JSON = Field(default_factory=dict)
    places: list[Id] = Field(default_factory=list, max_length=50)


class PreflightRequest(Payload):
    """How the film would be exported, and where it goes (ids of presets)."""

    options: JSON = Field(default_factory=dict)
    places: list[Id] = Field(default_factory=list, max_length=50)


def router(studio: Studio) -> APIRouter:
    """All routes of the storyboard."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    answers = BoardAnswers(studio)
    _file_routes(api, studio)
    _board_routes(api, studio, answers)
    _run_routes(api, studio, answers)
    _text_routes(api, studio)
    _film_routes(api, studio)
    return api


FormId = Annotated[str, Query(max_length=40)]
"""A form in which scripts are written."""
Since = Annotated[str, Query(max_length=64)]
"""The version of the answer that the page has: then it is told only what changed. Without one the answer is whole."""


class BoardAnswers:
    """The answer to every call that changes or reads a board."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._log = studio, AnswerLog()

    def respond(self, stored: StoredBoard, actor: str, since: str, *, new_id: str = "", **extra: object) -> Response:
        """The board as it stands, whole or as what changed since; extra: further keys."""
        body = storyboard_json.answer(self._studio, self._log, stored, actor=actor, since=since, new_id=new_id)
        return PageJSON(body | extra)

    def respond_current(self, board_id: str, actor: str, since: str, *, queued: int) -> Response:
        """The board as it stands by now."""
        return self.respond(self._studio.acting_for(actor).storyboards.get(board_id), actor, since, queued=queued)


def _board_routes(api: APIRouter, studio: Studio, answers: BoardAnswers) -> None:
    @api.get("/boards")
    def listed(actor: ActorKey) -> JSON:
        boards = studio.acting_for(actor).storyboards.all()
        return {"boards": storyboard_json.summaries(studio, boards, actor=actor)}

    @api.post("/boards")
    def create(body: NewBoard, actor: ActorKey) -> Response:
        fields = body.model_dump(include={"width", "height", "fps"})
        fields["model"] = model_picker.default_model(studio, Task.TEXT_TO_VIDEO, studio.acting_for(actor)).id
        script = body.read.script() if body.read else body.script
        stored = studio.acting_for(actor).storyboards.create(body.title, script=script, **fields)
        if body.draft and stored.board.shots:
            with suppress(StudioError):  # the board is there all the same; each shot shows what stands against it
                studio.acting_for(actor).storyboards.draft(stored.board.id)
            stored = studio.acting_for(actor).storyboards.get(stored.board.id)
        return answers.respond(stored, actor, "")

    @api.get("/boards/models")
    def models(actor: ActorKey) -> JSON:
        return {"groups": storyboard_json.models(studio, studio.acting_for(actor))}

    @api.get("/boards/places")
    def places() -> JSON:
        return {"places": storyboard_json.delivery_presets()}

    @api.get("/boards/{board_id}")
    def one(board_id: Id, actor: ActorKey, since: Since = "") -> Response:
        return answers.respond(studio.acting_for(actor).storyboards.get(board_id), actor, since)

    @api.post("/boards/{board_id}/edit")
    def edit(board_id: Id, op: EditCommand, actor: ActorKey, since: Since = "") -> Response:
        op.check(UserLibrary(studio, actor))
        new_ids: list[str] = []
        stored = studio.acting_for(actor).storyboards.edit(
            board_id, op.edit_name(), as_change(op, new_ids), merge_key=op.same
        )
        return answers.respond(stored, actor, since, new_id=new_ids[0] if new_ids else "")

    @api.post("/boards/{board_id}/undo")
    def undo(board_id: Id, body: UndoStep, actor: ActorKey, since: Since = "") -> Response:
        return answers.respond(
            studio.acting_for(actor).storyboards.undo(board_id, redo=body.redo, others=body.others), actor, since
        )

    @api.post("/boards/{board_id}/trash")
    def trash(board_id: Id, body: TrashChange, actor: ActorKey) -> JSON:
        studio.acting_for(actor).storyboards.trash(board_id, restore=body.back)
        return {"id": board_id}


def _run_routes(api: APIRouter, studio: Studio, answers: BoardAnswers) -> None:
    @api.post("/boards/{board_id}/draft")
    def draft(board_id: Id, body: ShotSelection, actor: ActorKey, since: Since = "") -> Response:
        runs = studio.acting_for(actor).storyboards.draft(board_id, shots=body.shots)
        return answers.respond_current(board_id, actor, since, queued=len(runs))

    @api.post("/boards/{board_id}/render-plan")
    def plan(board_id: Id, body: ShotSelection, actor: ActorKey) -> JSON:
        return storyboard_json.render_plan(studio.acting_for(actor).continuations.plan(board_id, shots=body.shots))

    @api.post("/boards/{board_id}/render")
    def render(board_id: Id, body: ConfirmedRender, actor: ActorKey, since: Since = "") -> Response:
        plan = studio.acting_for(actor).continuations.plan(board_id, shots=body.shots)
        if not plan.ready and not plan.follow:
            raise Conflict(Message("board.nothing_to_render"))
        if plan.estimate.usd is not None and (body.usd is None or plan.estimate.usd > body.usd + PRICE_TOLERANCE_USD):
            raise Conflict(Message("board.price_changed", usd=f"{plan.estimate.usd:.2f}"))
        studio.acting_for(actor).continuations.start(board_id, shots=body.shots)
        return answers.respond_current(board_id, actor, since, queued=len(plan.ready) + len(plan.follow))

    @api.post("/boards/{board_id}/stop-following")
    def stop(board_id: Id, actor: ActorKey, since: Since = "") -> Response:
        studio.acting_for(actor).continuations.stop(board_id)
        return answers.respond_current(board_id, actor, since, queued=0)

    @api.post("/boards/{board_id}/retake")
    def retake(board_id: Id, body: ShotChoice, actor: ActorKey, since: Since = "") -> Response:
        studio.acting_for(actor).storyboards.retake(board_id, body.shot)
        return answers.respond_current(board_id, actor, since, queued=1)

    @api.get("/boards/{board_id}/ways")
    def ways(board_id: Id, model: str, actor: ActorKey) -> JSON:
        one, per_shot = studio.acting_for(actor).storyboards.production_methods(board_id, model)
        return {
            "one_run": storyboard_json.production_method(one),
            "per_shot": storyboard_json.production_method(per_shot),
        }

    @api.post("/boards/{board_id}/one-run")
    def one_run(board_id: Id, body: ChosenModel, actor: ActorKey, since: Since = "") -> Response:
        studio.acting_for(actor).one_run_films.submit(board_id, body.model)
        return answers.respond_current(board_id, actor, since, queued=1)

    @api.post("/boards/{board_id}/show")
    def show(board_id: Id, body: OneRunChoice, actor: ActorKey, since: Since = "") -> Response:
        studio.acting_for(actor).one_run_films.show(board_id, body.run)
        return answers.respond_current(board_id, actor, since, queued=0)

    @api.post("/boards/{board_id}/use-as-takes")
    def cut_apart(board_id: Id, body: OneRunChoice, actor: ActorKey, since: Since = "") -> Response:
        studio.acting_for(actor).one_run_films.use_as_takes(board_id, body.run or "")
        return answers.respond_current(board_id, actor, since, queued=0)


def _text_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/boards/{board_id}/script")
    def script(board_id: Id, actor: ActorKey, form: FormId = "", chinese: bool = False) -> JSON:
        """The board's words in a form, and the forms that there are."""
        board = studio.acting_for(actor).storyboards.get(board_id).board
        forms = [{"id": i, "label": script_forms.label(i), "ending": f.ending} for i, f in script_forms.FORMS.items()]
        form = form or (script_forms.DEFAULT_CHINESE if chinese else script_forms.DEFAULT)
        return {"text": script_forms.write(to_script(board), form), "form": form, "forms": forms}

    @api.post("/boards-read")
    def read(body: ScriptText) -> JSON:
        """What a script would become, before it replaces anything: as /ui/scripts/read, with the prompts and lengths of
        the board's shots."""
        script = reader.read(body.text)
        answer = script_json(script, body.text)
        for row, shot in zip(answer["shots"], from_script(script).shots, strict=True):
            row |= {"prompt": shot.prompt[:MAX_TEXT_CHARS], "duration_s": shot.duration_s}
        return answer

    @api.get("/boards/{board_id}/frame/{shot_id}/{end}")
    def frame(request: Request, board_id: Id, shot_id: Id, end: Literal["first", "last"], actor: ActorKey) -> Response:
        board = studio.acting_for(actor).storyboards.get(board_id).board
        path = studio.acting_for(actor).storyboards.edge_frame(board, shot_id, end)
        response = file_response(path, mime=thumb_mime(path), etag=path.stem, headers=request.headers)
        response.headers["cache-control"] = "private, no-cache"  # another take has the same address
        return response


def _film_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/boards/{board_id}/films")
    def films(board_id: Id, actor: ActorKey) -> JSON:
        return {
            "films": [
                storyboard_json.film(studio, f) for f in studio.acting_for(actor).exports.list_for_board(board_id)
            ]
        }

    @api.post("/boards/{board_id}/check")
    def check(board_id: Id, body: PreflightRequest, actor: ActorKey) -> JSON:
        result = studio.acting_for(actor).preflight.check(board_id, body.options, body.places or None)
        return {"findings": [f.plain() for f in result.findings], "measuring": result.measuring}

    @api.post("/boards/{board_id}/films")
    def start(board_id: Id, body: ExportRequest, actor: ActorKey) -> JSON:
        exports = studio.acting_for(actor).exports.start_several(board_id, body.form, body.options, body.places)
        return storyboard_json.film(studio, exports[0]) | {"all": [film.id for film in exports]}

    @api.post("/films/{film_id}/cancel")
    def cancel(film_id: Id, actor: ActorKey) -> JSON:
        studio.acting_for(actor).exports.cancel(film_id)
        return storyboard_json.film(studio, studio.acting_for(actor).exports.get(film_id))

    @api.get("/films/{film_id}/file")
    def file(film_id: Id, actor: ActorKey) -> Response:
        path = studio.acting_for(actor).exports.file(film_id)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, filename=path.name, headers={"cache-control": "private, no-cache"})


def _file_routes(api: APIRouter, studio: Studio) -> None:
    @api.post("/boards/import")
    async def archive(request: Request) -> JSON:
        """A board from the archive in the body."""
        async with saved_body(studio, request, "storyboard.zip", MAX_ARCHIVE_BYTES) as path:
            stored = await run_in_threadpool(studio.acting_for(actor_of(request)).board_archives.import_archive, path)
        return {"id": stored.board.id}

    @api.post("/boards/files")
    async def file(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The file in the body, taken into the library."""
        max_bytes = studio.settings.max_upload_mb * 1_000_000
        actor, file_name = actor_of(request), Path(name).name
        async with saved_body(studio, request, file_name, max_bytes) as path:
            return asset_card(await run_in_threadpool(studio.acting_for(actor).assets.add, path, name=file_name))


@asynccontextmanager
async def saved_body(studio: Studio, request: Request, name: str, max_bytes: int) -> AsyncIterator[Path]:
    """The request's body as a file that is gone afterwards. Raises MediaError beyond `max_bytes` bytes, or when
    empty."""
    with storing(studio.settings.data), TemporaryDirectory(dir=studio.context.scratch_folder()) as folder:
        path = Path(folder) / f"upload{Path(name).suffix[:10]}"
        size = 0
        with path.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > max_bytes:
                    raise MediaError(Message("upload.too_large", name=name, most=f"{max_bytes / 1e6:,.0f}"))
                await run_in_threadpool(file.write, piece)
        if not size:
            raise NotFound(Message("upload.none"))
        yield path
