"""The storyboard's JSON over real HTTP: every edit, refusals in words, prices confirmed, files out and in."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from studio.domain import Status
from studio.settings import Settings
from studio.studio import Studio
from tests.support.web import serving

SCRIPT = "Noir.\nShot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] close-up of @anna\nShot 3 [2-4s] a dog runs"
SMALL = {"width": 256, "height": 144, "fps": 12}
JSON = dict[str, Any]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio with the real draft engine for all stories."""
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


class Board:
    """A board as its page sees it."""

    def __init__(self, web: httpx.Client, script: str = SCRIPT) -> None:
        self.web = web
        self.now = web.post("/ui/boards", json={"title": "Harbour", "script": script, "draft": False, **SMALL}).json()
        self.path = f"/ui/boards/{self.now['board']['id']}"

    @property
    def ids(self) -> list[str]:
        return [s["id"] for s in self.now["board"]["shots"]]

    def shot(self, number: int) -> JSON:
        return self.now["board"]["shots"][number - 1]

    def state(self, number: int) -> JSON:
        return self.now["shots"][self.ids[number - 1]]

    def post(self, what: str, body: JSON) -> httpx.Response:
        answer = self.web.post(f"{self.path}/{what}", json=body)
        if answer.status_code == 200 and "board" in answer.json():
            self.now = answer.json()
        return answer

    def edit(self, op: str, **fields: object) -> httpx.Response:
        return self.post("edit", {"op": op, **fields})

    def refused(self, op: str, **fields: object) -> str:
        """The sentence, and that nothing changed."""
        before = self.web.get(self.path).json()
        answer = self.edit(op, **fields)
        assert answer.status_code in (404, 409, 422), answer.text
        assert self.web.get(self.path).json() == before
        return answer.json()["error"]

    def uncast(self) -> None:
        """Take out the member that the script brought."""
        self.edit("uncast", id=self.now["board"]["cast"][0]["id"])

    def drafted(self, studio: Studio) -> None:
        self.post("draft", {})
        finish(studio)
        self.now = self.web.get(self.path).json()


def finish(studio: Studio) -> None:
    done = studio.local.runs.wait([r.id for r in studio.local.runs.active()], timeout_s=60)
    assert all(r.status is Status.SUCCEEDED for r in done), [r.error for r in done]


