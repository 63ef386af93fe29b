"""What runs are filtered by, as terms of the text index beside their words, so that a word and any facets are one
intersection of lists that are walked from the newest run, as far as a page needs.

A term is one character of Unicode's private areas: no prefix index grows by it, and prompts lose such characters before
they are indexed (store.tokenize). States, stars and the trash have fixed ones. Models, owners and so on have one by
their number in search_terms, seeds one by their remainder; both may share one, so rows are compared as well. Triggers
keep the terms. Runs of an earlier version get theirs in steps (`fill`); until then searches do without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

STATUSES = {"succeeded": 1, "failed": 2, "cancelled": 3, "held": 4}
OPEN, ALIKE = 5, ("queued", "running")
"""The term of runs that wait or run: these change too often and are too few for a term each."""
UNSUCCESSFUL = (*(status for status in STATUSES if status != "succeeded"), "queued")
"""A state of each other term."""
TRASHED, LIVE, UNRATED = 8, 9, 16
FIRST_FIXED, FIRST_NAMED, FIRST_SEED = 0xE000, 0xF0000, 0x100000
"""Where the characters of each sort begin: in the private area of the basic plane, and in planes 15 and 16."""
NOWHERE = chr(FIRST_FIXED)
"""The term of no run."""
ROOM = 65_000
"""Characters of each plane that are used."""
NAMED = ("task", "kind", "model", "provider", "owner", "project")
"""Columns whose values have numbers in search_terms; an empty one has no term. `shared` has the projects once more."""
STEP = 2000
"""Runs that get their terms in one transaction: some 20 ms."""

_STATUS = " ".join(f"WHEN '{status}' THEN {FIRST_FIXED + n}" for status, n in STATUSES.items())
_NAMED = "char({first} + (SELECT id % {room} FROM search_terms WHERE facet = '{facet}' AND key = {{r}}.{column}))"


def _named(facet: str, column: str) -> str:
    return _NAMED.format(first=FIRST_NAMED, room=ROOM, facet=facet, column=column)


TERMS = {
    "status": f"char(CASE {{r}}.status {_STATUS} ELSE {FIRST_FIXED + OPEN} END)",
    "rating": f"char({FIRST_FIXED + UNRATED} + {{r}}.rating)",
    "trashed_at": f"char({FIRST_FIXED + LIVE} - ({{r}}.trashed_at IS NOT NULL))",
    "seed": f"iif({{r}}.seed IS NULL, '', char({FIRST_SEED} + abs({{r}}.seed % {ROOM})))",
    "shared": f"iif({{r}}.shared = 1, {_named('shared', 'project')}, '')",
    **{column: f"iif({{r}}.{column} = '', '', {_named(column, column)})" for column in NAMED},
}
"""Column -> its term as SQL over a row of runs."""


def all_of(row: str) -> str:
    """SQL for the terms of the row (runs, NEW or OLD) as text to index."""
    return " || ' ' || ".join(term.format(r=row) for term in TERMS.values())


def keys_of(row: str) -> list[tuple[str, str]]:
    """Facet and key, as SQL, of all that a row has numbers for."""
    return [(column, f"{row}.{column}") for column in NAMED] + [("shared", f"{row}.project")]


def status(value: str) -> list[str]:
    """The term of a state; none for another word."""
    number = OPEN if value in ALIKE else STATUSES.get(value)
    return [chr(FIRST_FIXED + number)] if number else []


def rating(stars: int) -> str:
    """The term of 0 to 5 stars."""
    return chr(FIRST_FIXED + UNRATED + stars)


def trash(*, trashed: bool) -> str:
    """The term of runs in the trash, or of those that are not."""
    return chr(FIRST_FIXED + (TRASHED if trashed else LIVE))


def seed(column: int) -> str:
    """The term of a seed as its column holds it; shared with others."""
    remainder = column % ROOM if column >= 0 else -(-column % ROOM)  # as SQLite has it: with the sign of the number
    return chr(FIRST_SEED + abs(remainder))


def named(db: Database, facet: str, keys: Iterable[str]) -> list[str]:
    """The terms of those of the keys that any run ever had."""
    keys = list(keys)
    sql = f"SELECT id FROM search_terms WHERE facet = ? AND key IN ({', '.join('?' * len(keys))})"
    return [chr(FIRST_NAMED + row[0] % ROOM) for row in db.conn.execute(sql, [facet, *keys]).fetchall()]


def models_with(db: Database, part: str) -> list[str]:
    """The terms of all models whose id has this part: of the provider, where it has no others."""
    sql = "SELECT key, instr(key, ?) > 0 FROM search_terms WHERE facet = 'model'"
    found: dict[str, list[str]] = {}
    others: set[str] = set()
    for model, has_part in db.conn.execute(sql, [part]).fetchall():
        provider = model.partition("/")[0]
        if has_part:
            found.setdefault(provider, []).append(model)
        else:
            others.add(provider)
    whole = [provider for provider in found if provider not in others]
    single = [model for provider in found if provider in others for model in found[provider]]
    return named(db, "provider", whole) + named(db, "model", single)


def are_unique(db: Database) -> bool:
    """Whether no two keys share a term, so that terms alone tell what a run is."""
    return int(db.conn.execute("SELECT coalesce(max(id), 0) FROM search_terms").fetchone()[0]) < ROOM


def are_complete(db: Database) -> bool:
    """Whether every run has its terms."""
    return bool(db.conn.execute("SELECT through >= until FROM search_fill").fetchone()[0])


def fill(db: Database, limit: int = STEP) -> bool:
    """Give the next `limit` runs of an earlier version their terms; whether there may be more to do."""
    through, until = db.conn.execute("SELECT through, until FROM search_fill").fetchone()
    if through >= until:
        return False
    end = min(through + limit, until)
    rows = "FROM runs r WHERE r.seq > ? AND r.seq <= ?"
    for facet, key in keys_of("r"):
        note = f"INSERT OR IGNORE INTO search_terms (facet, key) SELECT DISTINCT '{facet}', {key} {rows}"
        db.conn.execute(note, [through, end])
    db.conn.execute(
        f"INSERT INTO run_words (rowid, words) SELECT r.seq, {all_of('r')} {rows} ORDER BY r.seq", [through, end]
    )
    db.conn.execute("UPDATE search_fill SET through = ?", [end])
    return end < until


def either(terms: Sequence[str]) -> str:
    """An FTS5 expression for runs with any of these terms, of which there is at least one."""
    quoted = [f'"{term}"' for term in terms]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"
