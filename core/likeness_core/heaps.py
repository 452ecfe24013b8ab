"""The C library's heaps, kept as small as the work: pictures of many megabytes come and go in several threads.

glibc gives threads heaps of their own and keeps what they let go of between other things; which heap a picture lands
in is chance, so that the peak crept up with the length of a job. Elsewhere both functions do nothing.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's malloc.h
_HEAPS: Final = 2  # of all threads together; measured in docs/performance.md


def share() -> None:
    """Let all threads share few heaps; to be said before there are threads."""
    option = _of_glibc("mallopt")
    if option is not None:
        option(_ARENA_MAX, _HEAPS)


def trim() -> None:
    """Give the system what the heaps hold without use."""
    give_back = _of_glibc("malloc_trim")
    if give_back is not None:
        give_back(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return getattr(library, name, None) if hasattr(library, "gnu_get_libc_version") else None
