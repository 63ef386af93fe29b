"""The studio's typed functions for gradio_client (and MCP): submit, look, wait, cancel, retry, search, models, price.

Shapes are those of the README's contract: requests and runs as flat JSON. Rights and limits are the Studio's; a refusal
reaches the caller as its sentence. These are the only public endpoints; the pages' own events are private.

Functions that follow runs take one id or a list of ids, and answer in the same shape. null means the default.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import gradio as gr
from gradio import events
from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from studio.catalogue import Model
from studio.domain import JSON, Kind, Run, Status, Task
from studio.errors import CapabilityError, Conflict
from studio.field_errors import sentence, short
from studio.messages import Message
from studio.services.requests import MAX_BATCH_RUNS
from studio.web.pages import form_files
from studio.web.pages.page import owner_of
from studio.web.routes import run_json
from studio.web.routes.runs import MAX_INTEGER

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_WAIT_S = 300.0
MAX_SEARCH_RUNS = 200
MAX_CONCURRENT_CALLS = 32


def connect(studio: Studio) -> None:
    """Register the functions on the blocks under construction."""
    functions = [*_submit_functions(studio), *_run_functions(studio), *_queue_functions(studio)]
    functions += _search_functions(studio)
    for function in functions:
        events.api(_validated(function), api_name=function.__name__, concurrency_limit=MAX_CONCURRENT_CALLS)


def _validated(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its values held to their annotations, and null as the default where there is one.

    Raises CapabilityError with the name of the parameter; StudioBlocks makes it the caller's answer.
    """
    signature = inspect.signature(function)
    hints = get_type_hints(function, include_extras=True)
    config = ConfigDict(allow_inf_nan=False)
    readers = {
        name: TypeAdapter(hints[name], config=config)
        for name in signature.parameters
        if hints[name] not in (gr.Request, gr.FileData)
    }

    def read(name: str, value: Any) -> Any:
        default = signature.parameters[name].default
        if value is None and default is not inspect.Parameter.empty:
            return default
        try:
            return readers[name].validate_python(value) if name in readers else value
        except ValidationError as error:
            first_error: dict[str, Any] = dict(error.errors(include_url=False)[0])
            inner = [str(part) for part in first_error["loc"] if isinstance(part, int)]
            raise CapabilityError(sentence(first_error, ".".join([name, *inner])), field=name) from None

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        values = signature.bind(*args, **kwargs).arguments
        return function(**{name: read(name, value) for name, value in values.items()})

    return call


def _requests(value: Any) -> list[JSON]:
    requests = value if isinstance(value, list) else [value]
    if not all(isinstance(request, dict) for request in requests):
        raise CapabilityError(Message("request.shape"))
    return requests


def _ids(value: Any) -> str | list[str]:
    ids = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in ids):
        wrong = next(one for one in ids if not isinstance(one, str))
        raise CapabilityError(Message("request.not_an_id", given=short(wrong)))
    if len(ids) > MAX_BATCH_RUNS:
        raise CapabilityError(Message("request.too_many_ids", count=f"{len(ids):,}", most=f"{MAX_BATCH_RUNS:,}"))
    return value


Requests = Annotated[dict[str, Any] | list[dict[str, Any]], PlainValidator(_requests)]
OneRequest = Annotated[dict[str, Any], PlainValidator(lambda value: _requests([value])[0])]
Ids = Annotated[str | list[str], PlainValidator(_ids)]


def _for_each(ids: str | list[str], function: Callable[[str], Run]) -> JSON | list[JSON]:
    """What `function` makes of each id, in the shape of the ids."""
    return function(ids).public() if isinstance(ids, str) else [function(run_id).public() for run_id in ids]


