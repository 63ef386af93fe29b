"""The REST API over real HTTP: the verbs, submits under a key, files, batches, the document and its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from PIL import Image
from pydantic import TypeAdapter

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.settings import Settings
from studio.studio import Studio
from studio.web import verbs
from studio.web.rest import operations, schemas
from studio.web.rest.submits import REPLAYED
from tests.stories.kill_app import free_port
from tests.support.kit import QUICK, image, paid_image

KEY = {"idempotency-key": "press 1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rest")


def opened(folder: Path, catalogue: Catalogue) -> Studio:
    slow = {"slow": FakeScript(never_ends=True)}
    made = {n: FakeEngine(name=n, provider=FakeProvider(folder / n), scripts=slow) for n in ("fake", "paid")}
    return Studio.open(Settings(data=folder / "data"), engines=made, catalogue=catalogue, timing=QUICK)


@pytest.fixture(scope="module")
def http(folder: Path, catalogue: Catalogue) -> Iterator[httpx.Client]:
    from studio.web.app import served

    with (
        opened(folder, catalogue) as studio,
        served(studio, server_port=free_port()) as url,
        httpx.Client(base_url=f"{url.rstrip('/')}/api/v1/", timeout=30) as client,
    ):
        yield client


def shaped(answer: httpx.Response, shape: Any, status: int = 200) -> Any:
    """The answer, which has exactly the shape that the document tells."""
    assert answer.status_code == status, answer.text
    TypeAdapter(shape).validate_python(answer.json())
    return answer.json()


def test_a_run_from_submit_to_its_file(http: httpx.Client) -> None:
    [run] = shaped(http.post("runs", json=image("a fox", seed=7)), list[schemas.Run], 201)
    [done] = shaped(http.post("runs/wait", json={"run_ids": [run["id"]], "timeout_s": 20}), list[schemas.Run])
    assert (done["status"], done["seed"]) == ("succeeded", 7)
    assert shaped(http.get(f"runs/{run['id']}"), schemas.Run) == done
    file = http.get(f"../..{done['assets'][0]['url']}")
    assert file.status_code == 200 and len(file.content) == done["assets"][0]["bytes"]
    found = shaped(http.get("runs", params={"query": "fox", "limit": 1}), schemas.Page)
    assert [one["id"] for one in found["runs"]] == [run["id"]]


def test_a_run_is_changed_cancelled_repeated_and_decided_on(http: httpx.Client) -> None:
    [run] = http.post("runs", json=image("slow snail")).json()
    refused = shaped(http.post(f"runs/{run['id']}/decide", json={"choice": "approve"}), schemas.Problem, 409)
    assert refused["error"].endswith(".")
    shaped(http.post(f"runs/{run['id']}/cancel"), schemas.Run)
    [ended] = http.post("runs/wait", json={"run_ids": [run["id"]], "timeout_s": 20}).json()
    assert ended["status"] == "cancelled"
    again = shaped(http.post(f"runs/{run['id']}/retry", json={"seed": 9}), schemas.Run, 201)
    assert (again["retry_of"], again["seed"]) == (run["id"], 9)
    http.post(f"runs/{again['id']}/cancel")
    late = shaped(http.patch(f"runs/{run['id']}", json={"prompt": "other"}), schemas.Problem, 409)
    assert late["error"].endswith(".")
    assert shaped(http.post(f"runs/{run['id']}/retry"), schemas.Run, 201)["seed"] == run["seed"]


def test_prices_models_and_the_queue(http: httpx.Client) -> None:
    told = shaped(http.post("estimate", json=[paid_image(n=3)]), schemas.Estimate)
    assert (told["usd"], told["runs"]) == (0.3, 3)
    judged = shaped(http.post("lint", json={"text": "a fox, no cars", "model": "paid/image"}), schemas.LintResult)
    assert [finding["words"] for finding in judged["findings"]] == ["no cars"]
    rows = {model["id"]: model for model in http.get("models", params={"task": "text-to-image"}).json()}
    assert rows["paid/image"]["ready"] is True
    assert shaped(http.get("queue"), schemas.Queue)["paused"] is False
    assert shaped(http.get("held-models"), list[schemas.HeldModel]) == []
    others = shaped(http.post("alternatives", json=image("a fox")), list[schemas.Alternative])
    assert "paid/image" in [one["model"] for one in others]
    compared = http.post("comparisons", json={"request": image("a fox"), "models": ["fake/image", "paid/image"]})
    assert len(shaped(compared, schemas.Comparison, 201)["members"]) == 2


def test_the_same_press_gives_the_same_runs_and_another_body_is_refused(http: httpx.Client) -> None:
    body = [paid_image("a heron"), paid_image("a crane", n=2)]
    first = http.post("runs", json=body, headers=KEY)
    again = http.post("runs", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    ids = [run["id"] for run in first.json()]
    assert len(ids) == 3 and [run["id"] for run in again.json()] == ids
    assert REPLAYED not in first.headers and again.headers[REPLAYED] == "true"
    other = shaped(http.post("runs", json=body[:1], headers=KEY), schemas.Problem, 422)
    assert other["field"] == "key"
    assert http.post("runs", json=image(), headers={"idempotency-key": "x" * 181}).json()["field"] == "Idempotency-Key"
    broken = {"idempotency-key": "press 2"}
    assert http.post("runs", json=image(colour="red"), headers=broken).status_code == 422
    assert http.post("runs", json=image("red"), headers=broken).status_code == 201, "nothing was stored under the key"


def test_a_press_is_known_after_a_restart(tmp_path: Path, catalogue: Catalogue) -> None:
    from studio.web.app import served

    ids = []
    for _ in range(2):
        with opened(tmp_path, catalogue) as studio, served(studio, server_port=free_port()) as url:
            answer = httpx.post(f"{url.rstrip('/')}/api/v1/runs", json=image("slow owl"), headers=KEY, timeout=30)
            ids.append([run["id"] for run in answer.json()])
    assert ids[0] == ids[1] and len(ids[0]) == 1


def test_errors_are_sentences_with_the_field(http: httpx.Client) -> None:
    wrong: list[tuple[httpx.Response, int, str | None]] = [
        (http.post("runs", json=image(colour="red")), 422, "colour"),
        (http.post("runs", json="a fox"), 422, "request"),
        (http.post("runs", content=b"{", headers={"content-type": "application/json"}), 422, None),
        (http.get("runs", params={"limit": "many"}), 422, "limit"),
        (http.get("runs", params={"colour": "red"}), 422, "colour"),
        (http.post("runs/wait", json={"timeout_s": 1}), 422, "run_ids"),
        (http.get("runs/r_none"), 404, None),
        (http.get("models", params={"task": "dance"}), 422, "task"),
        (http.post("storyboards", json={"width": 3}), 422, "width"),
    ]
    for answer, status, field in wrong:
        problem = shaped(answer, schemas.Problem, status)
        assert problem["error"].endswith("."), problem
        assert field is None or problem["field"] == field, problem


def test_a_file_is_its_body_and_is_judged_by_its_content(http: httpx.Client, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "a.png")
    body, kind = (tmp_path / "a.png").read_bytes(), {"content-type": "image/png"}
    sent = http.post("assets", content=body, params={"name": "../a.png"}, headers=kind)
    asset = shaped(sent, schemas.Upload, 201)
    assert (asset["kind"], asset["width"], asset["name"]) == ("image", 64, "a.png")
    shaped(http.get(f"assets/{asset['id']}"), schemas.Asset)
    [edited] = http.post("runs", json=image("at night", task="image-edit", image=asset["id"])).json()
    assert edited["request"]["image"] == asset["id"]
    refused = http.post("assets", content=b"<script>", params={"name": "a.png"}, headers=kind)
    assert shaped(refused, schemas.Problem, 400)["error"].endswith(".")


def test_a_film_from_a_script_to_an_export(http: httpx.Client) -> None:
    script = "Shot 1: A fox sleeps. (2s)\nShot 2: Rain falls. (2s)\n"
    read = shaped(http.post("scripts/read", json={"text": script}), schemas.ReadScript)
    assert len(read["shots"]) == 2
    again = http.post("storyboards", json={"script": read, "model": "fake/clip"})
    assert [shot["prompt"] for shot in shaped(again, schemas.Storyboard, 201)["shots"]] == [
        "A fox sleeps.",
        "Rain falls.",
    ]
    made = http.post("storyboards", json={"title": "Rain", "script": script, "model": "fake/clip"})
    board = shaped(made, schemas.Storyboard, 201)
    shots = [shot["id"] for shot in board["shots"]]
    at = f"storyboards/{board['id']}"
    plan = shaped(http.post(f"{at}/render-plan", json={"shots": shots}), schemas.RenderPlan)
    assert plan["ready"] == shots
    rendered = shaped(http.post(f"{at}/render", json={"shots": shots}), schemas.Rendering, 201)
    http.post("runs/wait", json={"run_ids": [run["id"] for run in rendered["runs"]], "timeout_s": 30})
    shaped(http.get(at), schemas.Storyboard)
    assert board["id"] in [row["id"] for row in shaped(http.get("storyboards"), list[schemas.StoryboardRow])]
    export = shaped(http.post(f"{at}/exports", json={"form": "shots"}), schemas.Export, 201)
    for _ in range(100):
        told = shaped(http.get(f"exports/{export['id']}"), schemas.Export)
        if told["status"] != "running":
            break
    assert [one["id"] for one in shaped(http.get(f"{at}/exports"), list[schemas.Export])] == [export["id"]]


def test_a_batch_is_planned_whole_and_stored_once(http: httpx.Client) -> None:
    requests = [
        {"key": "a", "request": paid_image("a swift")},
        {"key": "b", "request": paid_image("a swallow", n=2)},
        {"key": "c", "request": image(colour="red")},
    ]
    plan = shaped(http.post("batches/plan", json={"requests": requests}), schemas.BatchPlan)
    assert (plan["usd"], plan["runs"]) == (0.3, 3)
    assert [bool(one["problem"]) for one in plan["requests"]] == [False, False, True]
    refused = shaped(http.post("batches", json={"requests": requests}), schemas.Problem, 422)
    assert refused["field"] == "requests.2" and refused["error"].startswith("Request 3:")
    stored = shaped(http.post("batches", json={"requests": requests[:2]}), list[list[schemas.Run]], 201)
    again = http.post("batches", json={"requests": requests[:2]}).json()
    assert [[run["id"] for run in runs] for runs in stored] == [[run["id"] for run in runs] for runs in again]
    after = http.post("batches/plan", json={"requests": requests[:2]}).json()
    assert after["runs"] == 0 and [len(one["stored"]) for one in after["requests"]] == [1, 2]


def test_the_document_is_valid_and_has_every_verb(http: httpx.Client) -> None:
    document = http.get("openapi.json").json()
    validate(document)
    calls = [call["operationId"] for path in document["paths"].values() for call in path.values()]
    assert len(set(calls)) == len(calls)
    assert verbs.VERBS.keys() <= set(calls), "a verb has no address"
    assert {operation.verb for operation in operations.OPERATIONS} <= verbs.VERBS.keys()
    described = document["components"]["schemas"]["CreateStoryboardParameters"]["properties"]
    assert all(field.get("description") for field in described.values())
    assert document["components"]["schemas"]["TextToImage"]["additionalProperties"] is True


def test_the_page_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("docs")
    assert page.status_code == 200 and "http" not in page.text.split("<body>")[1]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_foreign_page_reaches_nothing(http: httpx.Client) -> None:
    foreign = {"origin": "https://evil.example"}
    assert http.post("runs", json=image("by a foreign page"), headers=foreign).status_code == 403
    assert http.get("openapi.json", headers=foreign).status_code == 403
