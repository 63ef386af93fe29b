"""The services as one user has them. Who acts is bound here, once: no call names a user, and none can forget one."""

from __future__ import annotations

from studio.services.alternatives import Alternatives
from studio.services.assets import Assets
from studio.services.batches import Batches
from studio.services.board_archives import BoardArchives
from studio.services.comparisons import Comparisons
from studio.services.context import Context
from studio.services.continuations import Continuations
from studio.services.exports import Exports
from studio.services.gallery import Gallery
from studio.services.looks import Looks
from studio.services.one_run_films import OneRunFilms
from studio.services.preflight import Preflight
from studio.services.presets import Presets
from studio.services.refunds import Refunds
from studio.services.requests import Requests
from studio.services.runs import Runs
from studio.services.storyboards import Storyboards


class UserServices:
    """Cheap to make; nothing is kept in it. user: "" is the single user of this machine, who sees everything."""

    def __init__(self, context: Context, user: str) -> None:
        self.user = user
        self.requests = Requests(context, user)
        self.alternatives = Alternatives(context, user, self.requests)
        self.comparisons = Comparisons(context, user, self.requests, self.alternatives)
        self.runs = Runs(context, user, self.requests)
        self.batches = Batches(context, user, self.requests)
        self.gallery = Gallery(context, user, self.runs)
        self.assets = Assets(context, user)
        self.presets = Presets(context, user)
        self.storyboards = Storyboards(context, user, self.requests, self.runs, self.assets)
        self.looks = Looks(context, user, self.storyboards)
        self.one_run_films = OneRunFilms(context, user, self.requests, self.assets, self.storyboards)
        self.exports = Exports(context, user, self.assets, self.storyboards, self.looks, self.one_run_films)
        self.preflight = Preflight(context, user, self.assets, self.storyboards, self.one_run_films)
        self.continuations = Continuations(context, user, self.requests, self.assets, self.storyboards)
        self.refunds = Refunds(context, user)
        self.board_archives = BoardArchives(context, user, self.assets, self.storyboards, self.looks)
