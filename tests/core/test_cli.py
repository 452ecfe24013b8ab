"""The command line as an editor meets it: help, lists, and what `analyse` says."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.core.conftest import Set
from tests.core.openpeople_footage import portrait, put, room
from tests.core.restoring import ended, environment, film, likeness, pair_film, photograph, room_film, start, tree

COMMANDS = ("restore", "analyse", "doctor", "packs", "demo")


def test_the_help_names_every_command_and_shows_examples(tmp_path: Path) -> None:
    outcome = likeness("--help", cache=tmp_path)
    assert outcome.status == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", outcome.output, re.MULTILINE), command
    assert "examples:" in outcome.output and "exit status:" in outcome.output
    assert max(map(len, outcome.output.splitlines())) <= 120


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    outcome = likeness(command, "--help", cache=tmp_path)
    assert outcome.status == 0
    assert outcome.output.startswith(f"usage: likeness {command}")


def test_every_option_of_restore_is_explained(tmp_path: Path) -> None:
    text = likeness("restore", "--help", cache=tmp_path).output
    wanted = [
        "--reference",
        "--no-reference",
        "--output",
        "--name",
        "--range",
        "--rate",
        "--person",
        "--scale",
        "--strength",
        "--fidelity",
        "--likeness",
        "--grain",
        "--steps",
        "--seed",
        "--preset",
        "--format",
        "--matte",
        "--resume",
        "--overwrite",
        "--device",
        "--threads",
        "--pack",
        "--no-fading",
        "--progress",
    ]
    for option in wanted:
        explained = re.search(rf"^  (-o \S+, )?{option}\b.*(\n +\S.*)?", text, re.MULTILINE)
        assert explained, option
        assert len(explained[0].split()) > 4, explained[0]


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom likeness_core.__main__ import main\n"
        "try:\n    main(['restore', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'cv2', 'av', 'OpenImageIO', 'onnxruntime', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_formats_of_the_help_are_those_that_are_written() -> None:
    from likeness_core.api import FORMATS
    from likeness_core.media.mux import MOVIE_FORMATS
    from likeness_core.media.write import SEQUENCE_FORMATS

    assert (*SEQUENCE_FORMATS, *MOVIE_FORMATS) == FORMATS


@pytest.mark.parametrize(
    "given", [[], ["restore"], ["colourise"], ["restore", "reel.mov"], ["restore", "reel.mov", "-o", "x"]]
)
def test_a_command_that_is_none_shows_how_it_is_used(tmp_path: Path, given: list[str]) -> None:
    outcome = likeness(*given, cache=tmp_path)
    assert outcome.status == 2
    assert outcome.errors.startswith("usage: likeness")


def test_the_module_runs_as_a_process(portrait_set: Set, tmp_path: Path) -> None:
    """Standard output holds the result's place alone; all else goes to standard error, one line an error."""
    out = tmp_path / "out [b]"  # what looks like markup is a name like any other
    command = [*portrait_set.restore(out), "--no-fading", "--range", "0:2"]
    outcome = ended(start(*command, cache=tmp_path / "cache"))
    assert (outcome.status, outcome.output) == (0, f"{out / 'frames'}\n")
    assert f"2 of 2 frames restored; evidence in {out}\n" in outcome.errors
    again = ended(start(*command, cache=tmp_path / "cache"))
    assert (again.status, again.output, again.code) == (3, "", "output.exists")
    assert len(again.errors.strip().splitlines()) == 2, again.errors


def two_shots(number: int) -> npt.NDArray[np.uint8]:
    """Persons 1 and 3 for ten frames; then person 1 alone, elsewhere."""
    if number < 10:
        return pair_film(number)
    return put(room(240, 120, seed=5) // 2, portrait(1), 100 + (number - 10) * 0.5, 0, 120)


@pytest.fixture(scope="module")
def cut_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("cut") / "reel.mp4", two_shots, 22)


