"""The gallery's search: words, "phrases", -without, and filters such as `model:wan2.6 rating:>=4 after:2026-03-01`.

Pages are keyset pages by falling seq, so that the thousandth costs what the first does. Dates become ranges of seq.
Words, facets and scopes are all terms of the text index (store.search_terms), so that any combination is one walk down
its lists. Totals come from the kept counters where one facet is asked, and are otherwise counted up to CAP. What has no
terms, and what a database of an earlier version has not got yet, is looked for in the rows.
"""

from __future__ import annotations

import re
import time as clock
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from sqlite_utils import Database

from studio.field_errors import legible
from studio.store import scopes
from studio.store import search_terms as terms
from studio.store import tokenize as words
from studio.store.mapping import RUN_COLUMNS, fetch, seed_in, stamp

CAP = 1000
"""Totals beyond this are said as "1,000+"."""
COUNTING_S = 0.006
"""CPU time for which a total is counted: what matches rarely lies in long lists."""
WINDOW = 2**16
"""Runs that are looked through before the clock is looked at, twice as many each time."""
SAMPLE = 4000
Row = dict[str, Any]
_COLUMNS = ", ".join(f"r.{column.strip()}" for column in RUN_COLUMNS.split(","))
INTEGER_MAX = 2**63 - 1
"""Largest whole number of SQLite."""
SEED_DIGITS = 20
FIRST_ZONE = timezone(timedelta(hours=14))
LAST_ZONE = timezone(timedelta(hours=-12))
"""Where on earth a day begins first and ends last. Source: IANA tzdata, Pacific/Kiritimati, Etc/GMT+12."""


@dataclass(frozen=True)
class SearchFilter:
    """What is looked for. None and empty mean: any. viewer: who looks; "" sees everything. scope: of what they see; the
    trash is each owner's own. before, after: instants as the database writes them, the first of
    a day where the reader is; so the day itself is left out by `before` and included by `after`. without: phrases the
    prompt must not have."""

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    viewer: str = ""
    scope: str = scopes.MINE
    task: str | None = None
    model: str | None = None
    kind: str | None = None
    status: str | None = None
    seed: int | None = None
    ratings: tuple[int, ...] = ()
    before: str | None = None
    after: str | None = None
    trashed: bool = False
    matches_none: bool = False


_TOKEN = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"?|(\S+))')
_FILTERS = ("model", "task", "status", "seed", "rating", "before", "after", "kind")


def parse(text: str, query: SearchFilter = SearchFilter(), *, zone: tzinfo | None = None) -> SearchFilter:
    """What the user typed, added to what the page already filters by. What cannot be read finds nothing.

    zone: where the days of `before:` and `after:` begin; None: a day is as wide as any zone on earth has it.
    """
    included: list[str] = []
    without: list[str] = []
    text = legible(text)
    for minus, key, quoted, bare in _TOKEN.findall(text):
        value = quoted or bare
        if key in _FILTERS and not minus:
            query = _with_filter(query, key, value, zone)
            continue
        text_value = f"{key}:{value}" if key else value
        if words.searchable(text_value):
            (without if minus else included).append(words.phrase(text_value))
    last = re.search(r"(\w{2,})$", text)
    if (
        included
        and last
        and last[1].isascii()
        and included[-1].strip('"').endswith(last[1])
        and words.phrase(last[1]) not in without
    ):
        included[-1] += "*"  # the word under the cursor may be unfinished
    return replace(query, words=(*query.words, *included), without=(*query.without, *without))


