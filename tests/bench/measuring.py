"""How the bench measures: several networks in turn, so that a busy minute touches all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Timing:
    """Seconds of one call. Processor time, of all threads together, is what a busy machine changes least."""

    median_s: float
    least_s: float
    most_s: float
    processor_s: float  # median

    def over(self, count: int) -> "Timing":
        """Shared out among so many faces."""
        return Timing(self.median_s / count, self.least_s / count, self.most_s / count, self.processor_s / count)


def in_turn(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Each call once to warm up, then `rounds` times, all of them in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    processor: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.freeze()  # what is there now stays: the collections between the calls look at what the calls left, not at torch
    with torch.inference_mode():
        for number in range(rounds + 1):
            for name, call in calls.items():
                gc.collect()
                started, started_processor = time.perf_counter(), time.process_time()
                call()
                if torch.cuda.is_available():
                    torch.cuda.synchronize()
                if number:
                    seconds[name].append(time.perf_counter() - started)
                    processor[name].append(time.process_time() - started_processor)
    gc.unfreeze()
    return {
        name: Timing(statistics.median(one), min(one), max(one), statistics.median(processor[name]))
        for name, one in seconds.items()
    }
