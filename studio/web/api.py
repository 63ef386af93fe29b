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
from studio.web.routes.runs import INTEGER_MAX

if TYPE_CHECKING:
    from studio.studio import Studio

WAIT_MOST_S = 300.0
SEARCH_MOST = 200
CALLS_AT_ONCE = 32


def connect(studio: Studio) -> None:
    """Register the functions on the blocks under construction."""
    functions = [*_making(studio), *_following(studio), *_finding(studio)]
    for function in functions:
        events.api(_typed(function), api_name=function.__name__, concurrency_limit=CALLS_AT_ONCE)


def _typed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its values held to their annotations, and null as the default where there is one.

    Raises CapabilityError with the name of the parameter; StudioBlocks makes it the caller's answer.
    """
    shape = inspect.signature(function)
    hints = get_type_hints(function, include_extras=True)
    config = ConfigDict(allow_inf_nan=False)
    readers = {
        name: TypeAdapter(hints[name], config=config)
        for name in shape.parameters
        if hints[name] not in (gr.Request, gr.FileData)
    }

    def read(name: str, value: Any) -> Any:
        default = shape.parameters[name].default
        if value is None and default is not inspect.Parameter.empty:
            return default
        try:
            return readers[name].validate_python(value) if name in readers else value
        except ValidationError as error:
            first: dict[str, Any] = dict(error.errors(include_url=False)[0])
            inner = [str(part) for part in first["loc"] if isinstance(part, int)]
            raise CapabilityError(sentence(first, ".".join([name, *inner])), field=name) from None

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        values = shape.bind(*given, **named).arguments
        return function(**{name: read(name, value) for name, value in values.items()})

    return call


def _requests(given: Any) -> list[JSON]:
    listed = given if isinstance(given, list) else [given]
    if not all(isinstance(one, dict) for one in listed):
        raise CapabilityError(Message("request.shape"))
    return listed


def _ids(given: Any) -> str | list[str]:
    listed = given if isinstance(given, list) else [given]
    if not all(isinstance(one, str) for one in listed):
        odd = next(one for one in listed if not isinstance(one, str))
        raise CapabilityError(Message("request.not_an_id", given=short(odd)))
    if len(listed) > MAX_BATCH_RUNS:
        raise CapabilityError(Message("request.too_many_ids", count=f"{len(listed):,}", most=f"{MAX_BATCH_RUNS:,}"))
    return given


Requests = Annotated[dict[str, Any] | list[dict[str, Any]], PlainValidator(_requests)]
Ids = Annotated[str | list[str], PlainValidator(_ids)]


def _each(ids: str | list[str], one: Callable[[str], Run]) -> JSON | list[JSON]:
    """What `one` makes of each id, in the shape of the ids."""
    return one(ids).public() if isinstance(ids, str) else [one(run_id).public() for run_id in ids]


def _making(studio: Studio) -> list[Callable[..., Any]]:
    def submit(request: Requests, asker: gr.Request) -> list[dict[str, Any]]:
        """Start what is asked and answer its runs at once, each already on disk; `wait` for their end.

        Args:
            request: Flat JSON: task, model, prompt, size, duration_s, seed, n, the model's own settings by their
                names, and media by asset id. See `models` for what each model takes. A list of such objects is one
                batch: all are checked before any is stored.
        """
        return [run.public() for run in studio.acting_for(owner_of(asker)).requests.submit_many(_requests(request))]

    def estimate(requests: Requests, asker: gr.Request) -> dict[str, Any]:
        """What these requests would cost and take, without starting anything.

        Args:
            requests: One request or a list, as for `submit`.
        """
        return studio.acting_for(owner_of(asker)).requests.estimate(_requests(requests)).model_dump(mode="json")

    def upload(file: gr.FileData, asker: gr.Request) -> dict[str, Any]:
        """Take a picture, clip or sound into the library; its `id` goes into requests.

        Args:
            file: A file, passed with gradio_client.handle_file.
        """
        given = file.model_dump() if hasattr(file, "model_dump") else file
        if not isinstance(given, dict):
            raise CapabilityError(Message("request.handle_file"), field="file")
        path = form_files.uploaded(studio, given.get("path"))
        name = str(given.get("orig_name") or path.name)
        asset = studio.acting_for(owner_of(asker)).assets.add(path, name=name)
        return asset.model_dump(mode="json", exclude={"path", "owner", "trashed_at"}) | {"url": asset.url}

    return [submit, estimate, upload]


def _following(studio: Studio) -> list[Callable[..., Any]]:
    def get_run(run_id: Ids, asker: gr.Request) -> dict[str, Any] | list[dict[str, Any]]:
        """A run as it is now; for a list of ids, a list of runs.

        Args:
            run_id: The id of a run, or a list of ids.
        """
        return _each(run_id, lambda one: studio.acting_for(owner_of(asker)).runs.get(one))

    def wait(run_ids: Ids, asker: gr.Request, timeout_s: float = 60.0) -> dict[str, Any] | list[dict[str, Any]]:
        """The runs when all have ended, or as they are when the time is up; for one id, that run alone.

        Args:
            run_ids: A list of ids of runs, or one id.
            timeout_s: Seconds to wait at most, up to 300; call again to wait longer.
        """
        seconds, ids = min(max(timeout_s, 0.0), WAIT_MOST_S), [run_ids] if isinstance(run_ids, str) else run_ids
        runs = [run.public() for run in studio.acting_for(owner_of(asker)).runs.wait(ids, timeout_s=seconds)]
        return runs[0] if isinstance(run_ids, str) else runs

    def cancel(run_id: Ids, asker: gr.Request) -> dict[str, Any] | list[dict[str, Any]]:
        """Ask a run to stop; it answers the run, whose status says what came of it. For a list of ids, a list, where a
        run that had already ended stays as it is.

        Args:
            run_id: The id of a run, or a list of ids.
        """
        owner = owner_of(asker)

        def stopped(one: str) -> Run:
            try:
                return studio.acting_for(owner).runs.cancel(one)
            except Conflict:
                if isinstance(run_id, str):
                    raise
                return studio.acting_for(owner).runs.get(one)

        return _each(run_id, stopped)

    def retry(
        run_id: Ids, asker: gr.Request, seed: int | None = None, new_seed: bool = False
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Start the same request once more as a new run, whose retry_of names the old one; for a list, a list.

        Args:
            run_id: The id of the run to repeat, or a list of ids.
            seed: Another seed. Left out, the old run's seed is used.
            new_seed: Draw a new seed instead.
        """
        chosen: int | Literal["same"] | None = None if new_seed else "same" if seed is None else seed
        return _each(run_id, lambda one: studio.acting_for(owner_of(asker)).runs.retry(one, seed=chosen))

    def decide(run_id: str, choice: str, asker: gr.Request) -> dict[str, Any]:
        """Decide on a held run; it answers the run as it is then. Its `held_reason` says what is asked.

        Args:
            run_id: The id of the run.
            choice: One of the choices of its reason: fetch_again, look_again, submit_again, try_again, run_anyway,
                approve, confirm_consent, give_up. One that it does not offer is refused.
        """
        return studio.acting_for(owner_of(asker)).runs.decide(run_id, choice).public()

    return [get_run, wait, cancel, retry, decide]