def _submit_functions(studio: Studio) -> list[Callable[..., Any]]:
    def submit(request: Requests, gradio_request: gr.Request) -> list[dict[str, Any]]:
        """Start what is asked and answer its runs at once, each already on disk; `wait` for their end.

        Args:
            request: Flat JSON: task, model, prompt, size, duration_s, seed, n, the model's own settings by their
                names, and media by asset id. See `models` for what each model takes. A list of such objects is one
                batch: all are checked before any is stored.
        """
        return [
            run.public() for run in studio.acting_for(owner_of(gradio_request)).requests.submit_many(_requests(request))
        ]

    def estimate(requests: Requests, gradio_request: gr.Request) -> dict[str, Any]:
        """What these requests would cost and take, without starting anything.

        Args:
            requests: One request or a list, as for `submit`.
        """
        return (
            studio.acting_for(owner_of(gradio_request)).requests.estimate(_requests(requests)).model_dump(mode="json")
        )

    def alternatives(request: OneRequest, gradio_request: gr.Request) -> list[dict[str, Any]]:
        """Every model that can do a request's task: the same model elsewhere first, then what changes nothing, then by
        price. Each has the request for it, its price, usual time, what would change, and whether it is ready.

        Args:
            request: One request, as for `submit`, within the limits of its own model.
        """
        found = studio.acting_for(owner_of(gradio_request)).alternatives.of_request(dict(request))
        return [one.public() for one in found]

    def compare(request: OneRequest, models: Ids, gradio_request: gr.Request) -> dict[str, Any]:
        """Send one run of a request to each of 2 to 6 models and answer the comparison: its id, and the runs at once.

        All are checked, and the spending limits for their sum, before the first is stored. What a model does otherwise
        than was asked is in `changes`.

        Args:
            request: One request, as for `submit`, within the limits of its own model.
            models: A list of model ids, such as those that `alternatives` answers.
        """
        listed = [models] if isinstance(models, str) else models
        made = studio.acting_for(owner_of(gradio_request)).comparisons.submit_request(dict(request), listed)
        members = [{"run": m.run.public(), "changes": list(m.changes)} for m in made.members]
        return {"id": made.id, "created_at": made.created_at, "members": members}

    def upload(file: gr.FileData, gradio_request: gr.Request) -> dict[str, Any]:
        """Take a picture, clip, sound or document into the library; its `id` goes into requests.

        Args:
            file: A file, passed with gradio_client.handle_file.
        """
        file_data = file.model_dump() if hasattr(file, "model_dump") else file
        if not isinstance(file_data, dict):
            raise CapabilityError(Message("request.handle_file"), field="file")
        path = form_files.upload_path(studio, file_data.get("path"))
        name = str(file_data.get("orig_name") or path.name)
        asset = studio.acting_for(owner_of(gradio_request)).assets.add(path, name=name, documents=True)
        return asset.model_dump(mode="json", exclude={"path", "owner", "trashed_at"}) | {"url": asset.url}

    return [submit, estimate, alternatives, compare, upload]


