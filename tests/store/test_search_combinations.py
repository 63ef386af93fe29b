"""Every kind of search, alone and with any other, finds exactly what a plain reading of the rows finds, page by page,
whatever changed meanwhile and however old the database is; and SQLite walks lists for it instead of reading all runs.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC
from itertools import combinations

import pytest
from sqlite_utils import Database

from studio.store import search, search_terms
from studio.store.mapping import fetch
from studio.store.migrations import MIGRATIONS
from studio.store.search import SearchFilter
from tests.store._plain_search import BEGIN, KINDS, VIEWS, Kind, change, insert, sees

PAGE = 57
PAIRS = [
    (one, other)
    for one, other in combinations(KINDS, 2)
    if not (":" in KINDS[one].typed and KINDS[one].typed.split(":")[0] == KINDS[other].typed.split(":")[0])
]
"""But for two of one filter: the last one counts."""


def team(db: Database) -> None:
    """Ann is a member of p1, whose shared board names runs of Bob's and of Cy's."""
    db.conn.execute("INSERT INTO projects (id, name, created_at) VALUES ('p1', '', ''), ('p2', '', '')")
    db.conn.execute("INSERT INTO members (project, person, role) VALUES ('p1', 'ann', 'creator')")
    db.conn.execute(
        "INSERT INTO storyboards (seq, id, owner, project, shared, title, body, head, created_at, updated_at) "
        "VALUES (1, 'b1', 'ann', 'p1', 1, '', '{}', 0, '', '')"
    )
    rows = "SELECT id, 1, owner FROM runs WHERE owner IN ('bob', 'cy') AND seq % 5 = 0"
    db.conn.execute(f"INSERT INTO storyboard_refs (ref, board, person) {rows}")


@pytest.fixture(scope="module")
def filled() -> Iterator[Database]:
    """A database of this version in which much has changed since the runs were added."""
    db = Database(memory=True)
    MIGRATIONS.apply(db)
    chance = random.Random(11)
    insert(db, chance, 1000)
    change(db, chance, 500)
    team(db)
    yield db
    db.close()


def rows_of(db: Database) -> list[dict[str, object]]:
    """All runs, the newest first."""
    return fetch(db, "SELECT * FROM runs ORDER BY seq DESC")


def named(db: Database, viewer: str) -> set[int]:
    """Runs of others that the board shows."""
    sql = "SELECT r.seq FROM storyboard_refs x JOIN runs r ON r.id = x.ref AND r.owner = x.person WHERE r.owner != ?"
    return {row[0] for row in db.conn.execute(sql, [viewer]).fetchall()}


def asked(kinds: tuple[str, ...], viewer: str, scope: str) -> SearchFilter:
    """The search for what is of all these kinds; an unfinished word stands last."""
    found = [KINDS[kind] for kind in sorted(kinds, key="beginning".__eq__)]
    trashed = any(kind.trashed for kind in found)
    query = SearchFilter(viewer=viewer, scope=scope, trashed=trashed)
    return search.parse(" ".join(kind.typed for kind in found if kind.typed), query, zone=UTC)


def expected(db: Database, rows: list[dict[str, object]], kinds: tuple[str, ...], viewer: str, scope: str) -> list[int]:
    """The plain reading."""
    found: list[Kind] = [KINDS[kind] for kind in kinds]
    trashed, shown = any(kind.trashed for kind in found), named(db, viewer)
    return [
        int(str(row["seq"]))
        for row in rows
        if (row["trashed_at"] is not None) == trashed
        and all(kind.matches(row) for kind in found)
        and sees(row, viewer, scope, shown, trashed=trashed)
    ]


def listed(db: Database, query: SearchFilter) -> list[int]:
    """All pages, one after the other."""
    seqs: list[int] = []
    before = None
    while True:
        statement = search.page_sql(db, query, "r.seq", before=before, limit=PAGE)
        page = [row[0] for row in db.conn.execute(*statement).fetchall()] if statement else []
        seqs += page
        if len(page) < PAGE:
            return seqs
        before = page[-1]


def check(db: Database, kinds: tuple[str, ...], viewer: str, scope: str, rows: list[dict[str, object]]) -> None:
    """Pages and total of one search."""
    query, right = asked(kinds, viewer, scope), expected(db, rows, kinds, viewer, scope)
    assert listed(db, query) == right, (kinds, viewer, scope)
    total, capped = search.total(db, query)
    if search._one_facet(query) is None:  # the counters know more  # pyright: ignore[reportPrivateUsage]
        assert (total, capped) == (min(len(right), search.CAP), len(right) > search.CAP), (kinds, viewer, scope)
    else:
        assert (total, capped) == (len(right), False), (kinds, viewer, scope)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_search_finds_the_same_as_a_plain_reading(filled: Database, kind: str) -> None:
    rows = rows_of(filled)
    for viewer, scope in VIEWS:
        check(filled, (kind,), viewer, scope, rows)
    rows_shown, before, total, capped = search.first_page(filled, asked((kind,), "", "mine"), 30)
    right = expected(filled, rows, (kind,), "", "mine")
    assert [row["seq"] for row in rows_shown] == right[:30]
    assert before == (right[29] if len(right) > 30 else None)
    assert total == min(len(right), search.CAP) if capped else total == len(right)


def test_every_pair_of_kinds_finds_the_same_as_a_plain_reading(filled: Database) -> None:
    chance, rows = random.Random(3), rows_of(filled)
    for pair in PAIRS:
        check(filled, pair, *chance.choice(VIEWS), rows)


def test_three_and_more_kinds_together_find_the_same_as_a_plain_reading(filled: Database) -> None:
    chance, rows = random.Random(4), rows_of(filled)
    for _ in range(150):
        kinds = tuple(chance.sample(list(KINDS), chance.choice((3, 3, 4))))
        keys = [KINDS[kind].typed.split(":")[0] for kind in kinds if ":" in KINDS[kind].typed]
        if len(keys) == len(set(keys)):
            check(filled, kinds, *chance.choice(VIEWS), rows)


def test_a_database_of_an_earlier_version_is_searched_rightly_before_while_and_after_it_is_filled() -> None:
    db = Database(memory=True)
    MIGRATIONS.apply(db, stop_before="m028_search_terms")
    chance = random.Random(5)
    insert(db, chance, 900, first_seq=30_000)  # too many, by their numbers, to be filled at once
    MIGRATIONS.apply(db)
    team(db)
    some = [chance.choice(PAIRS) for _ in range(60)]
    for more in (300, 300, 40_000):
        assert not search_terms.are_complete(db)
        change(db, chance, 150)
        insert(db, chance, 30, first_seq=db.conn.execute("SELECT max(seq) + 1 FROM runs").fetchone()[0])
        rows = rows_of(db)
        for pair in some:
            check(db, pair, *chance.choice(VIEWS), rows)
        search_terms.fill(db, 30_000 if more == 300 and search_terms_begun(db) else more)
    assert search_terms.are_complete(db)
    change(db, chance, 200)
    rows = rows_of(db)
    for pair in some:
        check(db, pair, *chance.choice(VIEWS), rows)


def search_terms_begun(db: Database) -> bool:
    """Whether the first numbers, which no run has, are still to be passed."""
    return db.conn.execute("SELECT through FROM search_fill").fetchone()[0] == 0


def test_totals_are_counted_in_windows_however_many_runs_there_are(filled: Database) -> None:
    query = asked(("word", "failed"), "", "mine")
    right = expected(filled, rows_of(filled), ("word", "failed"), "", "mine")
    assert len(right) > 10
    for window in (7, 100, 5000):
        found = search.total(filled, query, known=5, before=right[4], counting_s=60, window=window)
        assert found == (len(right), False)
    assert search.total(filled, query, known=5, before=right[4], counting_s=0) == (5, True)


READS_ALL = re.compile(r"SCAN r(uns)?\b|SEARCH r(uns)? .*\(rowid[<>]|SEARCH r .*USING (COVERING )?INDEX")
"""A step that reads runs one after the other: the table, a stretch of it, or the index of a facet."""
PLANS = [(kind,) for kind in KINDS] + PAIRS


@pytest.mark.parametrize("view", [("", "mine"), ("ann", "all")], ids=["alone", "in a team"])
def test_no_search_reads_all_runs_or_sorts_them(filled: Database, view: tuple[str, str]) -> None:
    """The plan of the first page, of a later one and of the total, for every kind and pair: the lists of the text index
    from the newest run, the row of each run by its key, nothing put in order afterwards."""
    for kinds in PLANS:
        query = asked(kinds, *view)
        arms = search._arms(filled, query)  # pyright: ignore[reportPrivateUsage]
        statements = [search.page_sql(filled, query, "r.*", before=before, limit=81) for before in (None, 600)]
        if arms:
            statements.append(search.total_sql(arms, 0, 2000, 1001))
        for sql, values in filter(None, statements):
            steps = [row[3] for row in filled.conn.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
            wrong = [step for step in steps if "TEMP B-TREE" in step or READS_ALL.match(step)]
            assert not wrong, (kinds, sql, steps)
            walks = [step for step in steps if "VIRTUAL TABLE INDEX" in step]
            assert walks, (kinds, steps)
            assert all(">" in step and "<" in step for step in walks if ":=" not in step), (kinds, steps)


def test_one_walk_of_the_text_index_answers_a_word_with_filters(filled: Database) -> None:
    statement = search.page_sql(filled, asked(("word", "failed"), "", "mine"), "r.*", before=900, limit=81)
    assert statement
    steps = [row[3] for row in filled.conn.execute(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1]).fetchall()]
    assert len(steps) == 2
    assert steps[0].startswith("SCAN w VIRTUAL TABLE INDEX")
    assert steps[1] == "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"


def test_private_characters_in_a_prompt_or_a_search_are_no_filters(filled: Database) -> None:
    """What a font puts there could otherwise be taken for a state or a model."""
    failed = search_terms.status("failed")[0]
    assert search.parse(failed).words == ()
    assert search.parse(f"rain{failed}").words == ('"rain"',)
    assert BEGIN.tzinfo is UTC