def _with_filter(query: SearchFilter, key: str, value: str, zone: tzinfo | None) -> SearchFilter:
    if key in ("task", "kind", "status"):
        return replace(query, **{key: value.lower()})
    if key == "model":
        return replace(query, model=value)
    if key == "seed":
        is_seed = value.isdecimal() and len(value) <= SEED_DIGITS and int(value) < 2**64
        return replace(query, seed=int(value)) if is_seed else replace(query, matches_none=True)
    if key == "rating":
        matched = re.fullmatch(r"(>=|<=|>|<|=)?([0-5])", value)
        return (
            replace(query, ratings=_ratings(matched[1] or "=", int(matched[2])))
            if matched
            else replace(query, matches_none=True)
        )
    try:
        day = date.fromisoformat({4: f"{value}-01-01", 7: f"{value}-01"}.get(len(value), value))
        zone = zone or (FIRST_ZONE if key == "after" else LAST_ZONE)
        return replace(query, **{key: stamp(datetime.combine(day, time.min, tzinfo=zone))})
    except (ValueError, OverflowError):  # no date, or one that no calendar in UTC has
        return replace(query, matches_none=True)


def _ratings(sign: str, stars: int) -> tuple[int, ...]:
    tests = {">=": stars.__le__, "<=": stars.__ge__, ">": stars.__lt__, "<": stars.__gt__, "=": stars.__eq__}
    return tuple(r for r in range(6) if tests[sign](r)) or (-1,)


def first_page(db: Database, query: SearchFilter, limit: int) -> tuple[list[Row], int | None, int, bool]:
    """As `page_rows` from the newest run and `total`, without going twice through what both have to read."""
    arms = _arms(db, query)
    if any(phrase.endswith("*") for phrase in query.words):
        return _listed_page(db, query, arms, limit)
    rows, before = page_rows(db, query, before=None, limit=limit, arms=arms)
    if before is None and _one_facet(query) is None:
        return rows, None, len(rows), False
    return rows, before, *total(db, query, known=len(rows), before=before, arms=arms)


def _listed_page(
    db: Database, query: SearchFilter, arms: list[Arm], limit: int
) -> tuple[list[Row], int | None, int, bool]:
    """By one statement that lists all that is counted: FTS5 reads the whole lists of the words with a beginning before
    it finds the first run, at every statement anew."""
    low, high = _bounds(db, query)
    parts = [db.conn.execute(*arm.seqs(low, high, CAP + 1)).fetchall() for arm in arms]
    seqs = sorted((row[0] for rows in parts for row in rows), reverse=True)
    where, values = _conditions(query)
    sql = (
        f"SELECT {_COLUMNS} FROM runs r WHERE r.seq IN ({', '.join(map(str, seqs[:limit]))}) AND {' AND '.join(where)}"
    )
    rows = fetch(db, f"{sql} ORDER BY r.seq DESC", values)
    return rows, seqs[limit - 1] if len(seqs) > limit else None, min(len(seqs), CAP), len(seqs) > CAP


def page_rows(
    db: Database, query: SearchFilter, *, before: int | None, limit: int, arms: list[Arm] | None = None
) -> tuple[list[Row], int | None]:
    """The newest runs that match and come before seq `before`, as rows with RUN_COLUMNS, and the `before` of the next
    page (None: no more)."""
    statement = page_sql(db, query, _COLUMNS, before=before, limit=limit + 1, arms=arms)
    rows = fetch(db, *statement) if statement else []
    more = len(rows) > limit
    return rows[:limit], rows[limit - 1]["seq"] if more else None


def page_sql(
    db: Database, query: SearchFilter, columns: str, *, before: int | None, limit: int, arms: list[Arm] | None = None
) -> tuple[str, list[Any]] | None:
    """The statement for these columns of runs r of a page, and its values; None where nothing can match. arms: of this
    search, where they are known."""
    low, high = _bounds(db, query)
    high = high if before is None else min(high, before)
    arms = _arms(db, query) if arms is None else arms
    if len(arms) <= 1:
        return arms[0].rows(columns, low, high, limit) if arms else None
    sql, values = _union(arms, low, high, limit)
    return f"SELECT {columns} FROM runs r WHERE r.seq IN ({sql}) ORDER BY r.seq DESC LIMIT {limit}", values


