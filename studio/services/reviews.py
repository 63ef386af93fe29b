"""Reviews: lists of takes and cuts that a team judges. Items, their stacks of versions, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlite_utils import Database

from studio.domain import LOCAL_USER, Asset, Run
from studio.errors import CapabilityError, Conflict, NotAllowed, NotFound, StorageUnavailable
from studio.jobs.events import REVIEW_PREFIX
from studio.messages import Message
from studio.permissions import Action, Actor, Role
from studio.review import model
from studio.review.model import Content, Item, Review, Summary
from studio.services import guest_view
from studio.services.context import Context
from studio.services.guest_media import GuestMedia
from studio.services.review_files import SHOWN, VersionFile, files_of, main_asset, with_timing
from studio.services.review_rights import ReviewRights, may_comment, rights_in
from studio.services.review_rooms import Admission
from studio.services.storyboards import Storyboards
from studio.store import (
    assets,
    exports,
    people,
    projects,
    review_comments,
    review_links,
    review_statuses,
    reviews,
    runs,
)
from studio.store.reviews import Source
from studio.storyboard.model import Board, Shot


@dataclass(frozen=True)
class OpenReview:
    """A review as one actor has it. people: id -> name of who can be mentioned. names: of everybody who put something
    here."""

    content: Content
    files: Mapping[str, VersionFile]
    statuses: Sequence[model.Status]
    rights: ReviewRights
    people: Mapping[str, str]
    names: Mapping[str, str]
    project_name: str


class Reviews:
    """The reviews that one actor sees: their own, and those shared with a project of theirs."""

    def __init__(self, context: Context, actor: Actor, storyboards: Storyboards, guest_media: GuestMedia) -> None:
        self._context, self._actor, self.user = context, actor, actor.id
        self._storyboards, self._guest_media = storyboards, guest_media

    def all(self) -> list[Summary]:
        """Every review that the actor sees, last changed first."""
        with self._context.store.read() as db:
            return reviews.summaries(db, self.user)

    def visible(self, review_ids: Sequence[str]) -> set[str]:
        """Those of the reviews that the actor sees."""
        with self._context.store.read() as db:
            return reviews.visible_ids(db, review_ids, self.user)

    def holding(self, run_ids: Sequence[str]) -> list[str]:
        """The reviews in which one of these runs, which has ended, is a version: anybody's, for the feed."""
        with self._context.store.read() as db:
            ended = [run.id for run in runs.several(db, run_ids, LOCAL_USER) if run.status.ended]
            return reviews.of_runs(db, ended) if ended else []

    def admission(self, review_id: str) -> Admission:
        """What the actor may do in the review's room. Raises NotFound."""
        actor = self._actor
        with self._context.store.read() as db:
            review = reviews.get(db, review_id, self.user)
            comment = may_comment(db, self._actor, review)
            if not actor.is_guest:
                return Admission(actor.key, actor.name, may_comment=comment)
            shown = frozenset(v.id for v in reviews.versions(db, review.seq, self.user))
            link = review_links.of_guest(db, actor.id).id
        return Admission(actor.key, actor.name, link, versions=shown, may_comment=comment)

    def get(self, review_id: str) -> OpenReview:
        """The review with all that is in it; new takes of shots in it join their stacks. Raises NotFound."""
        with self._context.store.read() as db:
            content = reviews.content(db, review_id, self.user)
        with suppress(StorageUnavailable):  # they join when the disk takes it; the review is there to be read
            if self._take_up_new_takes(content):
                with self._context.store.read() as db:
                    content = reviews.content(db, review_id, self.user)
        with self._context.store.read() as db:
            rights = rights_in(db, self._actor, content.review)
            comments = review_comments.of_review(db, content.review.seq, self.user, internal=rights.internal)
            content = replace(content, comments=tuple(comments))
            files = files_of(db, content.versions, self.user)
            statuses = review_statuses.all_of(db)
            concerned = self._concerned(db, content.review)
            named = {p.id: p.shown_name for p in people.everyone(db)} if self.user else {}
            project = projects.get(db, content.review.project).name if content.review.project else ""
        content = replace(content, versions=tuple(with_timing(self._context, content.versions, files)))
        names = {v.person: named.get(v.person, "") for v in content.versions}
        names[content.review.owner] = named.get(content.review.owner, "")
        found = OpenReview(
            content, files, statuses, rights, {i: named[i] for i in concerned if i in named}, names, project
        )
        return self._for_guest(found) if self._actor.is_guest else found

    def create(self, title: str, project: str | None = None) -> Review:
        """A new, empty review in a project of the actor's, whose members see it at once.

        project: "" for none; None for the one that the actor's new work goes to. Raises CapabilityError (field title),
        NotFound for an unknown project.
        """
        title = _title(title, "title")
        with self._context.store.write() as db:
            if project is None:
                project = projects.current(db, self.user) if self.user else ""
            self._check_project(db, project)
            review_id = reviews.add(db, title, owner=self.user, project=project, shared=bool(project))
            made = reviews.get(db, review_id, self.user)
        self._publish(review_id)
        return made

    def rename(self, review_id: str, title: str) -> None:
        """Give the review another title. Raises NotFound, NotAllowed, CapabilityError (field title)."""
        title = _title(title, "title")
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            reviews.rename(db, review.seq, title)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    def trash(self, review_id: str) -> None:
        """Put the review away; its owner alone may. Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            self._own(db, review_id)
            reviews.set_trashed(db, review_id, trashed=True)
        self._publish(review_id)

    def restore(self, review_id: str) -> None:
        """Bring back a review that was put away. Raises NotFound, NotAllowed; then it stays away."""
        with self._context.store.write() as db:
            reviews.set_trashed(db, review_id, trashed=False)
            self._own(db, review_id)
        self._publish(review_id)

    def share(self, review_id: str, project: str) -> None:
        """Let the members of a project see the review. Raises NotFound, NotAllowed for one of somebody else."""
        with self._context.store.write() as db:
            review = self._own(db, review_id)
            if not project:
                raise NotFound(Message("project.unknown"))
            self._check_project(db, project)
            reviews.set_shared(db, review.seq, project, shared=True)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    def unshare(self, review_id: str) -> None:
        """Keep the review to its owner again. Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            review = self._own(db, review_id)
            reviews.set_shared(db, review.seq, review.project, shared=False)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    # items and versions -----------------------------------------------------------------------------------------

    def add(
        self,
        review_id: str,
        *,
        run_ids: Sequence[str] = (),
        asset_ids: Sequence[str] = (),
        film_ids: Sequence[str] = (),
        board_id: str = "",
        shot_ids: Sequence[str] = (),
    ) -> list[Item]:
        """Put results of runs, files and exports into the review, an item each, and shots of a storyboard with their
        takes; without shot_ids all of the board that have a take. A shot that is there already gets its new takes.

        Raises NotFound for what the actor does not see, NotAllowed, CapabilityError where there are too many or a
        thing cannot be looked at. Then nothing was added.
        """
        board = self._storyboards.get(board_id).board if board_id else None
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            sources: list[tuple[Source, str, str]] = [
                *(("run", i, _name_of_run(self._run(db, i))) for i in dict.fromkeys(run_ids)),
                *(("asset", i, self._asset(db, i).name) for i in dict.fromkeys(asset_ids)),
                *(("film", i, self._film_title(db, i)) for i in dict.fromkeys(film_ids)),
            ]
            made = [self._add_item(db, review, *source) for source in sources]
            made += self._add_shots(db, review, board, shot_ids) if board else []
            if not made:
                raise CapabilityError(Message("review.nothing_to_add"), field="items")
            if len(reviews.items(db, review.seq, self.user)) > model.MAX_ITEMS:
                raise CapabilityError(Message("review.too_many_items", most=model.MAX_ITEMS), field="items")
            reviews.changed(db, review.seq)
        self._publish(review_id)
        return made

    def add_version(self, review_id: str, item_id: str, source: Source, source_id: str, *, label: str = "") -> str:
        """Put one more version on top of an item's stack; its id. Raises as `add` does."""
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            item = reviews.item(db, review.seq, item_id, self.user)
            look = {"run": self._run, "asset": self._asset, "film": self._film_title}[source]
            look(db, source_id)
            made = self._add_version(db, item, source, source_id, label=label)
            reviews.changed(db, review.seq)
        self._publish(review_id)
        return made

    def remove_version(self, review_id: str, version_id: str) -> None:
        """Take a version out of its stack, with its comments; the last one takes its item along."""
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            version = reviews.version(db, review.seq, version_id, self.user)
            item = reviews.item(db, review.seq, version.item, self.user)
            reviews.remove_version(db, version.seq)
            if not reviews.count_versions(db, item.seq):
                reviews.remove_item(db, item.seq)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    def change_item(self, review_id: str, item_id: str, *, title: str | None = None, place: int | None = None) -> None:
        """Give an item another title, or another place in the list (from 0). Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            item = reviews.item(db, review.seq, item_id, self.user)
            if title is not None:
                reviews.set_item(db, item.seq, title=_title(title, "title"))
            if place is not None:
                others = [one.seq for one in reviews.items(db, review.seq, self.user) if one.seq != item.seq]
                others.insert(max(0, place), item.seq)
                reviews.order_items(db, others)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    def remove_item(self, review_id: str, item_id: str) -> None:
        """Take an item out of the review, with its versions and their comments. Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            review = self._editable(db, review_id)
            reviews.remove_item(db, reviews.item(db, review.seq, item_id, self.user).seq)
            reviews.changed(db, review.seq)
        self._publish(review_id)

    # parts ------------------------------------------------------------------------------------------------------

    def _add_item(self, db: Database, review: Review, source: Source, source_id: str, title: str) -> Item:
        item = reviews.add_item(db, review.seq, title[: model.TITLE_CHARS].strip() or source_id)
        self._add_version(db, item, source, source_id)
        return item

    def _add_shots(self, db: Database, review: Review, board: Board, shot_ids: Sequence[str]) -> list[Item]:
        wanted = [board.shot(i) for i in dict.fromkeys(shot_ids)] or list(board.shots)
        made: list[Item] = []
        for shot in wanted:
            takes = _takes_of(shot)
            if not takes:
                continue
            item = reviews.item_of_shot(db, review.seq, board.id, shot.id)
            known = {v.run for v in reviews.versions(db, review.seq, self.user) if item and v.item == item.id}
            number = [one.id for one in board.shots].index(shot.id) + 1
            title = f"{number}. {shot.prompt}"[: model.TITLE_CHARS].strip()
            item = item or reviews.add_item(db, review.seq, title, board=board.id, shot=shot.id)
            for run in runs.several(db, [i for i in takes if i not in known], self.user):
                if not (run.status.ended and not main_asset(run)):
                    self._add_version(db, item, "run", run.id)
            if reviews.count_versions(db, item.seq):
                made.append(item)
            else:
                reviews.remove_item(db, item.seq)
        return made

    def _add_version(self, db: Database, item: Item, source: Source, source_id: str, *, label: str = "") -> str:
        label = label.strip()[: model.TITLE_CHARS]
        made = reviews.add_version(db, item.seq, source, source_id, person=self.user, label=label)
        if reviews.count_versions(db, item.seq) > model.MAX_VERSIONS:
            raise CapabilityError(Message("review.too_many_versions", most=model.MAX_VERSIONS), field="versions")
        return made

    def _take_up_new_takes(self, content: Content) -> bool:
        """Takes made on a storyboard since its shots came into the review join their stacks, when an editor of the
        review who sees the storyboard opens it; whether there were any."""
        review_id = content.review.id
        if not self._actor.may(Action.CREATE) or not any(item.board for item in content.items):
            return False
        with self._context.store.read() as db:
            if not reviews.may_change(db, review_id, self.user, "edit_review"):
                return False
        if not (missing := self._missing_takes(content)):
            return False
        with self._context.store.write() as db:
            review = reviews.get(db, review_id, self.user)
            known = {(v.item, v.run) for v in reviews.versions(db, review.seq, self.user)}
            wanted = [(item, run) for item, run in missing if (item.id, run) not in known]
            found = {run.id: run for run in runs.several(db, [run for _, run in wanted], self.user)}
            new = [(item, run) for item, run in wanted if run in found and self._joins(found[run], review)]
            for item, run in new:
                self._add_version(db, item, "run", run)
            if new:
                reviews.changed(db, review.seq)
        if new:
            self._publish(review_id)
        return bool(new)

    def _missing_takes(self, content: Content) -> list[tuple[Item, str]]:
        """Takes of the items' shots that are no versions of theirs: (item, run)."""
        bound = [item for item in content.items if item.board and item.shot]
        boards = {board_id: self._board(board_id) for board_id in {item.board for item in bound if item.board}}
        known = {(v.item, v.run) for v in content.versions}
        found: list[tuple[Item, str]] = []
        for item in bound:
            board = boards.get(item.board or "")
            shot = next((one for one in board.shots if one.id == item.shot), None) if board else None
            found += [(item, run) for run in (_takes_of(shot) if shot else ()) if (item.id, run) not in known]
        return found

    def _joins(self, run: Run, review: Review) -> bool:
        """Whether a take may join its stack unasked: the actor's own, or one that the project sees anyway."""
        seen_anyway = run.shared and run.project == review.project != ""
        return (run.owner == self.user or seen_anyway) and (not run.status.ended or main_asset(run) is not None)

    def _board(self, board_id: str) -> Board | None:
        try:
            return self._storyboards.get(board_id).board
        except NotFound:
            return None

    def _for_guest(self, found: OpenReview) -> OpenReview:
        """The review without what is the studio's own; a file still to be marked for the guest is being made."""
        copies = self._guest_media.copies()
        files = {i: guest_view.with_copy(file, copies) for i, file in found.files.items()}
        download, originals = self._guest_media.may_download()
        rights = replace(found.rights, download=download, originals=originals)
        content = guest_view.content_for_guest(found.content)
        return replace(found, content=content, files=files, rights=rights, people={}, names={}, project_name="")

    def _concerned(self, db: Database, review: Review) -> list[str]:
        """Ids of the people who see the review."""
        members = [m.person for m in projects.members(db, review.project)] if review.shared else []
        return list(dict.fromkeys([review.owner, *members]))

    def _editable(self, db: Database, review_id: str) -> Review:
        return reviews.get_changeable(db, review_id, self.user, "edit_review")

    def _own(self, db: Database, review_id: str) -> Review:
        review = reviews.get(db, review_id, self.user)
        if self.user not in ("", review.owner):
            raise NotAllowed(Message("project.owner_only"))
        return review

    def _check_project(self, db: Database, project: str) -> None:
        if not project:
            return
        role = projects.role_of(db, project, self.user)
        if role is None:
            raise NotFound(Message("project.unknown"))
        if not projects.is_open(db, project, self.user) or not Role(role).includes(Role.CREATOR):
            raise Conflict(Message("project.closed", name=projects.get(db, project).name))

    def _run(self, db: Database, run_id: str) -> Run:
        run = runs.get(db, run_id, self.user)
        if run.status.ended and main_asset(run) is None:
            raise CapabilityError(Message("review.run_has_no_file"), field="runs", value=run_id)
        return run

    def _asset(self, db: Database, asset_id: str) -> Asset:
        asset = assets.get(db, asset_id, self.user)
        if asset.kind not in SHOWN:
            raise CapabilityError(Message("review.not_to_look_at"), field="assets", value=asset_id)
        return asset

    def _film_title(self, db: Database, film_id: str) -> str:
        film = exports.get(db, film_id, self.user)
        if film.asset is None:
            raise CapabilityError(Message("review.film_has_no_file"), field="films", value=film_id)
        return self._storyboards.get(film.board).board.title

    def _publish(self, review_id: str) -> None:
        self._context.jobs.feed.publish([f"{REVIEW_PREFIX}{review_id}"])


def _title(text: str, field: str) -> str:
    title = " ".join(text.split())
    if not 0 < len(title) <= model.TITLE_CHARS:
        raise CapabilityError(Message("review.title", most=model.TITLE_CHARS), field=field)
    return title


def _name_of_run(run: Run) -> str:
    return run.request.prompt.strip().splitlines()[0] if run.request.prompt.strip() else run.model


def _takes_of(shot: Shot) -> list[str]:
    """Runs of a shot's takes, the chosen one last."""
    takes = [take.run for take in shot.takes]
    return [t for t in takes if t != shot.chosen] + ([shot.chosen] if shot.chosen in takes and shot.chosen else [])
