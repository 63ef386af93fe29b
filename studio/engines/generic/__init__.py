"""REST services of the common shape, told apart by files: the one of the Wan guides, and the user's own."""

from studio.engines.generic.engine import GenericEngine, WanRestEngine, environment_of

__all__ = ["GenericEngine", "WanRestEngine", "environment_of"]