def total(
    db: Database, query: SearchFilter, *, known: int = 0, before: int | None = None, counting_s: float = COUNTING_S,
    window: int = WINDOW, arms: list[Arm] | None = None,
) -> tuple[int, bool]:  # fmt: skip
    """How many runs match, and whether there may be more than that number: beyond CAP, or what was counted in time.

    known, before: so many are known to match and come not before this seq. window: runs looked through at first.
    """
    if (facet := _one_facet(query)) is not None:
        return _counted(db, query, facet), False
    arms = _arms(db, query) if arms is None else arms
    if not arms:
        return known, False
    low, high = _bounds(db, query)
    newest = db.conn.execute("SELECT coalesce(max(seq), 0) FROM runs").fetchone()[0]
    high = min(high, newest + 1 if before is None else before)
    n, size, until = known, window, clock.thread_time() + counting_s
    while high > low and n <= CAP and clock.thread_time() < until:
        sql, values = total_sql(arms, max(low, high - size), high, CAP + 1 - n)
        n += db.conn.execute(sql, values).fetchone()[0]
        high, size = high - size, size * 2
    return min(n, CAP), n > CAP or high > low


def total_sql(arms: list[Arm], low: int, high: int, limit: int) -> tuple[str, list[Any]]:
    """The statement that counts up to `limit` runs with a seq from low to below high, and its values."""
    sql, values = _union(arms, low, high, limit) if len(arms) > 1 else arms[0].seqs(low, high, limit)
    return f"SELECT count(*) FROM (SELECT * FROM ({sql}) LIMIT {limit})", values


def state(db: Database) -> tuple[int, int, int]:
    """Another one after every change that could change a total."""
    changes = "SELECT n FROM revisions WHERE name = 'runs'"
    newest = "SELECT coalesce(max(seq), 0) FROM runs"
    return db.conn.execute(f"SELECT ({changes}), ({newest}), (SELECT through FROM search_fill)").fetchone()


def _counted(db: Database, query: SearchFilter, facet: tuple[str, str]) -> int:
    """The total by the counters, and for what they do not tell apart by a count."""
    total = 0
    for part in scopes.parts(db, query.viewer, scopes.MINE if query.trashed else query.scope):
        if part.counted is None:
            where, values = _conditions(query)
            sql = f"SELECT count(*) FROM runs r WHERE {' AND '.join([*where, part.sql])}"
            total += db.conn.execute(sql, [*values, *part.values]).fetchone()[0]
            continue
        condition = f" AND {part.counted}" if part.counted else ""
        sql = f"SELECT coalesce(sum(n), 0) FROM counts WHERE facet = ? AND key = ?{condition}"
        total += db.conn.execute(sql, [*facet, *part.values]).fetchone()[0]
    return total


def _one_facet(query: SearchFilter) -> tuple[str, str] | None:
    """The counter that answers this search, if a single one does."""
    if query.words or query.without or query.seed is not None or query.ratings or query.matches_none:
        return None
    if query.before or query.after:
        return None
    facets = {k: v for k in ("task", "kind", "status", "model") if (v := getattr(query, k))}
    if query.trashed:
        return ("trash", "") if not facets else None
    if len(facets) > 1 or ("model" in facets and "/" not in facets["model"]):
        return None
    return next(iter(facets.items()), ("all", ""))


@dataclass(frozen=True)
class Arm:
    """One stretch to look through. match: an expression of the text index; "" reads the runs themselves. conditions:
    over runs r, with their values. exact: the expression alone tells which match. names_rows: a condition names the
    seqs of a few rows."""

    match: str
    conditions: list[str]
    values: list[Any]
    exact: bool
    names_rows: bool = False

    def rows(self, columns: str, low: int, high: int, limit: int) -> tuple[str, list[Any]]:
        """SQL for these columns of the newest `limit` runs with a seq from low to below high, and its values."""
        if not self.match:
            # the sign keeps SQLite from reading all between the bounds, or a facet's index, where it knows the rows
            sign = "+" if self.names_rows else ""
            sql = self._sql(columns, "runs r", f"{sign}r.seq", self.conditions, low, high, limit)
            return sql, [low, high, *self.values]
        source, conditions = "run_words w CROSS JOIN runs r ON r.seq = w.rowid", ["run_words MATCH ?", *self.conditions]
        sql = self._sql(columns, source, "w.rowid", conditions, low, high, limit)
        return sql, [low, high, self.match, *self.values]

    def seqs(self, low: int, high: int, limit: int) -> tuple[str, list[Any]]:
        """SQL for the seqs of those runs, without a look at their rows where that can be, and its values."""
        if not (self.match and self.exact):
            return self.rows("r.seq", low, high, limit)
        conditions = ["run_words MATCH ?"]
        sql = self._sql("w.rowid AS seq", "run_words w", "w.rowid", conditions, low, high, limit)
        return sql, [low, high, self.match]

    @staticmethod
    def _sql(columns: str, source: str, order: str, conditions: list[str], low: int, high: int, limit: int) -> str:
        where = " AND ".join([f"{order} >= ? AND {order} < ?", *conditions])
        return f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order.removeprefix('+')} DESC LIMIT {limit}"


