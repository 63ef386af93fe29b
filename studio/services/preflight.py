"""The check before export: what is known of a board's shots, at once; takes are looked at in the background.

A look at a file (black, frozen, silent, clipped, loudness) is kept by the file's hash, so that it is made once.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.domain import JSON, Asset
from studio.errors import MediaError
from studio.film import platforms
from studio.film.findings import Finding, ordered
from studio.film.quality import Measured
from studio.film.timeline import Loudness
from studio.services.assets import Assets
from studio.services.context import Context
from studio.services.delivery_approval import DeliveryApproval
from studio.services.film_options import read_options
from studio.services.one_run_films import OneRunFilms
from studio.services.storyboards import Storyboards
from studio.storyboard import preflight
from studio.storyboard.model import Shot
from studio.storyboard.snapshot import ShotState
from studio.storyboard.to_timeline import Clip, is_intact

log = logging.getLogger(__name__)
CACHE_VERSION = 1
"""Of what is kept; looks made by an older version are made again."""


@dataclass(frozen=True)
class PreflightResult:
    """Findings so far. measuring: takes that are still being looked at; ask again."""

    findings: tuple[Finding, ...]
    measuring: int


class Preflight:
    """Checks of one user's boards. Methods are safe from any thread and never wait for a measurement."""

    def __init__(
        self, context: Context, user: str, assets: Assets, storyboards: Storyboards, one_run_films: OneRunFilms,
        delivery_approval: DeliveryApproval,
    ) -> None:  # fmt: skip
        self._context, self.user = context, user
        self._assets, self._storyboards, self._one_run_films = assets, storyboards, one_run_films
        self._delivery_approval = delivery_approval
        self._work = context.measures

    def check(self, board_id: str, options: JSON | None = None, preset_ids: list[str] | None = None) -> PreflightResult:
        """What to look at before this board is exported. options: as Exports.start takes them; preset_ids: preset
        ids."""
        chosen = read_options(options)
        target = preflight.DeliveryTarget(
            presets=tuple(platforms.preset(p) for p in preset_ids or [chosen.preset]), allow_drafts=chosen.allow_drafts,
            width=chosen.width, height=chosen.height, fps=chosen.fps, loudness=chosen.loudness,
            captions=chosen.captions, burn=chosen.burn,
        )  # fmt: skip
        board = self._storyboards.get(board_id).board
        if chosen.whole:
            board, clips = self._one_run_films.as_cut(board, chosen.whole)
            states = [self._one_run_state(shot, clips[shot.id]) for shot in board.shots]
        else:
            states = [self._shot_state(state) for state in self._storyboards.snapshot_of(board).states]
        waiting = sum(1 for s in states if s.clip and not s.clip.draft and s.measured is None and not s.broken)
        clips = {state.shot.id: state.clip for state in states if state.clip}
        unapproved = self._delivery_approval.missing(board, clips, "film", chosen) if board.shots else None
        more = unapproved.findings() if unapproved else []
        return PreflightResult(ordered([*more, *preflight.review(board, states, target)]), waiting)

    def _shot_state(self, state: ShotState) -> preflight.ShotCheck:
        run_missing = state.shot.chosen is not None and state.shot.chosen not in {run.id for run in state.takes}
        if state.best is None:
            return preflight.ShotCheck(state.shot, None, running=state.running is not None)
        path = self._assets.path(state.best)
        clip = Clip(state.best, path, state.best_kind == "draft")
        measured, broken = (
            (None, not is_intact(state.best, path)) if clip.draft else self._measurement(state.best, path)
        )
        broken = broken or run_missing  # with its run: the film would show something else in its place
        stale = state.best_kind == "render" and _is_stale(state)
        return preflight.ShotCheck(state.shot, clip, stale, state.running is not None, measured, broken)

    def _one_run_state(self, shot: Shot, clip: Clip) -> preflight.ShotCheck:
        """A shot's part of the film made in one run."""
        measured, broken = self._measurement(clip.asset, clip.path)
        return preflight.ShotCheck(shot, clip, measured=measured, broken=broken)

    def _measurement(self, asset: Asset, path: Path) -> tuple[Measured | None, bool]:
        """What is known of the file, and whether it cannot be read; a look is begun where nothing is known."""
        if not is_intact(asset, path):  # asked each time: a file may go, and come back from a copy
            return None, True
        key = asset.sha256 or asset.id
        with self._work.lock:
            if key in self._work.results:
                return self._work.results[key], self._work.results[key] is None
        cached = _read_cached(self._cache_path(key))
        with self._work.lock:
            if cached is not None:
                self._work.results[key] = cached
                return cached, False
            if key in self._work.running or self._work.closing:
                return None, False
            self._work.running.add(key)
        self._work.submit(self._measure, key, path)
        return None, False

    def _measure(self, key: str, path: Path) -> None:
        from studio.film import quality
        from studio.media.files import Stopped, atomic_write

        measured: Measured | None = None
        try:
            measured = quality.measure(path, cancelled=lambda: self._work.closing)
            atomic_write(self._cache_path(key), json.dumps(_to_json(measured)).encode())
        except Stopped:
            return
        except (MediaError, OSError):
            log.warning("%s cannot be checked", path.name, exc_info=True)
        finally:
            with self._work.lock:
                self._work.running.discard(key)
                if not self._work.closing:
                    self._work.results[key] = measured

    def _cache_path(self, key: str) -> Path:
        return self._context.settings.data / "cache" / "checks" / f"{key}.json"


def _to_json(measured: Measured) -> JSON:
    """As JSON; infinite levels (silence) as None."""
    body: dict[str, Any] = asdict(measured) | {"version": CACHE_VERSION}
    if body["loudness"]:
        body["loudness"] = {k: v if math.isfinite(v) else None for k, v in body["loudness"].items()}
    return body


def _read_cached(path: Path) -> Measured | None:
    """A look kept earlier; None where there is none of this version."""
    try:
        body = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if body.pop("version", 0) != CACHE_VERSION:
        return None
    loudness = body["loudness"]
    level = Loudness(**{k: -math.inf if v is None else v for k, v in loudness.items()}) if loudness else None
    black, frozen, silent = (tuple((a, b) for a, b in body[name]) for name in ("black", "frozen", "silent"))
    return Measured(body["length_s"], black, frozen, silent, level, body["clipped"])


def _is_stale(state: ShotState) -> bool:
    """Whether the take in the film was made from something else than the shot as it is."""
    take = next((t for t in state.shot.takes if t.run == state.shot.chosen), None)
    return take is not None and (state.plan is None or take.fingerprint != state.plan.fingerprint)
