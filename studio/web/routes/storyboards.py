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
from studio.services.board_repository import StoredBoard
from studio.storage import storing
from studio.storyboard import script as text
from studio.storyboard.commands import AnyCommand, as_change
from studio.storyboard.limits import MAX_TEXT_CHARS, Id
from studio.web.language import PageJSON
from studio.web.middleware.same_origin import owner_of
from studio.web.pages import model_picker
from studio.web.routes import storyboard_json
from studio.web.routes.board_changes import AnswerLog
from studio.web.routes.files import answer, thumb_mime
from studio.web.routes.run_json import asset_card
from studio.web.routes.runs import Owner, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

PROJECT_MAX_BYTES = 40 * 10**9
CENT = 0.005

Op = Annotated[AnyCommand, Body()]


@dataclass(frozen=True)
class UserLibrary:
    """What this user may put on a board, as the board's commands look it up."""

    studio: Studio
    owner: str

    def model(self, model_id: str) -> object:
        """A row of the catalogue."""
        return self.studio.catalogue.get(model_id)

    def asset(self, asset_id: str) -> Asset:
        """A file that this user keeps."""
        return self.studio.acting_for(self.owner).assets.get(asset_id)

    def lut(self, lut_id: str) -> object:
        """A colour table that this user keeps."""
        return self.studio.acting_for(self.owner).looks.get_lut(lut_id)


class NewBoard(Payload):
    """A new board, empty or from a script. draft: draw its animatic at once."""

    title: str = Field("", max_length=200)
    script: str = Field("", max_length=200_000)
    width: int = Field(1280, ge=64, le=4096, multiple_of=2)
    height: int = Field(720, ge=64, le=4096, multiple_of=2)
    fps: int = Field(24, ge=8, le=120)
    draft: bool = True


class TrashChange(Payload):
    """Into the trash, or back out of it."""

    back: bool = False


class UndoStep(Payload):
    """Undo, or redo."""

    redo: bool = False


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
    made = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    answers = BoardAnswers(studio)
    _files(made, studio)
    _boards(made, studio, answers)
    _making(made, studio, answers)
    _texts(made, studio)
    _films(made, studio)
    return made


Since = Annotated[str, Query(max_length=64)]
"""The version of the answer that the page has: then it is told only what changed. Without one the answer is whole."""


