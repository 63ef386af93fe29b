"""Which models a page offers: grouped by provider, with family, readiness and price, as JSON for the picker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.catalogue import Model
from studio.catalogue.form_values import takes_prompt
from studio.domain import JSON, Task

if TYPE_CHECKING:
    from studio.studio import Studio

UNITS = {"second": "s", "input_second": "s", "image": "image", "run": "run", "megapixel": "MP"}
UNITS |= {"token": "token", "credit": "credit"}


def default_model(studio: Studio, task: Task) -> Model:
    """The model a fresh form starts with: the first whose provider is ready, hosted and local ones before the draft."""
    ready = {s.name for s in studio.admin.engine_status() if s.ready}
    rows = studio.catalogue.for_task(task)
    return min(rows, key=lambda m: (m.provider not in ready, m.draft, bool(m.deprecated)))


def picker_value(studio: Studio, model: Model) -> JSON:
    """What the closed picker shows of one model."""
    status = next((s for s in studio.admin.engine_status() if s.name == model.provider), None)
    return _row(model) | {
        "provider": status.label if status else model.provider,
        "ready": bool(status and status.ready),
        "missing": (status and status.missing) or "",
        "needs": list(status.needs) if status else [],
        "provider_id": model.provider,
        "connection": bool(status and status.connection),
        "no_prompt": model.of_user and not takes_prompt(model),
    }


def groups(studio: Studio, task: Task) -> list[JSON]:
    """Providers with their models of this task, ready ones first; in each by family, deprecated models last."""
    found = []
    for status in sorted(studio.admin.engine_status(), key=lambda s: not s.ready):
        rows = [m for m in studio.catalogue.for_task(task) if m.provider == status.name]
        if rows:
            families = list(dict.fromkeys(m.family for m in rows))
            rows.sort(key=lambda m: (bool(m.deprecated), families.index(m.family)))
            models = [_row(m) for m in rows]
            provider = {
                "id": status.name,
                "label": status.label,
                "ready": status.ready,
                "missing": status.missing or "",
                "connection": status.connection,
            }
            found.append(provider | {"needs": list(status.needs), "local": status.local, "models": models})
    return found


def _row(model: Model) -> JSON:
    return {
        "id": model.id,
        "label": model.label,
        "family": "" if model.of_user else model.family,
        "note": model.note,
        "draft": model.draft,
        "deprecated": model.deprecated,
        "yours": model.yours,
        "price": price_hint(model),
        "latency_s": list(model.latency_s or ()),
    }


def reference_examples(model: Model) -> list[str]:
    """What a prompt calls the first two references; empty where the row has no names for them."""
    pattern = next(iter(model.reference_names.values()), "")
    return [pattern.format(n=n) for n in (1, 2)] if pattern else []


def price_hint(model: Model) -> JSON | None:
    """Lowest and highest listed price in dollars and what it is for; None where the provider publishes none."""
    if not model.prices:
        return None
    unit = model.prices[0].unit
    usd = [round(model.usd(p), 6) for p in model.prices if p.unit == unit]
    return {"low": min(usd), "high": max(usd), "unit": UNITS[unit]}
