"""The files of a form: which slots a model has, taking a file in, what is wrong with it and what would help.

A slot is one media input of the row. A file in it is a small description with the asset's id; its `problems` and
`offer` are worked out here for the model in question, never believed from the browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.catalogue import InputSpec, Model, validation
from studio.catalogue.form_values import VOICES
from studio.catalogue.inputs import format_of
from studio.domain import JSON, Asset, Kind, Task
from studio.errors import MediaError, NotAllowed, StudioError
from studio.messages import Message, of_error

if TYPE_CHECKING:
    from studio.studio import Studio

ACCEPT = {
    Kind.IMAGE: "image/*,.heic,.heif,.avif,.jxl,.jp2,.j2k,.tga,.ico",
    Kind.VIDEO: "video/*,.mkv,.mov,.avi,.ts,.mts,.m2ts,.mpg,.flv,.wmv",
    Kind.AUDIO: "audio/*,.flac,.m4a,.opus,.caf,.wma,.amr,.weba",
    Kind.TEXT: "text/plain",
    Kind.DOCUMENT: ".pdf,.docx,.pptx,.xlsx,.txt,.md,application/pdf,text/plain,text/markdown",
}


def slots(model: Model, task: Task) -> list[JSON]:
    """The media inputs of this model for this task, as the form shows them."""
    return [
        {
            "name": name,
            "label": spec.label or name.replace("_", " ").capitalize(),
            "help": spec.help,
            "kinds": [k.value for k in spec.kinds],
            "accept": ",".join(ACCEPT[k] for k in spec.kinds),
            "min": spec.min,
            "max": spec.max,
            "instead": list(spec.instead),
            "names": {k.value: v for k, v in model.reference_names.items()} if name == "references" else {},
            "numbers": model.reference_numbers,
            "voice": _voice_slot(model, task) if name == "references" else None,
        }
        for name, spec in model.inputs_for(task).items()
        if name != VOICES
    ]


def _voice_slot(model: Model, task: Task) -> JSON | None:
    """What the form asks for beside each reference; None where the model takes no voices."""
    spec = model.inputs_for(task).get(VOICES)
    return {"label": spec.label, "help": spec.help, "accept": ACCEPT[Kind.AUDIO]} if spec else None


def describe(asset: Asset, spec: InputSpec | None, name: str) -> JSON:
    """One file of a slot: facts to show, what breaks the model's limits, and whether shrinking would help."""
    facts = {"id", "kind", "name", "mime", "width", "height", "duration_s", "bytes", "has_audio", "pages"}
    body = asset.model_dump(mode="json", include=facts)
    problems = [str(p) for p in validation.unfit(asset, spec, name)] if spec else []
    body["notes"] = asset.notes.splitlines()
    return body | {"problems": problems, "offer": bool(problems and spec and shrink_options(asset, spec))}


def shrink_options(asset: Asset, spec: InputSpec) -> JSON | None:
    """Arguments of Studio.shrink_asset that bring a picture within the limits and a common format; None: no help."""
    if asset.kind is not Kind.IMAGE or not asset.width or not asset.height:
        return None
    spec = spec.model_copy(update=spec.per_kind.get(asset.kind, {}))
    short_side, long_side = sorted((asset.width, asset.height))
    side = spec.max_side_px or long_side
    if spec.max_pixels and short_side * long_side > spec.max_pixels:
        side = min(side, int(long_side * (spec.max_pixels / (short_side * long_side)) ** 0.5))
    options: JSON = {}
    if side < long_side or (spec.formats and format_of(asset) not in spec.formats):
        options["max_side_px"] = min(side, long_side)
    if spec.max_bytes and asset.bytes > spec.max_bytes:
        options["max_bytes"] = spec.max_bytes
    if asset.has_alpha and not spec.alpha:
        options["flatten_alpha"] = True
    return options or None


def refresh(studio: Studio, files: object, model: Model, task: Task, actor: str) -> JSON:
    """The widget's value for this model: slots, and the files that still exist, judged anew."""
    specs = model.inputs_for(task)
    files_by_slot: dict[str, list[JSON]] = {}
    for name, listed in (files if isinstance(files, dict) else {}).items():
        for file in listed if isinstance(listed, list) else []:
            try:
                asset = studio.acting_for(actor).assets.get(str(file["id"] if isinstance(file, dict) else file))
            except (StudioError, KeyError):
                continue
            description = describe(asset, specs.get(name), str(name))
            own_bytes = file.get("own_bytes") if isinstance(file, dict) else None
            description |= {"own_bytes": own_bytes} if isinstance(own_bytes, int) and own_bytes > 0 else {}
            if voice := _voice(studio, file, specs.get(VOICES), actor):
                description["voice"] = voice
            files_by_slot.setdefault(str(name), []).append(description)
    return {"slots": slots(model, task), "files": files_by_slot}


def _voice(studio: Studio, file: object, spec: InputSpec | None, actor: str) -> JSON | None:
    """The voice that a reference carries. It stays with it while a model is chosen that takes none, and says so."""
    voice = file.get("voice") if isinstance(file, dict) else None
    try:
        asset = studio.acting_for(actor).assets.get(str(voice["id"])) if isinstance(voice, dict) else None
    except (StudioError, KeyError):
        return None
    return describe(asset, spec, VOICES) | {"unused": spec is None} if asset else None


def upload_folder(studio: Studio) -> Path:
    """Where Gradio puts what is uploaded to this studio; another studio in the same process has a folder of its own."""
    return studio.settings.data.resolve() / "cache" / "gradio"


def upload_path(studio: Studio, path: object) -> Path:
    """The upload behind a path that the browser names. Raises NotAllowed outside the studio's upload folder."""
    folder = upload_folder(studio).resolve()
    file = Path(str(path)).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise NotAllowed(Message("upload.not_yours"))
    return file


def from_library(studio: Studio, ids: object, actor: str) -> list[JSON]:
    """Files of the library, as a form holds them; ids that are none of this owner's are left out."""
    files: list[JSON] = []
    for asset_id in (ids if isinstance(ids, list) else [])[:20]:
        try:
            files.append({"id": studio.acting_for(actor).assets.get(str(asset_id)).id})
        except StudioError:
            continue
    return files


def add_uploads(
    studio: Studio, paths: object, names: object, actor: str, *, documents: bool = False
) -> tuple[list[JSON], list[str]]:
    """Uploads taken into the library: the files as a form holds them, and one sentence for each that cannot be used.

    own_bytes: of the person's own file; the library's copy may be written anew, turned upright for example. documents:
    whether they may come in, too.
    """
    files: list[JSON] = []
    messages: list[str] = []
    upload_paths = paths if isinstance(paths, list) else []
    upload_names = names if isinstance(names, list) else []
    for number, path in enumerate(upload_paths[:20]):
        name = Path(str(upload_names[number])).name if number < len(upload_names) else ""
        try:
            file = upload_path(studio, path)
            own_bytes = file.stat().st_size
            asset = studio.acting_for(actor).assets.add(file, name=name, documents=documents)
            files.append({"id": asset.id, "own_bytes": own_bytes})
        except (MediaError, NotAllowed) as error:
            message = of_error(error)
            messages.append(
                message if not name or name in message else Message("input.labelled_file", label=name, file=message)
            )
    return files, messages
