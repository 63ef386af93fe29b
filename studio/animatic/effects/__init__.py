"""Looks and edits laid over a picture: styles, tones, collage."""