def _union(arms: list[Arm], low: int, high: int, limit: int) -> tuple[str, list[Any]]:
    """SQL for the seqs of the newest `limit` runs of each arm, which have none in common."""
    parts = [arm.seqs(low, high, limit) for arm in arms]
    sql = " UNION ALL ".join(f"SELECT * FROM ({sql})" for sql, _ in parts)
    return sql, [value for _, values in parts for value in values]


def _arms(db: Database, query: SearchFilter) -> list[Arm]:
    """What is looked through for this search; nothing where no run can match."""
    parts = scopes.parts(db, query.viewer, scopes.MINE if query.trashed else query.scope)
    if query.matches_none or set(query.words) & set(query.without):
        return []
    if not terms.are_complete(db):
        return [_arm_without_terms(query, part) for part in parts]
    facets = _facets(db, query)
    if facets is None:
        return []
    arms: list[Arm] = []
    with_terms: dict[scopes.Part, str] = {}
    for part in parts:
        if part.terms is None:
            arms.append(_arm_of_rows(query, part))
            continue
        found = [terms.named(db, facet, [key]) for facet, key in part.terms]
        if all(found):
            with_terms[part] = _all_of([terms.either(any_of) for any_of in found])
    if with_terms:
        arms.append(_arm_with_terms(db, query, with_terms, *facets))
    return arms


def _arm_with_terms(
    db: Database, query: SearchFilter, parts: dict[scopes.Part, str], having: list[str], lacking: list[str]
) -> Arm:
    """By the text index alone. parts: with their expressions, "" for all runs."""
    where, values = _conditions(query)
    having = [*query.words, *having]
    if all(parts.values()):
        having.append(f"({' OR '.join(parts.values())})")
        where.append(f"({' OR '.join(f'({part.sql})' for part in parts)})")
        values += [value for part in parts for value in part.values]
    lacking = [*lacking, *query.without]
    if not query.trashed:  # the shorter list of the two, where there is another to begin with
        (lacking if having else having).append(f'"{terms.trash(trashed=bool(having))}"')
    exact = query.seed is None and query.status not in terms.ALIKE and terms.are_unique(db)
    return Arm(_expression(db, having, lacking), where, values, exact)


def _expression(db: Database, having: list[str], lacking: list[str]) -> str:
    """An expression of the text index for runs that have all of the first and none of the others.

    The two rarest are met first, and apart: FTS5 would step through all lists of one AND in turn, the long ones too.
    """
    if len(having) > 2:
        having = sorted(having, key=lambda expression: _sampled(db, expression))
        nothing = lacking[0] if lacking else f'"{terms.NOWHERE}"'
        having = [f"({_all_of(having[:2])} NOT {nothing})", *having[2:]]
    return "".join((_all_of(having), *(f" NOT {expression}" for expression in lacking)))


def _sampled(db: Database, expression: str) -> int:
    """How many of the newest runs match: enough to tell a rare word from a common one."""
    sql = (
        "SELECT count(*) FROM run_words WHERE run_words MATCH ? AND rowid > (SELECT seq FROM sqlite_sequence "
        f"WHERE name = 'runs') - {SAMPLE}"
    )
    return int(db.conn.execute(sql, [expression.removesuffix("*")]).fetchone()[0])


