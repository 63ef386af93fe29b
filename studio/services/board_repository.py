"""Boards of one user between their text in the store and their values, each parsed and written once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.services.context import Context
from studio.store import projects, storyboards
from studio.store.storyboards import BoardBody
from studio.storyboard.model import Board


@dataclass(frozen=True)
class StoredBoard:
    """A board as it stands, with the names of the edits that undo and redo would take.

    project: the one it is in, "" for none; shared: its members see it.
    """

    board: Board
    undoable: str | None
    redoable: str | None
    updated_at: str = ""
    owner: str = ""
    project: str = ""
    shared: bool = False


class BoardRepository:
    """Each call is part of the transaction, or the read, whose connection it is given.

    A board that stands as it last did is the same object, and so are shots that an edit left alone: caches find what
    they keep of such a shot without a look into it.
    """

    def __init__(self, context: Context, user: str) -> None:
        self._parsed, self._last_typing, self.user = context.boards.parsed, context.boards.last_typing, user

    def all(self, db: Database) -> list[StoredBoard]:
        """Every board, last changed first."""
        return [self._stored(row) for row in storyboards.all_of(db, self.user)]

    def get(self, db: Database, board_id: str) -> StoredBoard:
        """The board as it stands. Raises NotFound."""
        return self._stored(storyboards.get(db, board_id, self.user))

    def add(self, db: Database, board: Board) -> None:
        """A new board, in the user's current project."""
        project = projects.current(db, self.user) if self.user else ""
        storyboards.add(db, board.id, body_of(board), self.user, project)

    def save(self, db: Database, board: Board, edit_name: str, *, merge_key: str = "") -> StoredBoard:
        """The board's next version; `edit_name` names it for undo.

        merge_key: names a stretch of typing, which is one version.
        """
        head = storyboards.get(db, board.id, self.user).head
        if merge_key and self._last_typing.get(board.id) == (merge_key, head):
            return self.amend(db, board)
        body = body_of(board)
        storyboards.save(db, board.id, body, edit_name, self.user)
        self._last_typing[board.id] = (merge_key, head + 1)
        return self._written(db, board, body)

    def amend(self, db: Database, board: Board) -> StoredBoard:
        """Change what stands without a version of its own: facts such as a take, which an undo must not take back."""
        body = body_of(board)
        storyboards.amend(db, board.id, body, self.user)
        return self._written(db, board, body)

    def step(self, db: Database, board_id: str, by: int) -> Board | None:
        """Undo (by -1) or redo (by 1): the version that stands now, or None where there is none further."""
        self._last_typing.pop(board_id, None)
        if storyboards.step(db, board_id, by, self.user) is None:
            return None
        return self.get(db, board_id).board

    def _written(self, db: Database, board: Board, body: BoardBody) -> StoredBoard:
        self._parsed.put(board.id, body.text, board)
        return self.get(db, board.id)

    def _stored(self, row: storyboards.BoardRow) -> StoredBoard:
        board = self._parsed.get(row.id, row.text, lambda: Board.model_validate_json(row.text))
        return StoredBoard(board, row.undoable, row.redoable, row.updated_at, row.owner, row.project, row.shared)


def body_of(board: Board) -> BoardBody:
    """The board as a row."""
    shots = [(s.id, s.prompt, s.model, s.duration_s, s.status, s.chosen) for s in board.shots]
    return BoardBody(board.title, board.model_dump_json(), shots)
