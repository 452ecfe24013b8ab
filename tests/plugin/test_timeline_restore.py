"""`likeness timeline restore` from end to end: real footage, the real core in its own process, real timeline files."""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import opentimelineio as otio
import pytest
from likeness_core import cli
from likeness_core.api import FrameRange
from likeness_core.errors import InputError, LikenessError, MediaError
from likeness_core.jobs import encode
from likeness_plugin.timeline import add_parser
from likeness_plugin.timeline_command import ClipReport, EditReport, clear_earlier
from likeness_plugin.timeline_run import core_options

from tests.core.footage import bar_code
from tests.core.openpeople_footage import portrait, put, room
from tests.core.restorer import tiny_network
from tests.core.restoring import ROOT, environment, photograph, tree
from tests.core.restoring import film as make_film
from tests.plugin.reimport import Seen, seen, video_tracks
from tests.plugin.timelines import Cut, Film, Reel, at, timeline, write

R24 = Fraction(24)
SIZE = (160, 180)  # the upper third shows the number, the rest a person


def numbered(person: int, first: int) -> Callable[[int], npt.NDArray[Any]]:
    """A person who moves a little, under the burnt-in number of the frame."""

    def picture(number: int) -> npt.NDArray[Any]:
        scene = put(room(*SIZE), portrait(person), 20 + 6 * np.sin(number / 5), 60 + number * 0.02, 120)
        scene[: SIZE[1] // 3] = bar_code(first + number, *SIZE)[: SIZE[1] // 3]
        return np.asarray(scene)

    return picture


def reel(folder: Path, name: str, person: int, first: int, label: str, frames: int = 60) -> Reel:
    start = at(label, R24, False)
    path = make_film(folder / f"{name}.mov", numbered(person, first), frames, timecode=str(start))
    return Reel(path, R24, frames, start, first)


@pytest.fixture(scope="module")
def set_(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two reels, of person 1 and person 3, six cuts of them, person 1's photograph and a small network."""
    folder = tmp_path_factory.mktemp("set")
    anna, cleo = reel(folder, "anna", 1, 0, "01:00:00:00"), reel(folder, "cleo", 3, 100, "00:00:00:00")
    cuts = (
        Cut(anna, 2, 6, 0), Cut(cleo, 5, 6, 6), Cut(anna, 8, 6, 12),
        Cut(anna, 14, 6, 24), Cut(cleo, 14, 8, 30, dissolve=(2, 2)), Cut(cleo, 11, 3, 38),
    )  # fmt: skip
    film = Film(R24, at("01:00:00:00", R24, False), cuts)
    pack = tiny_network.write(folder / "tiny", tiny_network.perturbed())
    return {"film": film, "photo": photograph(folder / "anna.jpg"), "pack": pack, "cache": folder / "cache"}


def run(*arguments: object) -> int:
    """The command in this process; the core that it starts is one of its own."""
    top = argparse.ArgumentParser("likeness")
    add_parser(top.add_subparsers())
    given = top.parse_args(["timeline", *map(str, arguments)])
    status: int = given.run(given)
    return status


@pytest.fixture
def options(set_: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("LIKENESS_CACHE", "PYTHONPATH"):
        monkeypatch.setenv(name, environment(set_["cache"])[name])
    return ["--reference", str(set_["photo"]), "--pack", str(set_["pack"]), "--threads", "1", "--strength", "0.5"]


def readme_commands() -> list[list[str]]:
    """What follows `likeness timeline` in the commands of the README."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    return [shlex.split(line)[2:] for line in lines if line.startswith("    .venv/bin/likeness timeline ")]


def test_six_cuts_restore_and_come_back_exact(
    set_: dict[str, Any], options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The README's command: person 1 is restored, once where clips touch; a dissolve brings its other side along."""
    listing, restoring = readme_commands()
    monkeypatch.chdir(tmp_path)
    write(set_["film"], tmp_path / "film.otio").rename("cut.otio")
    for name in ("anna1.jpg", "anna2.jpg"):
        shutil.copy(set_["photo"], name)
    assert run(*listing) == 0
    assert len(capsys.readouterr().out.splitlines()) == 7
    assert run(*restoring, *options[2:]) == 0
    out = tmp_path / "cut-anna"
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(out / f"cut-likeness.{kind}") for kind in ("otio", "xml", "edl")]
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["anna.000002"]
    frames = sorted(path.name for path in (out / "anna.000002" / "frames").iterdir())
    assert frames == [
        f"anna_likeness.{number:06d}.exr" for number in range(2, 22)
    ]  # two frames of the dissolve beyond the cut
    wanted = [Seen(0, 6, 2, 7), Seen(12, 6, 8, 13), Seen(24, 6, 14, 19), Seen(30, 2, 114, 115)]
    for kind in ("otio", "xml"):
        tracks = video_tracks(out / f"cut-likeness.{kind}", R24)
        assert [len(seen(track, 0)) for track in tracks] == [6, 4]
        assert seen(tracks[1], 0) == wanted
    (track,) = video_tracks(out / "cut-likeness.edl", R24)
    assert seen(track, 86400) == [*wanted[:2], Seen(24, 4, 14, 17), Seen(28, 4, 112, 115)]
    report = json.loads((out / "timeline.json").read_bytes())
    assert [clip["folder"] for clip in report["clips"]] == ["anna.000002", "", "anna.000002", "anna.000002", "", ""]
    assert (
        "looks like the reference" in report["clips"][1]["note"]
        or "look like the reference" in report["clips"][1]["note"]
    )
    assert "3 of 6 clips restored, 20 frames" in said.err
    with pytest.raises(MediaError) as refused:
        run(*restoring, *options[2:])
    assert refused.value.code == "output.exists"


def test_stopping_stops_the_core_and_resuming_goes_on(set_: dict[str, Any], options: list[str], tmp_path: Path) -> None:
    write(set_["film"], tmp_path / "film.otio")
    out = tmp_path / "out"
    given = ["restore", str(tmp_path / "film.otio"), *options, "--range", "0:6", "--progress", "json"]
    script = (
        "import argparse, sys\nfrom likeness_core.__main__ import _interrupt\nimport signal\n"
        "signal.signal(signal.SIGTERM, _interrupt)\nfrom likeness_plugin.timeline import add_parser\n"
        "top = argparse.ArgumentParser()\nadd_parser(top.add_subparsers())\n"
        "given = top.parse_args(['timeline', *sys.argv[1:]])\nsys.exit(given.run(given))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, *given, "-o", str(out)], env=dict(os.environ), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    stages = (json.loads(line)["stage"] for line in process.stderr if line.startswith("{"))
    assert next(stages) in ("index", "analyse")
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    core = int(children.stdout.split()[0])
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode != 0
    for _ in range(100):
        try:
            os.kill(core, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the core outlived the command")
    assert not (out / "film-likeness.otio").exists()
    assert run(*given, "-o", out, "--resume") == 0
    assert len(list((out / "anna.000002" / "frames").iterdir())) == 6
    assert seen(video_tracks(out / "film-likeness.otio", R24)[1], 0) == [Seen(0, 6, 2, 7)]


def test_errors_of_the_core_come_through_as_they_are(set_: dict[str, Any], options: list[str], tmp_path: Path) -> None:
    path = write(set_["film"], tmp_path / "film.otio")
    wrong = [str(tmp_path / "gone.jpg") if one.endswith("anna.jpg") else one for one in options]
    with pytest.raises(InputError, match="there is no photograph") as refused:
        run("restore", path, *wrong, "-o", tmp_path / "out")
    assert refused.value.code == "input.no_photo" and refused.value.hint == "Check the path after --reference."


@pytest.mark.parametrize(
    "typed",
    [
        ["--reference", "a b.jpg", "c.jpg"],
        ["--no-reference", "--person", "all", "--scale", "2", "--steps", "4", "--seed", "7", "--no-fading", "--matte"],
        ["--reference", "a.jpg", "--strength", "0.5", "--grain", "0", "--negatives", "quality=0.2", "identity=0.1"],
        ["--identity", "anna.psi", "--format", "prores", "--device", "cpu", "--threads", "3", "--pack", "p"],
    ],
)
def test_what_is_asked_for_reaches_the_core_as_it_was_typed(typed: list[str]) -> None:
    top = argparse.ArgumentParser("likeness")
    add_parser(top.add_subparsers())
    given = top.parse_args(["timeline", "restore", "cut.otio", "-o", "out", *typed])
    handed_on = core_options(given.restoration, given)
    person = [] if "--person" in typed else ["--person", "match"]
    direct, through = (
        cli.restore_options(cli.parser().parse_args(["restore", "x", "-o", "y", *options]))
        for options in ([*typed, *person], handed_on)
    )
    absolute = replace(
        direct,
        references=tuple(path.absolute() for path in direct.references),
        identity=direct.identity.absolute() if direct.identity else None,
        pack=direct.pack.absolute() if direct.pack else None,
    )
    assert through == absolute


@pytest.mark.long
def test_one_damaged_clip_does_not_stop_the_others(set_: dict[str, Any], options: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "a_scan"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"scan.{number:04d}.png"), numbered(1, number)(number))
    damaged = folder / "scan.0002.png"
    damaged.write_bytes(damaged.read_bytes()[:2000])
    anna = set_["film"].cuts[0].reel
    scan = Reel(folder / "scan.0000.png", R24, 4, at("00:00:00:00", R24, False))
    film = Film(R24, at("01:00:00:00", R24, False), (Cut(scan, 0, 4, 0), Cut(anna, 2, 4, 4)))
    out = tmp_path / "out"
    assert run("restore", write(film, tmp_path / "film.otio"), *options, "-o", out) == 3
    first, second = json.loads((out / "timeline.json").read_bytes())["clips"]
    assert (first["folder"], second["folder"]) == ("", "anna.000002") and "scan.0002.png" in first["note"]
    assert seen(video_tracks(out / "film-likeness.otio", R24)[1], 0) == [Seen(4, 4, 2, 5)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["--person", "2"], "timeline.person"),
        (["--range", "0:9999"], "timeline.range"),
        (["--range", "18:24"], "timeline.nothing"),  # a gap
        (["--track", "2"], "timeline.track"),
        (["--media", "/no/such/folder"], "timeline.no_folder"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    set_: dict[str, Any], options: list[str], tmp_path: Path, given: list[str], code: str
) -> None:
    path = write(set_["film"], tmp_path / "film.otio")
    with pytest.raises(LikenessError) as refused:
        run("restore", path, *options, *given, "-o", tmp_path / "out")
    assert refused.value.code == code
    assert not (tmp_path / "out").exists()


def test_the_footage_is_never_in_the_output(set_: dict[str, Any], options: list[str], tmp_path: Path) -> None:
    path = write(set_["film"], tmp_path / "film.otio")
    folder = set_["film"].cuts[0].reel.path.parent
    before = sorted(folder.iterdir())
    with pytest.raises(MediaError) as refused:
        run("restore", path, *options, "-o", folder, "--overwrite")
    assert refused.value.code == "output.holds_source"
    assert sorted(folder.iterdir()) == before


def test_overwriting_takes_away_what_an_earlier_run_left_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for folder in (out / "anna.000002", out / "anna.000100", out / "mine", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "sidecar.json").write_text("{}")
    clips = tuple(
        ClipReport("x", 1, FrameRange(0, 1), "x.mov", None, folder, "")
        for folder in ("anna.000002", "anna.000100", "../elsewhere", "")
    )
    files = ("film-likeness.otio", "../film.otio")
    for name in files:
        (out / name).write_text("")
    record = EditReport("film", "24/1", "00:00:00:00", 1, 1, clips, (), files)
    (out / "timeline.json").write_bytes(encode(record))
    clear_earlier(out, {"anna.000100"})
    assert sorted(path.name for path in out.iterdir()) == ["anna.000100", "mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "film.otio", "out"]
    clear_earlier(out, set())  # nothing on record: nothing goes
    assert sorted(path.name for path in out.iterdir()) == ["anna.000100", "mine"]


def test_the_list_says_what_is_there(set_: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(set_["film"], tmp_path / "film.edl")
    assert run("list", path, "--rate", "24", "--range", "0:12") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "film: 41 frames at 24 fps from 01:00:00:00, 1 video tracks"
    assert lines[1:] == [
        "V1  01:00:00:00  01:00:00:05  anna  anna.mov  2:8",
        "V1  01:00:00:06  01:00:00:11  cleo  cleo.mov  5:11",
    ]
    made = timeline(set_["film"])
    made.tracks[0][1].media_reference.target_url = "/gone/cleo.mov"
    otio.adapters.write_to_file(made, str(tmp_path / "film.otio"))
    for range_, count in (("0:6", 1), ("0:12", 2)):
        assert run("list", tmp_path / "film.otio", "--range", range_) == 0
        lines = capsys.readouterr().out.splitlines()[1:]
        assert len(lines) == count
    assert lines[1].startswith("V1  01:00:00:06  01:00:00:11  cleo  left out: its media cleo.mov is not where the edit")
    assert run("list", path, "--rate", "24", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["clips"]) == 6


DF = Fraction(30000, 1001)


def forty_cuts(folder: Path) -> Film:
    """Forty cuts of three people at 29.97 drop-frame; minutes pass inside the reels and inside the timeline.

    Every ninth begins with a dissolve, every eighth follows a gap, every tenth goes on where the one before it ended.
    """
    persons = ((1, "anna", 0, "00:00:59:10"), (3, "cleo", 80, "10:09:59:00"), (5, "ezra", 160, "00:00:00:00"))
    people = []
    for person, name, first, label in persons:
        start = at(label, DF, True)
        path = make_film(folder / f"{name}.mov", numbered(person, first), 80, rate=DF, timecode=str(start))
        people.append(Reel(path, DF, 80, start, first))
    cuts: list[Cut] = []
    record = 0
    for number in range(40):
        through = number % 10 == 9
        record += 5 if number % 8 == 7 else 0
        before = cuts[-1] if cuts else None
        of = before.reel if through and before else people[number % 3]
        source = before.source + before.length if through and before else 4 + number * 17 % 67
        dissolve = (2, 2) if number % 9 == 4 and number % 8 != 7 else (0, 0)
        cuts.append(Cut(of, source, 5 + number % 4, record, 1, dissolve))
        record += cuts[-1].length
    # The adapter writes equal clips into XML as references to the first, which then stand at its place.
    assert len({(cut.reel.path, cut.source, cut.length) for cut in cuts}) == 40
    return Film(DF, at("01:00:57:00", DF, True), tuple(cuts))


def expected(cuts: tuple[Cut, ...], names: tuple[str, ...], in_list: bool) -> list[Seen]:
    """The clips of people, and what dissolves into theirs; in a list a clip begins where its dissolve does."""
    found = []
    for before, cut, after in zip((None, *cuts[:-1]), cuts, (*cuts[1:], None), strict=True):
        from_, into = cut.dissolve, after.dissolve if after else (0, 0)
        own = cut.reel.path.stem in names
        led = any(from_) and before is not None and before.reel.path.stem in names
        leads = any(into) and after is not None and after.reel.path.stem in names
        if not (own or led or leads):
            continue
        start, stop = 0, cut.length
        if not own and not (led and leads):
            start, stop = (0, from_[1]) if led else (cut.length - into[0] - 1, cut.length)
        if in_list:
            start -= from_[0] if own or led else 0
            stop -= into[0] if own or leads else 0
        first = cut.reel.first + cut.source
        found.append(Seen(cut.record + start, stop - start, first + start, first + stop - 1))
    return found


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_forty_cuts_with_three_people_restore_and_come_back_exact(
    set_: dict[str, Any], options: list[str], tmp_path: Path
) -> None:
    """From .otio everybody, from .xml person 1, from .edl person 5."""
    film = forty_cuts(tmp_path)
    assert sum(any(cut.dissolve) for cut in film.cuts) == 3
    everybody = ["--no-reference", *options[2:]]
    ezra = ["--reference", str(photograph(tmp_path / "ezra.jpg", 5)), *options[2:]]
    runs = (
        ("otio", everybody, ("anna", "cleo", "ezra")),
        ("xml", options, ("anna",)),
        ("edl", [*ezra, "--rate", "29.97"], ("ezra",)),
    )
    for kind, given, names in runs:
        out = tmp_path / f"from-{kind}"
        assert run("restore", write(film, tmp_path / f"film.{kind}"), *given, "-o", out) == 0
        # An EDL does not say where its timeline starts: at the hour of its first event.
        start = at("01:00:00:00", DF, True).frames if kind == "edl" else film.start.frames
        shift = film.start.frames - start
        for path in (out / f"film-likeness.{one}" for one in ("otio", "xml", "edl")):
            in_list = "edl" in (kind, path.suffix[1:])
            want = expected(film.cuts, names, in_list)
            tracks = video_tracks(path, DF)
            got = seen(tracks[-1], film.start.frames if path.suffix == ".edl" else shift)
            assert got == want, (kind, path.suffix)
            assert len(got) == (40 if len(names) == 3 else len(want)) and len(want) >= 13
            if len(tracks) == 2:
                assert len(seen(tracks[0], shift)) == 40
        report = json.loads((out / "timeline.json").read_bytes())
        restored = {clip["media"].partition(".")[0] for clip in report["clips"] if clip["folder"]}
        assert restored == set(names)
    before = tree(tmp_path / "from-xml")
    assert run("restore", tmp_path / "film.xml", *options, "-o", tmp_path / "from-xml", "--resume") == 0
    assert tree(tmp_path / "from-xml") == before