def _all_of(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"({' AND '.join(expressions)})" if expressions else ""


def _arm_without_terms(query: SearchFilter, part: scopes.Part) -> Arm:
    """As long as not every run has its terms: words by the index, all else by the rows."""
    if not query.words:
        return _arm_of_rows(query, part)
    where, values = _conditions(query)
    match = _all_of(list(query.words)) + "".join(f" NOT {phrase}" for phrase in query.without)
    return Arm(match, [*where, *([part.sql] if part.sql else [])], [*values, *part.values], False)


def _arm_of_rows(query: SearchFilter, part: scopes.Part) -> Arm:
    """By the rows, each looked up in the text index where there are words: for parts that are few runs."""
    looked_up = "EXISTS (SELECT 1 FROM run_words w WHERE w.rowid = r.seq AND run_words MATCH ?)"
    where, values = _conditions(query)
    if part.terms is None:
        where = [f"+{condition}" for condition in where]
    where, values = [*where, *([part.sql] if part.sql else [])], [*values, *part.values]
    if query.words:
        where.append(looked_up)
        values.append(_all_of(list(query.words)))
    if query.without:
        where.append(f"NOT {looked_up}")
        values.append(" OR ".join(query.without))
    return Arm("", where, values, True, names_rows=part.terms is None)


def _facets(db: Database, query: SearchFilter) -> tuple[list[str], list[str]] | None:
    """Expressions of the text index for what the runs have and for what they lack; None where a filter has no run.

    Nearly all runs succeed and have no stars, so these two are said by what they are not: shorter lists.
    """
    found: list[list[str]] = []
    lacking: list[list[str]] = []
    if query.trashed:
        found.append([terms.trash(trashed=True)])
    if query.status == "succeeded":
        lacking.append([term for status in terms.UNSUCCESSFUL for term in terms.status(status)])
    elif query.status:
        found.append(terms.status(query.status))
    if query.ratings and 0 in query.ratings:
        lacking.append([terms.rating(stars) for stars in range(6) if stars not in query.ratings])
    elif query.ratings:
        found.append([terms.rating(stars) for stars in query.ratings if stars > 0])
    if query.seed is not None:
        found.append([terms.seed(seed_in(query.seed) or 0)])
    of_columns = {"task": query.task, "kind": query.kind}
    found += [terms.named(db, column, [value]) for column, value in of_columns.items() if value]
    if query.model:
        whole = "/" in query.model
        found.append(terms.named(db, "model", [query.model]) if whole else terms.models_with(db, query.model))
    if not all(found):
        return None
    return [terms.either(any_of) for any_of in found], [terms.either(any_of) for any_of in lacking if any_of]


def _conditions(query: SearchFilter) -> tuple[list[str], list[Any]]:
    """What rows of runs r have to be, but for words, scope and place, and its values."""
    where = [f"r.trashed_at IS {'NOT ' if query.trashed else ''}NULL"]
    values: list[Any] = []
    for column in ("task", "kind", "status", "seed"):
        if (value := getattr(query, column)) not in (None, ""):
            where.append(f"r.{column} = ?")
            values.append(seed_in(value) if column == "seed" else value)
    if query.model:
        where.append("r.model = ?" if "/" in query.model else "instr(r.model, ?)")
        values.append(query.model)
    if query.ratings:
        where.append(f"r.rating IN ({', '.join(map(str, query.ratings))})")
    return where, values


def _bounds(db: Database, query: SearchFilter) -> tuple[int, int]:
    """The seqs from the first to below the second are those of the days asked for."""
    low = _first_since(db, query.after) if query.after else 0
    return low, _first_since(db, query.before) if query.before else INTEGER_MAX


def _first_since(db: Database, moment: str) -> int:
    """The seq of the first run made at this instant or later; beyond all of them where there is none."""
    row = db.conn.execute("SELECT seq FROM runs WHERE created_at >= ? ORDER BY created_at LIMIT 1", [moment]).fetchone()
    return row[0] if row else 2**62
