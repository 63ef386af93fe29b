"""Who sees and changes what: every kind of row, for everybody, as it is private, shared, taken back, shown by a
storyboard, after a member has left and once the project is archived. The table is the specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from studio.domain import Run
from studio.errors import Conflict, NotAllowed, NotFound
from studio.permissions import Role
from studio.services.acting import UserServices
from studio.store import exports
from studio.store.mapping import new_id
from studio.storyboard import edit
from studio.storyboard.model import CastMember, Take
from studio.studio import Studio
from tests.support.kit import image, paid_image
from tests.support.samples import corner_picture


@dataclass
class Team:
    """Anna makes everything. In her project Ben is creator, Vera viewer, Pia producer; Otto is not in it."""

    studio: Studio
    people: dict[str, str]
    project: str
    ids: dict[str, str]

    def as_(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])


@pytest.fixture
def team(studio: Studio, tmp_path: Path) -> Iterator[Team]:
    roles = {
        "anna": Role.CREATOR,
        "ben": Role.CREATOR,
        "vera": Role.CREATOR,
        "pia": Role.PRODUCER,
        "otto": Role.CREATOR,
    }
    people = {name: studio.people.create(name, role=role).id for name, role in roles.items()}
    pia = studio.acting_for(people["pia"])
    project = pia.projects.create("Harbour film").id
    for name, role in (("anna", Role.CREATOR), ("ben", Role.CREATOR), ("vera", Role.VIEWER)):
        pia.projects.set_member(project, people[name], role)
    anna = studio.acting_for(people["anna"])
    for number, name in enumerate(("in", "cast")):
        corner_picture(200 + number * 50, 200).save(tmp_path / f"{name}.png")
    upload, cast = (anna.assets.add(tmp_path / f"{name}.png").id for name in ("in", "cast"))
    comparison = anna.comparisons.submit_request(image("a fox"), ["fake/image", "paid/image"])
    runs = anna.runs.wait([m.run.id for m in comparison.members], timeout_s=20)
    assert [run.status for run in runs] == ["succeeded"] * 2, [run.error for run in runs]
    board = anna.storyboards.create("Harbour", script="Shot 1 [0-2s] a harbour").board
    run = runs[0]
    with studio.context.store.write() as db:
        seq = db.conn.execute("SELECT seq FROM runs WHERE id = ?", [run.id]).fetchone()[0]
        db.conn.execute("INSERT INTO run_assets SELECT ?, 'image', 0, seq FROM assets WHERE id = ?", [seq, upload])
        film = new_id("f_")
        exports.add(db, film, board.id, people["anna"], "shots", {}, {})
        exports.end(db, film, "succeeded", path="library/films/x.csv")
    ids = {
        "run": run.id, "other_run": runs[1].id, "output": run.assets[0].id, "input": upload, "cast": cast,
        "board": board.id, "export": film, "comparison": comparison.id,
    }  # fmt: skip
    yield Team(studio, people, project, ids)


def put_on_board(team: Team) -> None:
    """The run becomes a take of the board, the picture one of its cast."""
    ids = team.ids
    board = team.as_("anna").storyboards.get(ids["board"]).board
    take = Take(run=ids["run"], kind="draft", fingerprint="x")
    member = CastMember(id="c1", name="fox", references=(ids["cast"],), consent=True)
    change = lambda b: edit.put_cast_member(edit.add_take(b, board.shots[0].id, take), member)  # noqa: E731
    team.as_("anna").storyboards.edit(ids["board"], "take", change)


def sees(look: Callable[[], object]) -> bool:
    """Whether this answers; everything but NotFound is an error."""
    try:
        return look() is not False
    except NotFound:
        return False


def seen_by(team: Team, name: str) -> set[str]:
    """The kinds of rows that this person sees, by every way to read them."""
    services, ids = team.as_(name), team.ids
    listed = {r.id for r in services.gallery.search(scope="all").runs}
    in_project = {r.id for r in services.gallery.search(scope=team.project).runs}
    looks: dict[str, tuple[Callable[[], object], ...]] = {
        "run": (
            lambda: services.runs.get(ids["run"]), lambda: services.runs.history(ids["run"]),
            lambda: services.runs.wait([ids["run"]], timeout_s=0), lambda: ids["run"] in listed,
            lambda: ids["run"] in {r.id for r in services.runs.recent()},
            lambda: services.gallery.search(scope="all", status="succeeded").total >= 1,
            lambda: services.gallery.search('fox', scope="all").total >= 1,
        ),
        "other_run": (lambda: services.runs.get(ids["other_run"]), lambda: ids["other_run"] in listed),
        "output": (
            lambda: services.assets.get(ids["output"]), lambda: services.assets.thumbnail(ids["output"]),
        ),
        "input": (lambda: services.assets.get(ids["input"]), lambda: services.assets.thumbnail(ids["input"])),
        "cast": (lambda: services.assets.get(ids["cast"]),),
        "board": (
            lambda: services.storyboards.get(ids["board"]), lambda: services.storyboards.snapshot(ids["board"]),
            lambda: ids["board"] in {b.board.id for b in services.storyboards.all()},
            lambda: services.continuations.get(ids["board"]) or True,
        ),
        "export": (
            lambda: services.exports.get(ids["export"]),
            lambda: ids["export"] in {f.id for f in services.exports.list_for_board(ids["board"])},
        ),
        "comparison": (
            lambda: services.comparisons.get(ids["comparison"]),
            lambda: services.comparisons.latest_of(ids["run"]) == ids["comparison"],
        ),
    }  # fmt: skip
    found: set[str] = set()
    for kind, ways in looks.items():
        answers = {sees(way) for way in ways}
        assert len(answers) == 1, (name, kind, [sees(way) for way in ways])
        if answers == {True}:
            found.add(kind)
    assert in_project <= listed
    return found


ALL = frozenset({"run", "other_run", "output", "input", "cast", "board", "export", "comparison"})
RUN = frozenset({"run", "output", "input"})
BOARD = frozenset({"board", "export"})


def nothing(team: Team) -> None:
    """Everything is as it was made."""


def share_run(team: Team) -> None:
    team.as_("anna").sharing.share_runs([team.ids["run"]], team.project)


def share_both_runs(team: Team) -> None:
    team.as_("anna").sharing.share_runs([team.ids["run"], team.ids["other_run"]], team.project)


def unshare_run(team: Team) -> None:
    share_run(team)
    team.as_("anna").sharing.unshare_runs([team.ids["run"]])


def producer_unshares(team: Team) -> None:
    share_run(team)
    team.as_("pia").sharing.unshare_runs([team.ids["run"]])


def share_board(team: Team) -> None:
    put_on_board(team)
    team.as_("anna").sharing.share_board(team.ids["board"], team.project)


def unshare_board(team: Team) -> None:
    share_board(team)
    team.as_("anna").sharing.unshare_board(team.ids["board"])


def take_off_board(team: Team) -> None:
    share_board(team)
    empty = lambda b: b.model_copy(update={"shots": (), "cast": ()})  # noqa: E731
    team.as_("anna").storyboards.edit(team.ids["board"], "empty", empty)


def trash_board(team: Team) -> None:
    share_board(team)
    team.as_("anna").storyboards.trash(team.ids["board"])


def move_away(team: Team) -> None:
    share_run(team)
    team.as_("anna").sharing.move_runs([team.ids["run"]], "")


def ben_leaves(team: Team) -> None:
    share_run(team)
    share_board(team)
    team.as_("pia").projects.remove_member(team.project, team.people["ben"])


def archive(team: Team) -> None:
    share_run(team)
    team.as_("pia").projects.archive(team.project)


MATRIX: list[tuple[Callable[[Team], None], dict[str, frozenset[str]]]] = [
    (nothing, {}),
    (share_run, dict.fromkeys(("ben", "vera", "pia"), RUN)),
    (share_both_runs, dict.fromkeys(("ben", "vera", "pia"), RUN | {"other_run", "comparison"})),
    (unshare_run, {}),
    (producer_unshares, {}),
    (share_board, dict.fromkeys(("ben", "vera", "pia"), RUN | BOARD | {"cast"})),
    (unshare_board, {}),
    (take_off_board, dict.fromkeys(("ben", "vera", "pia"), BOARD)),
    (trash_board, {}),
    (move_away, {}),
    (ben_leaves, dict.fromkeys(("vera", "pia"), RUN | BOARD | {"cast"})),
    (archive, dict.fromkeys(("ben", "vera", "pia"), RUN)),
]
"""What is done -> who sees which kinds of rows then, beside Anna; nobody else sees any. It reads as the table does."""


@pytest.mark.parametrize(("done", "seen"), MATRIX, ids=[done.__name__ for done, _ in MATRIX])
def test_rows_are_seen_as_the_table_says(
    team: Team, done: Callable[[Team], None], seen: dict[str, frozenset[str]]
) -> None:
    done(team)
    found = {name: frozenset(seen_by(team, name)) for name in team.people if name != "anna"}
    assert found == {name: seen.get(name, frozenset()) for name in found}
    anna = team.as_("anna")
    assert {anna.runs.get(team.ids[kind]).id for kind in ("run", "other_run")}
    assert {anna.assets.get(team.ids[kind]).id for kind in ("output", "input", "cast")}
    assert team.studio.local.runs.get(team.ids["run"])


Way = Callable[[UserServices, dict[str, str]], object]
CHANGES: dict[str, Way] = {
    "rate": lambda s, i: s.gallery.rate(i["run"], 4),
    "retitle": lambda s, i: s.storyboards.edit(
        i["board"], "title", lambda b: edit.update(b, title=f"by {s.actor.name}")
    ),
    "undo": lambda s, i: s.storyboards.undo(i["board"]),
    "cancel": lambda s, i: s.runs.cancel(i["run"]),
    "edit": lambda s, i: s.runs.edit_fields(i["run"], {"prompt": "mine"}),
    "trash_board": lambda s, i: s.storyboards.trash(i["board"]),
    "share": lambda s, i: s.sharing.share_runs([i["run"]], i["project"]),
    "unshare": lambda s, i: s.sharing.unshare_runs([i["run"]]),
    "move": lambda s, i: s.sharing.move_runs([i["run"]], ""),
    "share_board": lambda s, i: s.sharing.share_board(i["board"], i["project"]),
    "unshare_board": lambda s, i: s.sharing.unshare_board(i["board"]),
}
MAY: dict[str, frozenset[str]] = {
    "ben": frozenset({"rate", "retitle", "undo"}),
    "vera": frozenset(),
    "pia": frozenset({"rate", "retitle", "undo", "cancel", "unshare"}),
}
"""What members of a project may do to what Anna shares there; a run that has ended answers Conflict to a cancel."""


@pytest.mark.parametrize("name", list(MAY))
@pytest.mark.parametrize("change", list(CHANGES))
def test_members_change_what_their_role_allows(team: Team, name: str, change: str) -> None:
    share_run(team)
    share_board(team)
    ids = team.ids | {"project": team.project}
    if change in MAY[name]:
        with suppress(Conflict):
            CHANGES[change](team.as_(name), ids)
    else:
        with pytest.raises((NotAllowed, Conflict) if change == "undo" else NotAllowed):  # one undoes one's own
            CHANGES[change](team.as_(name), ids)
    with pytest.raises(NotFound):
        CHANGES[change](team.as_("otto"), ids)
    assert team.as_(name).gallery.trash([ids["run"]]) == []


@pytest.mark.parametrize("change", list(CHANGES))
def test_nobody_else_changes_what_lies_in_an_archived_project(team: Team, change: str) -> None:
    share_run(team)
    share_board(team)
    team.as_("pia").projects.archive(team.project)
    with pytest.raises((NotAllowed, Conflict)):
        CHANGES[change](team.as_("ben"), team.ids | {"project": team.project})


def test_an_id_that_may_not_be_seen_answers_like_one_that_does_not_exist(team: Team) -> None:
    otto, ids = team.as_("otto"), team.ids
    for look, one in (
        (otto.runs.get, ids["run"]), (otto.runs.history, ids["run"]), (otto.assets.get, ids["output"]),
        (otto.storyboards.get, ids["board"]), (otto.exports.get, ids["export"]),
        (otto.comparisons.get, ids["comparison"]), (otto.projects.get, team.project),
        (otto.projects.members, team.project),
    ):  # fmt: skip
        unknown = one[:-4] + "zzzz"
        with pytest.raises(NotFound) as unseen:
            look(one)
        with pytest.raises(NotFound) as missing:
            look(unknown)
        assert str(unseen.value).replace(one, "ID") == str(missing.value).replace(unknown, "ID")


def test_what_is_not_ones_own_is_shown_to_nobody_by_naming_it(team: Team, tmp_path: Path) -> None:
    """A storyboard of Otto's that names Anna's run, by whatever way it got there, opens nothing to its members."""
    pia = team.as_("pia")
    second = pia.projects.create("Other film").id
    for name in ("otto", "vera"):
        pia.projects.set_member(second, team.people[name], Role.CREATOR)
    otto = team.as_("otto")
    board = otto.storyboards.create("Trap", script="Shot 1 [0-2s] x").board
    take = Take(run=team.ids["run"], kind="draft", fingerprint="x")
    names = lambda b: edit.add_take(edit.update(b, style=team.ids["cast"]), board.shots[0].id, take)  # noqa: E731
    otto.storyboards.edit(board.id, "take", names)
    otto.sharing.share_board(board.id, second)
    for services in (otto, team.as_("vera")):
        assert services.storyboards.snapshot(board.id).runs == {}
        with pytest.raises(NotFound):
            services.assets.get(team.ids["cast"])


def test_a_run_of_somebody_else_waits_in_the_queue_without_its_content(team: Team) -> None:
    """Producers see the runs of their project, so that they can decide; producers of the studio may stop any."""
    team.studio.queue.pause()
    anna = team.as_("anna")
    anna.projects.set_current(team.project)
    [there] = anna.requests.submit(paid_image("a secret in the project"))
    anna.projects.set_current("")
    [alone] = anna.requests.submit(paid_image("a secret of her own"))
    [own] = team.as_("ben").requests.submit(paid_image("ben's"))
    assert (there.project, alone.project) == (team.project, "")

    def listed(name: str) -> dict[str, bool]:
        waiting = team.as_(name).runs.active()
        assert [run.position for run in waiting] == [1, 2, 3]
        return {run.id: run.hidden for run in waiting}

    assert listed("ben") == {there.id: True, alone.id: True, own.id: False}
    assert listed("pia") == {there.id: False, alone.id: True, own.id: True}
    assert listed("anna") == {there.id: False, alone.id: False, own.id: True}
    hidden = [run for run in team.as_("ben").runs.active() if run.hidden]
    for run in hidden:
        assert "secret" not in run.model_dump_json() and run.estimate_usd is None and run.model == ""
    for services in (team.as_("ben"), team.as_("otto")):
        with pytest.raises(NotFound):
            services.runs.cancel(there.id)
        with pytest.raises(NotFound):
            services.runs.move(alone.id, before=None)
        with pytest.raises(NotFound):
            services.runs.prioritise(alone.id, 5)
    stopped = team.as_("pia").runs.cancel(alone.id)
    assert stopped.hidden and stopped.request.prompt == ""
    assert team.studio.local.runs.get(alone.id).status == "cancelled"


def test_scopes_of_the_gallery_hold_what_is_seen_and_count_it(team: Team) -> None:
    """Each page by page, by words and by filter, against the rule for a single row."""
    anna, ben = team.as_("anna"), team.as_("ben")
    share_board(team)
    anna.sharing.share_runs([team.ids["other_run"]], team.project)
    own = ben.requests.submit(image("a fox of ben's", n=3)) + team.as_("otto").requests.submit(image("a fox, private"))
    team.studio.local.runs.wait([run.id for run in own], timeout_s=20)
    ben.sharing.share_runs([own[0].id], team.project)
    everything = [run.id for run in team.studio.local.gallery.search(limit=100).runs]
    for name in team.people:
        services = team.as_(name)
        visible = [i for i in everything if sees(partial(services.runs.get, i))]
        for asked in ("", "fox", "status:succeeded", "rating:0", "model:fake/image", "fox model:fake/image"):
            expected = [i for i in visible if matches(team.studio.local.runs.get(i), asked)]
            assert paged(services, asked, "all") == expected, (name, asked)
            assert services.gallery.search(asked, scope="all").total == len(expected), (name, asked)
            mine = [i for i in expected if team.studio.local.runs.get(i).owner == services.actor.id]
            assert paged(services, asked, "mine") == mine
            assert services.gallery.search(asked).total == len(mine)
    assert paged(team.as_("vera"), "", team.project) == paged(team.as_("vera"), "", "all")
    assert paged(team.as_("otto"), "", team.project) == []
    assert team.as_("otto").gallery.search(scope=team.project).total == 0


def matches(run: Run, asked: str) -> bool:
    return "model:" not in asked or run.model == "fake/image"


def paged(services: UserServices, asked: str, scope: str) -> list[str]:
    """All ids of a scope, two at a time."""
    found: list[str] = []
    before: int | None = None
    while True:
        page = services.gallery.search(asked, scope=scope, before=before, limit=2)
        found += [run.id for run in page.runs]
        before = page.next_before
        if before is None:
            return found


def test_what_was_made_alone_belongs_to_the_first_administrator(studio: Studio, tmp_path: Path) -> None:
    """Whatever table has a column for a person, and what is kept under a person's name elsewhere."""
    local = studio.local
    corner_picture(200, 200).save(tmp_path / "x.png")
    local.assets.add(tmp_path / "x.png")
    made = local.comparisons.submit_request(image("a fox"), ["fake/image", "paid/image"])
    local.runs.wait([m.run.id for m in made.members], timeout_s=20)
    local.comparisons.vote(made.id, made.members[0].run.id, blind=False)
    board = local.storyboards.create("Harbour", script="Shot 1 [0-2s] a harbour").board
    take = Take(run=made.members[0].run.id, kind="draft", fingerprint="x")
    local.storyboards.edit(board.id, "take", lambda b: edit.add_take(b, board.shots[0].id, take))
    local.presets.save("text-to-image", "night", {"prompt": "x"})
    local.presets.set_form_default("text-to-image", {"model": "fake/image"})
    admin = studio.people.create("admin", role=Role.ADMIN)
    studio.people.adopt()
    with studio.context.store.read() as db:
        columns = [
            (table.name, column)
            for table in db.tables
            for column in ("owner", "person", "voter", "actor")
            if column in table.columns_dict
        ]
        left = {
            f"{table}.{column}": n
            for table, column in columns
            if (n := db.execute(f"SELECT count(*) FROM {table} WHERE {column} = ''").fetchone()[0])
            and table != "counts"
        }
        counted = db.execute("SELECT sum(n) FROM counts WHERE facet = 'all' AND owner = ''").fetchone()[0]
    assert left == {} and not counted and len(columns) > 10
    services = studio.acting_for(admin.id)
    assert services.gallery.search().total == 2
    assert services.storyboards.snapshot(board.id).runs
    assert [preset.name for preset in services.presets.all("text-to-image")] == ["night"]
    assert services.presets.form_default("text-to-image") == {"model": "fake/image"}
    assert services.comparisons.get(made.id).best == made.members[0].run.id
