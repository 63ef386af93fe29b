"""Storyboards and films: a script read, a board made of it, drafted, rendered, exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from studio.domain import JSON, Task
from studio.errors import Conflict
from studio.messages import Message
from studio.prompt.script.read import read
from studio.services.board_repository import StoredBoard
from studio.services.continuations import ChainPlan
from studio.store.exports import FilmRow
from studio.storyboard.limits import Id
from studio.web.verbs import script_values
from studio.web.verbs.script_values import AnyScript, FormId, ScriptText

if TYPE_CHECKING:
    from studio.studio import Studio

PRICE_TOLERANCE_USD = 0.005
SHOT_WORDS = {
    *("id", "number", "prompt", "shot_size", "angle", "lens", "move", "place", "cast", "dialogue", "voice_over"),
    *("sound", "music", "transition", "notes"),
}
"""What a shot says of itself, as the API has it."""
Shots = Annotated[list[Id] | None, Field(max_length=500)]


class FilmVerbs:
    """As one user has them."""

    def __init__(self, studio: Studio, user: str) -> None:
        self._studio, self._services = studio, studio.acting_for(user)

    def read_script(self, text: ScriptText, form: FormId = "") -> dict[str, Any]:
        """What a script would become, in any published form: shot lists as CSV, TSV, Markdown table or JSON, prompts
        with shots and times, screenplays, captions. Nothing is stored. It answers form, title, style, negative, cast,
        shots (number, prompt, duration_s, length_from: own, times, dialogue or default, shot_size, angle, lens, move,
        place, cast, dialogue: speaker, manner and text of each line, voice_over, sound, music, transition, notes),
        length_s, unread (what was not understood: start, end, text, reason) and faults (times that do not add up).

        Args:
            text: The script.
            form: The form to read it in, such as csv, json or screenplay; empty: the one it looks most like.
        """
        return script_values.answer(read(text, form=form))

    def create_storyboard(
        self,
        title: Annotated[str, Field(max_length=200)] = "",
        script: AnyScript = "",
        form: FormId = "",
        model: Annotated[str, Field(max_length=200)] = "",
        width: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 1280,
        height: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 720,
        fps: Annotated[int, Field(ge=8, le=120)] = 24,
    ) -> dict[str, Any]:
        """A new storyboard, with shots from a script where one is given. Nothing is sent; see `draft` and `render`.

        Args:
            title: Its name; empty: the script's.
            script: A script as text, or what `read_script` answered, as it was or changed.
            form: The form to read a text in; empty: the one it looks most like.
            model: The model that renders its shots; empty: the one that a new board has on the page.
            width: Pixels.
            height: Pixels.
            fps: Frames a second.
        """
        if model:
            self._studio.catalogue.get(model)
        else:
            from studio.web.forms import model_picker  # the pages are heavy, and few callers come here

            model = model_picker.default_model(self._studio, Task.TEXT_TO_VIDEO, self._services).id
        fields = {"width": width, "height": height, "fps": fps, "model": model}
        return self._board(self._services.storyboards.create(title, script=script, form=form, **fields))

    def storyboards(self) -> list[dict[str, Any]]:
        """The storyboards, last changed first: id, title, shots (how many), model, updated_at."""
        return [
            {"id": s.board.id, "title": s.board.title, "shots": len(s.board.shots), "model": s.board.model}
            | {"updated_at": s.updated_at}
            for s in self._services.storyboards.all()
        ]

    def get_storyboard(self, board_id: Id) -> dict[str, Any]:
        """A storyboard as it stands: its shots with what there is of each (draft, render, running: ids of runs or
        assets), what stands against rendering it, and its price.

        Args:
            board_id: The id of the storyboard.
        """
        return self._board(self._services.storyboards.get(board_id))

    def draft(self, board_id: Id, shots: Shots = None) -> list[dict[str, Any]]:
        """Queue a free draft of every shot whose draft does not stand; it answers the runs.

        Args:
            board_id: The id of the storyboard.
            shots: Ids of shots; null: all.
        """
        return [run.public() for run in self._services.storyboards.draft(board_id, shots=shots)]

    def render_plan(self, board_id: Id, shots: Shots = None) -> dict[str, Any]:
        """What `render` would queue and cost: ready, follow (after another shot), done, blocked (shot -> why), usd,
        expected_s, warnings. Nothing is sent.

        Args:
            board_id: The id of the storyboard.
            shots: Ids of shots; null: all approved ones.
        """
        return _plan(self._services.continuations.plan(board_id, shots=shots))

    def render(self, board_id: Id, shots: Shots = None, max_usd: float | None = None) -> dict[str, Any]:
        """Queue the shots that `render_plan` has ready; those that follow another are queued after it. It answers the
        plan and the runs.

        Args:
            board_id: The id of the storyboard.
            shots: Ids of shots; null: all approved ones.
            max_usd: The price that was agreed, from `render_plan`. Refused where the plan costs more by now, and where
                it costs anything and no price was agreed; a plan whose price nobody knows is not.
        """
        plan = self._services.continuations.plan(board_id, shots=shots)
        if not plan.ready and not plan.follow:
            raise Conflict(Message("board.nothing_to_render"))
        usd = plan.estimate.usd
        if usd and (max_usd is None or usd > max_usd + PRICE_TOLERANCE_USD):
            raise Conflict(Message("board.price_changed", usd=f"{usd:.2f}"))
        runs = self._services.continuations.start(board_id, shots=shots)
        return _plan(plan) | {"runs": [run.public() for run in runs]}

    def export(self, board_id: Id, form: str = "film", options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Begin an export of a storyboard; it answers the export at once, see `get_export` for its end.

        Args:
            board_id: The id of the storyboard.
            form: film, contact (sheet), shots (list), project, otio, edl or fcpxml.
            options: For a film: preset, captions, allow_drafts ... as on the export page.
        """
        return self._export(self._services.exports.start(board_id, form, options))

    def exports(self, board_id: Id) -> list[dict[str, Any]]:
        """Exports of a storyboard, newest first.

        Args:
            board_id: The id of the storyboard.
        """
        return [self._export(row) for row in self._services.exports.list_for_board(board_id)]

    def get_export(self, export_id: Id) -> dict[str, Any]:
        """An export as it is now: status, fraction, error, name, bytes, url (of the file, once it succeeded).

        Args:
            export_id: The id of the export.
        """
        return self._export(self._services.exports.get(export_id))

    def _board(self, stored: StoredBoard) -> JSON:
        board = stored.board
        snapshot = self._services.storyboards.snapshot_of(board)
        prices = self._services.storyboards.prices(snapshot)
        fields = board.model_dump(
            mode="json", include={"id", "title", "width", "height", "fps", "style", "negative", "model"}
        )
        cast = [member.model_dump(mode="json") for member in board.cast]
        shots = [
            {
                **state.shot.model_dump(mode="json", include=SHOT_WORDS),
                "duration_s": state.shot.duration_s,
                "model": state.shot.model or board.model,
                "status": state.shot.status.value,
                "draft": state.draft.id if state.draft else None,
                "render": state.render.id if state.render else None,
                "running": state.running.id if state.running else None,
                "error": state.failed.error if state.failed else None,
                "problems": list(prices[state.shot.id].problems),
                "usd": prices[state.shot.id].usd,
                "expected_s": prices[state.shot.id].expected_s,
            }
            for state in snapshot.states
        ]
        return {**fields, "cast": cast, "shots": shots, "length_s": snapshot.timeline.length_s} | {
            "updated_at": stored.updated_at
        }

    def _export(self, row: FilmRow) -> JSON:
        kept = ("id", "board", "form", "options", "status", "error", "asset", "created_at", "finished_at")
        path = self._studio.settings.data / row.path if row.path else None
        return {key: getattr(row, key) for key in kept} | {
            "fraction": self._services.queue.export_progress(row.id),
            "name": path.name if path else "",
            "bytes": path.stat().st_size if path and path.is_file() else None,
            "url": f"/ui/films/{row.id}/file" if path else None,
        }


def _plan(plan: ChainPlan) -> JSON:
    estimate = plan.estimate
    return {
        "ready": [ready.shot for ready in plan.ready],
        "follow": [{"shot": f.link.shot, "after": f.link.after, "usd": f.link.usd} for f in plan.follow],
        "done": list(plan.done),
        "blocked": plan.blocked,
        "usd": estimate.usd,
        "expected_s": estimate.expected_s,
        "warnings": list(estimate.warnings),
    }
