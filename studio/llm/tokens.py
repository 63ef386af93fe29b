"""How many tokens a text has, at most and without a tokenizer: for prices before the answer, and answers without usage.

Model Studio's pages: a token is about 1 to 1.8 Chinese characters, or 3 to 4 letters of English.
"""

from __future__ import annotations

OVERHEAD = 20
"""Of a message: its role and marks."""


def at_most(text: str) -> int:
    """Tokens of a text, rounded up: one for each character beyond ASCII, one for three within."""
    plain = sum(char < "\x80" for char in text)
    return len(text) - plain + -(-plain // 3)