def _finding(studio: Studio) -> list[Callable[..., Any]]:
    def search(
        asker: gr.Request,
        query: Annotated[str, Field(max_length=1000)] = "",
        task: str = "",
        model: Annotated[str, Field(max_length=200)] = "",
        kind: str = "",
        status: str = "",
        rating_min: Annotated[int, Field(ge=0, le=5)] = 0,
        before: Annotated[int, Field(ge=0, le=INTEGER_MAX)] | None = None,
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
        page = studio.acting_for(owner_of(asker)).gallery.search(
            query,
            task=_one_of(Task, "task", task),
            model=model or None,
            kind=_one_of(Kind, "kind", kind),
            status=_one_of(Status, "status", status),
            rating_min=rating_min,
            before=before,
            limit=min(max(limit, 1), SEARCH_MOST),
            time_zone=time_zone,
        )
        runs = [run.public() for run in page.runs]
        return {"runs": runs, "next_before": page.next_before, "total": page.total, "capped": page.capped}

    def models(task: str = "") -> list[dict[str, Any]]:
        """What each model takes, as the catalogue states it, and whether its provider is ready.

        Args:
            task: Only models for this task, such as image-to-video.
        """
        wanted = _one_of(Task, "task", task)
        rows = studio.catalogue.for_task(wanted) if wanted else list(studio.catalogue)
        return [_row(m) | _readiness(studio.admin.unavailable_reason(m)) for m in rows]

    return [search, models]


def _row(model: Model) -> JSON:
    return model.model_dump(mode="json", exclude={"engine", "request"}, exclude_defaults=True)


def _readiness(missing: str | None) -> JSON:
    return {"ready": missing is None, "missing": missing}


def _one_of(words: Any, name: str, given: str) -> Any:
    """The word as one of the enumeration; None for an empty one."""
    if not given:
        return None
    try:
        return words(given)
    except ValueError:
        listed = ", ".join(w.value for w in words)
        raise CapabilityError(
            Message("value.choice", name=name, value=short(given), listed=listed), field=name
        ) from None
