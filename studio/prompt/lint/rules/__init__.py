"""The rules: a module each, with `find(source, facts)`, which yields findings."""
