"""Cards: runs as the grids and lists draw them. A page of them is made straight from the database's rows where a run
has ended, which is most of any gallery, and from the Run where something may still happen to it.

Text goes out as it is: pages put it in by textContent only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from studio.domain import JSON, HeldReason, Run, Status, Task, media_of
from studio.errors import StudioError
from studio.messages import answer
from studio.store.run_rows import OUTPUT_COLUMNS, EndedRun

if TYPE_CHECKING:
    from studio.domain import Asset
    from studio.studio import Studio

PROMPT_CHARS = 400
MAX_SAFE_INTEGER = 2**53 - 1
"""Largest whole number that a browser reads exactly; a larger seed goes to it as text."""
UNDER_WAY: JSON = {
    **dict.fromkeys(("position", "ahead_s", "provider_position", "provider_word", "fraction", "eta_s", "preview")),
    "false_colours": False,
}
"""What a card says of a run under way, as it stands in the card of one that has ended."""
SAME = (
    *("id", "seq", "status", "phase", "priority", "held_reason", "error", "note", "seed", "rating", "expected_s"),
    *("retry_of", "batch", "provider", "model", "cost_usd", "estimate_usd", "owner", "project"),
)
"""What a card has as the run's row has it."""
MOMENTS = ("created_at", "started_at", "finished_at")
KEYS = frozenset((*SAME, *MOMENTS, *UNDER_WAY, "cancel_wanted", "shared"))
HIDDEN_KEYS = frozenset(("id", "seq", "status", "position", "priority", "owner", "created_at"))
ASSET_KEYS = frozenset(OUTPUT_COLUMNS)


def model_label(studio: Studio, model_id: str) -> str:
    """The model's name for people; the id where the catalogue no longer has it."""
    try:
        return studio.catalogue.get(model_id).label
    except StudioError:
        return model_id


def asset_card(asset: Asset) -> JSON:
    """What a page needs to show one file. url and previews follow from id and kind."""
    return asset.model_dump(mode="json", include=ASSET_KEYS)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class Names:
    """What several runs of a page have in common, asked once for each: label of a model, how many runs of a provider
    are under way at once, name of a person."""

    model: Callable[[str], str]
    concurrency: Callable[[str], int]
    person: Callable[[str], str]

    @classmethod
    def of(cls, studio: Studio) -> Names:
        """The names as they are now: not to be kept."""

        @cache
        def label(model_id: str) -> str:
            return model_label(studio, model_id)

        return cls(label, cache(studio.queue.concurrency), cache(studio.people.name_of))


def cards(studio: Studio, runs: Iterable[Run | EndedRun]) -> list[JSON]:
    """The cards of these runs, in their order."""
    names = Names.of(studio)
    return [_ended_card(names, run) if isinstance(run, EndedRun) else card(studio, run, names) for run in runs]


def card(studio: Studio, run: Run, names: Names | None = None) -> JSON:
    """One run for grids and lists: enough to draw, search results stay small.

    choices: what a held run offers, as id, label and help. connection: it waits for its provider's key. shape: width /
    height of what will be or was made. preview: the version of the picture of a run under way, which lies at
    media/runs/ID/preview. editable: its request may still be changed. at_once: how many runs of its provider are under
    way at once, for the time until a queue is done. by: the name of whoever it belongs to, "" without accounts.
    """
    if run.hidden:
        return _hidden_card(studio, run)
    body: JSON = run.model_dump(mode="json", include=KEYS)  # pyright: ignore[reportArgumentType]
    body |= {"error": run.error, "note": run.note, "edited": run.edits > 0, "trashed": bool(run.trashed_at)}
    body["editable"] = studio.queue.edit_refusal(run) is None
    _complete(names or Names.of(studio), body, vars(run.request), [asset_card(asset) for asset in run.assets])
    if run.status is Status.HELD:
        body["choices"] = [{"id": c.id, "label": c.label, "help": c.help} for c in studio.queue.hold_choices(run)]
        body["connection"] = run.held_reason is HeldReason.NOT_CONFIGURED and studio.connections.has(run.provider)
    return body


def _hidden_card(studio: Studio, run: Run) -> JSON:
    """What a page may show of a run of somebody else's that waits or is under way: whose it is, and where."""
    shown: JSON = run.model_dump(mode="json", include=HIDDEN_KEYS)  # pyright: ignore[reportArgumentType]
    return shown | {"hidden": True, "by": studio.people.name_of(run.owner)}


def _ended_card(names: Names, run: EndedRun) -> JSON:
    """The same card as `card` makes of the run."""
    row = run.columns
    body: JSON = {key: row[key] for key in SAME} | UNDER_WAY
    for key in MOMENTS:
        body[key] = moment(row[key])
    body |= {"cancel_wanted": bool(row["cancel_wanted"]), "shared": bool(row["shared"]), "editable": False}
    body |= {"edited": row["edits"] > 0, "trashed": bool(row["trashed_at"])}
    for output in run.outputs:
        output["has_audio"] = None if output["has_audio"] is None else bool(output["has_audio"])
    _complete(names, body, run.request, run.outputs)
    return body


def _complete(names: Names, body: JSON, request: Mapping[str, Any], outputs: list[JSON]) -> None:
    """Add what follows from columns, request and files."""
    body |= answer(body["error"]) | {"error": body["error"]}
    if body["seed"] is not None and body["seed"] > MAX_SAFE_INTEGER:
        body["seed"] = str(body["seed"])
    asset = main_of(outputs)
    task = Task(request["task"])
    shown = [i for name, ids in media_of(request).items() if name != "document" for i in ids]  # that has no picture
    width, height = ((asset or {}).get(side) or request.get(side) for side in ("width", "height"))
    body |= {
        "by": names.person(body["owner"]) if body["owner"] else "",
        "at_once": names.concurrency(body["provider"]),
        "task": task.value,
        "kind": asset["kind"] if asset else task.makes.value,
        "model_label": names.model(body["model"]),
        "prompt": request.get("prompt", "")[:PROMPT_CHARS],
        "asset": asset,
        "count": len(outputs),
        "inputs": shown[:4],
        "shape": round(width / height, 4) if width and height else None,
    }


def main_of(outputs: Iterable[JSON]) -> JSON | None:
    """The file that stands for the run: its first picture, clip or sound."""
    return next((output for output in outputs if output["kind"] != "text"), None)


def moment(text: str | None) -> str | None:
    """A moment of the database as JSON has it: UTC with a Z."""
    if text is None:
        return None
    if text.endswith(".000000+00:00"):
        return text[:19] + "Z"
    if text.endswith("+00:00"):
        return text[:-6] + "Z"
    return datetime.fromisoformat(text).isoformat().replace("+00:00", "Z")
