"""The ways to answer a comment with a new take, and the request that each would send to a model.

Only what rows of the catalogue say is offered. Files that are still to be made (a frame of the clip, a mask) stand in
the requests by names of their own, so that everything is checked and priced before any of them is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from studio.catalogue import Catalogue, Model, form_values, validation
from studio.catalogue.inputs import NOUNS
from studio.domain import JSON, Asset, Kind, Task
from studio.errors import NotFound
from studio.messages import Message
from studio.review import retake_prompt
from studio.review.retake_prompt import RetakePrompt
from studio.services.retake_source import RetakeSource

Way = Literal["again", "from_frame", "region", "edit"]
WAYS: tuple[Way, ...] = ("again", "from_frame", "region", "edit")
SeedChoice = Literal["same", "new"]
CARRIED = ("width", "height", "aspect", "tier", "duration_s", "fps", "audio")
"""Fields of the version's own request that another model is asked for as well, where its row has them."""
FIRST, LAST, MASK = "retake_first_frame", "retake_last_frame", "retake_mask"
"""Stand for the files that are made when the retake is sent."""


@dataclass(frozen=True)
class RetakeChoices:
    """What the person chose; "" and None are left to the plan. prompt: as edited. original: the prompt that `prompt`
    was rewritten from, kept with the run. seed: that of the version or a new one. to_last: a range is to end on its
    last frame, too. people: the answer about real people; "yes" says they agreed. others: other models of the way are
    wanted as well, which takes longer."""

    way: Way | Literal[""] = ""
    model: str = ""
    prompt: str | None = None
    original: str = ""
    seed: SeedChoice = "same"
    to_last: bool = True
    people: Literal["", "no", "yes"] = ""
    others: bool = True


@dataclass(frozen=True)
class Candidate:
    """A request that a model would be sent. changes: what of the version's request it cannot keep."""

    model: Model
    body: JSON
    prompt: RetakePrompt
    changes: tuple[str, ...] = ()


def refusal(way: Way, source: RetakeSource) -> str | None:
    """Why this way is none for this comment, whatever the model; None where it is one."""
    kind = source.kind
    if way == "again":
        if source.run is None:
            return Message("retake.no_run_film" if source.version.film else "retake.no_run")
        return None
    if source.file is None:
        return Message("retake.no_file")
    if kind == Kind.AUDIO:
        return Message("retake.sound")
    if way == "from_frame":
        if kind == Kind.IMAGE:
            return Message("retake.picture_has_no_frames")
        if source.first is None or source.rate is None:
            return Message("retake.no_frame")
    if way == "region" and source.region is None:
        return Message("retake.no_region")
    if way == "edit" and not source.wish:
        return Message("retake.no_wish")
    return None


def models(way: Way, source: RetakeSource, catalogue: Catalogue) -> list[Model]:
    """The models that can go this way, in the catalogue's order. `refusal` gave None."""
    if way == "again":
        return [m for m in catalogue if m.id == run_model(source) and form_values.takes_prompt(m)]
    task = _task(way, source)
    return [model for model in catalogue.for_task(task) if _can(way, model, task)]


def candidate(way: Way, source: RetakeSource, model: Model, choices: RetakeChoices) -> Candidate:
    """The request for one of these models."""
    return _again(source, model, choices) if way == "again" else _anew(way, source, model, choices)


def _task(way: Way, source: RetakeSource) -> Task:
    picture = source.kind == Kind.IMAGE
    return Task.IMAGE_TO_VIDEO if way == "from_frame" else Task.IMAGE_EDIT if picture else Task.VIDEO_TO_VIDEO


def stand_ins(source: RetakeSource) -> dict[str, Asset]:
    """Files that are still to be made, by the names they have in the requests."""
    seen = source.file
    if seen is None:
        return {}
    one = Asset(
        id=FIRST, kind=Kind.IMAGE, mime="image/png", name="frame.png", bytes=(seen.width or 0) * (seen.height or 0),
        width=seen.width, height=seen.height, has_alpha=False,
    )  # fmt: skip
    names = {FIRST: "frame.png", LAST: "last frame.png", MASK: "mask.png"}
    return {i: one.model_copy(update={"id": i, "name": name}) for i, name in names.items()} | {seen.id: seen}


def _again(source: RetakeSource, model: Model, choices: RetakeChoices) -> Candidate:
    """The version's own request with the wish in it."""
    run = source.run
    if run is None:
        raise NotFound(Message("retake.no_run"))
    task, at_s = run.request.task, None
    instructed = task == Task.IMAGE_EDIT or (task == Task.VIDEO_TO_VIDEO and model.edits_clip)
    if source.first is not None and source.rate and not instructed:
        at_s = source.at_s(source.first)
    prompt = retake_prompt.for_new_take(run.request.prompt, source.wish, limit=model.prompt.max_chars, at_s=at_s)
    return Candidate(model, _finished(run.request.flat() | {"n": 1}, model, prompt, source, choices), prompt)


