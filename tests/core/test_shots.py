from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from likeness_core.api import FrameRange, Shot
from likeness_core.shots import LAG_FRAMES, CutFinder, dissolve_fade, dissolve_middles, find_cuts, shots_between

from tests.core.openpeople_footage import Picture, portrait, put, room

SIZE = (256, 144)


def shot(person: int, frames: int, seed: int = 0, step: float = 1.0) -> list[Picture]:
    """A person who moves a little before a wall."""
    return [put(room(*SIZE, seed), portrait(person), 40 + step * t, 8, 136) for t in range(frames)]


def aged(frames: list[Picture], seed: int = 0) -> list[Picture]:
    """Grey, grainy, flickering and unsteady."""
    random = np.random.default_rng(seed)
    result = []
    for frame in frames:
        grey = frame.mean(axis=2, keepdims=True)
        weave = np.array(((1, 0, random.normal(0, 0.7)), (0, 1, random.normal(0, 0.7))))
        moved = cv2.warpAffine(np.repeat(grey, 3, axis=2), weave, SIZE, borderMode=cv2.BORDER_REFLECT)
        grain = cv2.GaussianBlur(random.normal(0, 25, grey.shape[:2]), (0, 0), 0.7)[..., None]
        result.append(np.clip(moved * random.normal(1, 0.04) + grain, 0, 255).astype(np.uint8))
    return result


@pytest.mark.parametrize("age", [False, True])
def test_finds_cuts_on_the_frame(age: bool) -> None:
    frames = shot(1, 20, seed=1) + shot(5, 15, seed=2) + shot(3, 18, seed=3)
    assert list(find_cuts(aged(frames) if age else frames)) == [20, 35]


def test_finds_a_cut_between_people_in_one_framing() -> None:
    same_wall = shot(1, 20) + shot(5, 20)
    assert list(find_cuts(same_wall)) == [20]


@pytest.mark.parametrize("cut", [1, 2, 28, 29])
def test_finds_cuts_at_the_ends(cut: int) -> None:
    assert list(find_cuts(shot(1, cut, 1) + shot(5, 30 - cut, 2))) == [cut]


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = shot(1, 40)
    for t in range(20, 20 + length):
        frames[t] = np.clip(frames[t].astype(np.float32) * 2.2 + 60, 0, 255).astype(np.uint8)
    assert list(find_cuts(frames)) == []


def test_motion_and_stillness_are_no_cuts() -> None:
    assert list(find_cuts(shot(1, 30, step=6))) == []
    assert list(find_cuts([portrait(1, 128)] * 20)) == []


def test_a_dissolve_is_no_cut() -> None:
    first, second = shot(1, 40, 1), shot(5, 40, 2)
    shares = np.clip((np.arange(40) - 12) / 16, 0, 1)
    mixed = [np.rint(a * (1 - s) + b * s).astype(np.uint8) for a, b, s in zip(first, second, shares, strict=True)]
    assert list(find_cuts(mixed)) == []


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_takes_the_shortest_footage(count: int) -> None:
    assert list(find_cuts(shot(1, count))) == []


def test_tells_a_cut_as_soon_as_it_is_certain() -> None:
    frames = shot(1, 20, 1) + shot(5, 30, 2)
    finder = CutFinder()
    told = [index for index, frame in enumerate(frames) if finder.add(frame)]
    assert len(told) == 1 and told[0] - 20 <= LAG_FRAMES
    assert finder.finish() == []


def test_streams() -> None:
    """Frames are taken one by one, and cuts come out before the last frame is in."""
    taken = 0

    def frames() -> Iterator[Picture]:
        nonlocal taken
        for frame in shot(1, 12, 1) + shot(5, 60, 2):
            taken += 1
            yield frame

    assert next(find_cuts(frames())) == 12
    assert taken < 30


def test_shots_cover_the_range_without_gaps() -> None:
    shots = shots_between([130, 110, 110, 100, 90, 200, 250], FrameRange(100, 200))
    assert shots == (
        Shot(0, FrameRange(100, 110)),
        Shot(1, FrameRange(110, 130)),
        Shot(2, FrameRange(130, 200)),
    )
    assert shots_between([], FrameRange(5, 6)) == (Shot(0, FrameRange(5, 6)),)
    assert shots_between([3], FrameRange(3, 3)) == ()


def test_a_dissolve_fades_out_to_its_middle_and_in_from_there() -> None:
    dissolve = FrameRange(10, 20)
    assert dissolve_middles([dissolve]) == (15,)
    fades = [dissolve_fade(frame, [dissolve]) for frame in range(8, 22)]
    assert fades[:2] == fades[-2:] == [1.0, 1.0]
    inside = fades[2:-2]
    assert inside[:5] == sorted(inside[:5], reverse=True) and inside[5:] == sorted(inside[5:])
    assert max(inside) < 1 and min(inside) < 0.1
    np.testing.assert_allclose(inside, inside[::-1])
