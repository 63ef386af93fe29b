"""Who may see a row, and who may change it: one SQL condition a table, each with one parameter, the viewer.

The viewer is an id of the people table, or "" for the local user of a studio without accounts, who sees everything. A
row is seen by its owner; by the members of its project once it is shared; and by whoever sees a storyboard that names
it, where the row's own owner put it there: nobody can show what is not theirs. So it is with a review that has it as a
version, but there any member may show a run that is shared in the review's project. A file is also seen with a run of
the same owner that uses or made it. A producer of a project sees what has not ended there, and a producer of the studio
what waits for an approval, because they decide about it. Every other id answers as one that does not exist.

Members of an archived project see what they saw; only owners change it. A guest of a share link sees its review, the
items that it shows, and their versions; that the link still lets them in is looked up before, by services.guests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlite_utils import Database

from studio.permissions import Role

Table = Literal["runs", "assets", "storyboards", "films", "comparisons", "reviews", "review_items"]
Change = Literal["decide", "rate", "edit_board", "edit_review", "comment"]
"""decide: cancel, decide, reorder a run. rate: give stars, to a version of a review too. edit_board: change a board and
what is made for it. edit_review: change the items of a review, and share it. comment: comment in a review, and set
statuses."""


def _roles(least: Role) -> str:
    return ", ".join(f"'{role}'" for role in Role if role.includes(least))


_PRODUCERS = _roles(Role.PRODUCER)
_MINE = "(SELECT project FROM members WHERE person = v.viewer)"
_OVERSEEN = f"(SELECT project FROM members WHERE person = v.viewer AND role IN ({_PRODUCERS}))"
_STUDIO_PRODUCER = (
    f"EXISTS (SELECT 1 FROM people WHERE id = v.viewer AND role IN ({_PRODUCERS}) AND disabled_at IS NULL)"
)
_OPENED_TO_GUEST = (
    "rv.trashed_at IS NULL AND EXISTS (SELECT 1 FROM guests g JOIN review_links l ON l.id = g.link WHERE "
    "g.id = v.viewer AND l.review = rv.id AND l.revoked_at IS NULL"
)
ITEM_SHOWN = "(l.all_items = 1 OR EXISTS (SELECT 1 FROM review_link_items n WHERE n.link = l.id AND n.item = i.id))"
"""SQL: whether a share link (l) shows an item (i) of its review."""
_GUEST_REVIEW, _GUEST_ITEM = f"({_OPENED_TO_GUEST}))", f"({_OPENED_TO_GUEST} AND {ITEM_SHOWN}))"
_OPEN_REVIEW = f"(rv.trashed_at IS NULL AND (rv.owner = v.viewer OR (rv.shared = 1 AND rv.project IN {_MINE})))"
_OPEN_BOARD = f"(b.owner = v.viewer OR (b.shared = 1 AND b.trashed_at IS NULL AND b.project IN {_MINE}))"


def _named(ref: str, owner: str) -> str:
    """Whether a board that the viewer sees names this id, put there by the row's own owner."""
    return (
        "EXISTS (SELECT 1 FROM storyboard_refs x JOIN storyboards b ON b.seq = x.board WHERE "
        f"x.ref = {ref} AND x.current = 1 AND x.person = {owner} AND b.trashed_at IS NULL AND {_OPEN_BOARD})"
    )


def _reviewed(source: str, owner: str, *, shown_by_others: str = "0") -> str:
    """Whether a review that the viewer sees has this as a version. source: a condition on the version w.

    shown_by_others: whether somebody who is not the owner may have put it there.
    """
    return (
        "EXISTS (SELECT 1 FROM review_versions w JOIN review_items i ON i.seq = w.item JOIN reviews rv ON "
        f"rv.seq = i.review WHERE {source} AND (w.person = {owner} OR {shown_by_others}) "
        f"AND ({_OPEN_REVIEW} OR {_GUEST_ITEM}))"
    )


_RUN = (
    "(r.owner = v.viewer OR (r.shared = 1 AND r.project IN {mine}) OR "
    "(r.finished_at IS NULL AND (r.project IN {overseen} OR "
    "(r.held_reason IN ('budget', 'approval') AND {producer}))) OR {named} OR {reviewed})"
).format(
    mine=_MINE, overseen=_OVERSEEN, producer=_STUDIO_PRODUCER, named=_named("r.id", "r.owner"),
    reviewed=_reviewed(
        "w.run = r.id", "r.owner", shown_by_others="(r.shared = 1 AND r.project != '' AND r.project = rv.project)"
    ),
)  # fmt: skip

