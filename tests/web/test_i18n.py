"""English and Chinese say the same things, and no page asks for a word that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from studio.catalogue import load
from studio.domain import Task
from studio.engines.comfyui.workflow import FIELDS, MEDIA
from studio.storyboard.look import Slate
from studio.web.forms.tasks import CREATE_TASKS
from studio.web.i18n import catalogue_text, tables

ROOT = Path(__file__).parents[2]
EN, ZH = tables()["en"], tables()["zh-CN"]
FILES = [*(ROOT / "studio" / "web").rglob("*.py"), *(ROOT / "assets" / "js").rglob("*.js")]
ASKED = re.compile(r"""(?:\bt|\btext|studioText|_chips|_checkbox|_number)\(\s*["'`]([a-z_]+(?:\.[\w.]+)?)["'`]""")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BLANK = re.compile(r"\{(\w+)(?=[,}])")
"""{name}, or {name, plural, one {...} other {...}}."""
SAME = {"forms.seeds_hint"}


def test_both_languages_have_the_same_keys() -> None:
    assert EN.keys() == ZH.keys()


def test_both_say_something_with_the_same_blanks() -> None:
    """{name} is filled by the page."""
    assert [key for key in sorted(EN) if not EN[key].strip()] == []
    blanks = {key: [set(BLANK.findall(words[key])) for words in (EN, ZH)] for key in EN}
    assert {key: both for key, both in blanks.items() if both[0] != both[1]} == {}


def test_chinese_is_chinese() -> None:
    """A word left in English is a word forgotten; names and numbers are the exception."""
    plain = {k for k, v in ZH.items() if not CHINESE.search(v) and re.search(r"[A-Za-z]{4}", re.sub(r"\{\w+\}", "", v))}
    assert plain <= {k for k in plain if ZH[k] == EN[k] and len(ZH[k].split()) == 1} | SAME | {"shell.language"}


def test_every_word_that_is_asked_for_is_there() -> None:
    """Keys written out in code; those put together from parts are in the test below."""
    missing = []
    for path in FILES:
        for key in ASKED.findall(path.read_text("utf-8")):
            area, _, name = key.partition(".")
            full = f"{area}.{name.replace('.', '_')}" if name else f"forms.{key}"
            if ("." in key or path.name == "fields.py") and full not in EN:
                missing.append(f"{path.relative_to(ROOT)} asks for {full}")
    assert missing == []


def test_the_words_put_together_from_parts_are_there() -> None:
    names = [
        f"shell.tab_{p}" for p in (*CREATE_TASKS, "storyboard", "gallery", "review", "queue", "workflows", "settings")
    ]
    names += [f"forms.{part}_{p}" for p in CREATE_TASKS for part in ("about", "start", "draft")]
    names += [f"forms.idea_{p}_{n}" for p in CREATE_TASKS for n in range(1, 5)]
    names += [f"forms.prompt_hint_{t.value.replace('-', '_')}" for t in Task]
    names += [f"workflows.field_{f}" for f in (*FIELDS, *MEDIA)] + [f"workflows.step_{n}" for n in (1, 2, 3)]
    names += ["workflows.saves_image", "workflows.saves_video"]
    names += [f"look.page_{p}" for p in ("output", "look", "titles", "slate")] + [f"look.place_{n}" for n in range(10)]
    names += [f"look.{part}_{s}" for part in ("style", "hint") for s in ("title", "lower", "label", "caption")]
    names += [f"look.slate_{f}" for f in Slate.model_fields]
    names += [f"board.did_film_{f}" for f in ("look", "titles", "slate")]
    names += [f"forms.unit_{u}" for u in ("s", "image", "run", "MP")]
    kinds = {"_".join(s.kinds) for m in load() for s in m.inputs.values()}
    names += [f"forms.drop_{k}" for k in kinds]
    assert [n for n in names if n not in EN] == []


def test_the_labels_and_notes_of_a_row_are_said_in_chinese() -> None:
    """Unknown labels stay English on the page; those of the draft and of every provider are all translated."""
    rows = [m for m in load() if m.provider not in ("local", "comfyui")]
    said = {s.label for m in rows for s in (*m.params.values(), *m.inputs.values()) if s.label}
    said |= {m.note for m in rows if m.note}
    said |= {words for m in rows for s in m.params.values() for words in s.choice_labels.values()}
    said |= {s.help for m in rows for s in (*m.params.values(), *m.inputs.values()) if s.help}
    said |= {rule.why for m in load() for rule in m.exclusions}
    assert {label for label in said if catalogue_text(label) == label} == set()


def test_models_on_the_own_card_are_explained_in_chinese() -> None:
    """Labels, helps and the words of the modes: the options of an own card are many, and none explains itself."""
    rows = [m for m in load() if m.provider == "local"]
    specs = [s for m in rows for s in (*m.params.values(), *m.inputs.values())]
    said = {t for s in specs for t in (s.label, s.help) if t} | {"Fast", "Standard", "Best"}
    assert {t for t in said if catalogue_text(t) == t} == set()
