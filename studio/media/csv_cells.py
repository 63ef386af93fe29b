"""Cells of the CSV files that the studio writes."""

from __future__ import annotations

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheets that a file is UTF-8."""


def plain_cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a sign before it. Source: OWASP, CSV injection."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
