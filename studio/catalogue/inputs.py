"""The files of a request against its row: how many, of which kind, within which limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from studio.catalogue.schema import InputSpec, Model
from studio.domain import Asset, Request
from studio.errors import CapabilityError
from studio.messages import Message, term

NOUNS = {"image": "limit.a_picture", "video": "limit.a_clip", "audio": "limit.a_sound", "document": "limit.a_document"}
"""Kind of file -> id of its noun."""
OFFICE_MIME = "application/vnd.openxmlformats-officedocument."
DOCUMENT_FORMATS = {
    OFFICE_MIME + "wordprocessingml.document": "docx",
    OFFICE_MIME + "presentationml.presentation": "pptx",
    OFFICE_MIME + "spreadsheetml.sheet": "xlsx",
    "text/plain": "txt",
    "text/markdown": "md",
}
"""Media type -> the word that rows use, where it is not the type's second part."""


def fail(field: str, value: object, limit: object, message: str) -> CapabilityError:
    """A refusal with the field it belongs to."""
    return CapabilityError(message, field=field, value=value, limit=limit)


def file_problems(request: Request, model: Model, assets: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    """Everything about the request's files that its row does not allow."""
    yield from _missing(request, model)
    specs = model.inputs_for(request.task)
    for name, ids in request.media().items():
        spec = specs.get(name)
        if spec is None:
            kind = name.replace("_", " ")
            yield fail(
                name,
                len(ids),
                0,
                Message("input.unused", model=term(model.label), input=term(kind), task=term(request.task)),
            )
            continue
        label = spec.label or name
        for kind, most in spec.max_per_kind.items():
            count = sum(1 for i in ids if i in assets and assets[i].kind == kind)
            if count > most:
                yield fail(
                    name,
                    count,
                    most,
                    Message(
                        "input.kind_count",
                        label=term(label),
                        count=count,
                        kind=term(kind),
                        model=term(model.label),
                        most=most,
                    ),
                )
        yield from _too_long(ids, spec, assets, name)
        for i in ids:
            if i not in assets:
                yield fail(name, i, None, Message("input.missing_file", label=term(label), file=i))
            else:
                yield from unfit(assets[i], spec, name)
    strays = [i for i in request.reference_voices if i not in request.references]
    if strays:
        message = Message("input.stray_voice")
        yield fail("reference_voices", strays[0], "references", message)


def _too_long(ids: Sequence[str], spec: InputSpec, assets: Mapping[str, Asset], name: str) -> Iterator[CapabilityError]:
    """Files of one kind that are together longer than the input takes."""
    for kind, most in spec.max_seconds.items():
        seconds = sum(assets[i].duration_s or 0.0 for i in ids if i in assets and assets[i].kind == kind)
        if seconds > most + 0.05:
            message = Message(
                "input.seconds_in_all",
                label=term(spec.label or name),
                kind=term(kind),
                seconds=f"{seconds:.1f}",
                most=f"{most:g}",
            )
            yield fail(name, seconds, most, message)


def _missing(request: Request, model: Model) -> Iterator[CapabilityError]:
    """Too few, too many, and inputs that need or exclude one another."""
    specs, given = model.inputs_for(request.task), request.media()
    required = sum(1 for s in specs.values() if s.min)
    for name, spec in specs.items():
        count, label = len(given.get(name, ())), spec.label or name
        if count < spec.min and not any(other in given or request.params.get(other) for other in spec.instead):
            wanted = _requirement(spec, [specs[other] for other in spec.instead if other in specs])
            message = (
                Message("input.add_first", wanted=wanted)
                if required == 1
                else Message("input.add_first_to", label=term(label), wanted=wanted)
            )
            yield fail(name, count, spec.min, message)
        if count > spec.max:
            yield fail(
                name,
                count,
                spec.max,
                Message("input.too_many_files", label=term(label), count=count, model=term(model.label), most=spec.max),
            )
        for other in spec.needs if count else ():
            if other not in given:
                yield fail(
                    name,
                    count,
                    other,
                    Message("input.needs", label=term(label), other=term(specs[other].label or other)),
                )
        for other in spec.excludes if count else ():
            if other in given:
                yield fail(
                    name,
                    count,
                    other,
                    Message("input.excludes", label=term(label), other=term(specs[other].label or other)),
                )


def _requirement(spec: InputSpec, instead: Sequence[InputSpec]) -> str:
    """What to add, such as "a picture or a clip". instead: inputs that may stand in for this one."""
    if spec.min > 1:
        return Message("input.files_at_least", least=spec.min)
    kinds = dict.fromkeys(kind for one in (spec, *instead) for kind in one.kinds)
    return join_or([Message(NOUNS[kind]) for kind in kinds])


def join_or(words: Sequence[str]) -> str:
    """One of the words, or several with "or" between."""
    found = words[0]
    for word in words[1:]:
        found = Message("limit.either", one=found, other=word)
    return found


def unfit(asset: Asset, spec: InputSpec, name: str) -> Iterator[CapabilityError]:
    """Every limit of the input spec that this file breaks."""
    file = Message("input.labelled_file", label=term(spec.label or name), file=asset.name or asset.id)
    if asset.kind not in spec.kinds:
        wanted = join_or([term(kind) for kind in spec.kinds])
        yield fail(
            name, asset.kind, wanted, Message("file.wrong_kind", file=file, kind=term(asset.kind), wanted=wanted)
        )
        return
    if own := spec.per_kind.get(asset.kind):
        spec = spec.model_copy(update=own)
    form = format_of(asset)
    if spec.formats and form not in spec.formats:
        listed = ", ".join(spec.formats)
        yield fail(name, form, listed, Message("file.wrong_format", file=file, format=form, listed=listed))
    if spec.max_bytes and asset.bytes > spec.max_bytes:
        limit = f"{spec.max_bytes / 1e6:g} MB"
        yield fail(
            name,
            asset.bytes,
            spec.max_bytes,
            Message("file.too_large", file=file, size=f"{asset.bytes / 1e6:.1f}", limit=limit),
        )
    if asset.width and asset.height:
        yield from _shape(asset, spec, name, file)
    if spec.min_fps and asset.fps and asset.fps < spec.min_fps - 0.05:
        message = Message("file.few_frames", file=file, fps=f"{asset.fps:g}", least=f"{spec.min_fps:g}")
        yield fail(name, asset.fps, spec.min_fps, message)
    if asset.duration_s is not None and asset.kind != "image":
        low, high = spec.min_s or 0, spec.max_s or math.inf
        if not low - 0.05 <= asset.duration_s <= high + 0.05:
            limit = Message("limit.seconds", low=f"{low:g}", high=f"{high:g}")
            message = Message("file.wrong_length", file=file, seconds=f"{asset.duration_s:.1f}", limit=limit)
            yield fail(name, asset.duration_s, limit, message)
    if spec.max_pages and asset.pages and asset.pages > spec.max_pages:
        message = Message("document.too_many_pages", file=file, pages=asset.pages, most=spec.max_pages)
        yield fail(name, asset.pages, spec.max_pages, message)
    if asset.has_alpha and not spec.alpha:
        yield fail(name, "alpha", False, Message("file.transparent", file=file))


def format_of(asset: Asset) -> str:
    """The file's format by the word that rows use: jpeg, quicktime, mpeg, docx ..."""
    return DOCUMENT_FORMATS.get(asset.mime) or asset.mime.partition("/")[2].removeprefix("x-")


def _shape(asset: Asset, spec: InputSpec, name: str, file: str) -> Iterator[CapabilityError]:
    width, height = asset.width or 1, asset.height or 1
    short, long = sorted((width, height))
    if (spec.min_side_px and short < spec.min_side_px) or (spec.max_side_px and long > spec.max_side_px):
        limit = Message(
            "limit.pixels_per_side", low=spec.min_side_px or 1, high=spec.max_side_px or Message("limit.any")
        )
        yield fail(
            name,
            f"{width}x{height}",
            limit,
            Message("file.wrong_size", file=file, width=width, height=height, limit=limit),
        )
    if spec.max_pixels and short * long > spec.max_pixels:
        message = Message("file.too_many_pixels", file=file, pixels=f"{short * long:,}", most=f"{spec.max_pixels:,}")
        yield fail(name, short * long, spec.max_pixels, message)
    if spec.max_aspect and long / short > spec.max_aspect + 1e-9:
        yield fail(
            name,
            long / short,
            spec.max_aspect,
            Message("file.too_narrow", file=file, ratio=f"{spec.max_aspect:g}"),
        )
