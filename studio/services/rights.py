"""Which action each method of a service is: the table that the guard reads, and that the tests are made from.

A method that is not listed cannot be called by anybody but the local user of a studio without accounts. What the rights
depend on beside the role (whose run it is, which project it is in) is for the services and the store to judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from studio.errors import NotAllowed
from studio.messages import Message, term
from studio.permissions import LEAST_ROLE, Action, Actor
from studio.services.recording import Recorder, is_recorded

_VIEW, _REVIEW, _CREATE, _SHARE = Action.VIEW, Action.REVIEW, Action.CREATE, Action.SHARE
_QUEUE, _STUDIO, _PEOPLE, _ACCOUNT = Action.MANAGE_QUEUE, Action.MANAGE_STUDIO, Action.MANAGE_PEOPLE, Action.OWN_ACCOUNT
_SPENDING, _PROJECTS, _AUDIT = Action.SEE_SPENDING, Action.MANAGE_PROJECTS, Action.READ_AUDIT_LOG

RIGHTS: dict[str, dict[str, Action]] = {
    "account": {
        "person": _ACCOUNT,
        "rename": _ACCOUNT,
        "set_password": _ACCOUNT,
        "sessions": _ACCOUNT,
        "end_session": _ACCOUNT,
        "tokens": _ACCOUNT,
        "make_token": _ACCOUNT,
        "revoke_token": _ACCOUNT,
    },
    "admin": {
        "storage": _STUDIO,
        "engine_status": _VIEW,
        "purge": _STUDIO,
        "backup": _STUDIO,
        "backups": _STUDIO,
        "backup_progress": _STUDIO,
        "limits": _VIEW,
        "set_limits": _STUDIO,
        "spend": _SPENDING,
    },
    "agents": {"providers": _STUDIO, "load": _STUDIO},
    "alternatives": {"of_request": _VIEW, "of_form": _VIEW, "of_bodies": _VIEW},
    "approval_reports": {"write": _VIEW, "facts": _VIEW},
    "approvals": {"pending": _VIEW, "concerned": _VIEW, "refusal": _VIEW, "decide": _VIEW, "decided": _VIEW},
    "assets": {
        "add": _CREATE,
        "newest_seq": _CREATE,
        "discard": _CREATE,
        "get": _VIEW,
        "uploads": _VIEW,
        "frame": _CREATE,
        "path": _VIEW,
        "thumbnail": _VIEW,
        "shrink": _CREATE,
    },
    "batches": {"plan": _VIEW, "submit": _CREATE},
    "board_archives": {"import_archive": _CREATE},
    "budgets": {
        "affordable": _VIEW,
        "may_set": _VIEW,
        "spending": _SPENDING,
        "set_budget": _STUDIO,
        "set_approval_limit": _STUDIO,
        "set_weight": _QUEUE,
    },
    "audit": {
        "search": _VIEW,
        "choices": _VIEW,
        "export": _VIEW,
        "sees_all": _VIEW,
        "verify": _AUDIT,
        "months": _AUDIT,
        "set_months": _STUDIO,
    },
    "comfyui_models": {"overview": _STUDIO, "choose": _STUDIO},
    "comparisons": {
        "submit_request": _CREATE,
        "submit_form": _CREATE,
        "of_runs": _REVIEW,
        "latest_of": _VIEW,
        "get": _VIEW,
        "vote": _REVIEW,
        "win_rates": _VIEW,
    },
    "connections": {
        "keyring": _STUDIO,
        "all": _STUDIO,
        "get": _STUDIO,
        "has": _VIEW,
        "save": _STUDIO,
        "remove_key": _STUDIO,
        "test": _STUDIO,
    },
    "continuations": {"plan": _CREATE, "start": _CREATE, "get": _VIEW, "stop": _CREATE},
    "delivery_approval": {
        "of_studio": _VIEW,
        "set_studio": _STUDIO,
        "of_project": _VIEW,
        "set_project": _SHARE,
        "reviews_of": _VIEW,
    },
    "exports": {
        "start": _CREATE,
        "start_several": _CREATE,
        "get": _VIEW,
        "list_for_board": _VIEW,
        "cancel": _CREATE,
        "file": _VIEW,
    },
    "gallery": {"search": _VIEW, "show": _VIEW, "state": _VIEW, "trash": _CREATE, "restore": _CREATE, "rate": _REVIEW},
    "guest_media": {"review": _VIEW, "may_download": _VIEW, "file": _VIEW, "preview": _VIEW, "copies": _VIEW},
    "keyed_calls": {"once": _CREATE},
    "language_model": {
        "state": _STUDIO,
        "save": _STUDIO,
        "remove_key": _STUDIO,
        "test": _STUDIO,
        "list_models": _STUDIO,
        "look_here": _STUDIO,
    },
    "library": {"path": _VIEW, "settings_in": _CREATE},
    "local_models": {"overview": _STUDIO, "fetch": _STUDIO, "stop": _STUDIO, "remove": _STUDIO},
    "looks": {
        "luts": _VIEW,
        "add_lut": _CREATE,
        "validate_lut": _CREATE,
        "remove_lut": _CREATE,
        "get_lut": _VIEW,
        "lut_name": _VIEW,
        "lut_file": _VIEW,
        "finish": _VIEW,
        "tones": _VIEW,
        "slate": _VIEW,
        "slate_picture": _VIEW,
        "still": _VIEW,
        "matched_edge": _VIEW,
    },
    "notifications": {
        "state": _STUDIO,
        "set_choices": _STUDIO,
        "set_language": _STUDIO,
        "set_webhook": _STUDIO,
        "send_test": _STUDIO,
    },
    "own_notifications": {
        "state": _ACCOUNT,
        "set_choices": _ACCOUNT,
        "subscribe": _ACCOUNT,
        "unsubscribe": _ACCOUNT,
        "add_target": _ACCOUNT,
        "remove": _ACCOUNT,
        "send_test": _ACCOUNT,
    },
    "one_run_films": {
        "submit": _CREATE,
        "states": _VIEW,
        "states_of": _VIEW,
        "show": _CREATE,
        "as_cut": _CREATE,
        "use_as_takes": _CREATE,
    },
    "readiness": {"of": _VIEW, "several": _VIEW},
    "own_keys": {"projects": _VIEW, "all": _ACCOUNT, "save": _ACCOUNT, "remove": _ACCOUNT},
    "people": {
        "all": _PEOPLE,
        "get": _PEOPLE,
        "invited": _PEOPLE,
        "create": _PEOPLE,
        "set_role": _PEOPLE,
        "rename": _PEOPLE,
        "disable": _PEOPLE,
        "enable": _PEOPLE,
        "invite": _PEOPLE,
        "sign_out_everywhere": _PEOPLE,
        "sessions": _PEOPLE,
        "tokens": _PEOPLE,
        "revoke_token": _PEOPLE,
    },
    "preflight": {"check": _CREATE},
    "presets": {
        "all": _VIEW,
        "save": _CREATE,
        "delete": _CREATE,
        "form_default": _VIEW,
        "set_form_default": _CREATE,
    },
    "projects": {
        "all": _VIEW,
        "get": _VIEW,
        "create": _PROJECTS,
        "rename": _SHARE,
        "archive": _SHARE,
        "members": _VIEW,
        "candidates": _SHARE,
        "set_member": _SHARE,
        "remove_member": _SHARE,
        "leave": _ACCOUNT,
        "current": _VIEW,
        "set_current": _CREATE,
    },
    "queue": {
        "paused": _VIEW,
        "pause": _QUEUE,
        "resume": _QUEUE,
        "held_models": _VIEW,
        "resume_model": _QUEUE,
        "storage_reason": _VIEW,
        "concurrency": _VIEW,
        "hold_choices": _VIEW,
        "edit_refusal": _VIEW,
        "export_progress": _VIEW,
        "export_time_left_s": _VIEW,
    },
    "refunds": {"audit": _VIEW, "mark": _CREATE, "letter": _CREATE, "csv": _VIEW},
    "requests": {
        "submit": _CREATE,
        "submit_many": _CREATE,
        "submit_list": _CREATE,
        "estimate": _VIEW,
        "problems": _VIEW,
        "validate": _VIEW,
        "check": _VIEW,
        "estimate_revision": _VIEW,
        "price": _VIEW,
        "expected_time": _VIEW,
    },
    "retakes": {"plan": _CREATE, "start": _CREATE, "frame": _VIEW},
    "review_comments": {
        "get": _VIEW,
        "drawings": _VIEW,
        "add": _REVIEW,
        "edit": _REVIEW,
        "resolve": _REVIEW,
        "remove": _REVIEW,
    },
    "review_handover": {"export": _VIEW},
    "review_statuses": {
        "all": _VIEW,
        "set": _REVIEW,
        "history": _VIEW,
        "create": _STUDIO,
        "change": _STUDIO,
        "reorder": _STUDIO,
        "remove": _STUDIO,
    },
    "reviews": {
        "admission": _VIEW,
        "all": _VIEW,
        "visible": _VIEW,
        "get": _VIEW,
        "create": _CREATE,
        "rename": _CREATE,
        "trash": _CREATE,
        "restore": _CREATE,
        "share": _SHARE,
        "unshare": _SHARE,
        "add": _CREATE,
        "add_version": _CREATE,
        "remove_version": _CREATE,
        "change_item": _CREATE,
        "remove_item": _CREATE,
    },
    "review_links": {"all": _SHARE, "create": _SHARE, "token": _SHARE, "change": _SHARE, "revoke": _SHARE},
    "runs": {
        "get": _VIEW,
        "several": _VIEW,
        "preview": _VIEW,
        "history": _VIEW,
        "each": _VIEW,
        "wait": _VIEW,
        "wait_pushed": _VIEW,
        "cancel": _CREATE,
        "cancel_several": _CREATE,
        "cancel_waiting": _CREATE,
        "retry": _CREATE,
        "retry_several": _CREATE,
        "decide": _CREATE,
        "edit": _CREATE,
        "edit_fields": _CREATE,
        "active": _VIEW,
        "queue_page": _VIEW,
        "queue_totals": _VIEW,
        "recent": _VIEW,
        "move": _CREATE,
        "prioritise": _CREATE,
    },
    "sharing": {
        "share_runs": _SHARE,
        "move_runs": _SHARE,
        "unshare_runs": _SHARE,
        "share_board": _SHARE,
        "move_board": _SHARE,
        "unshare_board": _SHARE,
    },
    "session_keys": {
        "all": _CREATE,
        "hub_pays": _CREATE,
        "save": _CREATE,
        "remove": _CREATE,
        "let_hub_pay": _CREATE,
    },
    "storyboards": {
        "all": _VIEW,
        "create": _CREATE,
        "get": _VIEW,
        "edit": _CREATE,
        "undo": _CREATE,
        "trash": _CREATE,
        "snapshot": _VIEW,
        "snapshot_of": _VIEW,
        "visible": _VIEW,
        "editable": _VIEW,
        "states": _VIEW,
        "overviews": _VIEW,
        "prices": _VIEW,
        "draft": _CREATE,
        "render_plan": _CREATE,
        "render_plan_of": _CREATE,
        "render": _CREATE,
        "retake": _CREATE,
        "production_methods": _CREATE,
        "last_frame": _VIEW,
        "clips": _VIEW,
        "edge_frame": _VIEW,
        "queue": _VIEW,
        "find_run": _VIEW,
    },
    "token_spending": {"allowance": _VIEW},
    "user_files": {
        "folder": _STUDIO,
        "all": _STUDIO,
        "reload": _STUDIO,
        "open": _STUDIO,
        "open_or_new": _STUDIO,
        "check": _STUDIO,
        "save": _STUDIO,
        "remove": _STUDIO,
        "restore": _STUDIO,
    },
    "workflows": {
        "all": _STUDIO,
        "get": _STUDIO,
        "read": _STUDIO,
        "inspect_saved": _STUDIO,
        "export": _STUDIO,
        "save": _STUDIO,
        "remove": _STUDIO,
        "restore": _STUDIO,
    },
    "writing": {"available": _VIEW, "estimate": _CREATE, "start": _CREATE},
}
"""Service -> public method or property -> action."""

GUESTS_MAY: dict[str, frozenset[str]] = {
    "guest_media": frozenset({"review", "may_download", "file", "preview", "copies"}),
    "reviews": frozenset({"get", "visible", "admission"}),
    "review_comments": frozenset({"get", "drawings", "add", "edit", "resolve", "remove"}),
    "review_handover": frozenset({"export"}),
    "review_statuses": frozenset({"all", "set", "history"}),
}
"""Service -> all that guests of share links may call, as far as their link lets them; everything else is refused."""

S = TypeVar("S")


def require(actor: Actor, action: Action) -> None:
    """Raise NotAllowed where the actor may not do this, with the role that it takes."""
    if actor.is_guest and not actor.may(action):
        raise NotAllowed(Message("reviewlinks.guests_may_not"))
    if not actor.may(action):
        least = LEAST_ROLE[action]
        what = "people.token_may_not" if actor.role.includes(least) else "people.role_may_not"
        raise NotAllowed(Message(what, role=term(least), own=term(actor.role)))


def guarded(name: str, service: S, actor: Actor, recorder: Recorder | None = None) -> S:
    """The service with only those methods that its row of RIGHTS allows this actor, all of them for the local user.

    recorder: writes calls that change something into the audit log.
    """
    if actor.is_local and recorder is None:
        return service
    return cast("S", _Guarded(name, service, actor, recorder))


class _Guarded:
    __slots__ = ("_actor", "_name", "_recorder", "_rights", "_service")

    def __init__(self, name: str, service: object, actor: Actor, recorder: Recorder | None) -> None:
        self._name, self._service, self._actor, self._recorder = name, service, actor, recorder
        self._rights: Mapping[str, Action] = RIGHTS[name]

    def __getattr__(self, method: str) -> object:
        action = self._rights.get(method)
        if not self._actor.is_local:
            if action is None:
                raise AttributeError(f"{self._name}.{method} has no row in studio.services.rights")
            try:
                if self._actor.is_guest and method not in GUESTS_MAY.get(self._name, ()):
                    raise NotAllowed(Message("reviewlinks.guests_may_not"))
                require(self._actor, action)
            except NotAllowed:
                if self._recorder:
                    self._recorder.refused(self._name, method, self._actor)
                raise
        found = getattr(self._service, method)
        if self._recorder and action and is_recorded(self._name, method, action) and callable(found):
            return self._recorder.wrap(self._name, method, found, self._actor)
        return found
