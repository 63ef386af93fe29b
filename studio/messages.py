"""What the studio says to people: sentences by id and values, worded in the reader's language at the edge.

A `Message` is made where something is refused, held, noted or told: `Message("size.both_sides")`. It is its English
sentence, so that logs, tests and the API read it as text, and it keeps the id and the values from which pages word it
in another language. The sentences are in assets/messages/LANGUAGE/AREA.json; the id is AREA.name. A blank is {name},
or {name, plural, one {# file} other {# files}} with the language's plural rules from Babel (Unicode CLDR).

Text made from a message by formatting, slicing or joining is plain text and stays English; `joined` keeps messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from pydantic import PlainSerializer, WrapValidator

if TYPE_CHECKING:
    from babel import Locale

FOLDER = Path(__file__).parents[1] / "assets" / "messages"
LABELS = FOLDER.parent / "i18n"
"""Folder of the pages' words; its area `catalogue` has the labels of rows, which messages name as well."""
ENGLISH = "en"
LOCALES = {ENGLISH: "en", "zh-CN": "zh_Hans_CN"}
"""Languages of the tables -> their names in CLDR."""
VALUE_CHARS = 1000
"""Longest text that is put into a sentence. Ids, names and words of providers may be as long as the sender likes."""
SLUG_CHARS = 60
"""Longest name made from a catalogue's words; as in studio.web.i18n."""
JOINED, LINES, FIRST = "sentence.joined", "sentence.lines", "sentence.first"
"""The ids of several sentences (value `parts`), in a row or each on its line, and of the first sentence of `whole`."""
PLURAL = r", plural, (?P<forms>(?:\s*\w+ \{[^{}]*\})+)"
BLANK = re.compile(r"\{(?P<name>\w+)(?:" + PLURAL + r")?\}")
FORM = re.compile(r"(\w+) \{([^{}]*)\}")
CHINESE = "zh-CN"
HAN = r"[\u4e00-\u9fff]"
FULL_WIDTH_SIGN = r"[\u2014\u2018-\u201d\u2026\u3000-\u303f\uff00-\uffef]"
FULL_WIDTH = f"(?:{HAN}|{FULL_WIDTH_SIGN})"
"""Han and Chinese punctuation."""


class Message(str):
    """An English sentence, or a part of one, with the id and the values it was made from. Immutable.

    values: text, numbers, messages, or lists of them. Text is put in as it is; messages are worded in the language of
    the sentence around them. Raises KeyError for an id without a sentence, or a blank without a value.
    """

    __slots__ = ("id", "values")
    id: str
    values: Mapping[str, Any]

    def __new__(cls, id_: str, /, **values: Any) -> Message:
        """The message of the table under this id."""
        kept = {name: _plain(value) for name, value in values.items()}
        return cls.restored(_words(id_, kept, ENGLISH), id_, kept)

    @classmethod
    def restored(cls, sentence: str, id_: str, values: Mapping[str, Any]) -> Message:
        """A message with the English sentence it had when it was stored, which a later version may word otherwise."""
        made = super().__new__(cls, sentence)
        object.__setattr__(made, "id", id_)
        object.__setattr__(made, "values", MappingProxyType(dict(values)))
        return made

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a message is immutable; {name} cannot be set")

    def __reduce__(self) -> tuple[Any, ...]:
        return Message.restored, (str(self), self.id, dict(self.values))

    def text(self, language: str) -> str:
        """The sentence in this language; the English one where the tables have no other."""
        if language == ENGLISH or self.id not in tables()[language]:
            return str(self)
        try:
            return _words(self.id, self.values, language)
        except KeyError:  # stored by a version with other values
            return str(self)


Text = Annotated[
    str,
    WrapValidator(lambda value, validate: value if isinstance(value, Message) else validate(value)),
    PlainSerializer(lambda value: value),
]
"""The type of a model's field that keeps messages. Plain text, as older rows have it, is kept as well."""


@cache
def tables() -> dict[str, dict[str, str]]:
    """Language -> id -> sentence."""
    found: dict[str, dict[str, str]] = {}
    for language in LOCALES:
        words = found.setdefault(language, {JOINED: "{parts}", LINES: "{parts}", FIRST: "{whole}"})
        for path in (*sorted((FOLDER / language).glob("*.json")), LABELS / language / "catalogue.json"):
            words |= {f"{path.stem}.{name}": text for name, text in json.loads(path.read_text("utf-8")).items()}
    return found


def joined(*parts: str) -> Message:
    """Several sentences in a row; empty ones are left out."""
    kept = [part for part in parts if part]
    return Message.restored(" ".join(kept), JOINED, {"parts": kept})


def lines(parts: Iterable[str]) -> str:
    """Several sentences, each on its line; "" for none."""
    kept = list(parts)
    return Message.restored("\n".join(kept), LINES, {"parts": kept}) if kept else ""


def first(message: Message) -> Message:
    """The first sentence of a message: what happened, without what to do."""
    return Message.restored(_first(str(message)), FIRST, {"whole": message})


