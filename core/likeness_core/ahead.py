"""Work done ahead of whoever needs it: in threads, bounded, in order, and over when its owner closes it.

The libraries that do the work here (FFmpeg, numpy, OpenCV, onnxruntime, OpenEXR, torch) let go of Python's lock, so
threads use every core. Results come in the order of the request, whatever finishes first: nothing that is made of
them depends on timing. An error appears where its result would have.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_END = object()
_WAKE_S = 0.2  # Windows lets Ctrl-C interrupt no endless wait


def finished(future: "Future[R]") -> R:
    """The result of `future` once it is there, or its error."""
    while not future.done():
        wait([future], _WAKE_S)
    return future.result()


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int
) -> Generator[R, None, None]:
    """`work` of each item, in the items' order, at most `ahead` of them begun before their turn.

    `items` is read in the caller's thread. Closing takes back what has not begun.
    """
    begun: deque[Future[R]] = deque()
    try:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > ahead:
                yield finished(begun.popleft())
        while begun:
            yield finished(begun.popleft())
    finally:
        for future in begun:
            future.cancel()


class Ahead(Generic[T]):
    """Reads an iterator in a thread of its own, `depth` items ahead. A context manager: leaving it joins the thread."""

    def __init__(self, source: Iterator[T], depth: int) -> None:
        """`depth` items are held at most; `source` is used by the one thread alone."""
        self._source = source
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._begun: deque[Future[object]] = deque(self._next() for _ in range(depth))

    def __enter__(self) -> "Ahead[T]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> "Ahead[T]":
        return self

    def __next__(self) -> T:
        if not self._begun:
            raise StopIteration
        item = finished(self._begun.popleft())
        if item is _END:
            self._begun.clear()
            raise StopIteration
        self._begun.append(self._next())
        return item  # type: ignore[return-value]

    def close(self) -> None:
        """Stop reading; returns once the thread has ended. May be called twice."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._begun.clear()

    def _next(self) -> "Future[object]":
        return self._thread.submit(next, self._source, _END)
