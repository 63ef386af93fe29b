"""From a comment to a new take: the run is prefilled, priced and checked, and lands in the stack of what was commented.

The run, its place in the stack (and on the storyboard), and the comment's note of it are written in one transaction, so
that none of them is ever there without the others. What is sent is what was shown: a plan has a fingerprint of its
request and price, and another one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from studio.catalogue import Model, consent
from studio.domain import JSON, Asset, Kind, Run
from studio.errors import BudgetError, CapabilityError, Conflict, NotConfigured, NotFound
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.jobs.events import BOARD_PREFIX, REVIEW_PREFIX
from studio.messages import Message, term
from studio.permissions import Actor
from studio.review import model as limits
from studio.review import retake_region
from studio.review.retake_prompt import RetakePrompt
from studio.services import retake_source, retake_ways
from studio.services.alternatives import Alternative, Alternatives
from studio.services.assets import Assets
from studio.services.board_repository import BoardRepository
from studio.services.comparisons import TermsChanged
from studio.services.context import Context
from studio.services.keyed_calls import KeyedCalls
from studio.services.readiness import Readiness
from studio.services.requests import OnStored, Requests
from studio.services.retake_source import RetakeSource
from studio.services.retake_ways import FIRST, LAST, MASK, WAYS, RetakeChoices, Way
from studio.store import projects, review_comments, reviews, storyboards
from studio.storyboard import edit
from studio.storyboard.model import Take
from studio.storyboard.plan import fingerprint

FRAME_PX = 960
"""Longer side of the frame that the dialog shows."""


@dataclass(frozen=True)
class PlannedWay:
    """One way as a list shows it. best: the model that would be taken; None where `refusal` says why there is none."""

    way: Way
    best: Alternative | None
    refusal: str = ""


@dataclass(frozen=True)
class RetakePlan:
    """What a press would send. way, chosen, prompt: None where no way is open. others: models for the same way.

    seed: that of the version, where the chosen model takes it. refusal: why it would not be sent, such as a spending
    limit. approval: why it would first wait for somebody who may approve it; question: for an answer about real people.
    board: whether the take also goes onto the storyboard's shot, None where there is none.
    """

    source: RetakeSource
    ways: tuple[PlannedWay, ...]
    way: Way | None = None
    chosen: Alternative | None = None
    prompt: RetakePrompt | None = None
    others: tuple[Alternative, ...] = ()
    seed: int | None = None
    refusal: str = ""
    approval: str = ""
    question: str = ""
    board: bool | None = None

    def public(self) -> JSON:
        """As the API answers it."""
        source, chosen, prompt = self.source, self.chosen, self.prompt
        body = chosen.body if chosen else {}
        return {
            "comment": source.comment.id,
            "version": source.version.id,
            "kind": source.kind,
            "wish": source.wish,
            "asked": source.run.request.prompt if source.run else "",
            "first": source.first,
            "last": source.last,
            "region": [list(outline) for outline in source.region.outlines] if source.region else [],
            "width": source.file.width if source.file else None,
            "height": source.file.height if source.file else None,
            "way": self.way,
            "ways": [
                {"way": one.way, "refusal": one.refusal} | (_summary(one.best) if one.best else {}) for one in self.ways
            ],
            "model": chosen and _public(chosen),
            "models": [_summary(one) for one in self.others],
            "prompt": prompt and asdict(prompt),
            "text": body.get("prompt", ""),
            "max_chars": chosen.model.prompt.max_chars if chosen else None,
            "seed": None if self.seed is None else str(self.seed),
            "takes_seed": bool(chosen and chosen.model.seeds),
            "to_last": "last_frame" in body,
            "takes_last": bool(chosen and self.way == "from_frame" and "last_frame" in chosen.model.inputs),
            "masked": MASK in retake_ways.needed_files(body),
            "asks_people": any(name in body and spec.people for name, spec in chosen.model.inputs.items())
            if chosen
            else False,
            "people": "yes" if body.get("consent") else "no" if body.get("real_people") is False else "",
            "refusal": self.refusal,
            "approval": self.approval,
            "question": self.question,
            "board": self.board,
            "under_way": bool(source.previous and not source.previous.status.ended),
        }


@dataclass(frozen=True)
class _Offer:
    """The models of one way, the best first, with the prompt of each by its id; or why there is none."""

    models: tuple[Alternative, ...] = ()
    prompts: Mapping[str, RetakePrompt] = field(default_factory=dict[str, RetakePrompt])
    refusal: str = ""


class Retakes:
    """The retakes that one actor can make."""

    def __init__(
        self, context: Context, actor: Actor, requests: Requests, readiness: Readiness, alternatives: Alternatives,
        assets: Assets,
    ) -> None:  # fmt: skip
        self._context, self._actor, self.user = context, actor, actor.id
        self._requests, self._readiness = requests, readiness
        self._alternatives, self._assets = alternatives, assets
        self._boards, self._calls = BoardRepository(context, actor.id), KeyedCalls(context, actor)

    def plan(self, review_id: str, comment_id: str, choices: RetakeChoices | None = None) -> RetakePlan:
        """The prefilled run for a comment, and every way to make it. Nothing is stored. Raises NotFound, NotAllowed."""
        choices = choices or RetakeChoices()
        with self._context.store.read() as db:
            source = self._source(db, review_id, comment_id)
            project = self._project(db, source)
            board = self._board_editable(db, source)
        found: dict[Way, _Offer] = {
            way: self._offer(way, source, project, choices, whole=way == choices.way) for way in WAYS
        }
        ways = tuple(PlannedWay(way, next(iter(o.models), None), o.refusal) for way, o in found.items())
        way = self._chosen_way(ways, choices)
        if way is None:
            return RetakePlan(source, ways, board=board)
        offer = found[way]
        if way != choices.way and choices.others:
            offer = self._offer(way, source, project, choices, whole=True)
        chosen = next((one for one in offer.models if one.model.id == choices.model), offer.models[0])
        return RetakePlan(
            source, ways, way, chosen, offer.prompts[chosen.model.id], offer.models,
            retake_ways.same_seed(source, chosen.model), *self._money(chosen, project), self._question(chosen, source),
            board,
        )  # fmt: skip

    def start(
        self, review_id: str, comment_id: str, choices: RetakeChoices, *, terms: str, key: str = ""
    ) -> tuple[Run, str]:
        """Send the retake that was shown with these terms; its run and the version it is.

        key: names the press; the same press makes one retake however often it arrives. Raises TermsChanged, Conflict
        while another retake of the comment is under way, CapabilityError, NotConfigured, BudgetError, NotFound and
        NotAllowed; then nothing was stored.
        """
        asked = {"review": review_id, "comment": comment_id, "choices": asdict(choices), "terms": terms}

        def send(remember: OnStored) -> list[Run]:
            return [self._send(review_id, comment_id, choices, terms, remember)]

        found = self._calls.once(key, asked, send)
        if not found:
            raise NotFound(Message("review.version_unknown"))
        run = found[0]
        with self._context.store.read() as db:
            review = reviews.get(db, review_id, self.user)
            version = next((v.id for v in reviews.versions(db, review.seq, self.user) if v.run == run.id), "")
        return run, version

    def frame(self, review_id: str, comment_id: str) -> Path:
        """The frame that the comment names (the first one without), as a small picture kept in the cache."""
        from studio.media import files, frames

        with self._context.store.read() as db:
            source = retake_source.read(db, review_id, comment_id, self.user)
        seen = source.file
        if seen is None or seen.kind not in (Kind.VIDEO, Kind.IMAGE):
            raise NotFound(Message("retake.no_file"))
        if seen.kind == Kind.IMAGE:
            return self._assets.thumbnail(seen.id, "view")
        frame = source.first or 0
        target = self._context.settings.data / "cache" / "frames" / f"{seen.id}-frame{frame}.webp"
        if not target.is_file():
            path = self._assets.path(seen)
            with files.replacing(target) as temporary:
                frames.grab(path, source.at_s(frame), max_side_px=FRAME_PX).save(temporary, "webp", quality=86)
        return target

    # reading ----------------------------------------------------------------------------------------------------

    def _source(self, db: Database, review_id: str, comment_id: str) -> RetakeSource:
        source = retake_source.read(db, review_id, comment_id, self.user)
        reviews.get_changeable(db, review_id, self.user, "comment")
        return source

    def _project(self, db: Database, source: RetakeSource) -> str:
        """The project that the run belongs to: that of the storyboard or the review, where the actor is in it."""
        if self._actor.is_local:
            return ""
        if source.item.board and self._board_editable(db, source):
            return storyboards.get_editable(db, source.item.board, self.user)["project"]
        wanted = source.review.project or (source.run.project if source.run else "")
        return wanted if wanted and projects.is_open(db, wanted, self.user) else ""

    def _board_editable(self, db: Database, source: RetakeSource) -> bool | None:
        """Whether the take can go onto the storyboard's shot; None where there is no such shot."""
        board_id, shot_id = source.item.board, source.item.shot
        if not board_id or not shot_id:
            return None
        try:
            board = self._boards.get(db, board_id).board
        except NotFound:
            return False
        has_shot = any(shot.id == shot_id for shot in board.shots)
        return has_shot and storyboards.is_editable(db, board_id, self.user)

    def _offer(self, way: Way, source: RetakeSource, project: str, choices: RetakeChoices, *, whole: bool) -> _Offer:
        """Models for this way, the best first, or why there is none. whole: also those that could not be sent to just
        now; without it they are looked at where no other is left."""
        if why := retake_ways.refusal(way, source):
            return _Offer(refusal=why)
        edited = choices if choices.way == way else RetakeChoices(seed=choices.seed, people=choices.people)
        rows = retake_ways.models(way, source, self._context.catalogue)
        ready = self._readiness.several(rows, project=project)
        wanted = rows if whole else [row for row in rows if ready[row.id].ready]
        if choices.way == way and not choices.others:
            wanted = [row for row in rows if row.id == choices.model]
        found = self._priced(way, source, project, edited, wanted)
        if wanted != rows and choices.way != way and (not found or found[0][0].refusals):
            found = self._priced(way, source, project, edited, rows)
        if not found:
            return _Offer(refusal=retake_ways.none_left(way, source))
        best = found[0][0]
        if best.refusals and way != "again" and edited.prompt is None:
            return _Offer(refusal=Message("retake.none_fits", model=term(best.model.label), why=best.refusals[0]))
        return _Offer(tuple(one for one, _ in found), {one.model.id: prompt for one, prompt in found})

    def _priced(
        self, way: Way, source: RetakeSource, project: str, choices: RetakeChoices, rows: Sequence[Model]
    ) -> list[tuple[Alternative, RetakePrompt]]:
        """The request for each of these models with its price, the best first."""
        candidates = {row.id: retake_ways.candidate(way, source, row, choices) for row in rows}
        current = retake_ways.run_model(source)
        found = self._alternatives.of_bodies(
            [(one.model, one.body, one.changes) for one in candidates.values()], current=current,
            known_assets=retake_ways.stand_ins(source), project=project,
        )  # fmt: skip
        family = next((m.family for m in self._context.catalogue if m.id == current), "")
        found.sort(key=lambda one: _order(one, source, family))
        return [(one, candidates[one.model.id].prompt) for one in found]

    @staticmethod
    def _chosen_way(ways: tuple[PlannedWay, ...], choices: RetakeChoices) -> Way | None:
        """The one that was asked for, else the most fitting one that can be sent, else that can be shown."""
        open_ways = [one for one in ways if one.best]
        asked: list[Way] = [one.way for one in open_ways if one.way == choices.way]
        ready: list[Way] = [one.way for one in open_ways if one.best and one.best.readiness.ready]
        others: list[Way] = [one.way for one in open_ways]
        return next(iter(asked + ready + others), None)

    def _money(self, chosen: Alternative, project: str) -> tuple[str, str]:
        """Which limit stands against it, and why it would need approval."""
        try:
            account = self._context.accounts.choose(self.user, chosen.model, project)
        except NotConfigured:
            account = ""
        spender = Spender(self.user, project, self._actor.token, account)
        with self._context.store.read() as db:
            over = budget.exceeded_by(db, [chosen.usd_each or 0.0], spender)
            held = budget.needs_approval(db, spender, [chosen.usd_each])
        return over or "", held.why if held else ""

    def _question(self, chosen: Alternative, source: RetakeSource) -> str:
        try:
            checked, _ = self._requests.check(chosen.body, known_assets=retake_ways.stand_ins(source))
        except (CapabilityError, NotFound):
            return ""
        return consent.question(checked.request, checked.model, checked.inputs) or ""

    # sending ----------------------------------------------------------------------------------------------------

    def _send(self, review_id: str, comment_id: str, choices: RetakeChoices, terms: str, remember: OnStored) -> Run:
        plan = self.plan(review_id, comment_id, replace(choices, others=not choices.model))
        source, chosen = plan.source, plan.chosen
        self._check_sendable(plan, choices)
        if chosen is None or chosen.terms != terms:
            raise TermsChanged(Message("retake.terms_changed"))

        def store_version(db: Database, stored: list[Run]) -> None:
            remember(db, stored)  # first: a press that comes twice finds its key, not its own retake in the way
            self._place(db, review_id, comment_id, stored[0])

        with self._context.store.read() as db:
            project = self._project(db, source)
        with self._files(source, chosen) as made:
            body = retake_ways.with_files(chosen.body, made)
            [run] = self._requests.submit_many([body], project=project, on_stored=store_version)
        boards = [f"{BOARD_PREFIX}{source.item.board}"] if plan.board else []
        self._context.jobs.feed.publish([f"{REVIEW_PREFIX}{review_id}", *boards])
        return run

    @staticmethod
    def _check_sendable(plan: RetakePlan, choices: RetakeChoices) -> None:
        """Everything that can be said before a file is made; raises it."""
        asked = next((one for one in plan.ways if one.way == choices.way), None)
        if asked and asked.refusal:
            raise CapabilityError(asked.refusal, field="way", value=asked.way)
        chosen = plan.chosen
        if chosen is None or (choices.model and chosen.model.id != choices.model):
            raise CapabilityError(Message("retake.no_such_model"), field="model", value=choices.model)
        if chosen.refusals:
            raise CapabilityError(chosen.refusals[0], field="model", value=chosen.model.id)
        if why := chosen.readiness.reason:
            raise NotConfigured(why)

    def _place(self, db: Database, review_id: str, comment_id: str, run: Run) -> None:
        """Put the run into the stack as the comment's answer, and onto the storyboard; the part of one transaction."""
        source = self._source(db, review_id, comment_id)
        if source.previous and not source.previous.status.ended:
            raise Conflict(Message("retake.under_way"))
        if why := budget.exceeded_by(db, [run.estimate_usd or 0.0], Spender.of(run)):
            raise BudgetError(why)
        stack = [v for v in reviews.versions(db, source.review.seq, self.user) if v.item == source.item.id]
        if source.previous and not source.previous.assets:  # a failed try makes room for the next
            for version in (v for v in stack if v.run == source.previous.id and v.answers == comment_id):
                reviews.remove_version(db, version.seq)
        if len(stack) >= limits.MAX_VERSIONS:
            raise CapabilityError(Message("review.too_many_versions", most=limits.MAX_VERSIONS), field="versions")
        reviews.add_version(db, source.item.seq, "run", run.id, person=self.user, answers=comment_id)
        review_comments.set_retake(db, comment_id, run.id)
        reviews.changed(db, source.review.seq)
        board_id, shot_id = source.item.board, source.item.shot
        if board_id and shot_id and self._board_editable(db, source):
            kind = "draft" if self._context.catalogue.get(run.model).draft else "render"
            take = Take(run=run.id, kind=kind, fingerprint=fingerprint(run.request.flat()))
            self._boards.amend(db, edit.add_take(self._boards.get(db, board_id).board, shot_id, take))

    @contextmanager
    def _files(self, source: RetakeSource, chosen: Alternative) -> Iterator[dict[str, str]]:
        """The frames and the mask that the request needs, as files of the library by the names they have in it. What
        is not sent is taken back."""
        after, made = self._assets.newest_seq(), dict[str, Asset]()
        try:
            for name in sorted(retake_ways.needed_files(chosen.body)):
                made[name] = self._file(name, source)
            yield {name: asset.id for name, asset in made.items()}
        except BaseException:
            self._assets.discard(made.values(), after=after)
            raise

    def _file(self, name: str, source: RetakeSource) -> Asset:
        seen, first, last = source.file, source.first, source.last
        if seen is None:
            raise NotFound(Message("retake.no_file"))
        if name == MASK:
            return self._mask(source, seen)
        frame = {FIRST: first, LAST: last}[name]
        if frame is None:
            raise CapabilityError(Message("retake.no_frame"), field="way")
        return self._assets.frame(seen.id, at_s=source.at_s(frame))

    def _mask(self, source: RetakeSource, seen: Asset) -> Asset:
        if source.region is None or not seen.width or not seen.height:
            raise CapabilityError(Message("retake.no_region"), field="way")
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            path = Path(folder) / "mask.png"
            path.write_bytes(retake_region.mask_png(source.region, seen.width, seen.height))
            return self._assets.add(path, name=f"{Path(seen.name).stem or 'clip'} mask.png", derived=True)


def _order(one: Alternative, source: RetakeSource, family: str) -> tuple[object, ...]:
    """What can be sent first; then the version's own model, the same one elsewhere, others of its provider and family;
    then the price."""
    model, usd = one.model, one.usd_each
    near = (source.run is None or model.provider != source.run.provider, model.family != family)
    grade = (bool(one.refusals), not one.readiness.ready, model.draft != source.is_draft, not one.same_model)
    return *grade[:3], not one.current, grade[3], *near, bool(model.deprecated), usd is None, usd or 0.0, model.label


def _summary(one: Alternative) -> JSON:
    ready = one.readiness
    return {
        "model": one.model.id, "label": one.model.label, "provider_label": one.provider_label, "draft": one.model.draft,
        "usd": one.usd_each, "expected_s": one.expected and one.expected.seconds, "ready": ready.ready,
        "missing": ready.reason, "refusals": list(one.refusals), "changes": list(one.changes),
        "current": one.current,
    }  # fmt: skip


def _public(one: Alternative) -> JSON:
    """The chosen model with its price and terms; its request names files that are still to be made."""
    told = one.public()
    return {name: value for name, value in told.items() if name != "request"} | {"terms": one.terms}
