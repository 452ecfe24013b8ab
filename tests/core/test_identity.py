"""Identity packs made by the real code of the sample's photographs, for a tiny network."""

import json
import shutil
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from likeness_core import packs
from likeness_core.__main__ import main
from likeness_core.api import Progress, RestorationSettings
from likeness_core.errors import FaceError, InputError, ModelPackError, ReferencePhotoError
from likeness_core.identity import (
    IdentityRequest,
    IdentityResult,
    create_identity,
    held_out_photos,
    practice_faces,
)
from likeness_core.jobs import cache_at, job_of_result
from likeness_core.practice.samples import Faces
from likeness_core.restore import restore
from likeness_core.restorer.blending import BlendingMemory
from likeness_core.restorer.conditioning import AlignedPhoto
from likeness_core.restorer.identity_pack import identity_of, load_identity, save_identity
from likeness_core.restorer.lora import LINEAR, UP, Lora, adapted
from likeness_core.restorer.pipeline import Restorer
from likeness_core.steps import carry_out

from tests.core.conftest import Set
from tests.core.restorer import tiny_network
from tests.core.restorer.test_conditioning import FRONT, clip
from tests.core.restoring import film, likeness, pair_film, photograph

PHOTOS = tuple(str(path) for path in sorted((packs.resources() / "sample").glob("*.jpg")))
CPU = torch.device("cpu")
STEPS, CHECKPOINT_STEPS = 20, 8


