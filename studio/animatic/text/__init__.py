"""A prompt read for drawing: who, what, where, when, in English and Chinese."""
