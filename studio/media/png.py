"""PNG files as chunks: taken apart, put together, their compressed texts unpacked.

Source: PNG 3rd ed. 5.3 (chunks), 11.3.2 (iCCP), 11.3.3 (tEXt, zTXt, iTXt).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of each chunk in order."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def itxt(key: str, text: str) -> bytes:
    """The content of an uncompressed iTXt chunk. key: Latin-1, at most 79 characters."""
    return key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()


def strip_compressed(data: bytes) -> bytes:
    """The file without its compressed texts and its colour profile."""
    kept = ((kind, content) for kind, content in chunks(data) if kind not in (b"zTXt", b"iTXt", b"iCCP"))
    return SIGNATURE + b"".join(chunk(*one) for one in kept)


def has_compressed_texts(data: bytes) -> bool:
    """Whether any text of the file is compressed."""
    return any(_is_compressed_text(*one) for one in chunks(data))


def uncompress_texts(data: bytes, *, most_bytes: int, keep_profile: bool = True) -> bytes:
    """The file with every compressed text as a plain one, which no reader limits; longer ones are left out."""
    made = []
    for kind, content in chunks(data):
        if _is_compressed_text(kind, content):
            text = _uncompressed(kind, content, most_bytes)
            made += [] if text is None else [chunk(*text)]
        elif kind != b"iCCP" or keep_profile:
            made.append(chunk(kind, content))
    return SIGNATURE + b"".join(made)


def _is_compressed_text(kind: bytes, content: bytes) -> bool:
    return kind == b"zTXt" or (kind == b"iTXt" and content.partition(b"\0")[2][:1] == b"\1")


def _uncompressed(kind: bytes, content: bytes, most_bytes: int) -> tuple[bytes, bytes] | None:
    key, _, rest = content.partition(b"\0")
    tags, packed = b"", rest[1:]
    if kind == b"iTXt":
        language, _, rest = rest[2:].partition(b"\0")
        translated, _, packed = rest.partition(b"\0")
        tags = b"\0\0" + language + b"\0" + translated + b"\0"
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, most_bytes)
    except zlib.error:
        return None
    if unpacker.unconsumed_tail:
        return None
    return (b"iTXt", key + b"\0" + tags + text) if kind == b"iTXt" else (b"tEXt", key + b"\0" + text)
