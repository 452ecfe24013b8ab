"""`likeness evaluate`: from a folder to figures whose value is known beforehand."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from likeness_core import packs
from likeness_core.api import FrameRange
from likeness_core.cast import aligned_photo
from likeness_core.errors import InputError
from likeness_core.evaluation import measure
from likeness_core.evaluation.feature_distance import FeatureDistance
from likeness_core.evaluation.footage import degraded_media, truth_media
from likeness_core.evaluation.gates import gates
from likeness_core.evaluation.recipe import bicubic, blur_kernel, degraded, draw, small_size
from likeness_core.evaluation.report import as_text, sections
from likeness_core.evaluation.run import Plan, Result, Row, _settings
from likeness_core.evaluation.scores import Scores, Shots
from likeness_core.evaluation.subjects import read_set
from likeness_core.evaluation.table import METRICS, Measured, difference, table
from likeness_core.faces import open_face_analyser
from likeness_core.identity import KEPT_PX
from likeness_core.media import MediaReader, to_float
from likeness_core.media.recompress import recompress
from likeness_core.references import load_references
from likeness_core.restorer.compact_backbone import open_compact
from likeness_core.restorer.identity_pack import FORMAT, IdentityManifest, IdentityScores, PhotoRecord, save_identity
from likeness_core.restorer.lora import Lora

from tests.core.openpeople_footage import portrait
from tests.core.restoring import film, likeness, photograph, portrait_film, room_film


def wave(cycles: float, amplitude: float = 0.2, side: int = 128) -> np.ndarray:
    row = 0.5 + amplitude * np.sin(2 * np.pi * cycles * np.arange(side))
    return np.repeat(np.tile(row, (side, 1))[..., None], 3, axis=2).astype(np.float32)


# The metrics of pictures


def test_fine_energy_counts_waves_of_eight_pixels_and_shorter_by_their_power():
    fine, coarse = wave(0.25), wave(1 / 32)
    both = fine + coarse - 0.5
    assert measure.fine_energy(fine, fine) == pytest.approx(1)
    assert measure.fine_energy(fine, wave(0.25, 0.1)) == pytest.approx(0.25, rel=1e-3)  # half as high, a quarter
    assert measure.fine_energy(both, coarse) < 0.001
    assert measure.fine_energy(both, fine) == pytest.approx(1, abs=0.01)
    noisy = coarse + np.random.default_rng(0).normal(0, 0.1, coarse.shape).astype(np.float32)
    assert measure.fine_energy(both, noisy) > 0.1


def test_structural_distance_is_the_deviation_of_gradient_similarity():
    a = wave(1 / 16)
    assert measure.structural_distance(a, a) == 0
    flat = np.full_like(a, 0.5)
    # A flat picture has no gradient, so the similarity is c / (g^2 + c), and its deviation follows from the wave.
    luma = np.pad(a[0, :, 0].astype(np.float64), 1, mode="reflect")
    small = np.pad((0.5 * (luma[1:] + luma[:-1]))[:-1:2], 1, mode="reflect")
    gradient = small[2:] - small[:-2]
    c = 170 / 255**2
    expected = np.std(c / (gradient**2 + c))
    assert measure.structural_distance(a, flat) == pytest.approx(expected, rel=1e-4)


def test_the_share_of_distance_closed_is_a_ratio_of_sums():
    before, after = np.array([0.8, 0.9]), np.array([0.9, 0.95])
    assert measure.distance_closed(before, after) == pytest.approx(0.5)
    assert measure.distance_closed(before, before) == 0
    assert measure.distance_closed(before, np.array([0.8, 0.8])) == pytest.approx(-1 / 3)
    assert measure.distance_closed(np.ones(2), np.ones(2)) == 0
    interval = measure.closed_interval(before, after)
    assert (interval.low, interval.high) == pytest.approx((0.5, 0.5))  # each clip closes half: there is no doubt
    doubtful = measure.closed_interval(before, np.array([0.9, 0.9]))
    assert doubtful.low == pytest.approx(0)
    assert doubtful.high == pytest.approx(0.5)


def test_the_feature_distance_is_nought_for_equals_and_grows_with_blur():
    pytest.importorskip("h5py")
    distance = FeatureDistance()
    face = np.ascontiguousarray(cv2.resize(portrait(1), (96, 96)), np.float32) / 255
    blurred = [cv2.GaussianBlur(face, (0, 0), sigma) for sigma in (1, 2, 4)]
    found = [distance.between(face, other) for other in blurred]
    assert distance.between(face, face) == 0
    assert 0.02 < found[0] < found[1] < found[2] < 2


def test_the_feature_network_sees_edges_as_the_one_it_was_taken_from():
    """The first filters of VGG16 hold oriented edges: a vertical step and a horizontal one light up other channels."""
    pytest.importorskip("h5py")
    step = np.zeros((64, 64, 3), np.float32)
    step[:, 32:] = 1
    distance = FeatureDistance()
    across = distance.between(step, np.ascontiguousarray(step.transpose(1, 0, 2)))
    shifted = distance.between(step, np.roll(step, 1, axis=1))
    assert across > 2 * shifted > 0


# The recipe


def test_a_recipe_belongs_to_a_name_and_a_factor():
    assert draw("anna", 4) == draw("anna", 4)
    assert draw("anna", 4) != draw("anna", 8)
    drawn = [draw(str(i), 4) for i in range(400)]
    isotropic = sum(one.sigma_px[0] == one.sigma_px[1] for one in drawn) / 400
    area = sum(one.interpolation == cv2.INTER_AREA for one in drawn) / 400
    assert isotropic == pytest.approx(0.7, abs=0.08)
    assert area == pytest.approx(0.2, abs=0.07)
    assert all(0.1 <= sigma <= 10 for one in drawn for sigma in one.sigma_px)
    assert {one.crf for one in drawn} == set(range(18, 26))
    assert 0 <= min(one.noise for one in drawn) < 0.002 < 0.037 < max(one.noise for one in drawn) <= 10 / 255


def test_the_blur_is_21_px_wide_at_512_and_scales_with_the_picture():
    recipe = draw("anna", 4)
    assert blur_kernel(recipe, 512).shape == (21, 21)
    assert blur_kernel(recipe, 256).shape == (11, 11)
    assert blur_kernel(recipe, 512).sum() == pytest.approx(1, abs=1e-5)


def test_the_recipe_gives_the_same_pictures_again_of_the_same_size_and_less_detail():
    clip = [np.asarray(cv2.resize(portrait(1), (130, 98)), np.float32) / 255 for _ in range(3)]
    recipe = replace(draw("anna", 4), noise=0.03, crf=20)
    first, again = (list(degraded(clip, recipe)) for _ in range(2))
    assert len(first) == 3
    assert first[0].shape == clip[0].shape
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])  # noise of its own
    assert measure.fine_energy(clip[0], first[0]) < 0.3
    assert small_size(clip[0], 4) == (32, 24)
    assert measure.psnr(clip[0], bicubic(clip[0], 2)) > measure.psnr(clip[0], bicubic(clip[0], 8))


def test_h264_keeps_number_and_order_and_loses_more_at_a_higher_factor():
    clip = [wave(1 / 16, 0.05 * (i + 1), 64) for i in range(5)]
    fine, coarse = list(recompress(clip, 10)), list(recompress(clip, 40))
    assert len(fine) == 5
    assert [int(np.argmin([np.abs(f - c).mean() for c in clip])) for f in fine] == [0, 1, 2, 3, 4]
    error = [np.mean([measure.psnr(a, b) for a, b in zip(clip, other, strict=True)]) for other in (fine, coarse)]
    assert error[0] > error[1] + 3
    assert list(recompress([], 20)) == []


# Folders


def stills(folder: Path, people: dict[str, int]) -> Path:
    lines = ["file,identity,age_group"]
    for position, (name, count) in enumerate(people.items()):
        for i in range(count):
            path = folder / "val" / f"{name}_{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((64 + 2 * position, 64, 3), 20 * i, np.uint8))
            lines.append(f"val/{path.name},{name},{'child' if position else 'adult'}")
    lines.append("train/other.png,other,adult")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_stills_are_split_into_references_and_truth_and_others_serve_as_strangers(tmp_path):
    subjects = {one.name: one for one in read_set(stills(tmp_path, {"a": 1, "b": 2, "c": 12}) / "val")}
    assert list(subjects) == ["a", "b", "c"]  # not the one of another folder
    assert [len(one.references) for one in subjects.values()] == [0, 1, 4]
    assert [len(one.truth) for one in subjects.values()] == [1, 1, 8]
    assert subjects["c"].cuts == tuple(range(1, 8))
    assert not set(subjects["c"].references) & set(subjects["c"].truth)
    assert subjects["a"].wrong == ()
    assert subjects["b"].wrong == subjects["c"].references
    assert subjects["c"].wrong == subjects["b"].references
    assert subjects["a"].groups == (("age_group", "adult"),)


def test_stills_become_footage_of_one_size_and_low_quality_of_the_same(tmp_path):
    subject = read_set(stills(tmp_path, {"b": 2, "c": 6}) / "val")[1]
    truth = truth_media(subject, tmp_path / "truth")
    assert (truth.width, truth.height, truth.frame_count) == (64, 66, 3)
    low = degraded_media(subject, truth, 4, tmp_path / "low")
    assert (low.width, low.height, low.frame_count) == (64, 66, 3)
    with MediaReader(truth) as reader:
        first = to_float(next(iter(reader.frames(FrameRange(0, 1)))).pixels)
    assert first[10, 10] == pytest.approx(60 / 255, abs=1e-3)


def test_a_sequence_is_footage_and_another_one_is_measured_anew(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for i in range(2):
            cv2.imwrite(str(tmp_path / folder / f"{i:03d}.png"), np.full((64, 64, 3), 20 * i, np.uint8))

    def settings(folder: str) -> str:
        (tmp_path / "manifest.json").write_text(
            json.dumps({"subjects": [{"name": "scene", "truth": f"{folder}/%03d.png"}]})
        )
        (subject,) = read_set(tmp_path)
        assert not subject.stills
        return _settings(subject, NONE, Plan(tmp_path, (4,), (NONE,)), "")

    first = settings("a")
    assert settings("a") == first != settings("b")
    cv2.imwrite(str(tmp_path / "a" / "000.png"), np.full((64, 64, 3), 200, np.uint8))
    assert settings("a") != first


def test_a_json_manifest_names_everything_and_what_it_lacks_is_said(tmp_path):
    for name in ("a.mp4", "low.mp4", "r.jpg", "w.jpg"):
        (tmp_path / name).touch()
    entry = {
        "name": "scene", "truth": "a.mp4", "identity": "anna", "degraded": {"x8": "low.mp4"}, "references": ["r.jpg"],
        "wrong_references": ["w.jpg"], "cuts": [48], "groups": {"age_group": "child"},
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps({"subjects": [entry]}))
    (subject,) = read_set(tmp_path)
    assert (subject.name, subject.identity, subject.cuts) == ("scene", "anna", (48,))
    assert subject.degraded == ((8, tmp_path / "low.mp4"),)
    assert subject.wrong == (tmp_path / "w.jpg",)
    (tmp_path / "r.jpg").unlink()
    with pytest.raises(InputError, match=r"no file .*r\.jpg"):
        read_set(tmp_path)
    (tmp_path / "manifest.json").write_text('{"subjects": [{"name": 3}]}')
    with pytest.raises(InputError, match="cannot be read"):
        read_set(tmp_path)
    with pytest.raises(InputError, match="nothing to evaluate"):
        read_set(tmp_path / "empty")


# Over time


def test_runs_end_at_cuts_and_gaps_and_seams_lie_in_the_middle_of_overlaps():
    assert Shots((12,), 1).runs([10, 11, 12, 13, 15]) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert Shots((), 3).runs([0, 3, 6, 12]) == [slice(0, 3), slice(3, 4)]
    assert Shots().seams(range(40)) == [20]  # windows start at 0 and 16 and share 16 to 23
    assert Shots().seams(range(24)) == []
    assert Shots((100,), 1).seams(range(100, 140)) == [20]
    assert Shots().seams(range(5, 56)) == [15, 31]  # windows count from the shot's start, not from the first face


# The table


def result(subject: str, row: str, ids: float, psnr: float = 30.0, seed: int = 0, **more: object) -> Result:
    values = {metric.field: 0.5 for metric in METRICS} | {"ids_dlib": ids, "psnr_db": psnr, "ids_sface": ids}
    scores = Scores(**{**values, **more})
    return Result(subject, 8, row, seed, "", 24, scores, tuple(range(24)), (ids,) * 24)


NONE, RIGHT, WRONG = Row("none", "none"), Row("right", "right"), Row("wrong", "wrong")


def made(right: float = 0.95, wrong_likeness: float = 0.5) -> list[Result]:
    found = []
    for i in range(6):
        name = f"s{i}"
        found += [result(name, "truth", 1.0), result(name, "input", 0.9), result(name, "bicubic", 0.88, psnr=28)]
        found += [result(name, "none", 0.9, seed=seed) for seed in (0, 1)]
        found += [result(name, "right", right + (0.01 if seed else -0.01), seed=seed, features=0.3) for seed in (0, 1)]
        found += [result(name, "wrong", 0.9, wrong_ids_dlib=wrong_likeness)]
    return found


def test_the_table_averages_seeds_first_and_tells_shares_of_distance():
    findings = Measured(made(), 8)
    subjects = findings.subjects(["right"])
    found = table(findings, [NONE, RIGHT], subjects)
    assert found.unit == "subject"
    assert found.line("right").means["ids_dlib"] == pytest.approx(0.95)
    assert found.line("right").closed_dlib.mean == pytest.approx(0.5)
    assert found.line("none").closed_dlib.mean == pytest.approx(0)
    assert found.line("bicubic").closed_dlib.mean == pytest.approx(-0.2)
    assert found.line("truth").closed_dlib.mean == pytest.approx(1)
    assert difference(findings, subjects, "right", "none").mean == pytest.approx(0.5)


def test_gates_pass_and_fail_with_the_figures():
    def verdicts(results: list[Result]) -> dict[str, bool]:
        findings = Measured(results, 8)
        found = table(findings, [NONE, RIGHT, WRONG], findings.subjects(["right"]))
        return {gate.text: gate.met for gate in gates(findings, found, [NONE, RIGHT, WRONG])}

    good, weak, stolen = verdicts(made()), verdicts(made(right=0.91)), verdicts(made(wrong_likeness=0.51))
    assert good["the right reference closes at least 40% of the identity distance"]
    assert not weak["the right reference closes at least 40% of the identity distance"]
    assert not weak["the right reference is worth at least 20 points over none"]
    assert good["a wrong reference never raises likeness to the wrong person"]
    assert not stolen["a wrong reference never raises likeness to the wrong person"]
    assert not good["with a reference: fine detail at least 60% of the truth's"]  # 0.5


def test_few_subjects_are_measured_by_blocks_and_missing_rows_by_those_who_have_them():
    few = [one for one in made() if one.subject in ("s0", "s1")]
    lonely = [result("s9", row, 0.9) for row in ("truth", "input", "bicubic", "none")]
    (section,) = sections([*few, *lonely], [NONE, RIGHT])
    assert section.table.subjects == ("s0", "s1")
    assert section.table.unit == "half-second block"
    line = section.table.line("right")
    assert line is not None and list(line.intervals) == ["ids_dlib"]  # the one that is known frame by frame
    assert section.everyone.subjects == ("s0", "s1", "s9")
    assert section.everyone.line("right") is None
    assert "x8, every subject: 3 subjects" in as_text([section])


# The whole command


def untrained_identity(path: Path, photo: Path) -> Path:
    """An identity pack that was made and changes nothing: its LoRA is as it starts."""
    folder = packs.resources() / "packs" / "compact"
    pack, manifest = packs.check_pack(folder), packs.read_manifest(folder)
    analyser = open_face_analyser(1)
    reference = load_references((photo,), analyser).set.photos[0]
    lora = Lora(open_compact(folder, manifest, torch.device("cpu"), torch.float32).model, 2)
    scores = IdentityScores("dlib", "x", 0.9, 0.9, 0.9, 0.8, 20, 20)
    record = PhotoRecord(photo.name, packs.file_hash(photo))
    weights = manifest.files[packs.WEIGHTS]
    said = IdentityManifest(FORMAT, "anna", "0", pack.name, weights, (record,), (), 2, 1, 0, scores)
    save_identity(path, said, (aligned_photo(reference, analyser, KEPT_PX),), lora.tensors())
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    pytest.importorskip("dlib")
    folder = tmp_path_factory.mktemp("set")
    film(folder / "anna_gt.mp4", portrait_film(1), frames=4)
    photograph(folder / "anna_ref0.jpg", 1)
    photograph(folder / "bert_ref0.jpg", 3)
    entry = {
        "name": "anna", "truth": "anna_gt.mp4", "references": ["anna_ref0.jpg"],
        "wrong_references": ["bert_ref0.jpg"], "groups": {"age_group": "adult"},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"subjects": [entry]}))
    words = ["evaluate", folder, "-o", folder / "out", "--factors", "4", "--seeds", "1", "--every", "2", "--threads", 1]
    untrained_identity(folder / "anna.identity.safetensors", folder / "anna_ref0.jpg")
    words += ["--kinds", "right,identity", "--identities", folder, "--row", "untouched=--strength 0"]
    return folder, words, likeness(*words, cache=folder / "cache")


def test_the_command_measures_every_row_and_a_row_of_strength_nought_is_the_input(report):
    folder, _, outcome = report
    assert outcome.status == 0, outcome.errors
    rows = {row["row"]: row for row in csv.DictReader((folder / "out" / "table.csv").open())}
    assert list(rows) == ["truth", "input", "bicubic", "right reference", "identity pack", "untouched"]
    assert float(rows["truth"]["ids_dlib"]) == pytest.approx(1, abs=1e-6)
    assert float(rows["truth"]["psnr_db"]) == 100
    assert float(rows["truth"]["flicker"]) == 0
    assert float(rows["truth"]["landmarks"]) == 0
    assert float(rows["untouched"]["psnr_db"]) == pytest.approx(float(rows["input"]["psnr_db"]), abs=0.02)
    assert float(rows["untouched"]["ids_dlib"]) == pytest.approx(float(rows["input"]["ids_dlib"]), abs=1e-3)
    assert float(rows["right reference"]["psnr_db"]) != pytest.approx(float(rows["input"]["psnr_db"]), abs=1e-3)
    for field, apart in (("psnr_db", 0.05), ("ids_dlib", 0.01)):  # an identity pack keeps photographs in 8 bits
        assert float(rows["identity pack"][field]) == pytest.approx(float(rows["right reference"][field]), abs=apart)
    assert float(rows["input"]["closed_dlib"]) == 0
    assert float(rows["input"]["features"]) > 0.05
    assert "right reference" in outcome.output


def test_the_page_needs_nothing_else_and_shows_every_row(report):
    folder, _, _ = report
    page = (folder / "out" / "index.html").read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert page.count("data:image/png;base64,") >= 5
    assert "untouched" in page


def test_the_same_command_again_uses_what_is_finished_and_another_setting_does_not(report):
    folder, words, outcome = report
    record = folder / "out" / "results.jsonl"
    before = record.read_bytes()
    again = likeness(*words, cache=folder / "cache")
    assert again.output == outcome.output
    assert record.read_bytes() == before
    fewer = [folder, "-o", folder / "out", "--factors", "4", "--kinds", "", "--seeds", "1", "--threads", 1]
    assert likeness("evaluate", *fewer, "--every", "3", cache=folder / "cache").status == 0
    assert len(record.read_bytes().splitlines()) == len(before.splitlines()) + 3  # the baselines


def test_what_cannot_be_measured_is_left_out_and_said(tmp_path):
    pytest.importorskip("dlib")
    film(tmp_path / "anna_gt.mp4", portrait_film(1), frames=1)
    film(tmp_path / "empty_gt.mp4", room_film, frames=2)
    cv2.imwrite(str(tmp_path / "anna_ref0.jpg"), np.full((200, 200, 3), 128, np.uint8))  # shows nobody
    words = ["evaluate", tmp_path, "-o", tmp_path / "out", "--factors", "4", "--seeds", "1", "--threads", 1]
    outcome = likeness(*words, "--kinds", "right", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    assert "left out: anna x4, right reference: no face was found in the reference anna_ref0.jpg" in outcome.errors
    assert "left out: empty x4" in outcome.errors
    assert "Left out" in (tmp_path / "out" / "index.html").read_text()
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").open()))
    assert [row["row"] for row in rows] == ["truth", "input", "bicubic"]
    assert [row["subjects"] for row in rows] == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--kinds", "left"], "input.kinds"),
        (["--row", "x"], "input.row"),
        (["--row", "input=--strength 0"], "input.row"),  # one that there is
        (["--pack", "a/compact", "b/compact"], "input.row"),
        (["--only", "nobody"], "evaluate.nobody"),
        (["--seeds", "0"], "input.count"),
    ],
)
def test_a_wrong_request_is_said(report, words, code):
    folder, _, _ = report
    outcome = likeness("evaluate", folder, "-o", folder / "out2", *words, cache=folder / "cache")
    assert outcome.status == 2
    assert outcome.code == code
