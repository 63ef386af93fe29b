"""What the studio keeps: one SQLite file, and functions that read and write it, one module a table group.

Functions take an open `sqlite_utils.Database`, from `Store.write()` (one transaction) or `Store.read()`, so that
callers decide what belongs together. Nothing here waits, downloads or knows an engine.
"""

from studio.store.db import Store

__all__ = ["Store"]