def test_analyse_lists_shots_and_people(cut_film: Path, tmp_path: Path) -> None:
    outcome = likeness("analyse", cut_film, "--thumbnails", tmp_path / "pictures", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    text = outcome.output
    assert "240 x 120, 24 fps, 22 frames, h264, 8 bit" in text
    assert re.search(r"shot +1 +0:10 +person 1, 2\n", text)
    assert re.search(r"shot +2 +10:22 +person 1\n", text)
    assert re.search(r"person 1  in 22 frames of 2 shots", text)
    assert re.search(r"person 2  in 10 frames of 1 shots", text)
    for number, other in ((1, 3), (2, 1)):
        picture = cv2.imread(str(tmp_path / "pictures" / f"person-{number}.png"))
        assert picture is not None and picture.shape == (256, 256, 3)
        assert picture.std() > 20, other


def test_analyse_as_json_says_the_same(cut_film: Path, tmp_path: Path) -> None:
    outcome = likeness("analyse", cut_film, "--json", "--range", "4:22", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    report = json.loads(outcome.output)
    assert report["media"]["frame_count"] == 22 and report["media"]["rate"] == "24/1"
    assert report["frames"] == {"start": 4, "stop": 22}
    assert [shot["frames"] for shot in report["shots"]] == [{"start": 4, "stop": 10}, {"start": 10, "stop": 22}]
    assert [(person["number"], person["frames"], person["shots"]) for person in report["people"]] == [
        (1, 18, [0, 1]),
        (2, 6, [0]),
    ]
    for person in report["people"]:
        assert Path(person["thumbnail"]).is_file()
        assert Path(person["thumbnail"]).is_relative_to(tmp_path / "cache")


def test_the_numbers_of_analyse_are_those_of_restore(cut_film: Path, portrait_set: Set, tmp_path: Path) -> None:
    options = portrait_set.options(tmp_path / "out")
    options[options.index("--reference") + 1] = str(photograph(tmp_path / "stranger.jpg", person=6))
    outcome = likeness(
        "restore", cut_film, *options, "--no-fading", "--matte", "--person", "2",
        cache=tmp_path / "cache",
    )  # fmt: skip
    assert outcome.status == 0, outcome.errors
    assert "10 of 22 frames restored" in outcome.errors
    assert re.search(r"^warning: person 2 does not look like the reference.*$", outcome.errors, re.MULTILINE)
    first, last = (cv2.imread(str(tmp_path / "out" / "matte" / f"reel.{n:06d}.png"), -1) for n in (4, 15))
    assert first is not None and last is not None
    assert not first[:, :120].any() and first[:, 120:].any() and not last.any()


def test_analyse_of_nobody_is_no_error(tmp_path: Path) -> None:
    outcome = likeness("analyse", film(tmp_path / "room.mp4", room_film, 2), cache=tmp_path / "cache")
    assert outcome.status == 0 and "no faces were found" in outcome.output


def test_analyse_of_a_reader_that_leaves_early(cut_film: Path, tmp_path: Path) -> None:
    process = start("analyse", cut_film, "--range", "0:2", cache=tmp_path / "cache")
    assert process.stdout
    process.stdout.close()
    errors = process.stderr.read() if process.stderr else ""
    assert process.wait(60) in (0, 1)
    assert "Traceback" not in errors


def test_doctor_says_what_is_there(portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_PACKS", str(portrait_set.pack))
    monkeypatch.setenv("COLUMNS", "200")
    outcome = likeness("doctor", cache=tmp_path / "cache")
    for word in ("device", "threads", "onnxruntime", "codecs", "pack tiny", "cache", str(tmp_path), "prores", "exr"):
        assert word in outcome.output, word
    assert outcome.status == 0, outcome.output
    damaged = shutil.copytree(portrait_set.pack, tmp_path / "tiny")
    (damaged / "weights.safetensors").write_bytes(b"x")
    monkeypatch.setenv("LIKENESS_PACKS", str(damaged))
    outcome = likeness("doctor", cache=tmp_path / "cache")
    assert outcome.status == 1 and "sha256 differs" in outcome.output


def test_packs_are_listed_and_checked(portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_PACKS", str(portrait_set.pack))
    outcome = likeness("packs", cache=tmp_path)
    assert outcome.status == 0, outcome.output
    assert re.search(r"^tiny 0  compact, crops of 64, 128 px, Apache-2.0, checked", outcome.output, re.MULTILINE)
    damaged = shutil.copytree(portrait_set.pack, tmp_path / "tiny")
    (damaged / "weights.safetensors").write_bytes(b"x")
    monkeypatch.setenv("LIKENESS_PACKS", str(damaged))
    outcome = likeness("packs", cache=tmp_path)
    assert outcome.status == 6 and "sha256 differs" in outcome.output


def test_a_pack_from_the_environment_is_found(
    portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "packs" / "compact"
    shutil.copytree(portrait_set.pack, folder)
    monkeypatch.setenv("LIKENESS_PACKS", str(folder.parent))
    options = portrait_set.options(tmp_path / "out")
    del options[options.index("--pack") : options.index("--pack") + 2]
    outcome = likeness("restore", portrait_set.film, *options, "--range", "0:1", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    assert json.loads(tree(tmp_path / "out")["sidecar.json"])["job"]["pack"]["name"] == "tiny"
