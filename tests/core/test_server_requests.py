"""What the panel asks for beside jobs: analyses, pictures, references, previews. By a real core, on real faces."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from likeness_core import protocol as p
from likeness_core.api import FrameRange, JobState
from likeness_core.errors import FaceError, InputError, MediaError
from likeness_core.jobs import decode
from likeness_core.service import protocol_schema

from tests.core.conftest import Set
from tests.core.restoring import film, pair_film, photograph
from tests.core.serving import PLAIN, Core, asked, core

SCHEMA = protocol_schema.schema()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    with core(tmp_path_factory.mktemp("requests") / "cache") as one:
        yield one


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side, 12 frames of 240 x 120."""
    return film(tmp_path_factory.mktemp("pair") / "pair.mov", pair_film, 12)


@pytest.fixture(scope="module")
def analysed(served: Core, pair: Path) -> p.AnalyseResult:
    return served.call("analyse", p.AnalyseParams(p.Footage(str(pair), cuts=(6,))))


def check_wire(served: Core, method: str) -> None:
    """The last result as JSON is what the schema says."""
    results = [message["result"] for line in served.lines if "result" in (message := json.loads(line))]
    validator = jsonschema.Draft202012Validator({**SCHEMA["methods"][method]["result"], "$defs": SCHEMA["$defs"]})
    validator.validate(results[-1])


def test_an_analysis_says_who_is_where(served: Core, analysed: p.AnalyseResult) -> None:
    assert analysed.frames == FrameRange(0, 12)
    assert [shot.frames for shot in analysed.shots] == [FrameRange(0, 6), FrameRange(6, 12)]
    assert [person.number for person in analysed.people] == [1, 2]
    boxes = decode(Path(analysed.faces).read_bytes(), p.FacesFile)
    middle = {}
    for person, found in zip(analysed.people, boxes.people, strict=True):
        assert person.number == found.person and person.frames == len(found.boxes) == 12
        assert person.shots == (0, 1) and person.spans == (FrameRange(0, 12),)
        assert cv2.imread(person.thumbnail).shape == (256, 256, 3)
        middle[person.number] = np.mean([left + width / 2 for _, left, _, width, _ in found.boxes])
    assert sorted(middle.values())[0] < 100 < 140 < sorted(middle.values())[1]


def test_an_analysis_is_kept(served: Core, pair: Path, analysed: p.AnalyseResult) -> None:
    before = len(served.notes)
    assert served.call("analyse", p.AnalyseParams(p.Footage(str(pair), cuts=(6, 0, 99, 6)))) == analysed
    assert len(served.notes) == before  # no progress: nothing was done
    check_wire(served, "analyse")


def test_stills_can_serve_as_references(served: Core, tmp_path: Path, portrait_set: Set) -> None:
    large = film(tmp_path / "large.mov", lambda n: cv2.resize(pair_film(n), (720, 360)), 26)
    request = p.SuggestReferencesParams(p.Footage(str(large)), 1, 2)
    stills = served.call("references/suggest", request).stills
    check_wire(served, "references/suggest")
    assert 1 <= len(stills) <= 2 and list(stills) == sorted(stills, key=lambda still: -still.quality)
    checked = served.call("references/check", p.CheckReferencesParams(tuple(still.path for still in stills)))
    assert [photo.error for photo in checked.photos] == [None] * len(stills)
    with pytest.raises(FaceError):
        served.call("references/suggest", p.SuggestReferencesParams(p.Footage(str(large)), 9, 2))


def test_photographs_are_reported_one_by_one(served: Core, tmp_path: Path) -> None:
    good, other = photograph(tmp_path / "anna.jpg"), photograph(tmp_path / "berta.jpg", person=3)
    mirrored, small = tmp_path / "mirrored.png", tmp_path / "small.png"
    cv2.imwrite(str(small), cv2.resize(cv2.imread(str(good)), (60, 60)))
    (tmp_path / "text.jpg").write_text("no picture")
    paths = [good, other, small, tmp_path / "text.jpg", mirrored, Path("relative.jpg"), Path("/dev/zero")]
    result = served.call("references/check", p.CheckReferencesParams(tuple(map(str, paths))))
    check_wire(served, "references/check")
    assert [photo.path for photo in result.photos] == [str(path) for path in paths]
    assert [photo.error.code if photo.error else "" for photo in result.photos][:2] == ["", ""]
    refused = [photo.error for photo in result.photos[2:]]
    assert all(error is not None and error.hint for error in refused)
    assert refused[1].code == refused[4].code == "reference.unreadable" and refused[3].code == "input.path"
    assert result.photos[0].quality > 0.3 and result.photos[0].side in ("front", "half left", "half right")
    assert cv2.imread(result.photos[0].thumbnail).shape == (256, 256, 3)
    assert any("different people" in warning for warning in result.warnings)


