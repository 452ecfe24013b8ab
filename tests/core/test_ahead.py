"""Work ahead: in order, bounded, and over when its owner stops."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from likeness_core.ahead import Ahead, in_order


def count(seen: list[int], stop: int = 1000) -> Iterator[int]:
    for number in range(stop):
        seen.append(number)
        yield number


def slow_first(number: int) -> int:
    time.sleep(0.02 if number % 4 == 0 else 0)
    return number * number


def test_results_come_in_order_whatever_finishes_first() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(in_order(pool, slow_first, range(30), 6)) == [number * number for number in range(30)]


def test_no_more_is_begun_than_was_allowed() -> None:
    seen: list[int] = []
    with ThreadPoolExecutor(2) as pool, closing(in_order(pool, slow_first, count(seen), 3)) as results:
        next(results)
        assert len(seen) == 4
        next(results)
        assert len(seen) == 5
    assert len(seen) == 5


def test_reading_ahead_stops_at_its_depth() -> None:
    seen: list[int] = []
    with Ahead(count(seen), 3) as ahead:
        time.sleep(0.05)
        assert seen == [0, 1, 2]
        assert [next(ahead), next(ahead)] == [0, 1]
        time.sleep(0.05)
        assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_everything_is_read_once(depth: int) -> None:
    with Ahead(iter(range(5)), depth) as ahead:
        assert list(ahead) == [0, 1, 2, 3, 4]
        assert list(ahead) == []


def test_an_error_comes_where_its_item_would_have() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise ValueError("damaged")

    with Ahead(breaks(), 4) as ahead:
        assert next(ahead) == 1
        with pytest.raises(ValueError, match="damaged"):
            next(ahead)
        with pytest.raises(StopIteration):
            next(ahead)


def test_an_error_in_a_worker_comes_where_its_result_would_have() -> None:
    def work(number: int) -> int:
        return 6 // (2 - number)

    with ThreadPoolExecutor(2) as pool:
        results = in_order(pool, work, range(9), 4)
        assert [next(results), next(results)] == [3, 6]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_closing_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with (
        Ahead(count([]), 2) as ahead,
        ThreadPoolExecutor(3) as pool,
        closing(in_order(pool, slow_first, ahead, 5)) as r,
    ):
        next(r)
        assert threading.active_count() > before
    assert threading.active_count() == before
    ahead.close()
