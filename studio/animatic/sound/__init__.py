"""The sound bed of a clip."""