def test_display_pictures_are_those_frames(served: Core, pair: Path) -> None:
    before = len(served.notes)
    result = served.call("frames", p.FramesParams(p.Footage(str(pair), frames=FrameRange(3, 9)), 120))
    check_wire(served, "frames")
    assert (result.width, result.height) == (120, 60) and result.frames == tuple(range(3, 9))
    notes = [note.params for note in served.notes[before:] if note.method == "picture"]
    assert [note.frame for note in notes] == list(range(3, 9))
    for note in notes:
        shown = cv2.imread(note.path)
        truth = cv2.resize(pair_film(note.frame)[..., ::-1], (120, 60), interpolation=cv2.INTER_AREA)
        assert shown.shape == (60, 120, 3)
        assert np.abs(shown.astype(int) - truth).mean() < 4
    assert served.call("frames", p.FramesParams(p.Footage(str(pair)), 4000)).width == 240  # never enlarged
    for wrong in (
        p.FramesParams(p.Footage(str(pair)), 4),
        p.FramesParams(p.Footage(str(pair), frames=FrameRange(5, 13))),
    ):
        with pytest.raises(InputError):
            served.call("frames", wrong)


@pytest.mark.parametrize("format", ["exr", "prores"])
def test_pictures_of_a_result_while_it_grows_and_after(
    served: Core, portrait_set: Set, tmp_path: Path, format: str
) -> None:
    out = p.Footage(str(tmp_path / "out"))
    with pytest.raises(MediaError):
        served.call("frames", p.FramesParams(out, 64))
    submitted = served.call(
        "job/submit", p.SubmitParams(asked(portrait_set, tmp_path / "out", FrameRange(4, 30), format=format))
    )
    served.until(
        submitted.job,
        lambda one: one.progress is not None and one.progress.done > 3 and one.progress.stage == "restore",
    )
    growing = served.call("frames", p.FramesParams(out, 64)).frames
    assert growing and growing == tuple(range(4, 4 + len(growing)))
    assert served.ended(submitted.job).state is JobState.DONE
    assert served.call("frames", p.FramesParams(out, 64)).frames == tuple(range(4, 30))


def test_a_preview_changes_the_face_and_nothing_else(served: Core, portrait_set: Set) -> None:
    footage, machine = p.Footage(str(portrait_set.film)), p.Machine("cpu")
    params = p.PreviewParams(footage, 12, (str(portrait_set.photo),), "auto", PLAIN, machine)
    result = served.call("preview", params)
    check_wire(served, "preview")
    before, after = cv2.imread(result.before), cv2.imread(result.after)
    changed = np.abs(before.astype(int) - after).max(axis=2) > 0
    (face,) = result.faces
    left, top, width, height = face.box
    around = np.zeros_like(changed)
    rows = slice(max(0, int(top - height / 2)), int(top + 1.5 * height))
    around[rows, max(0, int(left - width / 2)) : int(left + 1.5 * width)] = True
    assert changed[around].mean() > 0.1 and not changed[~around].any()
    assert -1 <= face.likeness_before <= 1 and face.trust == 1 and result.seconds > 0


def test_a_preview_of_a_person_by_number(served: Core, pair: Path, analysed: p.AnalyseResult, tiny_pack: Path) -> None:
    boxes = decode(Path(analysed.faces).read_bytes(), p.FacesFile)
    footage, machine = p.Footage(str(pair), cuts=(6,)), p.Machine("cpu", 0, str(tiny_pack))
    for person in (1, 2):
        result = served.call("preview", p.PreviewParams(footage, 7, (), str(person), PLAIN, machine))
        (face,) = result.faces
        known = next(box for box in boxes.people[person - 1].boxes if box[0] == 7)
        assert face.person == person and face.box == pytest.approx(known[1:], abs=0.1)
    assert len(served.call("preview", p.PreviewParams(footage, 7, (), "all", PLAIN, machine)).faces) == 2
    with pytest.raises(FaceError):
        served.call("preview", p.PreviewParams(footage, 7, (), "3", PLAIN, machine))
    for wrong in (p.PreviewParams(footage, 12), p.PreviewParams(footage, 7, person="nobody")):
        with pytest.raises(InputError):
            served.call("preview", wrong)


def test_this_machine(served: Core) -> None:
    doctor = served.call("doctor")
    check_wire(served, "doctor")
    assert all(check.passed for check in doctor.checks) and "cpu" in doctor.devices
    packs = served.call("packs").packs
    check_wire(served, "packs")
    assert packs[0].name == "compact" and packs[0].pack is not None and packs[0].error is None
