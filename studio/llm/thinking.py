"""Takes a model's thinking out of its answer: `<think> ... </think>` before it, in a stream of any pieces."""

from __future__ import annotations

OPENINGS, CLOSINGS = ("<think>", "<thinking>"), ("</think>", "</thinking>")
LONGEST = max(map(len, CLOSINGS))


class ThinkingFilter:
    """Feed it pieces as they come; it gives those of the answer. Thinking can only stand first."""

    def __init__(self) -> None:
        self._state = "begin"
        self._held = ""

    @property
    def thinks(self) -> bool:
        """Whether the last piece belonged to the thinking."""
        return self._state == "thinking"

    def feed(self, piece: str) -> str:
        """The part of the answer in this piece, and in what was held back before it."""
        if self._state == "answer":
            return piece
        self._held += piece
        if self._state == "begin":
            head = self._held = self._held.lstrip()
            if not head or any(word.startswith(head) for word in OPENINGS):
                return ""
            if not head.startswith(OPENINGS):
                return self._answer(head)
            self._state = "thinking"
        for word in CLOSINGS:
            at = self._held.find(word)
            if at >= 0:
                return self._answer(self._held[at + len(word) :].lstrip())
        self._held = self._held[-LONGEST:]
        return ""

    def end(self) -> str:
        """What was held back and is no thinking after all."""
        held, self._held = self._held, ""
        return held if self._state == "begin" else ""

    def _answer(self, text: str) -> str:
        self._state, self._held = "answer", ""
        return text


def without_thinking(text: str) -> str:
    """The answer after the last end of thinking; some servers leave the beginning out."""
    for word in CLOSINGS:
        text = text.rpartition(word)[2]
    return text.strip()
