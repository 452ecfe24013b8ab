"""Several people in one edit: one run for each, on the timeline that the run before it wrote."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.core.footage import bar_code
from tests.core.openpeople_footage import portrait, put, room
from tests.core.restorer import tiny_network
from tests.core.restoring import environment, film, photograph
from tests.plugin.reimport import Seen, seen, video_tracks
from tests.plugin.test_timeline_restore import R24, reel, run
from tests.plugin.timelines import Cut, Film, Reel, at, write


def two_people(number: int) -> npt.NDArray[Any]:
    scene = put(room(320, 180), portrait(1), 20 + 6 * np.sin(number / 5), 60, 120)
    scene = put(scene, portrait(3), 180 + 6 * np.sin(number / 5), 60, 120)
    scene[:60] = bar_code(200 + number, 320, 180)[:60]
    return np.asarray(scene)


@pytest.mark.long
def test_a_second_person_is_restored_over_the_first_ones_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The track on top shows everybody: where both are seen, the second run begins from the result of the first."""
    for name, value in environment(tmp_path / "cache").items():
        monkeypatch.setenv(name, value)
    anna, cleo = reel(tmp_path, "anna", 1, 0, "01:00:00:00", 20), reel(tmp_path, "cleo", 3, 100, "00:00:00:00", 20)
    start = at("02:00:00:00", R24, False)
    both = Reel(film(tmp_path / "both.mov", two_people, 20, timecode=str(start)), R24, 20, start, 200)
    cuts = (Cut(anna, 2, 4, 0), Cut(cleo, 5, 4, 4), Cut(both, 8, 4, 8))
    edit = write(Film(R24, at("01:00:00:00", R24, False), cuts), tmp_path / "cut.otio")
    pack = tiny_network.write(tmp_path / "tiny", tiny_network.perturbed())
    options = ("--pack", pack, "--threads", "1", "--strength", "0.5")
    for name, person in (("anna", 1), ("cleo", 3)):
        out = tmp_path / f"cut-{name}"
        photo = photograph(tmp_path / f"{name}.jpg", person)
        assert run("restore", edit, "--reference", photo, *options, "-o", out) == 0
        edit = out / f"{edit.stem}-likeness.otio"
    of_anna, of_cleo, of_both = Seen(0, 4, 2, 5), Seen(4, 4, 105, 108), Seen(8, 4, 208, 211)
    for path in (edit, edit.with_suffix(".xml")):
        assert [seen(track, 0) for track in video_tracks(path, R24)] == [
            [of_anna, of_cleo, of_both],
            [of_cleo, of_both],
            [of_anna, of_both],
            [of_both],
        ]
    report = json.loads((tmp_path / "cut-cleo" / "timeline.json").read_bytes())
    highest = [clip for clip in report["clips"] if clip["folder"]][-1]
    assert (highest["track"], highest["media"]) == (2, "both_likeness.%06d.exr")  # anna's frames, not the footage
