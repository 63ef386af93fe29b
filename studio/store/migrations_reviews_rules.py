"""Schema of approvals that exports demand: which cut a film shows, and what a change of status was about.

A change keeps the project of its review and the run, file or film of its version as they then were: it holds when the
version, the comment or the whole review is gone, and is not moved into another project with the review.
"""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

COLUMNS = """
ALTER TABLE films ADD COLUMN cut TEXT NOT NULL DEFAULT '';
CREATE INDEX films_cut ON films (board, cut) WHERE cut != '';
ALTER TABLE review_status_history ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE review_status_history ADD COLUMN run TEXT;
ALTER TABLE review_status_history ADD COLUMN asset TEXT;
ALTER TABLE review_status_history ADD COLUMN film TEXT;
CREATE INDEX review_status_history_run ON review_status_history (run) WHERE run IS NOT NULL;
CREATE INDEX review_status_history_asset ON review_status_history (asset) WHERE asset IS NOT NULL;
CREATE INDEX review_status_history_film ON review_status_history (film) WHERE film IS NOT NULL
"""

SUBJECT = """
CREATE TRIGGER review_status_subject AFTER INSERT ON review_status_history BEGIN
    UPDATE review_status_history SET
        project = coalesce((SELECT project FROM reviews WHERE id = NEW.review), ''),
        run = (SELECT run FROM review_versions WHERE id = NEW.version),
        asset = (SELECT asset FROM review_versions WHERE id = NEW.version),
        film = (SELECT film FROM review_versions WHERE id = NEW.version)
    WHERE seq = NEW.seq;
END
"""


@MIGRATIONS(name="m027_review_rules")
def _review_rules(db: Database) -> None:
    """films.cut: the fingerprint of what the film shows, "" of other exports (storyboard.cut_fingerprint)."""
    for statement in COLUMNS.split(";"):
        db.conn.execute(statement)
    db.conn.execute(SUBJECT)
