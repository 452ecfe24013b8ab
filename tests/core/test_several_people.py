"""One job, several people, each guided by photographs of their own."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from likeness_core import protocol as p
from likeness_core.api import FrameRange, JobState, RestorationSettings

from tests.core.restoring import film, likeness, pair_film, photograph, start, tree
from tests.core.serving import PLAIN, core

FRAMES = 30
MIDDLE = 120  # of the picture: person 1 of the package stands on the left, person 3 on the right


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Footage of two, and a photograph of each."""
    folder = tmp_path_factory.mktemp("pair")
    return (
        film(folder / "pair.mp4", pair_film, FRAMES),
        photograph(folder / "anna.jpg"),
        photograph(folder / "berta.jpg", person=3),
    )


def restored(pack: Path, source: Path, out: Path, *more: object) -> list[np.ndarray]:
    """The frames of a result."""
    command = ["restore", source, "--pack", pack, "--threads", "1", "--no-fading", "--format", "png16", "-o", out]
    done = likeness(*command, *more, cache=out.parent / "cache")
    assert done.status == 0, done.errors
    return pictures(out)


def pictures(out: Path) -> list[np.ndarray]:
    found = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((out / "frames").iterdir())]
    assert found
    return [np.asarray(picture) for picture in found]


def halves(frames: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [frame[:, :MIDDLE] for frame in frames], [frame[:, MIDDLE:] for frame in frames]


def same(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def test_each_looks_as_in_a_job_alone(tiny_pack: Path, tmp_path: Path, given: tuple[Path, Path, Path]) -> None:
    source, anna, berta = given
    part = ("--range", "0:8")
    untouched = restored(tiny_pack, source, tmp_path / "none", *part, "--reference", anna, "--strength", "0")
    first = restored(tiny_pack, source, tmp_path / "anna", *part, "--reference", anna, "--person", "match")
    second = restored(tiny_pack, source, tmp_path / "berta", *part, "--reference", berta, "--person", "match")
    both = restored(tiny_pack, source, tmp_path / "both", *part, "--reference", anna, "--also", "match", berta)
    left, right = halves(both)
    assert same(left, halves(first)[0]) and same(right, halves(second)[1])
    # The two jobs alone did not touch each other's person, so these are two restorations.
    assert same(halves(first)[1], halves(untouched)[1]) and same(halves(second)[0], halves(untouched)[0])
    assert not same(left, halves(untouched)[0]) and not same(right, halves(untouched)[1])
    said = json.loads((tmp_path / "both" / "sidecar.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["people"]) for one in said["references"]] == [("anna.jpg", [1]), ("berta.jpg", [2])]
    assert said["job"]["others"][0]["references"] == ["berta.jpg"]  # no folder of the user's
    assert {one["person"] for one in said["scores"]} == {1, 2}
    assert said["compared_with"] == "the references"


def test_each_has_settings_of_their_own(tiny_pack: Path, tmp_path: Path, given: tuple[Path, Path, Path]) -> None:
    source, anna, berta = given
    alone = restored(tiny_pack, source, tmp_path / "anna", "--reference", anna, "--range", "0:6")
    plain = restored(tiny_pack, source, tmp_path / "plain", "--reference", anna, "--strength", "0", "--range", "0:6")
    footage = p.Footage(str(source), frames=FrameRange(0, 6))
    off = p.RoleRequest("match", (str(berta),), RestorationSettings(strength=0.0, attributes=(("beard", 1.0),)))
    request = p.RestoreRequest(
        footage, str(tmp_path / "served"), (str(anna),), "match", PLAIN, "png16", others=(off,),
        machine=p.Machine("cpu", 1, str(tiny_pack)),
    )  # fmt: skip
    with core(tmp_path / "cache") as one:
        job = one.call("job/submit", p.SubmitParams(request)).job
        assert one.ended(job).state is JobState.DONE
    warnings = json.loads((tmp_path / "served" / "sidecar.json").read_text(encoding="utf-8"))["warnings"]
    assert [said for said in warnings if "beard" in said] == [
        "person 2: the weights have not learnt what this means: beard"
    ]
    served = pictures(tmp_path / "served")
    assert same(halves(served)[0], halves(alone)[0])
    assert same(halves(served)[1], halves(plain)[1])
    assert not same(halves(alone)[0], halves(plain)[0])


def test_a_killed_job_goes_on_to_the_same_bytes(
    tiny_pack: Path, tmp_path: Path, given: tuple[Path, Path, Path]
) -> None:
    source, anna, berta = given
    command = ["restore", source, "--pack", tiny_pack, "--threads", "1", "--no-cache", "--format", "png16",
               "--reference", anna, "--also", "match", berta, "--resume", "-o"]  # fmt: skip
    assert likeness(*command, tmp_path / "whole", cache=tmp_path / "cache").status == 0
    process = start(*command, tmp_path / "killed", "--progress", "json", cache=tmp_path / "cache")
    assert process.stderr is not None
    for line in process.stderr:
        if '"restore"' in line and json.loads(line)["done"] >= FRAMES // 2:
            break
    process.kill()
    process.communicate()
    assert not (tmp_path / "killed" / "sidecar.json").exists()
    assert likeness(*command, tmp_path / "killed", cache=tmp_path / "cache").status == 0
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--person", "1", "--reference", "ANNA", "--also", "1", "BERTA"], "input.person"),
        (["--person", "all", "--reference", "ANNA", "--also", "2", "BERTA"], "input.person"),
        (["--person", "1", "--reference", "ANNA", "--also", "somebody", "BERTA"], "input.person"),
        (["--person", "1", "--reference", "ANNA", "--also", "match"], "input.person"),
        (["--no-reference", "--also", "2", "BERTA"], "input.person"),
        (["--reference", "ANNA", *(["--also", "2", "BERTA"] * 8)], "input.person"),
        (["--reference", "ANNA", "--also", "match", "ANNA"], "face.twice"),
        (["--reference", "ANNA", "--also", "1", "BERTA"], "face.no_match"),  # she is Berta by number, so not Anna's
        (["--reference", "ANNA", "--also", "9", "BERTA"], "face.unknown_person"),
        (["--reference", "ANNA", "--also", "2", "NOBODY"], "input.no_photo"),
        (["--reference", "ANNA", "--also", "2", "none.safetensors"], "identity.missing"),
    ],
)
def test_parts_that_cannot_be_get_their_errors(
    tiny_pack: Path, tmp_path: Path, given: tuple[Path, Path, Path], words: list[str], code: str
) -> None:
    source, anna, berta = given
    named = {"ANNA": anna, "BERTA": berta, "NOBODY": tmp_path / "nobody.jpg"}
    command = ["restore", source, "--pack", tiny_pack, "--range", "0:2", "-o", tmp_path / "out"]
    outcome = likeness(*command, *(named.get(word, word) for word in words), cache=given[0].parent / "cache")
    assert outcome.code == code, outcome.errors
    assert outcome.status != 0 and "hint:" in outcome.errors
    if code == "face.no_match":
        assert f"{anna.name}: " in outcome.errors  # whose part it is
    assert not list((tmp_path / "out").glob("frames/*"))
