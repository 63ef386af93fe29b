"""What exports for delivery demand: nothing, an approval of every take, or one of the cut. Review copies demand none.

A project has its own rule, or the studio's. An approval counts where it was given in a review of the board's project;
of a board outside of projects, in any review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlite_utils import Database

from studio.errors import Conflict
from studio.film.findings import Finding
from studio.messages import Message, joined
from studio.permissions import Actor
from studio.services.context import Context
from studio.services.film_options import FilmOptions
from studio.services.projects import Projects
from studio.store import projects, review_approvals, settings, storyboards
from studio.storyboard.cut_fingerprint import board_fingerprint, cut_fingerprint
from studio.storyboard.model import Board, Shot
from studio.storyboard.to_timeline import Clip, Clips

SETTING = "delivery_approval"
"""Name of the rule among the settings of the studio, and among those of a project."""
DELIVERIES = frozenset({"film", "otio", "edl", "fcpxml"})
"""Forms of export that hand pictures over."""
MAX_NAMED = 3


class Demand(StrEnum):
    """What has to be approved before an export for delivery."""

    NONE = "none"
    TAKES = "takes"
    CUT = "cut"


@dataclass(frozen=True)
class ProjectDemand:
    """A project's rule. own: None where it follows the studio's. holds: which one it is then."""

    own: Demand | None
    holds: Demand


@dataclass(frozen=True)
class Unapproved:
    """What lacks an approval: shots by number, or the cut. reviews: titles of those where it can be asked for."""

    demand: Demand
    shots: tuple[tuple[int, Shot], ...]
    reviews: tuple[str, ...]

    def sentence(self) -> Message:
        """What is missing, and where to ask for it."""
        if self.demand is Demand.TAKES:
            numbers = ", ".join(str(number) for number, _ in self.shots)
            what = Message("delivery_approval.takes", count=len(self.shots), shots=numbers)
            where = Message("delivery_approval.ask_takes")
        else:
            what, where = Message("delivery_approval.cut"), Message("delivery_approval.ask_cut")
        if self.reviews:
            where = Message("delivery_approval.ask_in", reviews=", ".join(self.reviews))
        return joined(what, where, Message("delivery_approval.or_copy"))

    def findings(self) -> list[Finding]:
        """The same for the list of what stands against an export."""
        if self.demand is Demand.CUT:
            return [Finding("error", "cut_unapproved")]
        return [Finding("error", "shot_unapproved", shot=shot.id, number=number) for number, shot in self.shots]


class DeliveryApproval:
    """The rules, and whether a board keeps them, as one actor may see and set them."""

    def __init__(self, context: Context, actor: Actor, own_projects: Projects) -> None:
        self._context, self._actor, self.user = context, actor, actor.id
        self._projects = own_projects

    def of_studio(self) -> Demand:
        """The rule of boards outside of projects, and of projects without their own."""
        with self._context.store.read() as db:
            return _of_studio(db)

    def set_studio(self, demand: Demand) -> None:
        """Set the studio's rule."""
        with self._context.store.write() as db:
            settings.put(db, SETTING, demand.value)

    def of_project(self, project_id: str) -> ProjectDemand:
        """The rule of a project. Raises NotFound."""
        self._projects.get(project_id)
        with self._context.store.read() as db:
            own = projects.get(db, project_id).settings.get(SETTING)
            return ProjectDemand(Demand(own) if own else None, _of_project(db, project_id))

    def set_project(self, project_id: str, demand: Demand | None) -> None:
        """Give a project its rule, or with None the studio's. Raises NotFound, NotAllowed."""
        self._projects.require_managed(project_id)
        with self._context.store.write() as db:
            projects.put_setting(db, project_id, SETTING, demand.value if demand else None)

    def reviews_of(self, board_id: str) -> list[tuple[str, str]]:
        """Id and title of reviews that have shots or films of the board. Raises NotFound."""
        with self._context.store.read() as db:
            storyboards.get(db, board_id, self.user)
            return review_approvals.reviews_of_board(db, board_id, self.user)

    def require(self, board: Board, clips: Clips, form: str, options: FilmOptions) -> None:
        """Raise Conflict where this export would need an approval that is not there."""
        if missing := self.missing(board, clips, form, options):
            raise Conflict(missing.sentence())

    def missing(self, board: Board, clips: Clips, form: str, options: FilmOptions) -> Unapproved | None:
        """What this export lacks; None where it demands nothing, or has it all. board: as it goes into the film."""
        if form not in DELIVERIES or (form == "film" and options.review_copy):
            return None
        with self._context.store.read() as db:
            project = storyboards.get(db, board.id, self.user).project
            demand = _of_project(db, project) if project else _of_studio(db)
            if demand is Demand.TAKES and (lacking := _unapproved_shots(db, board, clips, options.whole, project)):
                found = review_approvals.reviews_of_board(db, board.id, self.user, MAX_NAMED)
                return Unapproved(demand, tuple(lacking), tuple(title for _, title in found))
            if demand is Demand.CUT:
                films = _films_of_cut(db, board, clips, form, options)
                decided = review_approvals.decisions(db, "film", films, project)
                if not decided or not max(decided.values())[1]:
                    titles = review_approvals.reviews_of_films(db, films, self.user, MAX_NAMED)
                    return Unapproved(demand, (), tuple(titles))
        return None


def _of_studio(db: Database) -> Demand:
    return Demand(settings.get(db, SETTING, Demand.NONE.value))


def _of_project(db: Database, project_id: str) -> Demand:
    own = projects.get(db, project_id).settings.get(SETTING)
    return Demand(own) if own else _of_studio(db)


def _unapproved_shots(
    db: Database, board: Board, clips: Clips, whole: str | None, project: str
) -> list[tuple[int, Shot]]:
    """Shots whose picture in the film has no approval as its last decision; a draft never has. whole: the run that made
    the whole film."""
    shown = [(number, shot, clips.get(shot.id)) for number, shot in enumerate(board.shots, 1)]
    runs = [run for _, shot, _ in shown if (run := whole or shot.chosen)]
    decided = review_approvals.decisions(db, "run", runs, project)
    decided |= review_approvals.decisions(db, "asset", [clip.asset.id for _, _, clip in shown if clip], project)

    def approved(shot: Shot, clip: Clip | None) -> bool:
        if clip is None or clip.draft:
            return False
        found: Sequence[tuple[int, bool]] = [
            decided[one] for one in (whole or shot.chosen, clip.asset.id) if one and one in decided
        ]
        return bool(found) and max(found)[1]

    return [(number, shot) for number, shot, clip in shown if not approved(shot, clip)]


def _films_of_cut(db: Database, board: Board, clips: Clips, form: str, options: FilmOptions) -> list[str]:
    """Finished films that show what this export would."""
    cut = board_fingerprint(board, clips)
    if form == "film":
        cut = cut_fingerprint(board, clips, options.content())
    return review_approvals.films_of_cut(db, board.id, cut)
