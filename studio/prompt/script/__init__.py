"""A script in any published form, read into shots: what is what, where it stood, and what was not understood."""
