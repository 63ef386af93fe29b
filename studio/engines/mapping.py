"""A run as the body of a provider's request, by the `request` table of its row (studio/catalogue/body.py).

Nothing here knows a provider. Whatever the row names and the user set is sent; what is not set is left out.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.catalogue import shapes
from studio.catalogue.body import NAME, REST, BodyField
from studio.catalogue.schema import Model
from studio.domain import JSON, MEDIA_INPUTS, NEVER_SENT, Asset, Kind
from studio.engines.base import Job

STEP = re.compile(r"(\w+)(?:\[(\d)\])?")


@dataclass(frozen=True)
class SentFile:
    """An input as the body names it. url: its address, or its content as a data URI. voice: of a reference."""

    url: str
    kind: Kind
    voice: str | None = None


def body(job: Job, *, model: str = "", address: Callable[[str, Job], str] | None = None) -> JSON:
    """The body of the call that starts this run. Reads inlined files from disk: see `body_of`.

    model: the provider's name of the model, where the body holds it. address: how an asset id is written; by default
    its upload, else a data URI.
    """
    values = values_of(job, address or file_address) | {"model": model}
    table = job.model.request
    named = {name for field in table.values() for name in field.sources()}
    made: JSON = {}
    for path, field in table.items():
        if field.source == REST:
            prefix = path.removesuffix("*")
            for name, value in _rest(job, named):
                _put(made, prefix + name, value)
        elif (value := _value(field, values)) is not None:
            _put(made, path, value)
    return made


async def body_of(job: Job, *, model: str = "") -> JSON:
    """As `body`, on the event loop: in a thread where files are read."""
    return await asyncio.to_thread(body, job, model=model) if job.inputs else body(job, model=model)


def values_of(job: Job, address: Callable[[str, Job], str]) -> dict[str, Any]:
    """All values that a body can name: what was asked, the seed decided, own parameters, files by input.

    Where the size follows an input, it is the row's nearest, if the row says so: some providers else take their own.
    """
    request, model = job.request, job.model
    values = {
        name: getattr(request, name)
        for name in type(request).model_fields
        if name not in (*MEDIA_INPUTS, *NEVER_SENT, "params")
    }
    values |= {"seed": job.seed if model.seeds else None, "audio": request.audio if model.audio == "optional" else None}
    values |= {name: _number(name, value, model) for name, value in request.params.items() if name in model.params}
    if (
        model.sends_followed_size
        and model.follows_input(request.task, "size")
        and not (request.width or request.aspect)
    ):
        assets = {i: file.asset for i, file in job.inputs.items()}
        values["width"], values["height"] = shapes.size(request, model, assets)
    for name, ids in request.media().items():
        values[name] = [_file(i, job, address) for i in ids]
    return values


def file_address(asset_id: str, job: Job) -> str:
    """How an input is named: its upload, else its content as a data URI."""
    return job.uploads.get(asset_id) or data_uri(job.inputs[asset_id].path, job.inputs[asset_id].asset)


def words(text: str) -> list[str]:
    """The words of a list written by hand, separated by commas or spaces."""
    return text.replace(",", " ").split()


def data_uri(path: Path, asset: Asset) -> str:
    """The file's content, written out."""
    return f"data:{asset.mime};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _file(asset_id: str, job: Job, address: Callable[[str, Job], str]) -> SentFile:
    voice = job.request.reference_voices.get(asset_id) if asset_id in job.request.references else None
    return SentFile(address(asset_id, job), job.inputs[asset_id].asset.kind, address(voice, job) if voice else None)


def _rest(job: Job, named: set[str]) -> Iterator[tuple[str, Any]]:
    """The own parameters that no field names, in the order of the request."""
    for name, value in job.request.params.items():
        spec = job.model.params.get(name)
        if name not in named and value is not None and (spec is None or spec.send):
            yield name, _number(name, value, job.model)


