"""Runs and other expenses that an access token answers for, and what they cost it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from studio.store.ledger import MOST_USD

_SPENT = f"""
SELECT coalesce(sum(CASE
    WHEN runs.finished_at IS NULL THEN max(coalesce(booked.usd, 0), coalesce(runs.estimate_usd, 0))
    ELSE coalesce(booked.usd, 0) END), 0)
    + (SELECT coalesce(sum(usd), 0) FROM ledger WHERE token = :token AND token != '' AND abs(usd) < {MOST_USD})
FROM runs LEFT JOIN (
    SELECT run, sum(usd) AS usd FROM ledger
    WHERE run IN (SELECT id FROM runs WHERE token = :token AND token != '') AND abs(usd) < {MOST_USD} GROUP BY run
) AS booked ON booked.run = runs.id
WHERE runs.token = :token AND runs.token != ''
"""


def take_on(db: Database, token: str, run_ids: Iterable[str]) -> None:
    """The token answers for these runs from now on, whichever did before."""
    db.conn.executemany("UPDATE runs SET token = ? WHERE id = ?", [(token, run_id) for run_id in run_ids])


def spent(db: Database, token: str) -> float:
    """Dollars of the token's runs: of those that have ended what is booked, of the others the larger of that and their
    estimate, so that what was promised to a run counts before any of it is set aside. Other expenses as booked."""
    return round(db.conn.execute(_SPENT, {"token": token}).fetchone()[0], 6)
