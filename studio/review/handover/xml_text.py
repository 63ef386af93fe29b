"""What the XML formats share: children with text, and the bytes of a document."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from studio.review.handover.text import legible


def child(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """A new last child with this text and these attributes, made to be legal XML."""
    made = SubElement(parent, tag, {name: legible(str(value)) for name, value in attributes.items()})
    made.text = None if text is None else legible(str(text))
    return made


def document(root: Element, doctype: str) -> bytes:
    """The document with its declarations, indented. Line breaks inside attributes stay."""
    indent(root, " ")
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n'
    return (head + tostring(root, encoding="unicode") + "\n").encode("utf-8")
