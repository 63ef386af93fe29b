"""The typed functions, asked by the real gradio_client over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK, image

CONTRACT = ["submit", "estimate", "upload", "get_run", "wait", "cancel", "retry", "decide", "search", "models"]
CONTRACT += ["held_models", "resume_model", "edit_run"]
CONTRACT += [
    "alternatives",
    "compare",
    "lint",
    "expand_prompt",
    "translate_prompt",
    "write_shots",
    "read_script",
    "create_storyboard",
    "storyboards",
    "get_storyboard",
    "draft",
]
CONTRACT += ["render_plan", "render", "export", "exports", "get_export"]
CONTRACT += ["reviews", "create_review", "get_review", "comment", "resolve_comment", "set_review_status"]
CONTRACT += ["review_status_history", "plan_comment_retake", "retake_comment"]
RUN_KEYS = {"id", "status", "phase", "held_reason", "error", "request", "seed", "model", "provider", "handle"}
RUN_KEYS |= {"created_at", "started_at", "finished_at", "estimate_usd", "cost_usd", "assets"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[str]:
    """A served studio with a scripted engine; a prompt with "slow" never ends by itself."""
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("api")
    slow = {"slow": FakeScript(never_ends=True)}
    made = {n: FakeEngine(name=n, provider=FakeProvider(folder / n), scripts=slow) for n in ("fake", "paid")}
    settings = Settings(data=folder / "data")
    with (
        Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as studio,
        served(studio, server_port=None) as address,
    ):
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def test_the_public_functions_are_exactly_the_contract(client: Client) -> None:
    """Events of the pages are private: none of them shows."""
    told = client.view_api(return_format="dict", print_info=False)
    assert isinstance(told, dict)
    assert sorted(told["named_endpoints"]) == sorted(f"/{name}" for name in CONTRACT)
    assert not told["unnamed_endpoints"]


def test_submit_answers_at_once_and_wait_brings_the_files(client: Client, url: str) -> None:
    runs = client.predict(image("a fox", n=2, seed=7), api_name="/submit")
    assert [r["seed"] for r in runs] == [7, 8]
    assert set(runs[0]) >= RUN_KEYS
    done = client.predict([r["id"] for r in runs], timeout_s=20, api_name="/wait")
    assert [r["status"] for r in done] == ["succeeded", "succeeded"]
    file = httpx.get(url.rstrip("/") + done[0]["assets"][0]["url"])
    assert file.status_code == 200 and len(file.content) == done[0]["assets"][0]["bytes"]


def test_an_upload_is_used_by_its_id(client: Client, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "a.png")
    asset = client.predict(handle_file(tmp_path / "a.png"), api_name="/upload")
    assert (asset["kind"], asset["width"], asset["height"], asset["name"]) == ("image", 64, 48, "a.png")
    assert "path" not in asset


def test_what_is_refused_is_refused_with_the_studios_sentence(client: Client) -> None:
    with pytest.raises(AppError, match="no setting called 'colour'"):
        client.predict(image(colour="red"), api_name="/submit")
    with pytest.raises(AppError, match="it can be text-to-image"):
        client.predict(task="dance", api_name="/models")


def test_wait_is_bounded_and_cancel_stops(client: Client) -> None:
    [run] = client.predict(image("slow snail"), api_name="/submit")
    [waiting] = client.predict([run["id"]], timeout_s=0.2, api_name="/wait")
    assert waiting["status"] in ("queued", "running")
    client.predict(run["id"], api_name="/cancel")
    [ended] = client.predict([run["id"]], timeout_s=10, api_name="/wait")
    assert ended["status"] == "cancelled"


def test_retry_is_a_new_run_with_the_same_another_or_a_new_seed(client: Client) -> None:
    [run] = client.predict(image("a hare", seed=5), api_name="/submit")
    client.predict([run["id"]], timeout_s=10, api_name="/wait")
    same = client.predict(run["id"], api_name="/retry")
    other = client.predict(run["id"], seed=9, api_name="/retry")
    drawn = client.predict(run["id"], new_seed=True, api_name="/retry")
    assert (same["retry_of"], same["seed"], other["seed"]) == (run["id"], 5, 9)
    assert drawn["seed"] not in (None, 5)
    assert client.predict(same["id"], api_name="/get_run")["id"] == same["id"]


def test_search_pages_by_next_before(client: Client) -> None:
    client.predict(image("ibis over water", n=3), api_name="/submit")
    first = client.predict(query="ibis", limit=2, api_name="/search")
    rest = client.predict(query="ibis", limit=2, before=first["next_before"], api_name="/search")
    assert [len(p["runs"]) for p in (first, rest)] == [2, 1]
    assert first["total"] == 3 and rest["next_before"] is None


def test_estimate_and_models_tell_price_and_readiness(client: Client) -> None:
    told = client.predict(
        [{"task": "text-to-image", "model": "paid/image", "prompt": "x", "n": 3}], api_name="/estimate"
    )
    assert (told["usd"], told["runs"]) == (0.3, 3)
    rows = {m["id"]: m for m in client.predict(api_name="/models")}
    assert rows["paid/image"]["ready"] is True and rows["paid/image"]["prices"]
    assert "engine" not in rows["paid/image"]


def test_a_prompt_is_judged_and_its_marks_are_refused_unless_wanted(client: Client) -> None:
    told = client.predict("a (golden:1.2) lamp", model="fake/image", api_name="/lint")
    [finding] = told["findings"]
    assert (finding["rule"], finding["words"]) == ("foreign.weight", "(golden:1.2)")
    assert finding["remedies"][0]["text"] == "a golden lamp"
    assert client.predict("A fox sleeps on a boat.", api_name="/lint") == {"findings": []}
    with pytest.raises(AppError, match="plain words"):
        client.predict(image("a (golden:1.2) lamp"), api_name="/submit")
    [run] = client.predict(image("a (golden:1.2) lamp", literal_prompt=True), api_name="/submit")
    assert run["request"]["literal_prompt"] is True
    client.predict([run["id"]], timeout_s=10, api_name="/wait")
    assert client.predict(run["id"], api_name="/retry")["request"]["prompt"] == "a (golden:1.2) lamp"


def test_without_a_language_model_it_is_said_how_to_add_one(client: Client) -> None:
    with pytest.raises(AppError, match="No language model is set up"):
        client.predict("a fox", api_name="/expand_prompt")


SCRIPT = """A night in the harbour

