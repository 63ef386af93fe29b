"""Scripts written out: a script as text in each form that people, tables and other programs read."""
