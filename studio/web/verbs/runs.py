"""Requests and runs: submit, price, look, wait, cancel, retry, decide, search, models.

Shapes are those of the README's contract: requests and runs as flat JSON. Functions that follow runs take one id or a
list of ids, and answer in the same shape.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from studio.catalogue import Model
from studio.domain import JSON, Kind, Status, Task
from studio.services.readiness import ModelReadiness
from studio.web.verbs.values import MAX_INTEGER, Ids, OneRequest, Requests, one_of, requests_of

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_WAIT_S = 300.0
MAX_SEARCH_RUNS = 200


class RunVerbs:
    """As one user has them."""

    def __init__(self, studio: Studio, user: str) -> None:
        self._studio, self._services = studio, studio.acting_for(user)

    def submit(self, request: Requests) -> list[dict[str, Any]]:
        """Start what is asked and answer its runs at once, each already on disk; `wait` for their end.

        Args:
            request: Flat JSON: task, model, prompt, size, duration_s, seed, n, the model's own settings by their
                names, and media by asset id. See `models` for what each model takes. A list of such objects is one
                batch of up to 1,000 runs: all are checked before any is stored, and what is wrong is told with the
                number of its request.
        """
        return [run.public() for run in self._services.requests.submit_list(requests_of(request))]

    def estimate(self, requests: Requests) -> dict[str, Any]:
        """What these requests would cost and take, without starting anything.

        Args:
            requests: One request or a list, as for `submit`.
        """
        return self._services.requests.estimate(requests_of(requests)).model_dump(mode="json")

    def alternatives(self, request: OneRequest) -> list[dict[str, Any]]:
        """Every model that can do a request's task: the same model elsewhere first, then what changes nothing, then by
        price. Each has the request for it, its price, usual time, what would change, and whether it is ready.

        Args:
            request: One request, as for `submit`, within the limits of its own model.
        """
        return [one.public() for one in self._services.alternatives.of_request(dict(request))]

    def compare(self, request: OneRequest, models: Ids) -> dict[str, Any]:
        """Send one run of a request to each of 2 to 6 models and answer the comparison: its id, and the runs at once.

        All are checked, and the spending limits for their sum, before the first is stored. What a model does otherwise
        than was asked is in `changes`.

        Args:
            request: One request, as for `submit`, within the limits of its own model.
            models: A list of model ids, such as those that `alternatives` answers.
        """
        listed = [models] if isinstance(models, str) else models
        made = self._services.comparisons.submit_request(dict(request), listed)
        members = [{"run": m.run.public(), "changes": list(m.changes)} for m in made.members]
        return {"id": made.id, "created_at": made.created_at, "members": members}

    def get_run(self, run_id: Ids) -> dict[str, Any] | list[dict[str, Any]]:
        """A run as it is now; for a list of ids, a list of runs.

        Args:
            run_id: The id of a run, or a list of ids.
        """
        if isinstance(run_id, str):
            return self._services.runs.get(run_id).public()
        return [run.public() for run in self._services.runs.each(run_id)]

    async def wait(self, run_ids: Ids, timeout_s: float = 60.0) -> dict[str, Any] | list[dict[str, Any]]:
        """The runs when all have ended, or as they are when the time is up; for one id, that run alone.

        Args:
            run_ids: A list of ids of runs, or one id.
            timeout_s: Seconds to wait at most, up to 300; call again to wait longer.
        """
        seconds, ids = min(max(timeout_s, 0.0), MAX_WAIT_S), [run_ids] if isinstance(run_ids, str) else run_ids
        runs = [run.public() for run in await self._services.runs.wait_pushed(ids, timeout_s=seconds)]
        return runs[0] if isinstance(run_ids, str) else runs

    def cancel(self, run_id: Ids) -> dict[str, Any] | list[dict[str, Any]]:
        """Ask a run to stop; it answers the run, whose status says what came of it. For a list of ids, a list, where a
        run that had already ended stays as it is.

        Args:
            run_id: The id of a run, or a list of ids.
        """

        if isinstance(run_id, str):
            return self._services.runs.cancel(run_id).public()
        return [run.public() for run in self._services.runs.cancel_several(run_id)]

    def retry(
        self, run_id: Ids, seed: int | None = None, new_seed: bool = False
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Start the same request once more as a new run, whose retry_of names the old one; for a list, a list.

        Args:
            run_id: The id of the run to repeat, or a list of ids.
            seed: Another seed. Left out, the old run's seed is used.
            new_seed: Draw a new seed instead.
        """
        chosen: int | Literal["same"] | None = None if new_seed else "same" if seed is None else seed
        if isinstance(run_id, str):
            return self._services.runs.retry(run_id, seed=chosen).public()
        return [run.public() for run in self._services.runs.retry_several(run_id, seed=chosen)]

    def edit_run(self, run_id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change the request of a run that was not sent yet, queued or held; it answers the run, which keeps its place
        in the queue. The values are checked and priced as by `submit`. A run that was sent is refused.

        Args:
            run_id: The id of the run.
            changes: The fields of the request to change, with their new values; null takes a field away. Without a
                seed a new one is drawn.
        """
        return self._services.runs.edit_fields(run_id, changes).public()

    def decide(self, run_id: str, choice: str) -> dict[str, Any]:
        """Decide on a held run; it answers the run as it is then. Its `held_reason` says what is asked.

        Args:
            run_id: The id of the run.
            choice: One of the choices of its reason: fetch_again, look_again, submit_again, try_again, run_anyway,
                approve, no_real_person, confirm_consent, give_up. One that it does not offer is refused.
        """
        return self._services.runs.decide(run_id, choice).public()

    def held_models(self) -> list[dict[str, Any]]:
        """Models whose waiting runs do not start, because several runs in a row failed for the same reason: model,
        label, reason, failures, held_at, waiting (runs), trying (one run may start to see whether it works again).
        """
        return [asdict(hold) | {"held_at": hold.held_at.isoformat()} for hold in self._services.queue.held_models()]

    def resume_model(self, model: Annotated[str, Field(max_length=200)]) -> list[dict[str, Any]]:
        """Let one waiting run of a held model try; if it succeeds, the others follow. It answers as `held_models` does.

        Args:
            model: The id of the model.
        """
        self._services.queue.resume_model(model)
        return self.held_models()

    def search(
        self,
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
        page = self._services.gallery.search(
            query,
            task=one_of(Task, "task", task),
            model=model or None,
            kind=one_of(Kind, "kind", kind),
            status=one_of(Status, "status", status),
            rating_min=rating_min,
            before=before,
            limit=min(max(limit, 1), MAX_SEARCH_RUNS),
            time_zone=time_zone,
        )
        runs = [run.public() for run in page.runs]
        return {"runs": runs, "next_before": page.next_before, "total": page.total, "capped": page.capped}

    def models(self, task: str = "") -> list[dict[str, Any]]:
        """What each model takes, as the catalogue states it, whether it is ready for you, and with whose key.

        Args:
            task: Only models for this task, such as image-to-video.
        """
        chosen_task = one_of(Task, "task", task)
        rows = self._studio.catalogue.for_task(chosen_task) if chosen_task else list(self._studio.catalogue)
        ready = self._services.readiness.several(rows)
        return [_row(m) | _readiness(ready[m.id]) for m in rows]


def _row(model: Model) -> JSON:
    return model.model_dump(mode="json", exclude={"engine", "request"}, exclude_defaults=True)


def _readiness(found: ModelReadiness) -> JSON:
    return {"ready": found.ready, "missing": found.reason, "key": found.key}
