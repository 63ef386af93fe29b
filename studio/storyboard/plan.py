"""Which runs would make a shot or the whole film, on which model, and whether what was made still stands.

A plan gives request bodies (the API's flat JSON); prices and limits come from the catalogue like for any other request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio.catalogue import Catalogue, Model, validation
from studio.catalogue.schema import FreeSize, Size
from studio.domain import JSON, NEVER_SENT, Asset, Kind, Task
from studio.errors import CapabilityError
from studio.messages import Message, of_error, term
from studio.storyboard import multi_shot, wording
from studio.storyboard import references as board_references
from studio.storyboard.model import MENTION, Board, CastMember, Shot, Take, Transition

DRAFT_MODEL = "draft/animatic"

Assets = Mapping[str, Asset]


@dataclass(frozen=True)
class RunPlan:
    """One request that would make a shot, or the whole film (shot empty). problems: why it cannot be sent as it is.

    notes: what the model leaves out of it, which keeps nobody from rendering.
    """

    shot: str
    body: JSON
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """What was asked, as a hash: equal fingerprints are equal requests, n and consent aside."""
        return fingerprint(self.body)


_WITHOUT_EFFECT = frozenset(("n", "consent", "real_people", *NEVER_SENT))


def fingerprint(body: JSON) -> str:
    """Hash of the parts of a request that its result depends on."""
    relevant = {k: v for k, v in body.items() if k not in _WITHOUT_EFFECT}
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:24]


def for_shot(
    board: Board,
    shot: Shot,
    catalogue: Catalogue,
    assets: Assets,
    *,
    previous_frame: str | None = None,
    draft: bool = False,
) -> RunPlan:
    """The run that makes this shot on its model, or on the draft engine.

    previous_frame: asset id of the last frame of the shot before, needed when the shot starts from it.
    The task follows from what the shot has: cast with references -> reference-to-video where the model does that, a
    first frame -> image-to-video, else text-to-video.
    """
    model = catalogue.get(DRAFT_MODEL if draft else shot.model or board.model)
    problems_: list[str] = []
    frame = shot.start.asset if shot.start.kind == "asset" else None
    if shot.start.kind == "previous" and not draft:
        frame = previous_frame
        if frame is None:
            problems_.append(Message("shot.no_take_before"))
    present = [m for name in shot.mentions() if (m := board.member(name))]
    problems_ += [Message("cast.unknown", name=n) for n in shot.mentions() if not board.member(n)]
    task, references = _task(model, present, frame)
    seed = shot.seed if shot.seed is not None else board.seed
    body = _body(board, model, task, seconds=shot.duration_s, seed=seed, params=shot.params) | _literal([shot])
    heard = _is_heard(board, model)
    if task == Task.REFERENCE_TO_VIDEO:
        body |= board_references.references(references, model)
    if frame and "first_frame" in model.inputs_for(task):
        body |= {
            "first_frame": frame,
            "consent": body.get("consent", True) and board_references.has_consent(board, shot),
        }
    elif frame and not draft:
        problems_.append(Message("shot.model_no_start", model=term(model.label)))
    if draft:
        body["prompt"] = draft_prompt(board, shot, _reference_names(model, references, assets))
    else:
        words = wording.describe(shot, heard=heard)
        body["prompt"] = prompt_for(board, model, references, assets, words, style=board.style)
    if shot.original_prompt and shot.original_prompt.strip() != shot.prompt.strip():
        body["original_prompt"] = shot.original_prompt
    problems_ += _too_long(shot.duration_s, body, model)
    if lacks_references := task == Task.REFERENCE_TO_VIDEO and not references:
        problems_.append(Message("shot.model_needs_cast", model=term(model.label)))
    notes = board_references.unused_notes(present, model, task, catalogue, assets)
    notes += _left_out(board, [shot], model, heard=heard)
    problems = _problems(body, model, catalogue, assets, reported_field="references" if lacks_references else "")
    return RunPlan(shot.id, body, (*problems_, *problems), tuple(notes))


def one_run(
    board: Board, model_id: str, catalogue: Catalogue, assets: Assets, *, own_syntax: bool = True
) -> RunPlan:  # fmt: skip
    """The whole film as one multi-shot request: one price, one look, no choice of single takes.

    own_syntax: in the syntax of the model's family; False: as it was asked before families had theirs.
    """
    model = catalogue.get(model_id)
    problems: list[str] = []
    if not model.multi_shot:
        problems.append(Message("onerun.one_shot_model", model=term(model.label)))
    if any(s.transition != Transition.CUT for s in board.shots):
        problems.append(Message("onerun.cuts_only"))
    if any(s.start.kind != "none" for s in board.shots[1:]):
        problems.append(Message("onerun.first_start_only"))
    names = dict.fromkeys(n for s in board.shots for n in s.mentions())
    present = [m for n in names if (m := board.member(n))]
    first = board.shots[0] if board.shots else None
    frame = first.start.asset if first and first.start.kind == "asset" else None
    task, references = _task(model, present, frame)
    seconds = round(sum(s.length_s for s in board.shots), 3)
    body = _body(board, model, task, seconds=seconds, seed=board.seed, params={}) | _literal(board.shots)
    if task == Task.REFERENCE_TO_VIDEO:
        body |= board_references.references(references, model)
    elif frame and first:
        body |= {"first_frame": frame, "consent": board_references.has_consent(board, first)}
    for name, value in (("shot_type", "multi"), ("prompt_extend", True)):
        if name in model.params_for(task):
            body[name] = value
    heard = _is_heard(board, model)
    words = multi_shot.write(board, model if own_syntax else None, heard=heard)
    style = board.style if len(board.shots) == 1 and not own_syntax else ""  # films of one shot once had it twice
    body["prompt"] = prompt_for(board, model, references, assets, words, style=style)
    if not board.shots:
        problems.append(Message("board.no_shots"))
    problems += multi_shot.limits(board, model)
    problems += _too_long(seconds, body, model)
    notes = board_references.unused_notes(present, model, task, catalogue, assets)
    notes += _left_out(board, board.shots, model, heard=heard)
    return RunPlan("", body, (*problems, *_problems(body, model, catalogue, assets)), tuple(notes))


def prompt_for(
    board: Board, model: Model, references: list[CastMember], assets: Assets, words: str, *, style: str
) -> str:  # fmt: skip
    """What a model reads: the words, every @name as the model calls its reference, or described where it has none.

    style: put before words that do not open with it.
    """
    if style.strip():
        words = f"{style.strip().rstrip('.')}. {words}"
    reference_names = _reference_names(model, references, assets)
    if model.draft:  # it draws people by name; the lines above the shots say who they are and how they look
        present = [m for name in dict.fromkeys(MENTION.findall(words)) if (m := board.member(name))]
        return "\n".join((*_labelled_lines(_cast_rows(present, reference_names)), words))
    described: set[str] = set()

    def spoken(name: str) -> str:
        member = board.member(name)
        if member is None:
            return name
        if member.id in reference_names:
            return reference_names[member.id]
        first = member.id not in described
        described.add(member.id)
        return f"{member.name} ({member.description.strip()})" if first and member.description.strip() else member.name

    return MENTION.sub(lambda m: spoken(m[1]), words)


def draft_prompt(board: Board, shot: Shot, reference_names: Mapping[str, str]) -> str:
    """What the draft engine reads: a labelled line each for the style, the cast present and the shot itself.

    It draws what happens in the shot, and takes from style and cast only how that looks. reference_names: member id ->
    the name of the member's reference; a line of its own says whose picture each is, so that the members stay who they
    are.
    """

    def mention(name: str) -> str:
        member = board.member(name)
        return f"@{member.name}" if member else f"@{name}"

    present = [m for name in shot.mentions() if (m := board.member(name))]
    unnamed = ", ".join(f"@{name}" for name in shot.unnamed_cast())
    parts = (wording.camera(shot), _one_line(shot.place), unnamed, _one_line(shot.prompt))
    words = MENTION.sub(lambda m: mention(m[1]), ". ".join(filter(None, parts)))
    rows = {
        "Style": _one_line(board.style), **_cast_rows(present, reference_names), "Shot": words,
        "Dialogue": wording.spoken(shot.dialogue), "Voice-over": _one_line(wording.quoted(shot.voice_over)),
        "Sound": _one_line(shot.sound), "Music": _one_line(shot.music),
    }  # fmt: skip
    return "\n".join(_labelled_lines(rows))


def _cast_rows(present: Sequence[CastMember], reference_names: Mapping[str, str]) -> dict[str, str]:
    """Who and what is in the shots, in the draft engine's lines."""
    descriptions = {False: "", True: ""}
    for is_thing in (False, True):
        members = [m for m in present if (m.kind != "character") == is_thing]
        descriptions[is_thing] = "; ".join(
            f"{m.name}, {_one_line(m.description)}" if m.description else m.name for m in members
        )
    pictures = "; ".join(f"{m.name} = {reference_names[m.id]}" for m in present if m.id in reference_names)
    return {"Cast": descriptions[False], "Places": descriptions[True], "References": pictures}


