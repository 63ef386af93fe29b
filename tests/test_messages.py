"""Messages by id: every id has a sentence in both languages, every blank its value, and no error is raised in prose.

A sentence is reworded in assets/messages/*/AREA.json alone; an id is renamed there and where it is used.
"""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from studio import messages
from studio.messages import BLANK, Message, joined, lines, restore, stored, tables, term, worded
from tests.support.syntax import tree

ROOT = Path(__file__).parents[1]
EN, ZH = ({i: t for i, t in tables()[lang].items() if not i.startswith("catalogue.")} for lang in ("en", "zh-CN"))
BUILT_IN = {messages.JOINED, messages.LINES, messages.FIRST}
FILES = sorted((ROOT / "studio").rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def blanks(sentence: str) -> set[str]:
    return {blank["name"] for blank in BLANK.finditer(sentence)}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Calls of the file by the plain name of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            yield name, node


@cache
def errors() -> frozenset[str]:
    """Names of StudioError and of all classes of ours below it."""
    found, grown = {"StudioError"}, True
    classes = [n for path in FILES for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef)]
    while grown:
        new = {c.name for c in classes if {getattr(b, "id", getattr(b, "attr", "")) for b in c.bases} & found} - found
        grown = bool(new)
        found |= new
    return frozenset(found)


def prose(node: ast.expr) -> bool:
    """Whether words stand in the code itself: a text, a text with blanks, or either of several."""
    if isinstance(node, ast.BinOp):
        return prose(node.left) or prose(node.right)
    if isinstance(node, ast.IfExp):
        return prose(node.body) or prose(node.orelse)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def raised_in_prose(path: Path) -> list[int]:
    return [n.lineno for name, n in calls(path) if name in errors() and n.args and prose(n.args[0])]


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    assert EN.keys() == ZH.keys()
    assert {i for i in EN if not EN[i].strip() or blanks(EN[i]) != blanks(ZH[i])} == set()


def test_chinese_is_chinese() -> None:
    """A sentence left in English is a sentence forgotten; what consists of blanks and signs is the exception."""
    plain = {i for i, t in ZH.items() if not CHINESE.search(t) and re.search(r"[A-Za-z]{2}", BLANK.sub("", t))}
    assert plain <= {i for i in plain if ZH[i] == EN[i] and " " not in ZH[i]} | {
        "limit.true_false",
        "value.kind_true_or_false",
    }


def test_every_message_has_a_sentence_and_exactly_its_values() -> None:
    """Ids written out are looked up; an id put together from parts must fit at least one sentence."""
    wrong: list[str] = []
    for path in FILES:
        for name, call in calls(path):
            if name != "Message" or not call.args:
                continue
            id_, where = call.args[0], f"{path.name}:{call.lineno}"
            if isinstance(id_, ast.JoinedStr):
                wrong += [] if any(pattern(id_).fullmatch(i) for i in EN) else [f"{where} fits no sentence"]
            elif isinstance(id_, ast.Constant):
                given = {k.arg for k in call.keywords}
                if id_.value not in EN:
                    wrong.append(f"{where} has no sentence for {id_.value}")
                elif None not in given and given != blanks(EN[id_.value]):
                    wrong.append(f"{where} gives {id_.value} {sorted(map(str, given))}")
    assert wrong == []


def pattern(id_: ast.JoinedStr) -> re.Pattern[str]:
    return re.compile("".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in id_.values))


def test_every_sentence_is_used() -> None:
    texts = {n.value for path in FILES for n in ast.walk(tree(path)) if isinstance(n, ast.Constant)}
    built = [pattern(n) for path in FILES for n in ast.walk(tree(path)) if isinstance(n, ast.JoinedStr) and n.values]
    built = [p for p in built if re.match(r"[a-z]+\\\.", p.pattern)]
    unused = {i for i in EN.keys() - BUILT_IN if i not in texts and not any(p.fullmatch(i) for p in built)}
    assert {i for i in unused if not i.startswith(("term.", "event."))} == set()


def test_no_error_is_raised_in_prose() -> None:
    found = {str(p.relative_to(ROOT / "studio")): at for p in FILES if (at := raised_in_prose(p))}
    assert found == {}, "give these errors a Message with an id"


def test_a_message_is_its_english_sentence_and_keeps_id_and_values() -> None:
    made = Message("count.range", count=9, model="Wan", most=4)
    assert made == "The count is 9; Wan allows 1 to 4." and made.id == "count.range"
    assert dict(made.values) == {"count": 9, "model": "Wan", "most": 4}
    assert made.text("zh-CN") == "数量为 9，Wan 支持 1 至 4。"
    again = pickle.loads(pickle.dumps(made))  # noqa: S301
    assert again == made and again.text("zh-CN") == made.text("zh-CN")
    with pytest.raises(AttributeError):
        made.id = "other"
    with pytest.raises(KeyError):
        Message("count.range", count=9)
    assert 1000 < len(Message("run.unknown", run_id="x" * 9000)) < 1100  # sent by whoever likes


def test_values_may_be_messages_lists_and_sentences_in_a_row() -> None:
    tasks = [term("image"), term("video"), "own word"]
    made = joined(
        Message("task.unsupported", model="Wan", tasks=tasks, task=term("audio")), "Plain.", Message("board.no_shots")
    )
    assert made == "Wan supports image, video, own word, not audio. Plain. The storyboard has no shots yet."
    assert made.text("zh-CN") == "Wan 支持图片、视频、own word，不支持声音。Plain. 分镜板还没有镜头。"
    assert worded({"a": [made, 1], "b": "text"}, "en") == {"a": [made, 1], "b": "text"}
    assert worded({"a": (Message("board.no_shots"), 1)}, "zh-CN") == {"a": ["分镜板还没有镜头。", 1]}


def test_chinese_has_a_space_between_han_and_latin_letters_whatever_the_values_are() -> None:
    said = [Message("event.sent", provider=p).text("zh-CN") for p in ("fal", term("Alibaba Model Studio"), "“fal”")]
    assert said == ["已发送到 fal。", "已发送到阿里云百炼。", "已发送到“fal”。"]


def test_plurals_follow_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = {"t.files": "{n, plural, one {# file} other {# files}} in {place}"}
    chinese = {"t.files": "{place} 中有 {n, plural, other {# 个文件}}"}
    monkeypatch.setattr(messages, "tables", lambda: {"en": sentence, "zh-CN": chinese})
    assert [Message("t.files", n=n, place="A") for n in (1, 2)] == ["1 file in A", "2 files in A"]
    assert Message("t.files", n=1, place="A").text("zh-CN") == "A 中有 1 个文件"


def test_what_was_stored_is_read_again_and_what_is_unknown_stays_as_it_was() -> None:
    made = joined(Message("board.no_shots"), Message("count.range", count=9, model=term("image"), most=4))
    back = restore(str(made), stored(made))
    assert isinstance(back, Message) and back == made and back.text("zh-CN") == made.text("zh-CN")
    assert restore("An older sentence.", None) == "An older sentence." and stored("An older sentence.") is None
    assert restore("Another sentence by now.", stored(made)) == "Another sentence by now."
    gone = Message.restored("As it was said.", "no.such_id", {})
    assert gone.text("zh-CN") == "As it was said."
    fewer = Message.restored("As it was said.", "count.range", {"count": 9})
    assert fewer.text("zh-CN") == "As it was said."
    assert lines([]) == "" and lines([Message("board.no_shots")] * 2).count("\n") == 1
