"""What a batch would cost and take, and what stands against it: a line a request, then the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.cli.batch_file import Line
from studio.cli.progress import duration
from studio.services.batches import BatchPlan, PlannedRequest


def rows(lines: Sequence[Line], plan: BatchPlan) -> Iterator[str]:
    """Text for a terminal. The plan has a request for each line without a problem of its own."""
    planned = {one.key: one for one in plan.requests}
    table = [_cells(line, planned.get(line.key)) for line in lines]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for row in table:
        yield "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[4]]).rstrip()


def totals(lines: Sequence[Line], plan: BatchPlan, problems: int) -> Iterator[str]:
    """The sum of what is new, and what would be held or refused."""
    stored = sum(bool(one.stored and not one.problem) for one in plan.requests)
    takes = f", about {duration(plan.expected_s)}" if plan.expected_s else ""
    yield f"{count(len(lines), 'line')}, {count(plan.runs, 'run')} to send: ${plan.usd:.4f}{takes}"
    if plan.unpriced:
        yield f"{count(plan.unpriced, 'run')} without a known price"
    if stored:
        yield f"{count(stored, 'line')} stored before, not sent again"
    if held := sum(bool(one.question) for one in plan.requests):
        yield f"{count(held, 'line')} would be held"
    if problems:
        yield f"{count(problems, 'line')} would be refused"
    if plan.approval:
        yield f"held: {plan.approval}"
    if plan.refusal:
        yield f"refused: {plan.refusal}"


def count(number: int, noun: str) -> str:
    """1 line, 2 lines."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cells(line: Line, one: PlannedRequest | None) -> tuple[str, str, str, str, str]:
    where = f"line {line.number}"
    if one is None:
        return where, "-", "", "", f"refused: {line.problem}"
    if one.stored:
        return where, "-", "", "", f"refused: {one.problem}" if one.problem else "stored before"
    price = "price unknown" if one.usd is None else "free" if one.usd == 0 else f"${one.usd:.4f}"
    cells = (where, one.model or "-", f"x{one.n}" if one.n else "")
    if one.problem:
        return *cells, price if one.n else "", f"refused: {one.problem}"
    takes = f"about {duration(one.expected_s)}" if one.expected_s else ""
    return *cells, price, f"held: {one.question}" if one.question else takes
