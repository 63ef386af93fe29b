"""The files of a request against its row: how many, of which kind, within which limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from studio.catalogue.schema import InputSpec, Model
from studio.domain import Asset, Request
from studio.errors import CapabilityError

NOUNS = {"image": "a picture", "video": "a clip", "audio": "a sound"}


def fail(field: str, value: object, limit: object, message: str) -> CapabilityError:
    """A refusal with the field it belongs to."""
    return CapabilityError(message, field=field, value=value, limit=limit)


def files(request: Request, model: Model, assets: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    """Everything about the request's files that its row does not allow."""
    yield from _missing(request, model)
    specs = model.inputs_for(request.task)
    for name, ids in request.media().items():
        spec = specs.get(name)
        if spec is None:
            kind = name.replace("_", " ")
            yield fail(name, len(ids), 0, f"{model.label} does not use {kind} for {request.task}.")
            continue
        label = spec.label or name
        for kind, most in spec.max_per_kind.items():
            count = sum(1 for i in ids if i in assets and assets[i].kind == kind)
            if count > most:
                yield fail(name, count, most, f"{label}: {count} of type {kind}; {model.label} allows {most}.")
        for i in ids:
            if i not in assets:
                yield fail(name, i, None, f"{label}: file {i} does not exist.")
            else:
                yield from unfit(assets[i], spec, name)
    strays = [i for i in request.reference_voices if i not in request.references]
    if strays:
        message = "A voice belongs to a reference that was removed. Remove the voice."
        yield fail("reference_voices", strays[0], "references", message)


def _missing(request: Request, model: Model) -> Iterator[CapabilityError]:
    """Too few, too many, and inputs that need or exclude one another."""
    specs, given = model.inputs_for(request.task), request.media()
    required = sum(1 for s in specs.values() if s.min)
    for name, spec in specs.items():
        count, label = len(given.get(name, ())), spec.label or name
        if count < spec.min and not any(other in given for other in spec.instead):
            wanted = _wanted(spec)
            message = f"Add {wanted} first." if required == 1 else f"{label}: Add {wanted} first."
            yield fail(name, count, spec.min, message)
        if count > spec.max:
            yield fail(name, count, spec.max, f"{label}: {count} files; {model.label} allows at most {spec.max}.")
        for other in spec.needs if count else ():
            if other not in given:
                yield fail(name, count, other, f"{label} also needs {specs[other].label or other}.")
        for other in spec.excludes if count else ():
            if other in given:
                yield fail(name, count, other, f"{label} and {specs[other].label or other} cannot be used together.")


def _wanted(spec: InputSpec) -> str:
    """What to add, such as "a picture or a clip"."""
    if spec.min > 1:
        return f"at least {spec.min} files"
    return " or ".join(NOUNS[kind] for kind in spec.kinds)


def unfit(asset: Asset, spec: InputSpec, name: str) -> Iterator[CapabilityError]:
    """Every limit of the input spec that this file breaks."""
    file = f"{spec.label or name}: {asset.name or asset.id}"
    if asset.kind not in spec.kinds:
        wanted = " or ".join(spec.kinds)
        yield fail(name, asset.kind, wanted, f"{file} is {asset.kind}, not {wanted}.")
        return
    if own := spec.per_kind.get(asset.kind):
        spec = spec.model_copy(update=own)
    form = form_of(asset)
    if spec.formats and form not in spec.formats:
        listed = ", ".join(spec.formats)
        yield fail(name, form, listed, f"{file} is {form}; supported: {listed}.")
    if spec.max_bytes and asset.bytes > spec.max_bytes:
        limit = f"{spec.max_bytes / 1e6:g} MB"
        yield fail(name, asset.bytes, spec.max_bytes, f"{file} is {asset.bytes / 1e6:.1f} MB; the limit is {limit}.")
    if asset.width and asset.height:
        yield from _shape(asset, spec, name, file)
    if spec.min_fps and asset.fps and asset.fps < spec.min_fps - 0.05:
        message = f"{file} has {asset.fps:g} fps; at least {spec.min_fps:g} are needed."
        yield fail(name, asset.fps, spec.min_fps, message)
    if asset.duration_s is not None and asset.kind != "image":
        low, high = spec.min_s or 0, spec.max_s or math.inf
        if not low - 0.05 <= asset.duration_s <= high + 0.05:
            limit = f"{low:g} to {high:g} seconds"
            message = f"{file} is {asset.duration_s:.1f} s long; supported: {limit}."
            yield fail(name, asset.duration_s, limit, message)
    if asset.has_alpha and not spec.alpha:
        yield fail(name, "alpha", False, f"{file} has transparency, which is not supported. Flatten it first.")


def form_of(asset: Asset) -> str:
    """The file's format by the word that rows use: jpeg, quicktime, mpeg ..."""
    return asset.mime.partition("/")[2].removeprefix("x-")


def _shape(asset: Asset, spec: InputSpec, name: str, file: str) -> Iterator[CapabilityError]:
    width, height = asset.width or 1, asset.height or 1
    short, long = sorted((width, height))
    if (spec.min_side_px and short < spec.min_side_px) or (spec.max_side_px and long > spec.max_side_px):
        limit = f"{spec.min_side_px or 1} to {spec.max_side_px or 'any'} pixels per side"
        yield fail(name, f"{width}x{height}", limit, f"{file} is {width}x{height}; supported: {limit}.")
    if spec.max_pixels and short * long > spec.max_pixels:
        message = f"{file} has {short * long:,} pixels; the limit is {spec.max_pixels:,}."
        yield fail(name, short * long, spec.max_pixels, message)
    if spec.max_aspect and long / short > spec.max_aspect + 1e-9:
        yield fail(
            name,
            long / short,
            spec.max_aspect,
            f"{file} is too narrow; the aspect ratio can be up to {spec.max_aspect:g}:1.",
        )