class BoardAnswers:
    """The answer to every call that changes or reads a board."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._log = studio, AnswerLog()

    def of(self, opened: StoredBoard, owner: str, since: str, *, made: str = "", **more: object) -> Response:
        """The board as it stands, whole or as what changed since; more: further keys."""
        found = storyboard_json.answer(self._studio, self._log, opened, owner=owner, since=since, made=made)
        return PageJSON(found | more)

    def now(self, board_id: str, owner: str, since: str, *, queued: int) -> Response:
        """The board as it stands by now."""
        return self.of(self._studio.acting_for(owner).storyboards.get(board_id), owner, since, queued=queued)


def _boards(made: APIRouter, studio: Studio, answers: BoardAnswers) -> None:
    @made.get("/boards")
    def listed(owner: Owner) -> JSON:
        boards = studio.acting_for(owner).storyboards.all()
        return {"boards": storyboard_json.summaries(studio, boards, owner=owner)}

    @made.post("/boards")
    def create(body: NewBoard, owner: Owner) -> Response:
        fields = body.model_dump(include={"width", "height", "fps"})
        fields["model"] = model_picker.first(studio, Task.TEXT_TO_VIDEO).id
        opened = studio.acting_for(owner).storyboards.create(body.title, script=body.script, **fields)
        if body.draft and opened.board.shots:
            with suppress(StudioError):  # the board is there all the same; each shot shows what stands against it
                studio.acting_for(owner).storyboards.draft(opened.board.id)
            opened = studio.acting_for(owner).storyboards.get(opened.board.id)
        return answers.of(opened, owner, "")

    @made.get("/boards/models")
    def models(owner: Owner) -> JSON:
        return {"groups": storyboard_json.models(studio)}

    @made.get("/boards/places")
    def places() -> JSON:
        return {"places": storyboard_json.places()}

    @made.get("/boards/{board_id}")
    def one(board_id: Id, owner: Owner, since: Since = "") -> Response:
        return answers.of(studio.acting_for(owner).storyboards.get(board_id), owner, since)

    @made.post("/boards/{board_id}/edit")
    def edit(board_id: Id, op: Op, owner: Owner, since: Since = "") -> Response:
        op.check(UserLibrary(studio, owner))
        new: list[str] = []
        opened = studio.acting_for(owner).storyboards.edit(
            board_id, op.edit_name(), as_change(op, new), merge_key=op.same
        )
        return answers.of(opened, owner, since, made=new[0] if new else "")

    @made.post("/boards/{board_id}/undo")
    def undo(board_id: Id, body: UndoStep, owner: Owner, since: Since = "") -> Response:
        return answers.of(studio.acting_for(owner).storyboards.undo(board_id, redo=body.redo), owner, since)

    @made.post("/boards/{board_id}/trash")
    def trash(board_id: Id, body: TrashChange, owner: Owner) -> JSON:
        studio.acting_for(owner).storyboards.trash(board_id, restore=body.back)
        return {"id": board_id}


def _making(made: APIRouter, studio: Studio, answers: BoardAnswers) -> None:
    @made.post("/boards/{board_id}/draft")
    def draft(board_id: Id, body: ShotSelection, owner: Owner, since: Since = "") -> Response:
        runs = studio.acting_for(owner).storyboards.draft(board_id, shots=body.shots)
        return answers.now(board_id, owner, since, queued=len(runs))

    @made.post("/boards/{board_id}/render-plan")
    def plan(board_id: Id, body: ShotSelection, owner: Owner) -> JSON:
        return storyboard_json.render_plan(studio.acting_for(owner).continuations.plan(board_id, shots=body.shots))

    @made.post("/boards/{board_id}/render")
    def render(board_id: Id, body: ConfirmedRender, owner: Owner, since: Since = "") -> Response:
        plan = studio.acting_for(owner).continuations.plan(board_id, shots=body.shots)
        if not plan.ready and not plan.follow:
            raise Conflict(Message("board.nothing_to_render"))
        if plan.estimate.usd is not None and (body.usd is None or plan.estimate.usd > body.usd + CENT):
            raise Conflict(Message("board.price_changed", usd=f"{plan.estimate.usd:.2f}"))
        studio.acting_for(owner).continuations.start(board_id, shots=body.shots)
        return answers.now(board_id, owner, since, queued=len(plan.ready) + len(plan.follow))

    @made.post("/boards/{board_id}/stop-following")
    def stop(board_id: Id, owner: Owner, since: Since = "") -> Response:
        studio.acting_for(owner).continuations.stop(board_id)
        return answers.now(board_id, owner, since, queued=0)

    @made.post("/boards/{board_id}/retake")
    def retake(board_id: Id, body: ShotChoice, owner: Owner, since: Since = "") -> Response:
        studio.acting_for(owner).storyboards.retake(board_id, body.shot)
        return answers.now(board_id, owner, since, queued=1)

    @made.get("/boards/{board_id}/ways")
    def ways(board_id: Id, model: str, owner: Owner) -> JSON:
        one, each = studio.acting_for(owner).storyboards.production_methods(board_id, model)
        return {"one_run": storyboard_json.production_method(one), "per_shot": storyboard_json.production_method(each)}

    @made.post("/boards/{board_id}/one-run")
    def one_run(board_id: Id, body: ChosenModel, owner: Owner, since: Since = "") -> Response:
        studio.acting_for(owner).one_run_films.submit(board_id, body.model)
        return answers.now(board_id, owner, since, queued=1)

    @made.post("/boards/{board_id}/show")
    def show(board_id: Id, body: OneRunChoice, owner: Owner, since: Since = "") -> Response:
        studio.acting_for(owner).one_run_films.show(board_id, body.run)
        return answers.now(board_id, owner, since, queued=0)

    @made.post("/boards/{board_id}/use-as-takes")
    def cut_apart(board_id: Id, body: OneRunChoice, owner: Owner, since: Since = "") -> Response:
        studio.acting_for(owner).one_run_films.use_as_takes(board_id, body.run or "")
        return answers.now(board_id, owner, since, queued=0)


def _texts(made: APIRouter, studio: Studio) -> None:
    @made.get("/boards/{board_id}/script")
    def script(board_id: Id, owner: Owner, chinese: bool = False) -> JSON:
        return {"text": text.write(studio.acting_for(owner).storyboards.get(board_id).board, chinese=chinese)}

    @made.post("/boards-read")
    def read(body: ScriptText) -> JSON:
        """What a script would become, before it replaces anything."""
        found = text.parse(body.text)
        shots = [{"prompt": s.prompt[:MAX_TEXT_CHARS], "duration_s": s.duration_s} for s in found.shots]
        cast = [{"name": m.name, "kind": m.kind} for m in found.cast]
        return {"title": found.title, "style": found.style, "cast": cast, "shots": shots, "faults": list(found.faults)}

    @made.get("/boards/{board_id}/frame/{shot_id}/{end}")
    def frame(request: Request, board_id: Id, shot_id: Id, end: Literal["first", "last"], owner: Owner) -> Response:
        board = studio.acting_for(owner).storyboards.get(board_id).board
        path = studio.acting_for(owner).storyboards.edge_frame(board, shot_id, end)
        made = answer(path, mime=thumb_mime(path), etag=path.stem, headers=request.headers)
        made.headers["cache-control"] = "private, no-cache"  # another take has the same address
        return made


def _films(made: APIRouter, studio: Studio) -> None:
    @made.get("/boards/{board_id}/films")
    def films(board_id: Id, owner: Owner) -> JSON:
        return {
            "films": [
                storyboard_json.film(studio, f) for f in studio.acting_for(owner).exports.list_for_board(board_id)
            ]
        }

    @made.post("/boards/{board_id}/check")
    def check(board_id: Id, body: PreflightRequest, owner: Owner) -> JSON:
        found = studio.acting_for(owner).preflight.check(board_id, body.options, body.places or None)
        return {"findings": [f.plain() for f in found.findings], "measuring": found.measuring}

    @made.post("/boards/{board_id}/films")
    def start(board_id: Id, body: ExportRequest, owner: Owner) -> JSON:
        made = studio.acting_for(owner).exports.start_several(board_id, body.form, body.options, body.places)
        return storyboard_json.film(studio, made[0]) | {"all": [film.id for film in made]}

    @made.post("/films/{film_id}/cancel")
    def cancel(film_id: Id, owner: Owner) -> JSON:
        studio.acting_for(owner).exports.cancel(film_id)
        return storyboard_json.film(studio, studio.acting_for(owner).exports.get(film_id))

    @made.get("/films/{film_id}/file")
    def file(film_id: Id, owner: Owner) -> Response:
        path = studio.acting_for(owner).exports.file(film_id)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, filename=path.name, headers={"cache-control": "private, no-cache"})


def _files(made: APIRouter, studio: Studio) -> None:
    @made.post("/boards/import")
    async def project(request: Request) -> JSON:
        """A board from the archive in the body."""
        async with received(studio, request, "project.zip", PROJECT_MAX_BYTES) as path:
            opened = await run_in_threadpool(studio.acting_for(owner_of(request)).projects.import_archive, path)
        return {"id": opened.board.id}

    @made.post("/boards/files")
    async def file(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The file in the body, taken into the library."""
        most = studio.settings.max_upload_mb * 1_000_000
        owner, called = owner_of(request), Path(name).name
        async with received(studio, request, called, most) as path:
            return asset_card(await run_in_threadpool(studio.acting_for(owner).assets.add, path, name=called))


@asynccontextmanager
async def received(studio: Studio, request: Request, name: str, most: int) -> AsyncIterator[Path]:
    """The request's body as a file that is gone afterwards. Raises MediaError beyond `most` bytes, or when empty."""
    with storing(studio.settings.data), TemporaryDirectory(dir=studio.context.scratch_folder()) as folder:
        path = Path(folder) / f"upload{Path(name).suffix[:10]}"
        size = 0
        with path.open("wb") as out:
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise MediaError(Message("upload.too_large", name=name, most=f"{most / 1e6:,.0f}"))
                await run_in_threadpool(out.write, piece)
        if not size:
            raise NotFound(Message("upload.none"))
        yield path
