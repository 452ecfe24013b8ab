"""Tests may share a small machine with other work."""

from tests.core.one_thread import one_thread

__all__ = ["one_thread"]
