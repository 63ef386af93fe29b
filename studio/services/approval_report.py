"""The report of a review: what was approved by whom and when, and where each picture comes from, as a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from studio import __version__
from studio.domain import Asset, Kind, Run, now
from studio.errors import MediaError, NotFound
from studio.messages import Message, term
from studio.permissions import Actor
from studio.review.model import Item, Status, StatusChange, Version
from studio.review.report_facts import ApprovalReport, Provenance, ReportItem, StatusMark, StatusStep
from studio.services import report_items
from studio.services.assets import Assets
from studio.services.context import Context
from studio.services.review_statuses import named_changes, shown_name
from studio.services.reviews import OpenReview, Reviews
from studio.services.storyboards import Storyboards
from studio.store import assets, exports, people, review_statuses, runs
from studio.store.exports import FilmRow
from studio.storyboard.model import Board, Shot


class ApprovalReports:
    """Reports of the reviews that one actor sees."""

    def __init__(
        self, context: Context, actor: Actor, own_reviews: Reviews, files: Assets, storyboards: Storyboards
    ) -> None:
        self._context, self._actor, self.user = context, actor, actor.id
        self._reviews, self._assets, self._storyboards = own_reviews, files, storyboards

    def write(self, review_id: str, language: str, out: Path, *, costs: bool = False) -> str:
        """Write the report and return a name for its file. costs: with what the provider billed for each version.

        Raises NotFound.
        """
        from studio.review import report

        facts = self.facts(review_id, language, costs=costs)
        report.write(facts, language, out)
        return f"{facts.title} - {Message('approval_report.title').text(language)}.pdf"

    def facts(self, review_id: str, language: str, *, costs: bool = False) -> ApprovalReport:
        """What the report says. Raises NotFound."""
        found = self._reviews.get(review_id)
        with self._context.store.read() as db:
            named = {p.id: p.shown_name for p in people.everyone(db)}
            steps = {v.id: review_statuses.history(db, v.id) for v in found.content.versions}
        teller = _Teller(
            self._context, self._assets, self._storyboards, found, named, language, viewer=self.user, costs=costs
        )
        items = [
            teller.item(number, item, {v: steps[v.id] for v in found.content.versions if v.item == item.id})
            for number, item in enumerate(found.content.items, 1)
        ]
        review = found.content.review
        return ApprovalReport(
            review=review.id, title=review.title, project=found.project_name, made_at=now(),
            made_by=self._actor.name or teller.somebody, studio_version=__version__, items=tuple(items),
        )  # fmt: skip


class _Teller:
    """Reads the facts of the items of one review."""

    def __init__(
        self, context: Context, files: Assets, storyboards: Storyboards, found: OpenReview, named: Mapping[str, str],
        language: str, *, viewer: str, costs: bool,
    ) -> None:  # fmt: skip
        self._context, self._assets, self._storyboards = context, files, storyboards
        self._found, self._named, self._language, self._viewer, self._costs = found, named, language, viewer, costs
        self._statuses = {status.id: status for status in found.statuses}
        self._boards: dict[str, Board | None] = {}
        self.somebody = Message("approval_report.local_user").text(language)

    def item(self, number: int, item: Item, histories: Mapping[Version, list[StatusChange]]) -> ReportItem:
        """The item with its newest version that has a file."""
        versions = list(histories)
        ready = [v for v in versions if self._found.files[v.id].state == "ready"]
        version = (ready or versions)[-1]
        file = self._found.files[version.id]
        asset, run = file.asset, file.run
        board, shot = self._shot(item)
        film = self._film(version)
        heads = [c for c in self._found.content.comments if c.parent is None and c.version in {v.id for v in versions}]
        return ReportItem(
            number=number, title=item.title, shot=self._shot_words(board, shot), version=version.number,
            versions=len(versions), status=self._mark(self._statuses[version.status]), picture=self._picture(asset),
            file_name=asset.name if asset else "", sha256=asset.sha256 if asset else "",
            format=" · ".join(self._said(report_items.format_line(version, asset))),
            added_by=self._name(version.person), added_at=report_items.moment(version.added_at),
            making=self._making(run, asset), origin=self._origin(film), consent=self._consent(run, board, shot),
            marks=self._said(report_items.mark_sentences(self._path(asset), run, film)),
            open_comments=sum(c.resolved_at is None for c in heads),
            resolved_comments=sum(c.resolved_at is not None for c in heads), steps=self._steps(histories),
        )  # fmt: skip

    def _steps(self, histories: Mapping[Version, list[StatusChange]]) -> tuple[StatusStep, ...]:
        steps: list[StatusStep] = []
        for version, changes in histories.items():
            for change, before, name in named_changes(changes, list(self._statuses.values())):
                status = self._statuses.get(change.to_status)
                mark = StatusMark(self._word(name), status.color if status else "#7a7f87", change.done)
                at, by = report_items.moment(change.at), change.person_name or self.somebody
                steps.append(StatusStep(at, version.number, self._word(before), mark, by, change.note))
        return tuple(sorted(steps, key=lambda step: step.at))

    def _making(self, run: Run | None, asset: Asset | None) -> Provenance | None:
        if run is None and asset and asset.origin:
            with suppress(NotFound), self._context.store.read() as db:
                run = runs.get(db, asset.origin, self._viewer)
        if run is None:
            return None
        engine = self._context.engines.get(run.provider)
        provider = engine.info.label if engine else run.provider
        return Provenance(
            run=run.id, model=self._context.model_label(run.model), provider=self._word(term(provider)),
            prompt=run.request.prompt, negative_prompt=run.request.negative_prompt, seed=run.seed,
            made_at=run.finished_at, usd=run.cost_usd if self._costs else None,
        )  # fmt: skip

    def _origin(self, film: FilmRow | None) -> str:
        if film is None:
            return self._word(Message("approval_report.not_made_here"))
        board = self._board(film.board)
        return self._word(Message("approval_report.film_of", title=board.title if board else film.board))

    def _consent(self, run: Run | None, board: Board | None, shot: Shot | None) -> tuple[str, ...]:
        model, files = None, dict[str, Asset]()
        if run:
            with suppress(NotFound):
                model = self._context.catalogue.get(run.model)
            with self._context.store.read() as db:
                wanted = [i for ids in run.request.media().values() for i in ids]
                files = assets.several(db, wanted, self._viewer)
        asker = self._name(run.owner) if run else ""
        return self._said(report_items.consent_sentences(run, model, files, asker, board, shot))

    def _shot(self, item: Item) -> tuple[Board | None, Shot | None]:
        board = self._board(item.board) if item.board else None
        return board, next((s for s in board.shots if s.id == item.shot), None) if board else None

    def _shot_words(self, board: Board | None, shot: Shot | None) -> str:
        if board is None or shot is None:
            return ""
        number = board.shots.index(shot) + 1
        return self._word(Message("approval_report.shot_of", n=number, title=board.title))

    def _board(self, board_id: str) -> Board | None:
        if board_id not in self._boards:
            self._boards[board_id] = None
            with suppress(NotFound):
                self._boards[board_id] = self._storyboards.get(board_id).board
        return self._boards[board_id]

    def _film(self, version: Version) -> FilmRow | None:
        if version.film:
            with suppress(NotFound), self._context.store.read() as db:
                return exports.get(db, version.film, self._viewer)
        return None

    def _picture(self, asset: Asset | None) -> Path | None:
        """A still of the file; None where there is none to be had."""
        if asset is None or asset.kind not in (Kind.IMAGE, Kind.VIDEO):
            return None
        with suppress(MediaError, NotFound, OSError):
            return self._assets.thumbnail(asset.id, "poster")
        return None

    def _path(self, asset: Asset | None) -> Path | None:
        with suppress(NotFound):
            return self._context.asset_path(asset) if asset else None
        return None

    def _mark(self, status: Status) -> StatusMark:
        return StatusMark(self._word(shown_name(status)), status.color, status.is_done)

    def _name(self, person: str) -> str:
        return self._named.get(person) or self.somebody

    def _word(self, words: str) -> str:
        return words.text(self._language) if isinstance(words, Message) else words

    def _said(self, sentences: Iterable[Message]) -> tuple[str, ...]:
        return tuple(sentence.text(self._language) for sentence in sentences)