def exported(board: Board) -> JSON:
    """The board's newest export, once it has ended."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        row = board.web.get(f"{board.path}/films").json()["films"][0]
        if row["status"] != "running":
            return row
        time.sleep(0.05)
    raise AssertionError("the export did not end")


@pytest.fixture
def board(web: httpx.Client) -> Board:
    return Board(web)


def test_a_board_comes_as_one_answer_with_prices_problems_and_places(board: Board) -> None:
    board.uncast()
    assert board.now["board"]["style"] == "Noir."
    assert [board.state(n)["at_s"] for n in (1, 2, 3)] == [0, 1, 2]
    assert board.state(1)["usd"] == 0
    assert board.state(2)["problems"] == ["@anna is not in the cast."]
    assert board.state(2)["strangers"] == ["anna"]
    assert board.now["price"] == {"spent_usd": 0, "left_usd": 0, "left": 3, "unknown": 1}


def test_a_new_board_stands_in_the_list_until_it_is_deleted_and_comes_back(board: Board, web: httpx.Client) -> None:
    def listed() -> list[str]:
        return [b["id"] for b in web.get("/ui/boards").json()["boards"]]

    board_id = board.now["board"]["id"]
    assert board_id in listed()
    board.post("trash", {})
    assert board_id not in listed()
    board.post("trash", {"back": True})
    assert board_id in listed()


def test_every_edit_of_a_shot(board: Board) -> None:
    first, second, third = board.ids
    board.edit("reorder", order=[third, first, second])
    assert board.ids == [third, first, second]
    board.edit("add", after=third, prompt="a gull")
    assert board.shot(2)["prompt"] == "a gull" and board.now["made"] == board.ids[1]
    board.edit("duplicate", shot=third)
    assert board.shot(2)["prompt"] == "a dog runs"
    board.edit("remove", shot=board.ids[1])
    board.edit("split", shot=third, at_s=0.5)
    assert [board.shot(n)["duration_s"] for n in (1, 2)] == [0.5, 1.5]
    board.edit("change", shot=first, prompt="night", transition="crossfade", transition_s=1)
    board.edit("status", shots=board.ids, status="approved")
    assert {s["status"] for s in board.now["board"]["shots"]} == {"approved"}
    board.edit("update", title="New", width=144, height=256, fps=24, style="Warm.")
    assert (board.now["board"]["title"], board.now["board"]["width"]) == ("New", 144)
    board.edit("script", text="one\n\ntwo")
    assert [s["prompt"] for s in board.now["board"]["shots"]] == ["one", "two"]


def test_undo_and_redo_say_what_they_take_back(board: Board) -> None:
    board.edit("remove", shot=board.ids[0])
    assert board.now["undo"] == "remove"
    board.post("undo", {})
    assert (len(board.ids), board.now["undo"], board.now["redo"]) == (3, None, "remove")
    board.post("undo", {"redo": True})
    assert len(board.ids) == 2


def test_typing_into_one_field_is_one_step_of_undo(board: Board) -> None:
    for words in ("a", "a b", "a b c"):
        board.edit("change", shot=board.ids[0], prompt=words, same="prompt.1")
    board.edit("change", shot=board.ids[0], prompt="later", same="prompt.2")
    board.post("undo", {})
    assert board.shot(1)["prompt"] == "a b c"
    board.post("undo", {})
    assert board.shot(1)["prompt"] == "a harbour at dawn"


def test_wrong_edits_change_nothing_and_say_why(board: Board) -> None:
    first, second, _ = board.ids
    assert "changed and was reloaded" in board.refused("reorder", order=[first, second])
    assert "changed and was reloaded" in board.refused("reorder", order=[first, first, second])
    assert "no longer on the storyboard" in board.refused("change", shot="nobody", prompt="x")
    assert "Nothing would be left" in board.refused("change", shot=first, trim_in_s=0.6, trim_out_s=0.6)
    assert "can be split between" in board.refused("split", shot=first, at_s=0.05)
    assert "does not belong" in board.refused("choose", shot=first, run="r_other")
    assert board.refused("change", shot=first, duration_s=-1)
    assert board.refused("change", shot=first, takes=[])
    assert board.refused("change", shot=first, model="nobody/nothing")
    assert board.refused("change", shot=first, start={"kind": "asset", "asset": "a_none"})
    assert "Choose a picture" in board.refused("change", shot=first, start={"kind": "asset"})
    assert "one word" in board.refused("cast", name="two words")
    assert board.refused("update", width=3)
    assert "no text" in board.refused("script", text="  ")
    assert board.refused("fly", shot=first)


def test_no_foreign_page_and_no_other_user_gets_at_a_board(board: Board, web: httpx.Client) -> None:
    foreign = {"origin": "https://evil.example"}
    for path in (
        f"{board.path}/edit",
        f"{board.path}/render",
        f"{board.path}/films",
        "/ui/boards",
        "/ui/boards/import",
    ):
        assert web.post(path, json={}, headers=foreign).status_code == 403
    other = {"x-user": "mallory"}
    assert web.get(board.path, headers=other).status_code == 404
    edit = {"op": "remove", "shot": board.ids[0]}
    assert web.post(f"{board.path}/edit", json=edit, headers=other).status_code == 404
    assert web.get("/ui/boards", headers=other).json() == {"boards": []}


def test_the_cast_is_kept_with_checked_files(board: Board, web: httpx.Client) -> None:
    board.uncast()
    picture = io.BytesIO()
    Image.effect_noise((320, 320), 60).save(picture, "png")
    asset = web.post("/ui/boards/files?name=../anna.png", content=picture.getvalue()).json()
    assert (asset["kind"], asset["name"]) == ("image", "anna.png")
    board.edit("cast", name="@anna", description="a woman in red", references=[asset["id"]], consent=True)
    (member,) = board.now["board"]["cast"]
    assert (member["name"], board.now["made"]) == ("anna", member["id"])
    assert board.now["assets"][asset["id"]]["name"] == "anna.png"
    assert board.state(2)["members"] == [member["id"]] and board.state(2)["strangers"] == []
    assert "already" in board.refused("cast", name="ANNA")
    assert board.refused("cast", name="bob", references=["a_none"])
    board.edit("uncast", id=member["id"])
    assert board.now["board"]["cast"] == []
    assert web.post("/ui/boards/files?name=x.png", content=b"no picture").status_code == 400
    assert web.post("/ui/boards/files?name=x.png", content=b"").status_code == 404


def test_drafts_renders_takes_and_what_is_confirmed(board: Board, studio: Studio) -> None:
    board.edit("script", text="Shot 1 [0-1s] a harbour\nShot 2 [1-2s] a dog")
    first, second = board.ids
    assert board.post("draft", {"shots": [first]}).json()["queued"] == 1
    board.drafted(studio)
    assert [board.state(n)["best_kind"] for n in (1, 2)] == ["draft", "draft"]
    assert board.post("render", {"shots": None, "usd": 0}).status_code == 409, "nothing is approved"
    board.edit("status", shots=[first], status="approved")
    plan = board.post("render-plan", {}).json()
    assert (plan["ready"], plan["usd"]) == ([first], 0)
    assert board.post("render", {"shots": plan["ready"], "usd": plan["usd"]}).json()["queued"] == 1
    finish(studio)
    assert board.post("retake", {"shot": first}).status_code == 200
    finish(studio)
    board.now = board.web.get(board.path).json()
    renders = [t for t in board.state(1)["takes"] if t["take"] == "render"]
    assert [t["chosen"] for t in renders] == [False, True]
    board.edit("choose", shot=first, run=renders[0]["id"])
    assert board.state(1)["best"]["origin"] == renders[0]["id"]
    board.edit("change", shot=first, prompt="a harbour at night")
    assert board.state(1)["stale"]
    assert all(t["old"] for t in board.state(1)["takes"] if t["take"] == "render")
    frame = board.web.get(f"{board.path}/frame/{second}/last")
    assert Image.open(io.BytesIO(frame.content)).size == (256, 144)


def test_a_render_at_another_price_than_confirmed_is_refused(board: Board) -> None:
    first = board.ids[0]
    board.edit("change", shot=first, model="alibaba/wan2.6-t2v", duration_s=5)
    assert "DASHSCOPE" in board.post("render-plan", {"shots": [first]}).json()["blocked"][first]
    assert board.state(1)["usd"] > 0, "a price needs no key"


def test_a_script_keeps_the_shots_whose_words_stand(board: Board, studio: Studio, web: httpx.Client) -> None:
    text = web.get(f"{board.path}/script").json()["text"]
    assert text.startswith("Title: Harbour\nStyle: Noir.\nCast:\n- anna\n\nShot 1 [0-1s] a harbour at dawn")
    kept = board.ids[0]
    board.edit("script", text=text.replace("a dog runs", "a cat sleeps"))
    assert board.ids[0] == kept and board.shot(3)["prompt"] == "a cat sleeps"
    assert "第1个镜头[0-1秒]" in web.get(f"{board.path}/script?chinese=true").json()["text"]
    table = web.get(f"{board.path}/script?form=csv").json()
    assert board.edit("script", text=table["text"]).status_code == 200 and board.ids[0] == kept
    assert [form["ending"] for form in table["forms"]][:5] == ["txt", "txt", "txt", "txt", "csv"]
    found = web.post("/ui/boards-read", json={"text": "Shot 1 [0-2s] a\nShot 2 [3-4s] b"}).json()
    assert len(found["shots"]) == 2 and "no description for 2-3 s" in found["faults"][0]


EDITED = {
    "form": "csv", "title": "The lighthouse", "style": "35 mm film", "negative": "text, logos",
    "cast": [{"name": "Maren", "kind": "character", "description": "a keeper of sixty"}],
    "shots": [
        {
            "number": "1A", "duration_s": 2.5, "length_from": "own", "shot_size": "Close-up", "prompt": "Maren turns",
            "dialogue": [{"speaker": "Maren", "manner": "quietly", "text": "Every night."}], "music": "one cello",
        },
        {"number": "2", "prompt": "Waves", "notes": "late"},
    ],
}  # fmt: skip
"""A script as the preview sends it."""


def test_a_board_from_a_script_that_was_looked_over(web: httpx.Client) -> None:
    answer = web.post("/ui/boards", json={"read": EDITED, "draft": False, **SMALL})
    assert answer.status_code == 200, answer.text
    board = answer.json()["board"]
    assert (board["title"], board["style"], board["negative"]) == ("The lighthouse", "35 mm film", "text, logos")
    assert [m["description"] for m in board["cast"]] == ["a keeper of sixty"]
    first, second = board["shots"]
    assert (first["number"], first["duration_s"], first["shot_size"], first["music"]) == (
        "1A",
        2.5,
        "Close-up",
        "one cello",
    )
    assert "Every night." in first["dialogue"] and second["notes"] == "late"


def test_shots_of_a_script_that_was_looked_over_stay_with_their_takes(board: Board, studio: Studio) -> None:
    """Also where the script parts their words into more fields; what no model is told follows the script."""
    board.drafted(studio)
    before, takes = board.now["board"]["shots"], board.state(1)["takes"]
    shots = [
        {"prompt": "a harbour at dawn", "duration_s": 2, "notes": "wait for the tide", "transition": "dissolve"},
        {"prompt": "a storm", "duration_s": 3},
        {"shot_size": "close-up", "prompt": "anna", "duration_s": 1},
    ]
    assert board.edit("script", read={"shots": shots, "style": "Noir."}).status_code == 200
    first, storm, close = board.now["board"]["shots"]
    assert first["id"] == before[0]["id"] and board.state(1)["takes"] == takes != []
    assert (first["duration_s"], first["notes"], first["transition"]) == (2, "wait for the tide", "crossfade")
    assert close == before[1] and storm["id"] not in {s["id"] for s in before}
    assert board.edit("script", read={"shots": []}).status_code == 422


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"duration_s": 0}, "more than 0"),
        ({"prompt": "x" * 20_001}, "the limit is 20,000"),
        ({"cast": ["x"] * 201}, "the limit is 200"),
        ({"unheard": 1}, "no setting called read.shots.0.unheard"),
        ({"dialogue": [{"speaker": "Maren"}]}, "text is missing"),
    ],
)
def test_a_script_beyond_the_limits_is_refused_in_words(web: httpx.Client, change: JSON, words: str) -> None:
    answer = web.post("/ui/boards", json={"read": {"shots": [change]}})
    assert answer.status_code == 422 and words in answer.json()["error"], answer.text
    assert web.post("/ui/boards", json={"read": {"shots": [{}] * 501}}).status_code == 422


def test_both_ways_are_compared(board: Board, web: httpx.Client) -> None:
    board.uncast()
    found = web.get(f"{board.path}/ways", params={"model": "draft/animatic"}).json()
    assert found["one_run"]["kind"] == "one_run"
    assert not found["per_shot"]["possible"] and "@anna is not in the cast." in found["per_shot"]["problems"]


def test_a_project_goes_out_and_comes_in(board: Board, studio: Studio, web: httpx.Client) -> None:
    board.edit("script", text="Shot 1 [0-1s] a harbour")
    board.drafted(studio)
    film = board.post("films", {"form": "project"}).json()
    row = exported(board)
    assert (row["status"], row["id"]) == ("succeeded", film["id"]), row["error"]
    file = web.get(f"/ui/films/{film['id']}/file")
    assert file.headers["content-disposition"].startswith("attachment")
    assert "project.json" in zipfile.ZipFile(io.BytesIO(file.content)).namelist()
    made = web.post("/ui/boards/import", content=file.content).json()
    copy = web.get(f"/ui/boards/{made['id']}").json()
    assert [s["prompt"] for s in copy["board"]["shots"]] == ["a harbour"]
    assert next(iter(copy["shots"].values()))["best_kind"] == "draft"
    assert web.post("/ui/boards/import", content=b"no zip").status_code == 400
    assert web.get(f"/ui/films/{film['id']}/file", headers={"x-user": "mallory"}).status_code == 404
    assert board.post("films", {"form": "film", "options": {"nonsense": 1}}).status_code == 422


def test_models_come_by_provider_with_what_they_need(web: httpx.Client) -> None:
    groups = {g["id"]: g for g in web.get("/ui/boards/models").json()["groups"]}
    assert groups["draft"]["ready"] and not groups["alibaba"]["ready"]
    assert any(m["multi_shot"] for m in groups["alibaba"]["models"])


def test_a_new_board_draws_its_animatic_at_once(web: httpx.Client, studio: Studio) -> None:
    made = web.post("/ui/boards", json={"title": "Harbour", "script": SCRIPT, **SMALL}).json()
    path = f"/ui/boards/{made['board']['id']}"
    assert all(shot["running"] for shot in made["shots"].values())
    studio.local.runs.wait([r.id for r in studio.local.runs.active()], timeout_s=60)
    assert {shot["best_kind"] for shot in web.get(path).json()["shots"].values()} == {"draft"}


def test_the_choices_of_an_export_are_kept_and_its_files_tell_what_they_are(web: httpx.Client, studio: Studio) -> None:
    """A second export starts from what the first one had; no two files of a board have the same name."""
    board = Board(web)
    chosen = {"places": ["tiktok", "master"], "label": "AI", "loudness": -14, "allow_drafts": False}
    assert board.post("edit", {"op": "update", "delivery": chosen}).status_code == 200
    assert web.get(board.path).json()["board"]["delivery"].items() >= chosen.items()
    refused = board.post("edit", {"op": "update", "delivery": {"places": ["betamax"]}})
    assert refused.status_code == 404
    for form in ("shots", "shots", "otio"):
        assert board.post("films", {"form": form}).status_code == 200
    for _ in range(200):
        films = web.get(f"{board.path}/films").json()["films"]
        if all(f["status"] != "running" for f in films):
            break
        time.sleep(0.05)
    assert sorted(f["name"] for f in films) == [
        "Harbour - OTIO.zip", "Harbour - shot list v2.csv", "Harbour - shot list.csv",
    ]  # fmt: skip
