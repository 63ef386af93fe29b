"""Which task a submit made whose answer was lost, where a provider lists its tasks with what was asked of them.

A task is taken for ours only if all that we sent stands in it, the seed among it, which the studio draws anew for each
run. That the list does not show a task proves nothing, so then a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any

from studio.domain import JSON
from studio.engines.base import Job
from studio.engines.receipt import Receipt, task_name
from studio.engines.strict_json import table
from studio.errors import Unavailable, UnknownHandle, UnknownOutcome
from studio.messages import Message, term

SETTLE_S = 20.0
"""So long after the submit the list is looked at again before a person is asked."""
SLACK_S = 120.0
"""How long before the submit the time window of a look begins (jobs/reconcile.py)."""
ADDRESSES = ("http://", "https://", "data:")


def find_handles(
    tasks: Iterable[JSON], job: Job, sent: JSON, known: Collection[str], *, since: float, settle_s: float, label: str
) -> list[str]:
    """Handles of the tasks that this body may have made. tasks: objects with `id` and `input`. since: the beginning of
    the time window, in Unix seconds.

    Raises Unavailable while it is too early to say, UnknownOutcome where there is none, or the body has no seed.
    """
    if job.seed is None:
        raise UnknownOutcome(Message("engine.no_seed_to_find", provider=term(label)))
    taken = {_task_of(handle, label) for handle in known}
    names = [task_name(task.get("id")) for task in tasks if matches(sent, task.get("input"))]
    mine = [name for name in dict.fromkeys(names) if name and name not in taken]
    if mine:
        return [Receipt.of(job, name).handle() for name in mine]
    if time.time() - (since + SLACK_S) < settle_s:
        raise Unavailable(Message("engine.not_listed"), retry_after_s=max(0.1, settle_s / 4))
    raise UnknownOutcome(Message("engine.not_listed"))


def matches(sent: JSON, reported: Any) -> bool:
    """Whether all that was sent stands in what a task says of its input. Addresses are new for every upload, so of
    files only the number counts."""
    given = table(reported)
    return bool(given) and all(_same_value(value, given.get(name)) for name, value in sent.items())


def _same_value(sent: Any, reported: Any) -> bool:
    if isinstance(sent, str) and sent.startswith(ADDRESSES):
        return isinstance(reported, str) and bool(reported)
    if isinstance(sent, list):
        return isinstance(reported, list) and len(sent) == len(reported) and all(map(_same_value, sent, reported))
    return sent == reported and isinstance(sent, bool) == isinstance(reported, bool)


def _task_of(handle: str, label: str) -> str:
    try:
        return Receipt.read(handle, label).task
    except UnknownHandle:
        return ""
