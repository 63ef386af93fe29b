"""Whose turn it is: start-time fair queueing among the people whose runs wait for one engine and account.

Each start costs its person 1/weight of virtual time. The next start is of the person whose start tag is smallest: the
finish tag of their latest start, or the virtual time (the start tag of the engine's latest start) where that is later,
so that nobody saves up turns while nothing of theirs waits. A person with one run waits for one run of each other
person at most, whatever the others have waiting. Tags are in the database and survive a restart.

Source: Goyal, Vin, Cheng, "Start-time fair queuing", SIGCOMM 1996, section 2.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

MIN_WEIGHT, MAX_WEIGHT = 0.1, 100.0
VIRTUAL_TIME = "coalesce((SELECT max(start) FROM fair_queue WHERE provider = ?1 AND account = ?2), 0.0)"
_NEXT_PERSON = "SELECT min(owner) FROM runs WHERE status = 'queued' AND provider = ?1 AND account = ?2"
_CHARGE = f"""
INSERT INTO fair_queue (provider, account, owner, start, finish)
SELECT ?1, ?2, ?3, start, start + 1.0 / coalesce((SELECT weight FROM fair_weights WHERE person = ?3), 1.0) FROM (
    SELECT max({VIRTUAL_TIME}, coalesce(
        (SELECT finish FROM fair_queue WHERE provider = ?1 AND account = ?2 AND owner = ?3), 0.0)) AS start)
WHERE true ON CONFLICT DO UPDATE SET start = excluded.start, finish = excluded.finish
"""


@dataclass(frozen=True)
class Lane:
    """The queue of one engine and one account. account: whose keys runs are sent with, "" for the studio's."""

    provider: str
    account: str = ""


def first_claimable(lane: Lane, full_models: Sequence[str], order: str) -> tuple[str, list[str]]:
    """SQL for the seq of the run whose turn it is, and its values. order: of the runs of one person.

    full_models: of which no run may start. Every person, and with models left out every model of those whose turn it
    is, is found by one step in an index, so that any number of waiting runs costs nothing.
    """
    first = f"SELECT seq FROM runs WHERE {_waits('people.owner')} ORDER BY {order} LIMIT 1"
    turns = (
        f"WITH RECURSIVE people (owner) AS ({_NEXT_PERSON} UNION ALL "
        f"SELECT ({_NEXT_PERSON} AND owner > people.owner) FROM people WHERE owner IS NOT NULL) "
        f"SELECT head.seq, head.owner FROM people JOIN runs head ON head.seq = ({first}) LEFT JOIN fair_queue tags "
        "ON tags.provider = ?1 AND tags.account = ?2 AND tags.owner = people.owner WHERE people.owner IS NOT NULL "
        f"ORDER BY max({VIRTUAL_TIME}, coalesce(tags.finish, 0.0)), head.place, head.seq"
    )
    if not full_models:
        return f"SELECT seq FROM ({turns} LIMIT 1)", [lane.provider, lane.account]
    marks = ", ".join(f"?{number}" for number in range(3, 3 + len(full_models)))
    next_model = f"SELECT min(model) FROM runs WHERE {_waits('turns.owner')}"
    of_model = f"SELECT seq FROM runs WHERE {_waits('turns.owner')} AND model = models.model ORDER BY {order} LIMIT 1"
    claimable = (
        f"WITH RECURSIVE models (model) AS ({next_model} UNION ALL "
        f"SELECT ({next_model} AND model > models.model) FROM models WHERE model IS NOT NULL) "
        f"SELECT seq FROM runs WHERE seq IN (SELECT ({of_model}) FROM models "
        f"WHERE model IS NOT NULL AND model NOT IN ({marks})) ORDER BY {order} LIMIT 1"
    )
    in_turn = f"SELECT ({claimable}) AS found FROM ({turns} LIMIT -1) turns LIMIT -1"  # the limits keep it lazy
    return f"SELECT found FROM ({in_turn}) WHERE found IS NOT NULL LIMIT 1", [lane.provider, lane.account, *full_models]


def _waits(owner: str) -> str:
    return f"status = 'queued' AND provider = ?1 AND account = ?2 AND owner = {owner}"


def charge(db: Database, lane: Lane, owner: str) -> None:
    """Book a start for this person, in the transaction that makes it."""
    db.conn.execute(_CHARGE, [lane.provider, lane.account, owner])


def set_weight(db: Database, person: str, weight: float) -> None:
    """How many starts this person gets for each start of somebody with weight 1; counts from the next start on."""
    db.conn.execute("INSERT OR REPLACE INTO fair_weights (person, weight) VALUES (?, ?)", [person, weight])


def weights(db: Database) -> dict[str, float]:
    """The weights that were set; everybody else has 1."""
    return dict(db.conn.execute("SELECT person, weight FROM fair_weights").fetchall())


def forget_old(db: Database) -> None:
    """Drop tags that no longer matter: the virtual time has passed them."""
    db.conn.execute(
        "DELETE FROM fair_queue WHERE finish <= (SELECT max(start) FROM fair_queue other "
        "WHERE other.provider = fair_queue.provider AND other.account = fair_queue.account)"
    )


@dataclass(frozen=True)
class Waiting:
    """A run in the queue. index: names it to the caller. place, seq: its place among the runs of everybody."""

    index: int
    owner: str
    place: float
    seq: int


def in_turn(db: Database, lane: Lane, waiting: Iterable[Waiting]) -> list[int]:
    """Indices of the waiting runs of a lane in the order in which they start. waiting: in each person's own order."""
    sql = "SELECT owner, start, finish FROM fair_queue WHERE provider = ? AND account = ?"
    tags = db.conn.execute(sql, [lane.provider, lane.account]).fetchall()
    time = max((start for _, start, _ in tags), default=0.0)
    return ordered(waiting, weights(db), {owner: finish for owner, _, finish in tags}, time)


def ordered(waiting: Iterable[Waiting], weight: dict[str, float], finish: dict[str, float], time: float) -> list[int]:
    """What the claims would take one after another, if nothing else came. time: the virtual time."""
    of_person: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        of_person[one.owner].append(one)
    if len(of_person) < 2:
        return [one.index for runs in of_person.values() for one in runs]
    heads = [(max(time, finish.get(o, 0.0)), runs[0].place, runs[0].seq, o, 0) for o, runs in of_person.items()]
    heapq.heapify(heads)
    found: list[int] = []
    while heads:
        start, _, _, owner, number = heapq.heappop(heads)
        found.append(of_person[owner][number].index)
        if number + 1 < len(of_person[owner]):
            head = of_person[owner][number + 1]
            heapq.heappush(heads, (start + 1.0 / weight.get(owner, 1.0), head.place, head.seq, owner, number + 1))
    return found