@pytest.fixture(autouse=True, scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of our own, and checkpoints close enough together to be gone on with after a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIKENESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("likeness_core.identity.CHECKPOINT_STEPS", CHECKPOINT_STEPS)
        yield


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights: so bad that practice is sure to help."""
    return tiny_network.write(tmp_path_factory.mktemp("packs") / "tiny", tiny_network.perturbed(seed=1, amount=0.05))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pack: Path) -> tuple[IdentityResult, list[Progress]]:
    return finish(create_identity(asked(tmp_path_factory.mktemp("made"), pack)))


def asked(folder: Path, pack: Path, **more: object) -> IdentityRequest:
    request = IdentityRequest(
        "anna", PHOTOS, str(folder / "anna.identity.safetensors"), str(pack), steps=STEPS, threads=1
    )
    return replace(request, **more)


def finish(work: Generator[Progress, None, IdentityResult]) -> tuple[IdentityResult, list[Progress]]:
    reports: list[Progress] = []
    return carry_out(work, reports.append), reports


def test_a_pack_is_made_helps_and_is_plugged_in(made: tuple[IdentityResult, list[Progress]], pack: Path) -> None:
    result, reports = made
    assert [report.done for report in reports if report.stage == "practise"] == list(range(1, STEPS + 1))
    assert [report.stage for report in reports if report.done == 0] == ["look", "try"]  # each can be seen, and stopped
    assert result.scores.after > result.scores.before
    assert result.scores.judge == "dlib"
    identity = load_identity(Path(result.path), packs.check_pack(pack))
    assert [record.name for record in identity.manifest.photos] == [Path(photo).name for photo in PHOTOS]
    assert identity.manifest.photos[0].sha256 == packs.file_hash(Path(PHOTOS[0]))
    assert len(identity.photos) == len(PHOTOS)
    footage = clip([FRONT])
    crops = [run(Restorer(pack, CPU, torch.float32, lora), footage) for lora in (None, identity.lora)]
    assert (crops[0] != crops[1]).any()
    assert main(["identity", "show", result.path]) == 0


def run(restorer: Restorer, footage: object) -> object:
    return carry_out(restorer.restore(footage, (), RestorationSettings(), BlendingMemory())).crops  # type: ignore[arg-type]


def test_stopped_and_gone_on_with_gives_the_same_bytes(
    tmp_path: Path, pack: Path, made: tuple[IdentityResult, list[Progress]]
) -> None:
    work = create_identity(asked(tmp_path, pack))
    while next(work) != Progress("practise", STEPS - 1, STEPS):
        pass
    work.close()
    result, reports = finish(create_identity(asked(tmp_path, pack)))
    assert [one.done for one in reports if one.stage == "practise"] == [17, 18, 19, 20]  # from the checkpoint
    assert Path(result.path).read_bytes() == Path(made[0].path).read_bytes()


def test_a_pack_that_does_not_help_is_not_saved(tmp_path: Path) -> None:
    silent = tiny_network.write(
        tmp_path / "silent", tiny_network.untrained()
    )  # whatever it learns, it returns its input
    request = asked(tmp_path, silent, steps=2)
    with pytest.raises(FaceError) as caught:
        finish(create_identity(request))
    assert caught.value.code == "identity.no_help"
    assert not Path(request.output).exists()


def test_the_best_still_guides_and_the_poorest_judges_nothing() -> None:
    def qualities(*values: float) -> tuple[AlignedPhoto, ...]:
        nothing = np.zeros((2, 2, 3), np.float32)
        return tuple(AlignedPhoto(nothing, nothing[0, :, :2], nothing[0, 0], value) for value in values)

    assert held_out_photos(qualities(0.5)) == ()
    assert held_out_photos(qualities(0.2, 0.9)) == (0,)
    assert held_out_photos(qualities(0.2, 0.9, 0.8, 0.1)) == (2,)
    many = held_out_photos(qualities(*np.linspace(1, 0, 24)))
    assert many == (1, 5, 9, 13)
    assert not set(held_out_photos(qualities(*np.linspace(1, 0, 15)))) & {0, 12, 13, 14}


def test_what_was_practised_on_does_not_judge(tmp_path: Path, pack: Path) -> None:
    """The same picture, given again as a still of the footage, is neither practised on nor counted."""
    again = tmp_path / "again.jpg"
    shutil.copy(PHOTOS[1], again)
    seen: list[int] = []

    def noted(photos: tuple[AlignedPhoto, ...], *rest: object) -> Faces:
        seen.append(len(photos))
        return practice_faces(photos, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("likeness_core.identity.practice_faces", noted)
        result, _ = finish(create_identity(asked(tmp_path, pack, footage=(str(again),))))
    assert seen == [1]  # one of two judges
    assert load_identity(Path(result.path)).manifest.footage == ()


def test_a_pack_may_carry_photographs_alone(made: tuple[IdentityResult, list[Progress]], tmp_path: Path) -> None:
    whole = load_identity(Path(made[0].path))
    crop = whole.photos[0].crop.copy()
    crop[:4], crop[4:8] = -0.02, 1.02  # as an enlarged photograph overshoots
    whole = replace(whole, photos=(replace(whole.photos[0], crop=crop), *whole.photos[1:]))
    alone = tmp_path / "alone.identity.safetensors"
    save_identity(alone, replace(whole.manifest, rank=0), whole.photos, {})
    read = load_identity(alone, packs.check_pack(packs.resources() / "packs" / "compact"))  # photographs serve any
    assert read.lora is None and len(read.photos) == len(whole.photos)
    np.testing.assert_allclose(read.photos[0].crop, np.clip(crop, 0, 1), atol=0.5 / 255 + 1e-6)  # not wrapped around
    assert main(["identity", "show", str(alone)]) == 0


def test_practice_changes_nothing_but_the_low_rank_part() -> None:
    model = tiny_network.perturbed()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    lora = Lora(model, rank=2)
    with torch.no_grad():
        for parameter in lora.parameters():
            parameter.add_(0.1)
    weights = lora.weights(model)
    changed = {name for name in weights if not torch.equal(weights[name], before[name])}
    touched = {name.removeprefix(LINEAR).removeprefix(UP) for name in lora.factors if not name.startswith("down:")}
    assert changed == touched
    assert not any(part in name for name in changed for part in (".text.", ".image.", "references", "stem", "head"))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_unpractised_low_rank_part_changes_nothing() -> None:
    model = tiny_network.perturbed()
    weights = adapted(dict(model.named_parameters()), Lora(model, rank=4).tensors())
    assert all(torch.equal(value, weights[name]) for name, value in model.named_parameters())


def test_bad_requests_and_files_get_their_errors(tmp_path: Path, pack: Path) -> None:
    with pytest.raises(InputError, match="safetensors"):
        next(create_identity(asked(tmp_path, pack, output=str(tmp_path / "anna.bin"))))
    with pytest.raises(ReferencePhotoError, match="photographs were given"):
        next(create_identity(asked(tmp_path, pack, photos=PHOTOS[:1] * 25)))
    garbage = tmp_path / "x.identity.safetensors"
    for content in (b"", b"no pack", (pack / packs.WEIGHTS).read_bytes()):
        garbage.write_bytes(content)
        with pytest.raises(ModelPackError) as caught:
            load_identity(garbage)
        assert caught.value.code == "identity.format"
    with pytest.raises(ModelPackError) as caught:
        load_identity(tmp_path / "nowhere.safetensors")
    assert caught.value.code == "identity.missing"


def test_a_pack_of_another_network_is_refused(made: tuple[IdentityResult, list[Progress]]) -> None:
    with pytest.raises(ModelPackError) as caught:
        load_identity(Path(made[0].path), packs.check_pack(packs.resources() / "packs" / "compact"))
    assert caught.value.code == "identity.other_pack"


def test_a_person_is_restored_with_their_pack(
    made: tuple[IdentityResult, list[Progress]], pack: Path, portrait_set: Set, tmp_path: Path
) -> None:
    plugged = tmp_path / "anna.identity.safetensors"
    shutil.copy(made[0].path, plugged)
    command = ["restore", portrait_set.film, "--pack", pack, "--threads", "1", "--no-fading", "--range", "0:2"]
    done = likeness(*command, "--identity", plugged, "-o", tmp_path / "out", cache=tmp_path / "cache")
    assert done.status == 0, done.errors
    text = (tmp_path / "out" / "sidecar.json").read_text(encoding="utf-8")
    said = json.loads(text)
    assert [one["name"] for one in said["references"]] == [Path(photo).name for photo in PHOTOS]
    assert [one["sha256"] for one in said["references"]] == [packs.file_hash(Path(photo)) for photo in PHOTOS]
    assert said["job"]["identity"] == plugged.name
    assert said["job"]["identity_sha256"] == packs.file_hash(plugged)
    assert str(tmp_path) not in text  # nobody's folders
    assert said["compared_with"] == "the references"
    with cache_at(tmp_path / "cache"):
        job = job_of_result(tmp_path / "out")
    assert identity_of(job.roles[0], job.pack) is not None
    plugged.write_bytes(plugged.read_bytes() + b"\0")  # read as before, and not the same file
    with pytest.raises((InputError, ModelPackError)):
        identity_of(job.roles[0], job.pack)


def test_one_with_a_pack_and_one_with_photographs(
    made: tuple[IdentityResult, list[Progress]], pack: Path, tmp_path: Path
) -> None:
    source, berta = film(tmp_path / "pair.mp4", pair_film, 4), photograph(tmp_path / "berta.jpg", person=3)
    command = ["restore", source, "--pack", pack, "--threads", "1", "--no-fading", "--format", "png16"]
    ways = {
        "adapted": ["--identity", made[0].path, "--person", "1"],
        "both": ["--reference", berta, "--person", "2", "--also", "1", made[0].path],
        "plain": ["--reference", *PHOTOS, "--person", "1"],
    }
    left = {}
    for name, way in ways.items():
        done = likeness(*command, *way, "-o", tmp_path / name, cache=tmp_path / "cache")
        assert done.status == 0, done.errors
        frames = sorted((tmp_path / name / "frames").iterdir())
        left[name] = np.stack([cv2.imread(str(frame), cv2.IMREAD_UNCHANGED)[:, :120] for frame in frames])
    assert np.array_equal(left["both"], left["adapted"])
    assert not np.array_equal(left["both"], left["plain"])


def test_a_queued_job_does_not_take_another_photograph_for_its_own(portrait_set: Set, tmp_path: Path) -> None:
    photo = tmp_path / "anna.jpg"
    shutil.copy(portrait_set.photo, photo)
    given = replace(portrait_set, photo=photo)
    assert likeness(*given.restore(tmp_path / "out"), "--range", "0:2", cache=tmp_path / "cache").status == 0
    with cache_at(tmp_path / "cache"):
        job = job_of_result(tmp_path / "out")
        later = replace(job, output=replace(job.output, folder=str(tmp_path / "later")))
        photograph(photo, person=3)
        with pytest.raises(InputError, match=r"anna\.jpg has changed") as caught:
            carry_out(restore(later))
        assert caught.value.code == "job.differs"
        shutil.copy(portrait_set.photo, photo)
        assert carry_out(restore(later)).frames == 2
