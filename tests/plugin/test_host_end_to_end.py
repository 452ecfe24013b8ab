"""From a clip in Resolve's timeline through the real core and back: the shipped Lua file, the real command, files."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from likeness_core.media import probe
from likeness_plugin.bridge import Route, Selection
from likeness_plugin.host_edits import edit_ranges, placement

from tests.core.footage import read_bar_code
from tests.plugin.recipes import make_footage
from tests.plugin.resolve_simulator import World, snapshot
from tests.plugin.stages import build, in_mailbox

HANDLES = 2


@pytest.mark.parametrize("name", [pytest.param("with handles", marks=pytest.mark.long), "after a gap"])
def test_what_the_core_writes_stands_frame_exact_above_its_clip(name: str, tmp_path: Path) -> None:
    world = World()
    timeline = build(world, "29.97 DF", "01:00:00:00", make_footage(tmp_path, Fraction(30000, 1001)))
    before = snapshot(world)
    with in_mailbox(world, tmp_path) as bridge:
        (clip,) = [one for one in bridge.clips(Selection.WHOLE) if one.name == name]
        assert clip.route is Route.DECODE
        media = probe(Path(clip.media), clip.media_rate if "%" in clip.media else None)
        (wanted,) = edit_ranges([clip], {clip.media: media}, bridge.timeline().rate, HANDLES)
        span = f"{wanted.frames.start}:{wanted.frames.stop}"
        command = [
            sys.executable, "-m", "likeness_core", "restore", clip.media, "--no-reference", "--range", span,
            "--format", "tiff16", "-o", str(tmp_path / "out"),
        ]  # fmt: skip
        command += ["--rate", "30000/1001"] if "%" in clip.media else []
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
        assert done.returncode == 0, done.stderr
        first = min((tmp_path / "out" / "frames").iterdir()).name
        pattern = str(tmp_path / "out" / "frames" / (first.split(".")[0] + ".%06d.tif"))
        written = bridge.write_back("job", (placement(clip, media, pattern, wanted.frames),))
        (item,) = written.items
        assert item.record == clip.record
        for record in clip.record.frames():
            assert read_bar_code(timeline.shown(record, item.track)) == read_bar_code(
                timeline.shown(record, clip.track)
            )
        assert bridge.undo(written) == ()
    assert snapshot(world) == before