def _labelled_lines(rows: Mapping[str, str]) -> list[str]:
    return [f"{name}: {words}" for name, words in rows.items() if words]


def _one_line(words: str) -> str:
    return " ".join(words.replace(";", ",").split())


def _reference_names(model: Model, references: list[CastMember], assets: Assets) -> dict[str, str]:
    """Member id -> how the prompt calls the member's first reference."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for member in references:
        for asset_id in member.references:
            kind = assets[asset_id].kind if asset_id in assets else Kind.IMAGE
            key = kind.value if model.reference_numbers == "kind" else "all"
            counts[key] = counts.get(key, 0) + 1
            if member.id not in names and (pattern := model.reference_names.get(kind)):
                names[member.id] = pattern.format(n=counts[key])
    return names


def _task(model: Model, present: list[CastMember], frame: str | None) -> tuple[Task, list[CastMember]]:
    with_references = [m for m in present if m.references]
    if frame and Task.IMAGE_TO_VIDEO in model.tasks:
        return Task.IMAGE_TO_VIDEO, []
    if with_references and Task.REFERENCE_TO_VIDEO in model.tasks:
        return Task.REFERENCE_TO_VIDEO, with_references
    for task in (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.REFERENCE_TO_VIDEO):
        if task in model.tasks:
            return task, with_references if task == Task.REFERENCE_TO_VIDEO else []
    raise CapabilityError(Message("board.model_no_video", model=term(model.label)), field="model")


def _body(board: Board, model: Model, task: Task, *, seconds: float, seed: int | None, params: JSON) -> JSON:
    body: JSON = {"task": task.value, "model": model.id, **fit_size(board, model)}
    length = fit_duration(seconds, model)
    if length is not None:
        body["duration_s"] = length
    if board.fps in model.fps:
        body["fps"] = board.fps
    if model.audio == "optional":
        body["audio"] = board.audio
    if model.seeds and seed is not None:
        body["seed"] = seed
    if board.negative.strip() and _takes_negative(model):
        body["negative_prompt"] = board.negative.strip()
    return body | {k: v for k, v in params.items() if k in model.params_for(task)}


def _is_heard(board: Board, model: Model) -> bool:
    """Whether what is made has sound."""
    return model.audio == "always" or (model.audio == "optional" and board.audio)


def _takes_negative(model: Model) -> bool:
    return model.negative_prompt is not None and model.negative_prompt.max_chars != 0


def _left_out(board: Board, shots: Sequence[Shot], model: Model, *, heard: bool) -> list[str]:
    """Sentences about words of the film that the model is not sent. Drafts leave out nothing that would be heard."""
    if model.draft:
        return []
    notes: list[str] = []
    if board.negative.strip() and not _takes_negative(model):
        notes.append(Message("leftout.negative", model=term(model.label)))
    if not heard and any(shot.voice_over.strip() or shot.music.strip() for shot in shots):
        notes.append(Message("leftout.sound", model=term(model.label)))
    return notes


def _literal(shots: Sequence[Shot]) -> JSON:
    """Marks of other prompt programs are sent as they stand where one of the shots says so."""
    return {"literal_prompt": True} if any(shot.literal_prompt for shot in shots) else {}


def _too_long(seconds: float, body: JSON, model: Model) -> list[str]:
    longest = body.get("duration_s")
    if longest is None or longest >= seconds - 1e-6:
        return []
    return [Message("onerun.too_long", seconds=f"{seconds:g}", model=term(model.label), longest=f"{longest:g}")]


def fit_size(board: Board, model: Model) -> JSON:
    """The model's size nearest to the board's in shape, then in pixels; its tier where it follows the input."""
    if model.free_size:
        return _nearest(board.width, board.height, model.free_size)
    if model.sizes:

        def distance(size: Size) -> tuple[float, int]:
            width, height = size.width, size.height
            shape = abs(width / height - board.width / board.height)
            return round(shape, 2), abs(width * height - board.width * board.height)

        best = min(model.sizes, key=distance)
        return {"width": best.width, "height": best.height}
    if model.tiers:
        short_side = min(board.width, board.height)
        pixels_by_tier = {t: int(digits) for t in model.tiers if (digits := "".join(c for c in t if c.isdigit()))}
        if pixels_by_tier:
            return {"tier": min(pixels_by_tier, key=lambda t: abs(pixels_by_tier[t] - short_side))}
    return {}


def _nearest(width: int, height: int, free: FreeSize) -> JSON:
    """The size itself where it is allowed; else the nearest of its shape within the bounds."""
    scale = min(1.0, free.max_side / max(width, height))
    if free.max_pixels:
        scale = min(scale, (free.max_pixels / (width * height)) ** 0.5)
    scale = max(scale, free.min_side / min(width, height))
    if free.min_pixels:
        scale = max(scale, (free.min_pixels / (width * height)) ** 0.5)
    sides = [max(1, round(side * scale / free.multiple)) * free.multiple for side in (width, height)]
    while free.max_pixels and sides[0] * sides[1] > free.max_pixels:
        sides[sides.index(max(sides))] -= free.multiple
    return {"width": sides[0], "height": sides[1]}


def fit_duration(seconds: float, model: Model) -> float | None:
    """The shortest length the model makes that is not shorter than asked, else its longest; None if it takes none."""
    allowed = model.durations
    if allowed is None or (allowed.from_input and not allowed.choices and allowed.min is None):
        return None
    if allowed.choices:
        long_enough = [c for c in sorted(allowed.choices) if c >= seconds - 1e-6]
        return long_enough[0] if long_enough else max(allowed.choices)
    low, high, step = allowed.min or 0.0, allowed.max or seconds, allowed.step or 0.001
    steps = max(0.0, -(-(round(seconds, 3) - low - 1e-6) // step))
    return round(min(max(low, low + steps * step), high), 3)


def _problems(body: JSON, model: Model, catalogue: Catalogue, assets: Assets, *, reported_field: str = "") -> list[str]:
    """What the row refuses. reported_field: a field about which a better sentence was said already."""
    try:
        request = validation.complete(validation.parse(dict(body), catalogue), model)
    except CapabilityError as error:
        return [of_error(error)]
    return [
        str(p) for p in validation.problems(request, model, assets) if p.field != reported_field or not reported_field
    ]


def up_to_date_take(shot: Shot, plan: RunPlan, *, kind: str = "render") -> Take | None:
    """The newest take made from exactly this plan; None when there is none or the shot has changed since (stale)."""
    return next((t for t in reversed(shot.takes) if t.kind == kind and t.fingerprint == plan.fingerprint), None)
