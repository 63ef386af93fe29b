"""The studio's typed functions for gradio_client (and MCP): submit, look, wait, cancel, retry, search, models, price.

Shapes are those of the README's contract: requests and runs as flat JSON. Rights and limits are the Studio's; a refusal
reaches the caller as its sentence. These are the only public endpoints; the pages' own events are private.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from gradio import events

from studio.catalogue import Model
from studio.domain import JSON, Kind, Status, Task
from studio.errors import StudioError
from studio.ui import media
from studio.ui.page import owner_of

if TYPE_CHECKING:
    from studio.studio import Studio

WAIT_MOST_S = 300.0
SEARCH_MOST = 200
CALLS_AT_ONCE = 32


def connect(studio: Studio) -> None:
    """Register the functions on the blocks under construction."""
    functions = [*_making(studio), *_following(studio), *_finding(studio)]
    for function in functions:
        events.api(_told(function), api_name=function.__name__, concurrency_limit=CALLS_AT_ONCE)


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the studio's refusals as errors that the client shows as they are."""

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return call


def _making(studio: Studio) -> list[Callable[..., Any]]:
    def submit(request: dict[str, Any], asker: gr.Request) -> list[dict[str, Any]]:
        """Start what is asked and answer its runs at once, each already on disk; `wait` for their end.

        Args:
            request: Flat JSON: task, model, prompt, size, duration_s, seed, n, the model's own settings by their
                names, and media by asset id. See `models` for what each model takes.
        """
        return [run.public() for run in studio.submit(_object(request), owner=owner_of(asker))]

    def estimate(requests: list[dict[str, Any]], asker: gr.Request) -> dict[str, Any]:
        """What these requests would cost and take, without starting anything.

        Args:
            requests: Requests as for `submit`.
        """
        return studio.estimate([_object(r) for r in requests], owner=owner_of(asker)).model_dump(mode="json")

    def upload(file: gr.FileData, asker: gr.Request) -> dict[str, Any]:
        """Take a picture, clip or sound into the library; its `id` goes into requests.

        Args:
            file: A file, passed with gradio_client.handle_file.
        """
        given = _object(file)
        path = media.uploaded(studio, given.get("path"))
        name = str(given.get("orig_name") or path.name)
        asset = studio.add_asset(path, name=name, owner=owner_of(asker))
        return asset.model_dump(mode="json", exclude={"path", "owner", "trashed_at"}) | {"url": asset.url}

    return [submit, estimate, upload]


def _following(studio: Studio) -> list[Callable[..., Any]]:
    def get_run(run_id: str, asker: gr.Request) -> dict[str, Any]:
        """One run as it is now.

        Args:
            run_id: The id of the run.
        """
        return studio.get_run(run_id, owner=owner_of(asker)).public()

    def wait(run_ids: list[str], asker: gr.Request, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """The runs when all have ended, or as they are when the time is up.

        Args:
            run_ids: Ids of runs.
            timeout_s: Seconds to wait at most, up to 300; call again to wait longer.
        """
        seconds = min(max(float(timeout_s), 0.0), WAIT_MOST_S)
        return [run.public() for run in studio.wait(run_ids, timeout_s=seconds, owner=owner_of(asker))]

    def cancel(run_id: str, asker: gr.Request) -> dict[str, Any]:
        """Ask a run to stop; it answers the run, whose status says what came of it.

        Args:
            run_id: The id of the run.
        """
        return studio.cancel(run_id, owner=owner_of(asker)).public()

    def retry(run_id: str, asker: gr.Request, seed: int | None = None, new_seed: bool = False) -> dict[str, Any]:
        """Start the same request once more as a new run, whose retry_of names the old one.

        Args:
            run_id: The id of the run to repeat.
            seed: Another seed. Left out, the old run's seed is used.
            new_seed: Draw a new seed instead.
        """
        chosen: int | Literal["same"] | None = None if new_seed else "same" if seed is None else int(seed)
        return studio.retry(run_id, owner=owner_of(asker), seed=chosen).public()

    def decide(run_id: str, choice: str, asker: gr.Request) -> dict[str, Any]:
        """Decide on a held run; it answers the run as it is then. Its `held_reason` says what is asked.

        Args:
            run_id: The id of the run.
            choice: One of the choices of its reason: fetch_again, look_again, submit_again, try_again, run_anyway,
                approve, confirm_consent, give_up. One that it does not offer is refused.
        """
        return studio.decide(run_id, choice, owner=owner_of(asker)).public()

    return [get_run, wait, cancel, retry, decide]


def _finding(studio: Studio) -> list[Callable[..., Any]]:
    def search(
        asker: gr.Request,
        query: str = "",
        task: str = "",
        model: str = "",
        kind: str = "",
        status: str = "",
        rating_min: int = 0,
        before: int | None = None,
        limit: int = 60,
    ) -> dict[str, Any]:
        """Kept runs, newest first: runs, next_before for the next page (null at the end), total, capped.

        Args:
            query: Words of the prompt.
            task: Only this task, such as text-to-video.
            model: Only this model id.
            kind: Only runs that make image, video, audio or text.
            status: Only queued, running, held, succeeded, failed or cancelled runs.
            rating_min: Only runs with at least so many stars, 0 to 5.
            before: next_before of the page before.
            limit: Runs in a page, 1 to 200.
        """
        page = studio.search(
            query,
            owner=owner_of(asker),
            task=_one_of(Task, "task", task),
            model=model or None,
            kind=_one_of(Kind, "kind", kind),
            status=_one_of(Status, "status", status),
            rating_min=int(rating_min),
            before=before,
            limit=min(max(int(limit), 1), SEARCH_MOST),
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
        return [_row(m) | _readiness(studio.unavailable(m)) for m in rows]

    return [search, models]


def _row(model: Model) -> JSON:
    return model.model_dump(mode="json", exclude={"engine"}, exclude_defaults=True)


def _readiness(missing: str | None) -> JSON:
    return {"ready": missing is None, "missing": missing}


def _object(given: Any) -> JSON:
    """What the client sent as an object; text is a slip that deserves a sentence."""
    body = given.model_dump() if hasattr(given, "model_dump") else given
    if not isinstance(body, dict):
        raise gr.Error("A request is a JSON object with task, model and prompt.", print_exception=False)
    return body


def _one_of(words: Any, name: str, given: str) -> Any:
    """The word as one of the enumeration; None for an empty one."""
    if not given:
        return None
    try:
        return words(given)
    except ValueError:
        listed = ", ".join(w.value for w in words)
        raise gr.Error(f"{name} is {given!r}; it can be {listed}.", print_exception=False) from None
