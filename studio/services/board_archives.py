"""A storyboard archive of this or another studio taken in: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError
from sqlite_utils import Database

from studio.catalogue.validation import FIELDS
from studio.domain import MEDIA_INPUTS, Asset, Kind, Request, Run, Status
from studio.errors import CapabilityError, MediaError
from studio.field_errors import sentence
from studio.film import platforms
from studio.messages import Message
from studio.services.assets import Assets
from studio.services.board_repository import BoardRepository, StoredBoard
from studio.services.context import Context
from studio.services.looks import Looks, Lut
from studio.services.storyboards import Storyboards
from studio.store import runs
from studio.store.mapping import REQUEST, new_id
from studio.storyboard import archive
from studio.storyboard.archive import ArchivedTake, Unpacked
from studio.storyboard.limits import MAX_NAME_CHARS
from studio.storyboard.model import Board

MAX_REQUEST_CHARS = 200_000
"""Longest request of a take, as JSON."""


class BoardArchives:
    """Storyboard archives of one user."""

    def __init__(self, context: Context, user: str, assets: Assets, storyboards: Storyboards, looks: Looks) -> None:
        self._context, self.user = context, user
        self._assets, self._storyboards, self._looks = assets, storyboards, looks
        self._boards = BoardRepository(context, user)

    def import_archive(self, path: Path) -> StoredBoard:
        """A board from an archive of this or another studio, with its cast, media and takes, under new ids.

        Raises a sentence for whatever cannot be taken; then nothing of the archive is kept.
        """
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            unpacked = archive.unpack(path, Path(folder))
            for preset_id in unpacked.board.delivery.places:
                if preset_id not in {preset.id for preset in platforms.PRESETS}:
                    raise MediaError(Message("archive.no_preset", place=f"{preset_id[:60]!r}"))
            requests = {old: _request(facts) for old, facts in unpacked.manifest.takes.items()}
            lut_path = unpacked.files.pop(unpacked.board.look.lut, None)
            lut_name = _file_name(unpacked, unpacked.board.look.lut, "look.cube")
            if lut_path:
                self._looks.validate_lut(lut_path, name=lut_name)
            assets_by_old_id: dict[str, Asset] = {}
            with self._discard_on_error(assets_by_old_id):
                for old, file in unpacked.files.items():
                    assets_by_old_id[old] = self._assets.add(file, name=_file_name(unpacked, old, old))
                _check_sounds(unpacked.board, assets_by_old_id)
                lut = self._looks.add_lut(lut_path, name=lut_name) if lut_path else None
                board_id = self._store(unpacked, requests, assets_by_old_id, lut)
        return self._storyboards.get(board_id)

    @contextmanager
    def _discard_on_error(self, added: dict[str, Asset]) -> Iterator[None]:
        """Take the files back that were added when what they were added for fails."""
        newest = self._assets.newest_seq()
        try:
            yield
        except BaseException:
            self._assets.discard(added.values(), after=newest)
            raise

    def _store(
        self, unpacked: Unpacked, requests: dict[str, Request], assets_by_old_id: dict[str, Asset], lut: Lut | None
    ) -> str:
        """The board and its takes, in one transaction; the board's new id."""
        with self._context.store.write() as db:
            takes = {
                old: _add_take(db, requests[old], facts, assets_by_old_id, self.user)
                for old, facts in unpacked.manifest.takes.items()
                if any(i in assets_by_old_id for i in facts.assets)
            }
            ids = [new_id("s") for _ in unpacked.board.shots] + [new_id("b")]
            assets = {old: asset.id for old, asset in assets_by_old_id.items()}
            board = archive.with_new_ids(unpacked.board, assets, takes, ids, lut=lut.id if lut else "")
            self._boards.add(db, board)
        return board.id


def _file_name(unpacked: Unpacked, old: str, default: str) -> str:
    return unpacked.manifest.names.get(old, default)


def _check_sounds(board: Board, assets: Mapping[str, Asset]) -> None:
    """As edits refuse it: a voice, and the music of the film, are sound files."""
    for member in board.cast:
        if (voice := assets.get(member.voice or "")) and voice.kind is not Kind.AUDIO:
            raise CapabilityError(Message("cast.voice_not_sound"), field="voice", value=member.voice)
    if (music := assets.get(board.delivery.music or "")) and music.kind is not Kind.AUDIO:
        raise CapabilityError(Message("board.music_not_sound"), field="music", value=board.delivery.music)


def _request(facts: ArchivedTake) -> Request:
    """What was asked for a take, as it was asked there, less its inputs."""
    body = {name: value for name, value in facts.request.items() if name not in MEDIA_INPUTS}
    params = {name: body.pop(name) for name in list(body) if name not in FIELDS}
    try:
        request = REQUEST.validate_python(body | {"params": params})
    except ValidationError as error:
        message = sentence(dict(error.errors(include_url=False)[0]))
        raise MediaError(Message("archive.take_wrong", why=message)) from None
    sizes = (request.width, request.height, request.fps, request.n)
    if (request.seed or 0) < 0 or any(size is not None and not 0 <= size < 2**31 for size in sizes):
        raise MediaError(Message("archive.take_number"))
    if len(request.model) > MAX_NAME_CHARS or len(request.model_dump_json()) > MAX_REQUEST_CHARS:
        raise MediaError(Message("archive.take_too_long"))
    return request


def _add_take(
    db: Database, request: Request, facts: ArchivedTake, assets_by_old_id: dict[str, Asset], owner: str
) -> str:
    """A finished run for an imported take, its files as they are here."""
    run = Run(
        id=new_id("r_"), owner=owner, batch="import", request=request, seed=request.seed, model=request.model,
        provider=request.provider,
    )  # fmt: skip
    run = runs.add(db, runs.NewRun(run, {}), "import")
    run = runs.move(db, run, Status.RUNNING, Message("event.imported"))
    for index, old in enumerate(i for i in facts.assets if i in assets_by_old_id):
        runs.attach(db, run.seq, "output", index, assets_by_old_id[old].id)
    runs.move(db, run, Status.SUCCEEDED, Message("event.made_elsewhere"))
    return run.id