_SEEN: dict[Table, str] = {
    "runs": _RUN,
    "storyboards": _OPEN_BOARD,
    "reviews": f"({_OPEN_REVIEW} OR {_GUEST_REVIEW})",
    "review_items": f"({_OPEN_REVIEW} OR {_GUEST_ITEM})",
    "films": f"(f.owner = v.viewer OR EXISTS (SELECT 1 FROM storyboards b WHERE b.id = f.board AND {_OPEN_BOARD}) "
    f"OR {_reviewed('w.film = f.id', 'f.owner')})",
    "assets": (
        "(a.owner = v.viewer OR EXISTS (SELECT 1 FROM run_assets ra JOIN runs r ON r.seq = ra.run "
        f"WHERE ra.asset = a.seq AND r.owner = a.owner AND {_RUN}) OR {_named('a.id', 'a.owner')} "
        "OR EXISTS (SELECT 1 FROM films f JOIN storyboards b ON b.id = f.board "
        f"WHERE f.asset = a.id AND f.owner = a.owner AND {_OPEN_BOARD}) "
        f"OR {_reviewed('w.asset = a.id', 'a.owner')} OR EXISTS (SELECT 1 FROM films f WHERE f.asset = a.id "
        f"AND f.owner = a.owner AND {_reviewed('w.film = f.id', 'f.owner')}))"
    ),
    "comparisons": (
        "(c.owner = v.viewer OR (EXISTS (SELECT 1 FROM comparison_runs m WHERE m.comparison = c.seq) AND NOT EXISTS "
        "(SELECT 1 FROM comparison_runs m LEFT JOIN runs r ON r.id = m.run WHERE m.comparison = c.seq "
        f"AND NOT coalesce({_RUN}, 0))))"
    ),
}
"""Table -> condition over its row (runs r, storyboards b, films f, assets a, comparisons c, reviews rv, review_items i
with their reviews rv) for the viewer v."""


def _open_project(project: str, least: Role) -> str:
    """Whether the viewer has at least this role in the row's project and it is not archived."""
    return (
        "EXISTS (SELECT 1 FROM members m JOIN projects p ON p.id = m.project WHERE "
        f"m.project = {project} AND m.person = v.viewer AND m.role IN ({_roles(least)}) AND p.archived_at IS NULL)"
    )


_CHANGED: dict[Change, str] = {
    "decide": (
        "(r.owner = v.viewer OR ((r.finished_at IS NULL OR r.shared = 1) AND "
        f"{_open_project('r.project', Role.PRODUCER)}) OR (r.finished_at IS NULL AND {_STUDIO_PRODUCER}))"
    ),
    "rate": (
        f"(r.owner = v.viewer OR (r.shared = 1 AND {_open_project('r.project', Role.REVIEWER)}) OR "
        + _reviewed(f"w.run = r.id AND rv.shared = 1 AND {_open_project('rv.project', Role.REVIEWER)}", "r.owner")
        + ")"
    ),
    "edit_review": f"(rv.owner = v.viewer OR (rv.shared = 1 AND {_open_project('rv.project', Role.CREATOR)}))",
    "comment": (
        f"(rv.owner = v.viewer OR (rv.shared = 1 AND {_open_project('rv.project', Role.REVIEWER)}) OR EXISTS "
        "(SELECT 1 FROM guests g JOIN review_links l ON l.id = g.link WHERE g.id = v.viewer AND l.review = rv.id "
        "AND l.can_comment = 1))"
    ),
    "edit_board": f"(b.owner = v.viewer OR (b.shared = 1 AND {_open_project('b.project', Role.CREATOR)}))",
}


def visible(table: Table) -> str:
    """SQL: whether the viewer (one parameter) sees the row, which has the table's usual alias."""
    return f"EXISTS (SELECT 1 FROM (SELECT ? AS viewer) v WHERE v.viewer = '' OR {_SEEN[table]})"


def changeable(change: Change) -> str:
    """SQL: whether the viewer (one parameter) may change the row in this way. It says nothing about seeing it."""
    return f"EXISTS (SELECT 1 FROM (SELECT ? AS viewer) v WHERE v.viewer = '' OR {_CHANGED[change]})"


def visible_runs(db: Database, run_ids: Iterable[str], viewer: str) -> set[str]:
    """Those of the runs that the viewer sees."""
    ids = list(run_ids)
    sql = f"SELECT r.id FROM runs r WHERE r.id IN ({', '.join('?' * len(ids))}) AND {visible('runs')}"
    return {row[0] for row in db.conn.execute(sql, [*ids, viewer]).fetchall()}


def deciders(db: Database, run_ids: Iterable[str], viewer: str) -> set[str]:
    """Those of the runs that the viewer may cancel, decide about and reorder."""
    ids = list(run_ids)
    sql = f"SELECT r.id FROM runs r WHERE r.id IN ({', '.join('?' * len(ids))}) AND {changeable('decide')}"
    return {row[0] for row in db.conn.execute(sql, [*ids, viewer]).fetchall()}
