"""The services as one actor has them. Who acts is bound here, once: no call names a user, and none can forget one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from studio.permissions import Action, Actor
from studio.services.account import Account
from studio.services.admin import Admin
from studio.services.agents import AgentModels
from studio.services.alternatives import Alternatives
from studio.services.approval_report import ApprovalReports
from studio.services.approvals import Approvals
from studio.services.assets import Assets
from studio.services.audit import Audit
from studio.services.batches import Batches
from studio.services.board_archives import BoardArchives
from studio.services.budgets import Budgets
from studio.services.comfyui_models import ComfyModels
from studio.services.comparisons import Comparisons
from studio.services.connections import Connections
from studio.services.context import Context
from studio.services.continuations import Continuations
from studio.services.delivery_approval import DeliveryApproval
from studio.services.exports import Exports
from studio.services.gallery import Gallery
from studio.services.guest_media import GuestMedia
from studio.services.keyed_calls import KeyedCalls
from studio.services.language_model import LanguageModel
from studio.services.library import Library
from studio.services.link_tokens import LinkTokens
from studio.services.local_models import LocalModels
from studio.services.looks import Looks
from studio.services.notifications import Notifications
from studio.services.one_run_films import OneRunFilms
from studio.services.own_keys import OwnKeys
from studio.services.people import People
from studio.services.preflight import Preflight
from studio.services.presets import Presets
from studio.services.projects import Projects
from studio.services.queue import Queue
from studio.services.readiness import Readiness
from studio.services.recording import Recorder
from studio.services.refunds import Refunds
from studio.services.requests import Requests
from studio.services.retakes import Retakes
from studio.services.review_comments import ReviewComments
from studio.services.review_handover import ReviewHandovers
from studio.services.review_links import ReviewLinks
from studio.services.review_statuses import ReviewStatuses
from studio.services.reviews import Reviews
from studio.services.rights import guarded, require
from studio.services.runs import Runs
from studio.services.session_keys import OwnSessionKeys, SessionKeys
from studio.services.sharing import Sharing
from studio.services.storyboards import Storyboards
from studio.services.token_spending import TokenSpending
from studio.services.user_files import UserFiles
from studio.services.watermarks import Watermarks
from studio.services.workflows import Workflows
from studio.services.writing import Writing
from studio.services.writing_calls import WritingCalls

S = TypeVar("S")


@dataclass(frozen=True)
class StudioServices:
    """What belongs to the studio as a whole."""

    admin: Admin
    agents: AgentModels
    comfyui_models: ComfyModels
    connections: Connections
    library: Library
    local_models: LocalModels
    notifications: Notifications
    people: People
    queue: Queue
    session_keys: SessionKeys
    user_files: UserFiles
    workflows: Workflows
    recorder: Recorder
    link_tokens: LinkTokens
    watermarks: Watermarks
    language_model: LanguageModel
    writing_calls: WritingCalls


class UserServices:
    """Every service, behind the table of rights. Cheap to make; nothing is kept in it.

    trusted: without that table, for the studio's own work in the name of a person.
    """

    def __init__(
        self, context: Context, studio_services: StudioServices, actor: Actor, *, trusted: bool = False
    ) -> None:
        self.actor, user = actor, actor.id
        recorder = studio_services.recorder

        def guard(name: str, service: S, actor: Actor) -> S:
            return service if trusted else guarded(name, service, actor, recorder)

        spending = TokenSpending(context, actor)
        requests = Requests(context, user, spending)
        readiness = Readiness(context, actor)
        alternatives = Alternatives(context, user, requests, readiness)
        runs, assets = Runs(context, user, requests, spending), Assets(context, user)
        storyboards = Storyboards(context, user, requests, runs, assets)
        looks = Looks(context, user, storyboards)
        one_run_films = OneRunFilms(context, user, requests, assets, storyboards)
        own_projects = Projects(context, actor)
        delivery_approval = DeliveryApproval(context, actor, own_projects)
        exports = Exports(context, user, assets, storyboards, looks, one_run_films, delivery_approval)

        self.requests = guard("requests", requests, actor)
        self.readiness = guard("readiness", readiness, actor)
        self.alternatives = guard("alternatives", alternatives, actor)
        self.comparisons = guard("comparisons", Comparisons(context, user, requests, alternatives), actor)
        self.runs = guard("runs", runs, actor)
        self.batches = guard("batches", Batches(context, user, requests, readiness, actor.token), actor)
        self.gallery = guard("gallery", Gallery(context, user, runs), actor)
        self.assets = guard("assets", assets, actor)
        self.presets = guard("presets", Presets(context, user), actor)
        self.storyboards = guard("storyboards", storyboards, actor)
        self.looks = guard("looks", looks, actor)
        self.one_run_films = guard("one_run_films", one_run_films, actor)
        self.exports = guard("exports", exports, actor)
        self.preflight = guard(
            "preflight", Preflight(context, user, assets, storyboards, one_run_films, delivery_approval), actor
        )
        continuations = Continuations(context, user, requests, assets, storyboards, spending)
        self.continuations = guard("continuations", continuations, actor)
        self.refunds = guard("refunds", Refunds(context, user), actor)
        board_archives = BoardArchives(context, user, assets, storyboards, looks)
        self.board_archives = guard("board_archives", board_archives, actor)
        self.approvals = guard("approvals", Approvals(context, actor), actor)
        self.own_keys = guard("own_keys", OwnKeys(context, actor), actor)
        self.budgets = guard("budgets", Budgets(context, actor), actor)
        self.projects = guard("projects", own_projects, actor)
        self.delivery_approval = guard("delivery_approval", delivery_approval, actor)
        self.sharing = guard("sharing", Sharing(context, user), actor)
        tokens, watermarks = studio_services.link_tokens, studio_services.watermarks
        self.review_links = guard("review_links", ReviewLinks(context, user, tokens, watermarks), actor)
        guest_media = GuestMedia(context, actor, watermarks)
        self.guest_media = guard("guest_media", guest_media, actor)
        self.keyed_calls = guard("keyed_calls", KeyedCalls(context, actor), actor)
        self.token_spending = guard("token_spending", spending, actor)
        reviews = Reviews(context, actor, storyboards, guest_media)
        review_comments = ReviewComments(context, actor)
        self.reviews = guard("reviews", reviews, actor)
        self.review_comments = guard("review_comments", review_comments, actor)
        handovers = ReviewHandovers(context, actor, reviews, review_comments, guest_media)
        self.review_handover = guard("review_handover", handovers, actor)
        reports = ApprovalReports(context, actor, reviews, assets, storyboards)
        self.approval_reports = guard("approval_reports", reports, actor)
        self.review_statuses = guard("review_statuses", ReviewStatuses(context, actor), actor)
        self.retakes = guard("retakes", Retakes(context, actor, requests, readiness, alternatives, assets), actor)
        self.account = guard("account", Account(studio_services.people, actor), actor)
        self.audit = guard("audit", Audit(context.store, studio_services.recorder.log, actor), actor)

        language_model, calls = studio_services.language_model, studio_services.writing_calls
        writing = Writing(context, actor, language_model, calls, spending, storyboards)
        self.writing = guard("writing", writing, actor)

        self.admin = guard("admin", studio_services.admin, actor)
        self.agents = guard("agents", studio_services.agents, actor)
        self.comfyui_models = guard("comfyui_models", studio_services.comfyui_models, actor)
        self.connections = guard("connections", studio_services.connections, actor)
        self.language_model = guard("language_model", language_model, actor)
        self.library = guard("library", studio_services.library, actor)
        self.local_models = guard("local_models", studio_services.local_models, actor)
        self.notifications = guard("notifications", studio_services.notifications, actor)
        self.own_notifications = guard("own_notifications", studio_services.notifications.own(user), actor)
        self.people = guard("people", studio_services.people, actor)
        self.queue = guard("queue", studio_services.queue, actor)
        self.session_keys = guard("session_keys", OwnSessionKeys(studio_services.session_keys, actor), actor)
        self.user_files = guard("user_files", studio_services.user_files, actor)
        self.workflows = guard("workflows", studio_services.workflows, actor)

    def require(self, action: Action) -> None:
        """Raise NotAllowed where the actor may not do this; for what no method of a service stands for."""
        require(self.actor, action)