Shot 1: A fox sleeps on a boat. (2s)
Shot 2: Rain falls on the water. (2s)
"""


def test_a_storyboard_is_made_of_a_script_and_told_what_it_lacks(client: Client) -> None:
    """Drafts need the draft engine, which this studio has not: what is missing is said at the shot."""
    read = client.predict(SCRIPT, api_name="/read_script")
    assert [shot["duration_s"] for shot in read["shots"]] == [2, 2]
    board = client.predict(title="Harbour", script=SCRIPT, model="fake/clip", api_name="/create_storyboard")
    assert (board["title"], board["model"], len(board["shots"])) == ("Harbour", "fake/clip", 2)
    shots = [shot["id"] for shot in board["shots"]]
    plan = client.predict(board["id"], shots=shots, api_name="/render_plan")
    assert (plan["ready"], plan["usd"], plan["blocked"]) == (shots, None, {}), "the catalogue has no price for it"
    assert board["id"] in [b["id"] for b in client.predict(api_name="/storyboards")]
    assert client.predict(board["id"], api_name="/exports") == []
    with pytest.raises(AppError, match="Shot 1 has no take"):
        client.predict(board["id"], api_name="/export")


SHOT_LIST = """Scene,Shot,Description,Shot Size,Camera Angle,Camera Movement,Lens,Dialogue,Sound,Duration (sec),Director
1,1A,"Maya opens the letter, hands shaking",CU,Eye Level,Static,50mm,Maya (whispering): Not him.,Paper rustle,3,
1,1B,"She looks up",MCU,,Dolly In,85mm,,,4.5,keep it slow
"""


def test_a_shot_list_is_read_into_fields_and_made_a_storyboard_as_it_was_changed(client: Client) -> None:
    read = client.predict(SHOT_LIST, api_name="/read_script")
    shot_keys = {"number", "prompt", "duration_s", "length_from", "shot_size", "angle", "lens", "move", "place", "cast"}
    shot_keys |= {"dialogue", "voice_over", "sound", "music", "transition", "notes"}
    assert set(read) == {"form", "title", "style", "negative", "cast", "shots", "length_s", "unread", "faults"}
    assert (read["form"], read["length_s"], read["unread"]) == ("csv", 7.5, [])
    first, second = read["shots"]
    assert set(first) == shot_keys
    assert (first["number"], first["shot_size"], first["lens"], first["length_from"]) == ("1A", "CU", "50mm", "own")
    assert first["dialogue"] == [{"speaker": "Maya", "manner": "whispering", "text": "Not him."}]
    assert (second["move"], second["notes"]) == ("Dolly In", "Scene: 1; Director: keep it slow")

    second["prompt"] = "She looks up at the door"
    board = client.predict(script=read, model="fake/clip", api_name="/create_storyboard")
    made = [(shot["number"], shot["prompt"], shot["move"]) for shot in board["shots"]]
    assert made[1] == ("1B", "She looks up at the door", "Dolly In")
    assert "Not him." in board["shots"][0]["dialogue"]
    same = client.predict(script=SHOT_LIST, form="csv", model="fake/clip", api_name="/create_storyboard")
    assert [shot["number"] for shot in same["shots"]] == ["1A", "1B"]
    as_text = client.predict(SHOT_LIST, form="paragraphs", api_name="/read_script")
    assert as_text["form"] == "paragraphs" and len(as_text["shots"]) != 2

    with pytest.raises(AppError, match="form"):
        client.predict(SHOT_LIST, form="opera", api_name="/read_script")
    with pytest.raises(AppError, match="what read_script answered"):
        client.predict(script=3, api_name="/create_storyboard")
    with pytest.raises(AppError, match="duration_s"):
        client.predict(script=read | {"shots": [{"duration_s": -1}]}, api_name="/create_storyboard")


def test_a_foreign_page_may_not_submit(url: str) -> None:
    """Also by the functions' HTTP routes; without an Origin (programs) they answer."""
    call = url.rstrip("/") + "/gradio_api/call/submit"
    body = {"data": [image("by a foreign page")]}
    assert httpx.post(call, json=body, headers={"origin": "https://evil.example"}).status_code == 403
    assert httpx.post(call, json=body).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "http://127.0.0.1/", "http://169.254.169.254/"],
)
def test_gradios_file_route_reads_nothing_of_the_machine(url: str, path: str) -> None:
    assert httpx.get(f"{url.rstrip('/')}/gradio_api/file={path}").status_code in (403, 404)


