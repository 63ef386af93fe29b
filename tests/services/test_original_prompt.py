"""The prompt as it was first written stays beside the one that was sent: kept, found, given back, and never sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.catalogue import Model, form_values, load
from studio.domain import JSON, MAX_ORIGINAL_CHARS
from studio.engines import mapping
from studio.errors import CapabilityError
from studio.media import metadata
from studio.storyboard import edit, plan
from studio.storyboard.model import Board, Shot
from studio.storyboard.plan import fingerprint
from studio.studio import Studio
from studio.web.forms.events import FormEvents
from studio.web.routes import run_json
from tests.support.kit import finish, image
from tests.support.row_jobs import job

FIRST, SENT = "a dog 在雨中", "A wet dog runs down a lane, low light, medium shot"


def found(studio: Studio, query: str) -> list[str]:
    return [run.id for run in studio.local.gallery.search(query).runs]


def test_a_run_keeps_both_texts_in_its_answer_and_its_file(studio: Studio) -> None:
    run = finish(studio, image(SENT, original_prompt=FIRST))
    assert run.public()["request"]["original_prompt"] == FIRST
    shown = run_json.detail(studio, run, [], actor="")
    assert (shown["prompt"], shown["original_prompt"]) == (SENT, FIRST)
    embedded = metadata.read_with_source(studio.settings.data / run.assets[0].path)
    assert embedded and embedded[1]["original_prompt"] == FIRST
    again = studio.local.runs.retry(run.id)
    assert again.request.original_prompt == FIRST


def test_either_text_finds_the_run_and_no_phrase_runs_from_one_into_the_other(studio: Studio) -> None:
    run = finish(studio, image(SENT, original_prompt=FIRST))
    plain = finish(studio, image("a dog on a sofa"))
    assert found(studio, "lane") == found(studio, "雨中") == [run.id]
    assert found(studio, "dog") == [plain.id, run.id]
    assert found(studio, '"medium shot a dog"') == []


def test_a_waiting_run_that_is_edited_is_found_by_its_new_first_text(studio: Studio) -> None:
    studio.queue.pause()
    [run] = studio.local.requests.submit(image(SENT, original_prompt=FIRST))
    studio.local.runs.edit_fields(run.id, {"original_prompt": "a heron"})
    assert found(studio, "heron") == [run.id] and found(studio, "雨中") == []


def test_no_provider_gets_it_even_by_a_row_that_asks_for_it() -> None:
    model = next(m for m in load() if m.request)
    made = job(model, model.tasks[0])
    kept = replace(made, request=made.request.model_copy(update={"original_prompt": FIRST}))
    assert FIRST not in mapping.values_of(kept, lambda asset_id, _: asset_id).values()
    row = model.model_dump(mode="json", exclude_unset=True)
    row["request"] = {"input.first": {"source": "original_prompt"}}
    with pytest.raises(ValueError, match="original_prompt"):
        Model.model_validate(row)


def test_what_is_asked_of_a_model_is_the_same_with_and_without_it() -> None:
    body: JSON = {"task": "text-to-image", "model": "fake/image", "prompt": SENT}
    assert fingerprint(body) == fingerprint(body | {"original_prompt": FIRST})


def test_a_first_text_beyond_the_limit_is_refused(studio: Studio) -> None:
    with pytest.raises(CapabilityError) as refused:
        studio.local.requests.submit(image(SENT, original_prompt="x" * (MAX_ORIGINAL_CHARS + 1)))
    assert refused.value.field == "original_prompt"


def test_a_shot_hands_its_first_words_to_its_runs() -> None:
    board = Board(id="b1", shots=(Shot(id="s1", prompt=SENT),))
    rewritten = edit.change(board, "s1", original_prompt=FIRST)
    kept, changed = (plan.for_shot(one, one.shot("s1"), load(), {}, draft=True) for one in (board, rewritten))
    assert "original_prompt" not in kept.body and changed.body["original_prompt"] == FIRST
    assert kept.fingerprint == changed.fingerprint, "no take becomes stale"


class TestForm:
    """What the create form makes of it."""

    @pytest.fixture
    def forms(self, studio: Studio) -> FormEvents:
        return FormEvents(studio)

    @staticmethod
    def held(prompt: str, original: str, model: str = "fake/image") -> JSON:
        return {"model": model, "original": original, "media": {}, "values": {"prompt": prompt}}

    def test_it_is_kept_only_where_it_differs(self, forms: FormEvents, studio: Studio) -> None:
        for prompt, original, kept in ((SENT, FIRST, FIRST), (FIRST, FIRST, ""), ("", FIRST, ""), (SENT, "", "")):
            form = forms.pages["t2i"]
            values, model = form.read(self.held(prompt, original))
            [body] = form_values.to_requests(values, model, form.task)
            assert body.get("original_prompt", "") == kept

    def test_use_again_brings_both_and_can_bring_the_first_alone(self, forms: FormEvents, studio: Studio) -> None:
        run = finish(studio, image(SENT, original_prompt=FIRST))
        both = forms.answer("t2i", "use_run", {}, {"run": run.id}, "")
        assert both["controls"]["prompt"]["value"] == SENT and both["parts"]["writing"] == {"original": FIRST}
        first = forms.answer("t2i", "use_run", {}, {"run": run.id, "prompt": "original"}, "")
        assert first["controls"]["prompt"]["value"] == FIRST and first["parts"]["writing"] == {"original": ""}

    def test_a_switch_of_model_and_a_reload_keep_it(self, forms: FormEvents) -> None:
        sent = self.held(SENT, FIRST)
        assert "writing" not in forms.answer("t2i", "pick", sent, {"id": "paid/image"}, "")["parts"]
        opened = forms.answer("t2i", "open", {}, {"saved": sent}, "")
        assert opened["parts"]["writing"] == {"original": FIRST}
