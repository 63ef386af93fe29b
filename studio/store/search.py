"""The gallery's search: words, "phrases", -without, and filters such as `model:wan2.6 rating:>=4 after:2026-03-01`.

Pages are keyset pages by falling seq, so that the thousandth costs what the first does. Dates become ranges of seq.
Totals come from the kept counters where one facet is asked, and are otherwise counted up to CAP. What somebody may see
lies in several stretches of the index, see store.scopes: a page is merged from a page of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from sqlite_utils import Database

from studio.domain import Run
from studio.field_errors import legible
from studio.store import scopes
from studio.store import tokenize as words
from studio.store.mapping import RUN_COLUMNS, as_runs, fetch, seed_in, stamp

CAP = 1000
"""Totals beyond this are said as "1,000+"."""
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
    if included and last and last[1].isascii() and included[-1].strip('"').endswith(last[1]) and last[1] not in without:
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


def page(db: Database, query: SearchFilter, *, before: int | None, limit: int) -> tuple[list[Run], int | None]:
    """The newest runs that match and come before seq `before`, and the `before` of the next page (None: no more)."""
    rows, next_before = page_rows(db, query, before=before, limit=limit)
    return as_runs(db, rows), next_before


def page_rows(
    db: Database, query: SearchFilter, *, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """As `page`, the runs as rows with RUN_COLUMNS."""
    if query.matches_none:
        return [], None
    source, where, values = _conditions(db, query)
    if before is not None:
        where.append("r.seq < ?")
        values.append(min(before, INTEGER_MAX))
    columns = ", ".join(f"r.{c.strip()}" for c in RUN_COLUMNS.split(","))
    parts = _parts(db, query, source)
    if not parts:
        return [], None
    sql, arms_values = _arms(source, where, values, parts, columns if len(parts) == 1 else "r.seq", limit + 1)
    if len(parts) > 1:
        sql = f"SELECT {columns} FROM runs r WHERE r.seq IN ({sql}) ORDER BY r.seq DESC LIMIT {limit + 1}"
    rows = fetch(db, sql, arms_values)
    more = len(rows) > limit
    return rows[:limit], rows[limit - 1]["seq"] if more else None


def total(db: Database, query: SearchFilter) -> tuple[int, bool]:
    """How many runs match, and whether there may be more than that number."""
    if query.matches_none:
        return 0, False
    if (facet := _one_facet(query)) is not None:
        return _counted(db, query, facet), False
    source, where, values = _conditions(db, query)
    parts = _parts(db, query, source)
    if not parts:
        return 0, False
    sql, arms_values = _arms(source, where, values, parts, "r.seq", CAP + 1)
    n = db.conn.execute(f"SELECT count(*) FROM ({sql})", arms_values).fetchone()[0]
    return min(n, CAP), n > CAP


def _counted(db: Database, query: SearchFilter, facet: tuple[str, str]) -> int:
    """The total by the counters, and for what they do not tell apart by a count."""
    total = 0
    for part in _parts(db, query, "runs r"):
        if part.counted is None:
            source, where, values = _conditions(db, query)
            sql = f"SELECT count(*) FROM {source} WHERE {' AND '.join([*where, part.sql])}"
            total += db.conn.execute(sql, [*values, *part.values]).fetchone()[0]
            continue
        condition = f" AND {part.counted}" if part.counted else ""
        sql = f"SELECT coalesce(sum(n), 0) FROM counts WHERE facet = ? AND key = ?{condition}"
        total += db.conn.execute(sql, [*facet, *part.values]).fetchone()[0]
    return total


def _parts(db: Database, query: SearchFilter, source: str) -> list[scopes.Part]:
    """What is looked through; in one part where words are looked for, because their index has an order of its own."""
    found = scopes.parts(db, query.viewer, scopes.MINE if query.trashed else query.scope)
    if "run_words" not in source or len(found) < 2:
        return found
    either = " OR ".join(f"({part.sql})" for part in found)
    return [scopes.Part(f"({either})", tuple(value for part in found for value in part.values))]


def _arms(
    source: str, where: list[str], values: list[Any], parts: list[scopes.Part], columns: str, limit: int
) -> tuple[str, list[Any]]:
    """SQL for these columns of the newest `limit` runs of each part, and its values."""
    order = "w.rowid" if "run_words" in source else "r.seq"
    arms: list[str] = []
    arms_values: list[Any] = []
    for part in parts:
        conditions = " AND ".join([*where, part.sql] if part.sql else where)
        arms.append(f"SELECT {columns} FROM {source} WHERE {conditions} ORDER BY {order} DESC LIMIT {limit}")
        arms_values += [*values, *part.values]
    return (arms[0] if len(arms) == 1 else " UNION ALL ".join(f"SELECT * FROM ({arm})" for arm in arms)), arms_values


def _one_facet(query: SearchFilter) -> tuple[str, str] | None:
    """The counter that answers this search, if a single one does."""
    if query.words or query.without or query.seed is not None or query.ratings:
        return None
    if query.before or query.after:
        return None
    facets = {k: v for k in ("task", "kind", "status", "model") if (v := getattr(query, k))}
    if query.trashed:
        return ("trash", "") if not facets else None
    if len(facets) > 1 or ("model" in facets and "/" not in facets["model"]):
        return None
    return next(iter(facets.items()), ("all", ""))


def _conditions(db: Database, query: SearchFilter) -> tuple[str, list[str], list[Any]]:
    source = "runs r"
    where = [f"r.trashed_at IS {'NOT ' if query.trashed else ''}NULL"]
    values: list[Any] = []
    if query.words or query.without:
        if query.words:
            source = "run_words w CROSS JOIN runs r ON r.seq = w.rowid"
            match = " ".join(query.words) + "".join(f" NOT {w}" for w in query.without)
            where.append("run_words MATCH ?")
        else:
            match = " OR ".join(query.without)
            where.append("r.seq NOT IN (SELECT rowid FROM run_words WHERE run_words MATCH ?)")
        values.append(match)
    for column in ("task", "kind", "status", "seed"):
        if (value := getattr(query, column)) not in (None, ""):
            where.append(f"r.{column} = ?")
            values.append(seed_in(value) if column == "seed" else value)
    if query.model:
        where.append(
            "r.model = ?"
            if "/" in query.model
            else "r.model IN (SELECT key FROM counts WHERE facet = 'model' AND instr(key, ?))"
        )
        values.append(query.model)
    if query.ratings:
        where.append(f"r.rating IN ({', '.join(map(str, query.ratings))})")
    for moment, sign in ((query.after, ">="), (query.before, "<")):
        if moment:
            where.append(f"r.seq {sign} ?")
            values.append(_first_since(db, moment))
    return source, where, values


def _first_since(db: Database, moment: str) -> int:
    """The seq of the first run made at this instant or later; beyond all of them where there is none."""
    row = db.conn.execute("SELECT seq FROM runs WHERE created_at >= ? ORDER BY created_at LIMIT 1", [moment]).fetchone()
    return row[0] if row else 2**62
