"""The forms in which scripts are written, a module each: how sure it is of a text, and how it reads one.

A module has `score(text)`, 0 (not this form) to 1, in linear time, and `read(build)`, which puts what it finds in
`build.source` into the builder.
"""