def test_a_file_outside_the_uploads_is_not_taken_in(url: str, client: Client, tmp_path: Path) -> None:
    """Asked for over plain HTTP, as the client would first upload its own file of this name."""
    call = url.rstrip("/") + "/gradio_api/call/upload"
    own = tmp_path / "own.txt"
    own.write_text("words that would do as a document", "utf-8")
    for path in ("/etc/passwd", "../../../../../../etc/passwd", str(own)):
        answer = httpx.post(call, json={"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}, timeout=20)
        said = answer.text
        if answer.status_code == 200:
            said = httpx.get(f"{call}/{answer.json()['event_id']}", timeout=20).text
            assert "event: error" in said
        assert "a_" not in said and "sha256" not in said, said
    assert client.predict(handle_file(own), api_name="/upload")["kind"] == "document"


def test_the_page_and_its_configuration_are_packed_and_media_are_not(url: str) -> None:
    page = httpx.get(url, headers={"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip" and 'href="ui/assets/' in page.text
    assert httpx.get(url, headers={"accept-encoding": "identity"}).headers.get("content-encoding") is None
    assert "content-encoding" not in httpx.get(f"{url.rstrip('/')}/healthz").headers
    document = httpx.get(f"{url.rstrip('/')}/api/v1/openapi.json", headers={"accept-encoding": "br"})
    assert document.headers["content-encoding"] == "br" and document.json()["paths"]


def test_the_page_has_a_component_for_each_tab_and_none_of_the_api(url: str) -> None:
    """Gradio makes one for each parameter of each function, which took a second of the page's first load; programs read
    them at /config."""
    page, whole = httpx.get(url).text, httpx.get(f"{url.rstrip('/')}/config").json()
    assert len(whole["dependencies"]) > 20
    told = json.JSONDecoder().raw_decode(page.partition("window.gradio_config = ")[2])[0]
    assert {one["type"] for one in told["components"]} == {"tabs", "tabitem", "html"} and len(told["components"]) <= 60
    assert told["dependencies"] == [] and {"id": 1}.keys() <= told["layout"]["children"][0].keys()
    ids = {one["id"] for one in told["components"]}
    assert set(told["page"][""]["components"]) == ids and told["page"][""]["dependencies"] == []


def test_one_id_gives_one_run_and_a_list_gives_a_list(client: Client) -> None:
    """Submit, too, takes one request or a batch."""
    runs = client.predict([image("one"), image("two")], api_name="/submit")
    ids = [r["id"] for r in runs]
    assert [r["id"] for r in client.predict(ids, 20, api_name="/wait")] == ids
    assert client.predict(ids[0], 20, api_name="/wait")["status"] == "succeeded"
    assert [r["id"] for r in client.predict(ids, api_name="/get_run")] == ids
    assert [r["status"] for r in client.predict(ids, api_name="/cancel")] == ["succeeded"] * 2
    assert [r["retry_of"] for r in client.predict(ids, api_name="/retry")] == ids
    assert client.predict([], 1, api_name="/wait") == []


def test_gradio_client_reads_its_answer_from_one_stream(client: Client, url: str) -> None:
    """Everybody else is told Gradio's own protocol, and may call what never waits without any stream."""
    assert client.protocol == "sse"
    assert httpx.get(f"{url}config").json()["protocol"] != "sse"
    assert httpx.get(f"{url}config", headers={"user-agent": "gradio_client/99.0"}).json()["protocol"] != "sse"
    told = httpx.post(f"{url}gradio_api/run/estimate", json={"data": [image("a fox")]}).json()
    assert told["data"][0]["runs"] == 1
    event = httpx.post(f"{url}gradio_api/call/estimate", json={"data": [image("a fox")]}).json()["event_id"]
    assert "event: complete" in httpx.get(f"{url}gradio_api/call/estimate/{event}").text


def test_only_public_functions_are_called_by_a_stream(client: Client, url: str) -> None:
    assert {d["api_visibility"] for d in client.config["dependencies"]} == {"public"}
    join = f"{url}gradio_api/queue/join"
    assert httpx.get(join, params={"fn_index": 100_000, "session_hash": "x"}).status_code == 404
    unknown = {"event_id": "0" * 32, "data": [image("a fox")]}
    assert httpx.post(f"{url}gradio_api/queue/data", json=unknown).status_code == 404


def test_many_wait_at_once_and_all_hear_of_the_end(url: str) -> None:
    """More than there are threads for calls, so a wait that held one would keep the cancel from being heard."""
    client = Client(url, verbose=False, ssl_verify=False, max_workers=60)
    [run] = client.predict(image("slow slug"), api_name="/submit")
    waits = [client.submit(run["id"], 30, api_name="/wait") for _ in range(50)]
    assert client.predict([run["id"]], 0, api_name="/wait")[0]["status"] in ("queued", "running")
    client.predict(run["id"], api_name="/cancel")
    assert {job.result(timeout=30)["status"] for job in waits} == {"cancelled"}
    client.close()


def test_a_list_is_one_batch_or_nothing(client: Client) -> None:
    wishes = [image(f"a hare {number}") for number in range(300)]
    runs = client.predict(wishes, api_name="/submit")
    assert [run["request"]["prompt"] for run in runs] == [wish["prompt"] for wish in wishes]
    wrong = [image("an owl"), image("an owl", colour="red"), image("an owl"), image("an owl", n=1000)]
    with pytest.raises(AppError, match=r"Request 2: .*'colour'.*Request 4: "):
        client.predict(wrong, api_name="/submit")
    with pytest.raises(AppError, match="1,001 runs at once; the limit is 1,000"):
        client.predict([image("an owl")] * 1001, api_name="/submit")
    assert client.predict("owl", api_name="/search")["total"] == 0
    client.predict([run["id"] for run in runs], api_name="/cancel")
    again = client.predict([runs[1]["id"], runs[0]["id"]], api_name="/retry")
    assert [(run["retry_of"], run["seed"]) for run in again] == [(run["id"], run["seed"]) for run in (runs[1], runs[0])]