def answer(error: str | None) -> dict[str, Any]:
    """An error as the API answers it: the English sentence, its id and its values; both null for plain text."""
    kept = error if isinstance(error, Message) else None
    values = packed(dict(kept.values)) if kept else None
    return {"error": error and str(error), "error_id": kept and kept.id, "error_values": values}


def term(english: str) -> str:
    """A word or label as a value of messages: the message of area `term`, or of the labels of catalogue rows.

    What neither table has, such as the name of a model or of a file, stays plain text.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", english.lower()).strip("_")[:SLUG_CHARS].strip("_")
    for id_ in (f"term.{slug}", f"catalogue.{slug}"):
        if tables()[ENGLISH].get(id_) == english:
            return Message(id_)
    return str(english)


def of_error(error: BaseException | str) -> str:
    """The message an error was raised with; its text where that was plain."""
    if isinstance(error, str):
        return error
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) else str(error)


def worded(value: Any, language: str) -> Any:
    """The value with every message in it worded in this language: lists, tuples and dictionaries all the way down."""
    if language == ENGLISH:
        return value
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, dict):
        return {key: worded(inner, language) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [worded(inner, language) for inner in value]
    return value


def packed(value: Any) -> Any:
    """The value as JSON keeps it: a message as {"id", "values", "text"}, inner ones alike."""
    if isinstance(value, Message):
        return {"id": value.id, "values": packed(dict(value.values)), "text": str(value)}
    if isinstance(value, dict):
        return {key: packed(inner) for key, inner in value.items()}
    return [packed(inner) for inner in value] if isinstance(value, list | tuple) else value


def unpacked(value: Any) -> Any:
    """The reverse of `packed`."""
    if isinstance(value, dict):
        inner = {key: unpacked(one) for key, one in value.items()}
        whole = inner.keys() == {"id", "values", "text"} and isinstance(inner["values"], dict)
        return Message.restored(inner["text"], inner["id"], inner["values"]) if whole else inner
    return [unpacked(one) for one in value] if isinstance(value, list) else value


def stored(text: str | None) -> str | None:
    """The message beside a sentence in the database, as JSON; None for plain text."""
    return json.dumps(packed(text), ensure_ascii=False) if isinstance(text, Message) else None


def restore(text: str | None, message: str | None) -> str | None:
    """A sentence of the database with its id and values, where they are stored and still belong to it."""
    if text is None or not message:
        return text
    found = unpacked(json.loads(message))
    return found if found == text else text


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, Message | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return of_error(value) if isinstance(value, BaseException) else clipped(str(value), VALUE_CHARS)


def clipped(text: str, chars: int) -> str:
    """The text, its end left out where it is longer than so many characters."""
    return text if len(text) <= chars else f"{text[: chars - 1]}…"


def _words(id_: str, values: Mapping[str, Any], language: str) -> str:
    if id_ == FIRST:
        return _first(_put(values["whole"], language))
    if id_ == LINES:
        return "\n".join(_put(part, language) for part in values["parts"])
    if id_ == JOINED:
        return _row([_put(part, language) for part in values["parts"]], language)
    text, end = "", 0
    sentence = tables()[language][id_]
    for blank in BLANK.finditer(sentence):
        text = _meet(text, sentence[end : blank.start()], language)
        text = _meet(text, _blank(blank, values, language), language)
        end = blank.end()
    return _meet(text, sentence[end:], language)


def _meet(left: str, right: str, language: str) -> str:
    """Two parts of a sentence. Chinese has a space between Han and Latin letters or digits, and none between Han.

    Only the place where the parts meet is spaced: what users typed stays as it is.
    """
    if language != CHINESE or not left.strip() or not right.strip():
        return left + right
    spaced = left[-1] == " " or right[0] == " "
    left, right = left.rstrip(" "), right.lstrip(" ")
    ends = left[-1] + right[0]
    if re.fullmatch(f"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}", ends):
        return f"{left} {right}"
    close = re.fullmatch(f"{FULL_WIDTH}{FULL_WIDTH}", ends) or re.search(FULL_WIDTH_SIGN, ends)
    return f"{left} {right}" if spaced and not close else left + right


def _blank(blank: re.Match[str], values: Mapping[str, Any], language: str) -> str:
    value = values[blank["name"]]
    if not blank["forms"]:
        return _put(value, language)
    forms = dict(FORM.findall(blank["forms"]))
    number = float(str(value).replace(",", ""))
    return forms.get(_locale(language).plural_form(number), forms["other"]).replace("#", _put(value, language))


def _first(text: str) -> str:
    return re.split(r"(?<=[。！？])|(?<=[.!?])\s", text, maxsplit=1)[0]


def _put(value: Any, language: str) -> str:
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, list | tuple):
        return ("、" if language == CHINESE else ", ").join(_put(one, language) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(sentences: Iterable[str], language: str) -> str:
    """Sentences in a row: with spaces between, except after the full stops of Chinese."""
    text = " ".join(sentences)
    return re.sub(r"(?<=[。！？]) ", "", text) if language == CHINESE else text


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(LOCALES[language])