def _number(name: str, value: Any, model: Model) -> Any:
    """A parameter's value; whole numbers that a form made into fractions are whole again."""
    spec = model.params.get(name)
    whole = spec is not None and spec.type == "int" and isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _value(field: BodyField, values: Mapping[str, Any]) -> Any:
    """What the field says for these values; None where it is not to be sent."""
    if not all(_holds(values.get(name), wanted) for name, wanted in field.when.items()):
        return None
    if field.first_of:
        return next((found for part in field.first_of if (found := _value(part, values)) is not None), None)
    if field.parts:
        return [one for part in field.parts for one in _items(part, values)] or None
    if field.value is not None and not field.entry:
        return field.value
    items = _items(field, values)
    if not items:
        return field.default
    return items if field.list or field.type == "words" else items[0]


def _items(field: BodyField, values: Mapping[str, Any]) -> list[Any]:
    """The values at this place, each as it is written: those of a list of files, or the only one."""
    if field.first_of or field.parts:
        found = _value(field, values)
        return found if isinstance(found, list) else [] if found is None else [found]
    if not all(_holds(values.get(name), wanted) for name, wanted in field.when.items()):
        return []
    given = _given(field, values)
    if field.type == "words" and isinstance(given, str):
        given = words(given)
    many = given if isinstance(given, list) else [] if _unset(given) else [given]
    if field.kind:
        many = [one for one in many if isinstance(one, SentFile) and one.kind == field.kind]
    return [_written(field, one) for one in many]


def _given(field: BodyField, values: Mapping[str, Any]) -> Any:
    """The value that the field names."""
    if field.value is not None:
        return field.value
    if not field.format:
        return values.get(field.source)
    parts = {name: values.get(name) for name in NAME.findall(field.format)}
    if any(_unset(part) for part in parts.values()):
        return None
    return NAME.sub(lambda found: _text(parts[found[1]]), field.format)


def _written(field: BodyField, one: Any) -> Any:
    """One value in the provider's form."""
    if not isinstance(one, SentFile):
        one = field.values.get(_text(one), one)
        if field.scale != 1.0 or field.plus:
            one = one * field.scale + field.plus
        one = _typed(one, field.type)
    if field.entry:
        return _filled(field.entry, one)
    return one.url if isinstance(one, SentFile) else one


def _typed(value: Any, kind: str) -> Any:
    if kind == "text":
        return _text(value)
    if kind == "int":
        return round(value) if isinstance(value, float) else int(value)
    if kind == "float":
        return float(value)
    return bool(value) if kind == "bool" else value


def _text(value: Any) -> str:
    """A value as text: 5 for 5.0, true for True."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _filled(entry: Mapping[str, Any], one: Any) -> JSON:
    """An object of a list, its placeholders filled; keys without a value are left out."""
    filled = {key: _placeholder(value, one) for key, value in entry.items()}
    return {key: value for key, value in filled.items() if value is not None}


def _placeholder(value: Any, one: Any) -> Any:
    if isinstance(value, Mapping):
        if "by_kind" in value:
            return value["by_kind"].get(one.kind)
        return _filled(value, one)
    if value == "$value":
        return one
    if value in ("$url", "$voice"):
        return getattr(one, value[1:])
    return value


def _holds(value: Any, wanted: Any) -> bool:
    """Whether a condition is met: equal, one of a list, or set (true), not set (false)."""
    if isinstance(wanted, bool) and not isinstance(value, bool):
        return _unset(value) != wanted
    return value in wanted if isinstance(wanted, list | tuple) else value == wanted


def _unset(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == ()


def _put(made: JSON, path: str, value: Any) -> None:
    """Set the value at this path; objects and lists on the way are made."""
    *way, last = path.split(".")
    place = made
    for step in way:
        place = _inside(place, step)
    name, index = STEP.fullmatch(last).groups()  # type: ignore[union-attr] - the row's paths are checked when it is read
    if index is None:
        place[name] = value
    else:
        _at(place.setdefault(name, []), int(index), value)


def _inside(place: JSON, step: str) -> JSON:
    name, index = STEP.fullmatch(step).groups()  # type: ignore[union-attr]
    if index is None:
        return place.setdefault(name, {})
    items = place.setdefault(name, [])
    while len(items) <= int(index):
        items.append({})
    return items[int(index)]


def _at(items: list[Any], index: int, value: Any) -> None:
    items[len(items) :] = [None] * (index + 1 - len(items))
    items[index] = value
