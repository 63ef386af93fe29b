"""Which models a page offers: grouped by provider, with family, readiness and price, as JSON for the picker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from studio.catalogue import Model
from studio.catalogue.form_values import takes_prompt
from studio.domain import JSON, Task
from studio.services.acting import UserServices
from studio.services.readiness import ModelReadiness

if TYPE_CHECKING:
    from studio.studio import Studio

UNITS = {"second": "s", "input_second": "s", "image": "image", "run": "run", "megapixel": "MP"}
UNITS |= {"token": "token", "credit": "credit"}


def default_model(studio: Studio, task: Task, services: UserServices) -> Model:
    """The model a fresh form starts with: the first whose provider is ready, hosted and local ones before the draft."""
    rows = studio.catalogue.for_task(task)
    ready = services.readiness.several(rows)
    return min(rows, key=lambda m: (bool(ready[m.id].missing), m.draft, bool(m.deprecated)))


def picker_value(studio: Studio, model: Model, services: UserServices) -> JSON:
    """What the closed picker shows of one model, to whom the services are."""
    engine, found = studio.context.engines.get(model.provider), services.readiness.of(model)
    return (
        _row(model)
        | _readiness(found)
        | {
            "provider": engine.info.label if engine else model.provider,
            "provider_id": model.provider,
            "no_prompt": model.of_user and not takes_prompt(model),
        }
    )


def groups(studio: Studio, task: Task, services: UserServices) -> list[JSON]:
    """Providers with their models of this task, ready ones first; in each by family, deprecated models last."""
    rows = studio.catalogue.for_task(task)
    families = {name: number for number, name in enumerate(dict.fromkeys((m.provider, m.family) for m in rows))}
    rows = sorted(rows, key=lambda m: (bool(m.deprecated), families[m.provider, m.family]))
    return grouped(studio, rows, services, _row)


def grouped(
    studio: Studio, models: Iterable[Model], services: UserServices, row: Callable[[Model], JSON]
) -> list[JSON]:
    """Models by provider, in their order, each with its readiness; a provider is ready where one of its models is."""
    readiness = services.readiness.several(models := list(models))
    by_provider: dict[str, list[Model]] = {}
    for model in models:
        by_provider.setdefault(model.provider, []).append(model)
    found: list[JSON] = []
    for name, engine in studio.context.engines.items():
        if rows := by_provider.get(name):
            of_group = min((readiness[m.id] for m in rows), key=lambda one: bool(one.missing))
            provider = {"id": name, "label": engine.info.label, "local": engine.info.local} | _readiness(of_group)
            found.append(provider | {"models": [row(m) | _readiness(readiness[m.id]) for m in rows]})
    return sorted(found, key=lambda group: (not group["ready"], not group["local"], group["label"]))


def _readiness(found: ModelReadiness) -> JSON:
    """As the browser reads it. A model that only its settings rule out is left to the check of the form."""
    return {
        "ready": found.missing is None,
        "missing": found.missing or "",
        "key": found.key,
        "needs": list(found.needs),
        "key_place": found.key_place,
    }


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
