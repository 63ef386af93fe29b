"""A cut in frames: timeline, tracks, transitions, finishing, captions, delivery."""
