"""A recording of a Resolve is replayed: the bridge reads the same from it, and it tells nothing of the user."""

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from likeness_core.errors import HostError, ProtocolError
from likeness_plugin import resolve_worker
from likeness_plugin.bridge import Selection
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_library import LibraryConnection
from likeness_plugin.resolve_probe import ReplayConnection, probe, questions

from tests.plugin.recipes import make_footage
from tests.plugin.resolve_simulator import World, snapshot
from tests.plugin.stages import build, in_library

RECORDINGS = Path(__file__).with_name("recordings")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, tuple[object, ...]]:
    world = World()
    folder = tmp_path / "Zoë's secret film"
    folder.mkdir()
    build(world, "25", "01:00:00:00", make_footage(folder, Fraction(25)))
    world.project.timeline.SetMarkInOut(10, 34)
    before = snapshot(world)
    with in_library(world) as bridge:
        clips = bridge.clips(Selection.WHOLE)
        output = probe(
            LibraryConnection([sys.executable, "-I", resolve_worker.__file__]),
            tmp_path / "probe.json",
            keep_names=False,
        )
    assert snapshot(world) == before  # asking changes nothing
    return output, clips


def test_what_was_recorded_is_read_again(recorded: tuple[Path, tuple[object, ...]]) -> None:
    output, clips = recorded
    seen = []
    bridge = ResolveBridge(ReplayConnection(output), exists=lambda path: True)
    bridge.info()
    bridge.timeline(), bridge.playhead()
    for selection in Selection:
        try:
            seen.append(bridge.clips(selection))
        except HostError:
            seen.append(())
    hidden = [replace(clip, name="", media="", source=None, available=None) for clip in seen[-1]]
    assert hidden == [replace(clip, name="", media="", source=None, available=None) for clip in clips]
    assert [clip.record.start for clip in seen[0]] == [10, 10, 30]  # between the marks
    movies = [(clip.source, known.source) for clip, known in zip(seen[-1], clips, strict=True) if "%" not in clip.media]
    assert all(found == known for found, known in movies)


def test_a_recording_names_nobody(recorded: tuple[Path, tuple[object, ...]]) -> None:
    text = recorded[0].read_text(encoding="utf-8")
    for word in ("Zo\\u00eb", "secret", "scan", "stacked", "Archive", "the user's"):
        assert word not in text, word
    assert "[1005-1030].tif" in text  # what counts stays


def test_other_calls_than_were_recorded_are_refused(recorded: tuple[Path, tuple[object, ...]]) -> None:
    bridge = ResolveBridge(ReplayConnection(recorded[0]), exists=lambda path: True)
    with pytest.raises(ProtocolError):
        bridge.playhead()


def test_a_recording_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text("mine")
    with pytest.raises(HostError) as there:
        probe(ReplayConnection(_empty(tmp_path)), tmp_path / "probe.json", True)
    assert there.value.code == "host.file_exists" and (tmp_path / "probe.json").read_text() == "mine"


def _empty(folder: Path) -> Path:
    path = folder / "empty.json"
    path.write_text(json.dumps({"format": 1, "connection": "library", "exchanges": []}))
    return path


@pytest.mark.parametrize("recording", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recording_that_testers_sent_can_be_read(recording: Path) -> None:
    questions(ResolveBridge(ReplayConnection(recording), exists=lambda path: True))
