"""Of what somebody sees, what a search looks through: their own runs, one project's, or all of it.

A scope is cut into parts that have no run in common, each one stretch of an index in the order of the gallery, so that
a page costs a page of each part however many runs others have. What visibility.visible says of a run is said here again
as parts; a test holds the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.store import projects

MINE, ALL = "mine", "all"
"""The scopes that are no project; any other is a project's id."""


@dataclass(frozen=True)
class Part:
    """A condition over runs r, with its values; "" for none. counted: the same over counts, where those say it. terms:
    facets and keys that all runs of the part and of no other scope have, where there are such; see search_terms."""

    sql: str = ""
    values: tuple[Any, ...] = ()
    counted: str | None = ""
    terms: tuple[tuple[str, str], ...] | None = ()


def parts(db: Database, viewer: str, scope: str) -> list[Part]:
    """The parts of a scope; none for a project that the viewer is no member of. Viewer "" sees everything."""
    if not viewer:
        return [Part() if scope in (MINE, ALL) else _whole(scope)]
    own = Part("r.owner = ?", (viewer,), "owner = ?", (("owner", viewer),))
    if scope == MINE:
        return [own]
    joined = list(projects.roles_of(db, viewer))
    if scope == ALL:
        shared = [_shared(project, viewer) for project in joined]
        return [own, *shared, *_named(db, viewer, joined, joined)]
    if scope not in joined:
        return []
    own_there = Part(
        "r.owner = ? AND r.project = ? AND r.project != ''",
        (viewer, scope),
        "owner = ? AND project = ?",
        (("owner", viewer), ("project", scope)),
    )
    return [own_there, _shared(scope, viewer), *_named(db, viewer, joined, [scope])]


def _whole(project: str) -> Part:
    return Part("r.project = ?", (project,), "project = ?", (("project", project),))


def _shared(project: str, viewer: str) -> Part:
    return Part(
        "r.shared = 1 AND r.project = ? AND r.owner != ?",
        (project, viewer),
        "shared = 1 AND project = ? AND owner != ?",
        (("shared", project),),
    )


def _named(db: Database, viewer: str, joined: list[str], of_projects: list[str]) -> list[Part]:
    """Runs of others that boards of the viewer, or shared ones of these projects, name, and that are not shared
    themselves."""
    marks, own_boards = ", ".join("?" * len(of_projects)), " OR b.owner = ?" if of_projects == joined else ""
    sql = (
        "SELECT DISTINCT n.seq FROM storyboards b JOIN storyboard_refs x ON x.board = b.seq "
        "JOIN runs n ON n.id = x.ref WHERE b.trashed_at IS NULL AND x.current = 1 AND x.person != ? "
        f"AND x.person = n.owner AND ((b.shared = 1 AND b.project IN ({marks})){own_boards}) "
        f"AND NOT (n.shared = 1 AND n.project IN ({marks}))"
    )
    values = [viewer, *of_projects, *([viewer] if own_boards else []), *of_projects]
    seqs = [str(row[0]) for row in db.conn.execute(sql, values).fetchall()]
    return [Part(f"r.seq IN ({', '.join(seqs)})", (), None, None)] if seqs else []