def _can(way: Way, model: Model, task: Task) -> bool:
    """Whether the row says that the model does this."""
    specs = model.inputs_for(task)
    if not form_values.takes_prompt(model):
        return False
    if way == "from_frame":
        return "first_frame" in specs and not any(s.min for name, s in specs.items() if name != "first_frame")
    if way == "region":
        return _mask_input(model, task) is not None
    if any(spec.mask for spec in specs.values()):
        return False
    needed = [name for name, spec in specs.items() if spec.min and not spec.instead]
    if task == Task.IMAGE_EDIT:
        return model.prompt.required and set(needed) <= {"image", "images"} and bool({"image", "images"} & set(specs))
    return model.edits_clip and needed == ["video"]


def _mask_input(model: Model, task: Task) -> str | None:
    """The input that takes a mask as a picture, beside what is to be changed."""
    specs = model.inputs_for(task)
    return next((name for name, s in specs.items() if s.mask and Kind.IMAGE in s.kinds), None)


def _anew(way: Way, source: RetakeSource, model: Model, choices: RetakeChoices) -> Candidate:
    task, asked = _task(way, source), source.run.request if source.run else None
    fields = {name: value for name in CARRIED if asked and (value := getattr(asked, name)) is not None}
    if way in ("region", "edit"):  # what is changed decides the rest
        fields = {k: v for k, v in fields.items() if k == "tier" and v in model.tiers}
    body, changes = validation.carry_over(fields, model, task)
    if asked and model.negative_prompt and asked.negative_prompt:
        body["negative_prompt"] = asked.negative_prompt
    if asked and model.id == run_model(source):
        specs = model.params_for(task)
        body |= {name: value for name, value in asked.params.items() if name in specs and way == "from_frame"}
    body |= _media(way, source, model, task, choices)
    if asked and asked.real_people is not None:
        body["real_people"] = asked.real_people
    if asked and asked.consent:
        body["consent"] = True
    prompt = _prompt(way, source, model, task)
    return Candidate(model, _finished(body, model, prompt, source, choices), prompt, tuple(changes))


def _media(way: Way, source: RetakeSource, model: Model, task: Task, choices: RetakeChoices) -> JSON:
    specs, seen = model.inputs_for(task), source.file.id if source.file else ""
    if way == "from_frame":
        to_last = choices.to_last and source.last is not None and "last_frame" in specs
        return {"first_frame": FIRST} | ({"last_frame": LAST} if to_last else {})
    if task == Task.VIDEO_TO_VIDEO:
        given: JSON = {"video": seen}
    else:
        taken = [name for name in ("image", "images") if name in specs and not specs[name].mask]
        given = {taken[0]: [seen] if taken[0] == "images" else seen}
    if way == "region" and (name := _mask_input(model, task)):
        given[name] = [MASK] if name in form_values.LISTS else MASK
        if (frame := specs[name].mask_frame) and source.first is not None:
            given[frame] = source.first + 1
    return given


def _prompt(way: Way, source: RetakeSource, model: Model, task: Task) -> RetakePrompt:
    old = source.run.request.prompt if source.run else ""
    limit = model.prompt.max_chars
    if way == "from_frame":
        return retake_prompt.for_new_take(old, source.wish, limit=limit)
    if way == "region":
        return retake_prompt.for_mask(old, source.wish, limit=limit)
    return retake_prompt.for_edit(source.wish, place=source.region.place if source.region else "")


def _finished(body: JSON, model: Model, prompt: RetakePrompt, source: RetakeSource, choices: RetakeChoices) -> JSON:
    """The request with its prompt, seed, and answer about real people."""
    body = {name: value for name, value in body.items() if name not in ("seed", "prompt")}
    if form_values.takes_prompt(model):
        body["prompt"] = prompt.text if choices.prompt is None else choices.prompt
        if choices.prompt is not None and choices.original:
            body["original_prompt"] = choices.original
    if (seed := same_seed(source, model)) is not None and choices.seed == "same":
        body["seed"] = seed
    if choices.people:
        body |= {"real_people": choices.people == "yes", "consent": choices.people == "yes"}
    return body


def run_model(source: RetakeSource) -> str:
    """The id of the model that made the version; "" for none."""
    return source.run.model if source.run else ""


def same_seed(source: RetakeSource, model: Model) -> int | None:
    """The version's seed, where this is the model that it means the same to."""
    seed = source.run.seed if source.run and source.run.model == model.id else None
    return seed if seed is not None and model.seeds and model.seeds.min <= seed <= model.seeds.max else None


def none_left(way: Way, source: RetakeSource) -> str:
    """Why there is no model for this way."""
    if way == "again":
        return Message("retake.model_reads_no_words")
    return Message(f"retake.none_for_{way}", kind=Message(NOUNS[source.kind or Kind.VIDEO]))


def with_files(candidate_body: Mapping[str, object], made: Mapping[str, str]) -> JSON:
    """The request with the files that were made in the place of their names."""

    def put(value: object) -> object:
        if isinstance(value, str):
            return made.get(value, value)
        return [put(one) for one in value] if isinstance(value, list) else value

    media = {name: put(value) for name, value in candidate_body.items() if name in form_values.MEDIA}
    return dict(candidate_body) | media


def needed_files(body: Mapping[str, object]) -> set[str]:
    """Which files are still to be made for this request."""
    named: set[str] = set()
    for name in form_values.MEDIA:
        value = body.get(name)
        named |= {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
    return named & {FIRST, LAST, MASK}