def _run_functions(studio: Studio) -> list[Callable[..., Any]]:
    def get_run(run_id: Ids, gradio_request: gr.Request) -> dict[str, Any] | list[dict[str, Any]]:
        """A run as it is now; for a list of ids, a list of runs.

        Args:
            run_id: The id of a run, or a list of ids.
        """
        return _for_each(run_id, lambda one: studio.acting_for(owner_of(gradio_request)).runs.get(one))

    def wait(
        run_ids: Ids, gradio_request: gr.Request, timeout_s: float = 60.0
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """The runs when all have ended, or as they are when the time is up; for one id, that run alone.

        Args:
            run_ids: A list of ids of runs, or one id.
            timeout_s: Seconds to wait at most, up to 300; call again to wait longer.
        """
        seconds, ids = min(max(timeout_s, 0.0), MAX_WAIT_S), [run_ids] if isinstance(run_ids, str) else run_ids
        runs = [run.public() for run in studio.acting_for(owner_of(gradio_request)).runs.wait(ids, timeout_s=seconds)]
        return runs[0] if isinstance(run_ids, str) else runs

    def cancel(run_id: Ids, gradio_request: gr.Request) -> dict[str, Any] | list[dict[str, Any]]:
        """Ask a run to stop; it answers the run, whose status says what came of it. For a list of ids, a list, where a
        run that had already ended stays as it is.

        Args:
            run_id: The id of a run, or a list of ids.
        """
        owner = owner_of(gradio_request)

        def cancel_one(one: str) -> Run:
            try:
                return studio.acting_for(owner).runs.cancel(one)
            except Conflict:
                if isinstance(run_id, str):
                    raise
                return studio.acting_for(owner).runs.get(one)

        return _for_each(run_id, cancel_one)

    def retry(
        run_id: Ids, gradio_request: gr.Request, seed: int | None = None, new_seed: bool = False
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Start the same request once more as a new run, whose retry_of names the old one; for a list, a list.

        Args:
            run_id: The id of the run to repeat, or a list of ids.
            seed: Another seed. Left out, the old run's seed is used.
            new_seed: Draw a new seed instead.
        """
        chosen: int | Literal["same"] | None = None if new_seed else "same" if seed is None else seed
        return _for_each(run_id, lambda one: studio.acting_for(owner_of(gradio_request)).runs.retry(one, seed=chosen))

    def edit_run(run_id: str, changes: dict[str, Any], gradio_request: gr.Request) -> dict[str, Any]:
        """Change the request of a run that was not sent yet, queued or held; it answers the run, which keeps its place
        in the queue. The values are checked and priced as by `submit`. A run that was sent is refused.

        Args:
            run_id: The id of the run.
            changes: The fields of the request to change, with their new values; null takes a field away. Without a
                seed a new one is drawn.
        """
        return studio.acting_for(owner_of(gradio_request)).runs.edit_fields(run_id, changes).public()

    def decide(run_id: str, choice: str, gradio_request: gr.Request) -> dict[str, Any]:
        """Decide on a held run; it answers the run as it is then. Its `held_reason` says what is asked.

        Args:
            run_id: The id of the run.
            choice: One of the choices of its reason: fetch_again, look_again, submit_again, try_again, run_anyway,
                approve, no_real_person, confirm_consent, give_up. One that it does not offer is refused.
        """
        return studio.acting_for(owner_of(gradio_request)).runs.decide(run_id, choice).public()

    return [get_run, wait, cancel, retry, edit_run, decide]


def _queue_functions(studio: Studio) -> list[Callable[..., Any]]:
    def held_models() -> list[dict[str, Any]]:
        """Models whose waiting runs do not start, because several runs in a row failed for the same reason: model,
        label, reason, failures, held_at, waiting (runs), trying (one run may start to see whether it works again).
        """
        return run_json.held_models(studio)

    def resume_model(model: Annotated[str, Field(max_length=200)]) -> list[dict[str, Any]]:
        """Let one waiting run of a held model try; if it succeeds, the others follow. It answers as `held_models` does.

        Args:
            model: The id of the model.
        """
        studio.queue.resume_model(model)
        return run_json.held_models(studio)

    return [held_models, resume_model]


def _search_functions(studio: Studio) -> list[Callable[..., Any]]:
    def search(
        gradio_request: gr.Request,
        query: Annotated[str, Field(max_length=1000)] = "",
        task: str = "",
        model: Annotated[str, Field(max_length=200)] = "",
        kind: str = "",
        status: str = "",
        rating_min: Annotated[int, Field(ge=0, le=5)] = 0,
        before: Annotated[int, Field(ge=0, le=MAX_INTEGER)] | None = None,
        limit: int = 60,
        time_zone: Annotated[str, Field(max_length=64)] = "",
    ) -> dict[str, Any]:
        """Kept runs, newest first: runs, next_before for the next page (null at the end), total, capped.

        Args:
            query: Words of the prompt, "phrases", -without; seed:42 rating:>=4 after:2026-03-01 before:2026-04.
            task: Only this task, such as text-to-video.
            model: Only this model id.
            kind: Only runs that make image, video, audio or text.
            status: Only queued, running, held, succeeded, failed or cancelled runs.
            rating_min: Only runs with at least so many stars, 0 to 5.
            before: next_before of the page before.
            limit: Runs in a page, 1 to 200.
            time_zone: Where the days of after: and before: begin, by its IANA name, such as Asia/Shanghai or UTC.
                Empty: a day is as wide as any zone on earth has it (after: from its first hour at UTC+14, before: until
                its first hour at UTC-12), so that what anybody calls that day is found.
        """
        page = studio.acting_for(owner_of(gradio_request)).gallery.search(
            query,
            task=_one_of(Task, "task", task),
            model=model or None,
            kind=_one_of(Kind, "kind", kind),
            status=_one_of(Status, "status", status),
            rating_min=rating_min,
            before=before,
            limit=min(max(limit, 1), MAX_SEARCH_RUNS),
            time_zone=time_zone,
        )
        runs = [run.public() for run in page.runs]
        return {"runs": runs, "next_before": page.next_before, "total": page.total, "capped": page.capped}

    def models(task: str = "") -> list[dict[str, Any]]:
        """What each model takes, as the catalogue states it, and whether its provider is ready.

        Args:
            task: Only models for this task, such as image-to-video.
        """
        chosen_task = _one_of(Task, "task", task)
        rows = studio.catalogue.for_task(chosen_task) if chosen_task else list(studio.catalogue)
        return [_row(m) | _readiness(studio.admin.unavailable_reason(m)) for m in rows]

    return [search, models]


def _row(model: Model) -> JSON:
    return model.model_dump(mode="json", exclude={"engine", "request"}, exclude_defaults=True)


def _readiness(missing: str | None) -> JSON:
    return {"ready": missing is None, "missing": missing}


def _one_of(enumeration: Any, name: str, value: str) -> Any:
    """The word as one of the enumeration; None for an empty one."""
    if not value:
        return None
    try:
        return enumeration(value)
    except ValueError:
        listed = ", ".join(w.value for w in enumeration)
        raise CapabilityError(
            Message("value.choice", name=name, value=short(value), listed=listed), field=name
        ) from None
