"""What tools answer, as typed shapes: short, without what only a page needs. Times are UTC, money is US dollars.

Sentences are English, as the API's are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from studio.domain import Asset, Estimate, Run
from studio.messages import clipped
from studio.web.mcp.caller import Caller

SHOWN_PROMPT_CHARS = 300


class AssetAnswer(BaseModel):
    """A file of the library. url: the file itself, opened with the same token."""

    id: str
    kind: str
    mime: str
    name: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    bytes: int | None = None
    has_audio: bool | None = None
    text: str | None = None
    notes: str | None = Field(None, description="What to know about the file")
    url: str


class RunAnswer(BaseModel):
    """A run. held: it waits for one of `choices`, by `decide`. page: the run in the studio, for a person."""

    id: str
    status: str = Field(description="queued, running, held, succeeded, failed or cancelled")
    model: str
    task: str
    prompt: str
    seed: int | None = None
    fraction: float | None = Field(None, description="Done so far, 0 to 1, where the provider tells")
    expected_s: float | None = Field(None, description="Usual seconds from start to end")
    held_reason: str | None = None
    choices: list[str] | None = None
    error: str | None = None
    note: str | None = None
    estimate_usd: float | None = None
    cost_usd: float | None = None
    rating: int | None = None
    retry_of: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    assets: list[AssetAnswer] = []
    page: str


class AllowanceAnswer(BaseModel):
    """Dollars that this access token may spend in all; spent_usd counts what runs under way may still cost."""

    limit_usd: float
    spent_usd: float
    left_usd: float


class EstimateAnswer(BaseModel):
    """A price before anything starts. usd: null where the provider publishes none. allowance: of a token with a
    limit."""

    usd: float | None
    runs: int
    basis: str
    expected_s: float | None = None
    warnings: list[str] = []
    allowance: AllowanceAnswer | None = None


class RunsAnswer(BaseModel):
    """Some runs. allowance: what is left after them, of a token with a limit."""

    runs: list[RunAnswer]
    allowance: AllowanceAnswer | None = None


class ExportAnswer(BaseModel):
    """A film or another file that is being made of a storyboard. url: the file, once it has succeeded."""

    id: str
    status: str = Field(description="running, succeeded, failed or cancelled")
    form: str
    preset: str | None = None
    fraction: float | None = None
    error: str | None = None
    notes: list[str] | None = None
    asset_id: str | None = None
    file_name: str | None = None
    bytes: int | None = None
    url: str | None = None


def asset_answer(caller: Caller, asset: Asset) -> AssetAnswer:
    """The answer for a file."""
    facts = asset.model_dump(include={"width", "height", "duration_s", "fps", "has_audio", "text"})
    return AssetAnswer(
        id=asset.id, kind=asset.kind.value, mime=asset.mime, name=asset.name or None, bytes=asset.bytes or None,
        notes=str(asset.notes) or None, url=caller.link(asset.url), **facts,
    )  # fmt: skip


def run_answer(caller: Caller, run: Run) -> RunAnswer:
    """The answer for a run."""
    choices = [choice.id for choice in caller.services.queue.hold_choices(run)]
    return RunAnswer(
        id=run.id, status=run.status.value, model=run.model, task=run.request.task.value,
        prompt=clipped(run.request.prompt, SHOWN_PROMPT_CHARS), seed=run.seed, fraction=run.fraction,
        expected_s=run.expected_s, held_reason=run.held_reason.value if run.held_reason else None,
        choices=choices or None, error=run.error, note=run.note, estimate_usd=run.estimate_usd, cost_usd=run.cost_usd,
        rating=run.rating or None, retry_of=run.retry_of, created_at=run.created_at, finished_at=run.finished_at,
        assets=[asset_answer(caller, asset) for asset in run.assets], page=caller.link(f"/?run={run.id}"),
    )  # fmt: skip


def runs_answer(caller: Caller, runs: Iterable[Run]) -> RunsAnswer:
    """The answer for runs that were just started."""
    return RunsAnswer(runs=[run_answer(caller, run) for run in runs], allowance=_allowance(caller))


def estimate_answer(caller: Caller, estimate: Estimate) -> EstimateAnswer:
    """The answer for a price."""
    return EstimateAnswer(**estimate.model_dump(), allowance=_allowance(caller))


def _allowance(caller: Caller) -> AllowanceAnswer | None:
    found = caller.services.token_spending.allowance()
    return AllowanceAnswer.model_validate(found, from_attributes=True) if found else None


def export_answer(caller: Caller, export_id: str) -> ExportAnswer:
    """The answer for an export as it stands. Raises NotFound."""
    row = caller.services.exports.get(export_id)
    path = caller.studio.settings.data / row.path if row.path else None
    has_file = path is not None and path.is_file()
    return ExportAnswer(
        id=row.id, status=row.status, form=row.form, preset=row.options.get("preset") if row.form == "film" else None,
        fraction=caller.services.queue.export_progress(row.id), error=row.error,
        notes=[str(note) for note in (row.report or {}).get("notes", ())] or None, asset_id=row.asset,
        file_name=path.name if path else None, bytes=path.stat().st_size if path and has_file else None,
        url=caller.link(f"/ui/films/{row.id}/file") if has_file else None,
    )  # fmt: skip
