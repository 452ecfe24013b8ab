"""Every kind of bad input: one line, a hint, an exit status of its own, nothing lost; and what is no error at all."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.media import to_float, to_integers

from tests.core.conftest import Set
from tests.core.footage import Recipe, make_movie
from tests.core.openpeople_footage import portrait, put, room, selfie
from tests.core.restoring import (
    Outcome,
    decoded,
    ended,
    film,
    likeness,
    pair_film,
    photograph,
    portrait_film,
    room_film,
    start,
    tree,
)

REQUEST, MEDIA, FACES, REFERENCE, PACK, DEVICE = 2, 3, 4, 5, 6, 7


def refused(outcome: Outcome, status: int, code: str) -> None:
    """The command failed as it should: a line, a hint, no traceback."""
    assert (outcome.status, outcome.code) == (status, code), outcome.errors
    assert "Traceback" not in outcome.errors
    said = [line for line in outcome.errors.splitlines() if line.strip()]
    message = [line for line in said if line.startswith("likeness: ")]
    hint = [line for line in said if line.startswith("  hint: ")]
    assert len(message) == len(hint) == 1
    assert len(hint[0]) > len(f"  hint:   [{code}]") + 5


def restore(
    given: Set, out: Path, *more: object, source: Path | None = None, photos: list[Path] | None = None
) -> Outcome:
    """The command in this process, with other footage or photographs."""
    photographs = photos if photos is not None else [given.photo]
    return likeness(
        "restore", source or given.film, "--reference", *photographs, "--pack", given.pack, "--threads", 1,
        "--range", "0:3", "--no-fading", "-o", out, *more, cache=out.parent / "cache",
    )  # fmt: skip


def truncated_movie(folder: Path) -> Path:
    path = make_movie(folder / "cut.mp4", Recipe())
    path.write_bytes(path.read_bytes()[:-900])  # the index stands at the end
    return path


def text_movie(folder: Path) -> Path:
    path = folder / "notes.mov"
    path.write_text("This is not a movie.\n" * 40)
    return path


def empty_movie(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def sound_movie(folder: Path) -> Path:
    import av

    path = folder / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        for start_at in range(0, 48000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, start_at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder: folder / "nowhere.mov", "media.not_found"),
        (lambda folder: folder, "media.is_directory"),
        (empty_movie, "media.empty"),
        (truncated_movie, "media.truncated"),
        (text_movie, "media.not_media"),
        (sound_movie, "media.no_video"),
    ],
    ids=["missing", "folder", "zero bytes", "truncated", "text", "sound only"],
)
def test_footage_that_is_none(portrait_set: Set, tmp_path: Path, make, code: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "in").mkdir()
    refused(restore(portrait_set, tmp_path / "out", source=make(tmp_path / "in")), MEDIA, code)
    assert not (tmp_path / "out").exists()
    assert likeness("analyse", make(tmp_path / "in"), cache=tmp_path / "cache").code == code


def no_face(folder: Path) -> Path:
    cv2.imwrite(str(folder / "wall.png"), room(300, 300))
    return folder / "wall.png"


def two_faces(folder: Path) -> Path:
    cv2.imwrite(str(folder / "two.jpg"), np.hstack([selfie(1), selfie(2)])[:, :, ::-1])
    return folder / "two.jpg"


def too_small(folder: Path) -> Path:
    cv2.imwrite(str(folder / "small.png"), put(room(200, 200), portrait(1), 40, 40, 100)[:, :, ::-1])
    return folder / "small.png"


def text_photo(folder: Path) -> Path:
    (folder / "letter.jpg").write_text("Dear editor, here is her photograph.")
    return folder / "letter.jpg"


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (no_face, REFERENCE, "reference.no_face"),
        (two_faces, REFERENCE, "reference.several_faces"),
        (too_small, REFERENCE, "reference.too_small"),
        (text_photo, REFERENCE, "reference.unreadable"),
        (lambda folder: folder / "nowhere.jpg", REQUEST, "input.no_photo"),
    ],
    ids=["no face", "several faces", "too small", "unreadable", "missing"],
)
def test_photographs_that_cannot_serve(portrait_set: Set, tmp_path: Path, make, status: int, code: str) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    outcome = restore(portrait_set, out, photos=[portrait_set.photo, make(tmp_path)])
    refused(outcome, status, code)
    assert "finding faces" not in outcome.errors  # told before the footage is looked through
    assert not out.exists() or not tree(out)


def test_another_photograph_after_one_that_cannot_serve_is_a_new_job(portrait_set: Set, tmp_path: Path) -> None:
    refused(restore(portrait_set, tmp_path / "out", photos=[no_face(tmp_path)]), REFERENCE, "reference.no_face")
    for more in ([], ["--resume"]):
        again = restore(portrait_set, tmp_path / "out", *more)
        assert again.status == 0, again.errors


def test_a_photograph_that_cannot_serve_does_not_cost_an_earlier_result(portrait_set: Set, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert restore(portrait_set, out).status == 0
    before = tree(out)
    refused(restore(portrait_set, out, "--overwrite", photos=[no_face(tmp_path)]), REFERENCE, "reference.no_face")
    assert tree(out) == before


def test_a_photograph_of_nobody_in_the_footage_names_the_nearest(portrait_set: Set, tmp_path: Path) -> None:
    source = film(tmp_path / "pair.mp4", pair_film, 3)
    stranger = photograph(tmp_path / "stranger.jpg", person=8)
    outcome = restore(portrait_set, tmp_path / "out", source=source, photos=[stranger])
    refused(outcome, FACES, "face.no_match")
    assert "nearest is person" in outcome.errors and "--person" in outcome.errors
    chosen = restore(portrait_set, tmp_path / "out", "--person", "1", source=source, photos=[stranger])
    assert chosen.status == 0, chosen.errors


def test_a_lone_person_takes_another_ones_photograph_with_a_warning(portrait_set: Set, tmp_path: Path) -> None:
    stranger = photograph(tmp_path / "stranger.jpg", person=7)
    outcome = restore(portrait_set, tmp_path / "out", photos=[stranger])
    assert outcome.status == 0, outcome.errors
    assert "warning: " in outcome.errors and "does not look like the reference" in " ".join(outcome.errors.split())
    assert "does not look like the reference" in (tmp_path / "out" / "sidecar.json").read_text()


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (["--range", "10:99"], REQUEST, "input.range"),
        (["--range", "soon"], REQUEST, "input.range"),
        (["--range", "2:2"], REQUEST, "input.range"),
        (["--person", "9"], FACES, "face.unknown_person"),
        (["--person", "0"], FACES, "face.unknown_person"),
        (["--person", "Anna"], REQUEST, "input.person"),
        (["--person", "²"], REQUEST, "input.person"),
        (["--name", "../reel"], REQUEST, "input.name"),
        (["--name", "reel."], REQUEST, "input.name"),
        (["--rate", "25"], REQUEST, "input.rate"),
        (["--device", "mps" if sys.platform != "darwin" else "cuda"], DEVICE, "device.missing"),
        (["--device", "toaster"], DEVICE, "device.unknown"),
    ],
    ids=str,
)
def test_options_that_do_not_fit(portrait_set: Set, tmp_path: Path, options: list[str], status: int, code: str) -> None:
    outcome = restore(portrait_set, tmp_path / "out", *options)
    refused(outcome, status, code)


@pytest.mark.parametrize(
    "options",
    [
        ["--strength", "1.5"],
        ["--steps", "3"],
        ["--format", "gif"],
        ["--scale", "3"],
        ["--seed", "x"],
        ["--seed", "-1"],
        ["--threads", "-1"],
        ["--threads", "99999"],
        ["--no-reference"],
    ],
    ids=" ".join,
)
def test_options_that_are_none(portrait_set: Set, tmp_path: Path, options: list[str]) -> None:
    outcome = restore(portrait_set, tmp_path / "out", *options)
    assert outcome.status == REQUEST and "usage: likeness restore" in outcome.errors
    assert not (tmp_path / "out").exists()


def test_a_result_is_never_written_over_unasked(portrait_set: Set, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert restore(portrait_set, out).status == 0
    before = tree(out)
    for more in ([], ["--seed", "2"]):
        outcome = restore(portrait_set, out, *more)
        refused(outcome, MEDIA, "output.exists")
        assert "--overwrite" in outcome.errors
    assert tree(out) == before
    assert restore(portrait_set, out, "--overwrite", "--seed", "2").status == 0
    assert tree(out) != before


def test_other_files_in_the_folder_stay(portrait_set: Set, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "frames").mkdir(parents=True)
    (out / "notes.txt").write_text("keep me")
    (out / "frames" / "other.000001.exr").write_text("keep me too")
    refused(restore(portrait_set, out), MEDIA, "output.exists")
    refused(restore(portrait_set, out, "--resume"), MEDIA, "output.exists")
    assert restore(portrait_set, out, "--overwrite").status == 0
    assert (out / "notes.txt").read_text() == "keep me"
    assert (out / "frames" / "other.000001.exr").read_text() == "keep me too"


def test_overwriting_leaves_nothing_of_the_result_before(portrait_set: Set, tmp_path: Path) -> None:
    out = tmp_path / "out"
    other = film(tmp_path / "take [2].v1.mp4", portrait_film(), 3)
    assert restore(portrait_set, out, "--matte", source=other).status == 0
    assert restore(portrait_set, out, "--overwrite").status == 0
    assert {name.split(".")[0] for name in tree(out)} == {"frames/reel", "sidecar", "sheet", "identity"}


def test_an_output_that_is_a_file(portrait_set: Set, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for more in ([], ["--overwrite"]):
        refused(restore(portrait_set, tmp_path / "out", *more), MEDIA, "output.exists")
    refused(restore(portrait_set, tmp_path / "out" / "below"), MEDIA, "output.not_writable")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_name_that_no_file_can_have(portrait_set: Set, tmp_path: Path) -> None:
    refused(restore(portrait_set, tmp_path / ("x" * 300)), MEDIA, "output.not_writable")


def test_the_folder_of_the_source_is_no_output(portrait_set: Set, tmp_path: Path) -> None:
    source = shutil.copy(portrait_set.film, tmp_path / "reel.mov")
    before = source.read_bytes()
    refused(restore(portrait_set, tmp_path, "--overwrite", source=source), MEDIA, "output.holds_source")
    assert source.read_bytes() == before


def test_a_folder_that_may_not_be_written(portrait_set: Set, tmp_path: Path) -> None:
    with read_only(tmp_path / "closed"):
        refused(restore(portrait_set, tmp_path / "closed" / "out"), MEDIA, "output.not_writable")
        refused(restore(portrait_set, tmp_path / "closed"), MEDIA, "output.not_writable")


def test_a_cache_that_may_not_be_written(portrait_set: Set, tmp_path: Path) -> None:
    with read_only(tmp_path / "closed"):
        options = portrait_set.options(tmp_path / "out")
        outcome = likeness("restore", portrait_set.film, *options, cache=tmp_path / "closed" / "cache")
        refused(outcome, MEDIA, "media.not_writable")
        assert "LIKENESS_CACHE" in outcome.errors


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody may write to, not even root."""
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    with small_disk(folder, "1M,ro"):
        yield


@contextlib.contextmanager
def small_disk(folder: Path, options: str) -> Iterator[None]:
    """A file system of its own; skips where none may be mounted."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={options}", "tmpfs", str(folder)]
    if (
        os.name == "nt"
        or not shutil.which("mount")
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("full", "format", "size_kb"),
    [
        ("output", "exr", 300),
        ("output", "png16", 300),
        ("output", "prores", 60),
        ("cache", "prores", 400),
    ],
)
def test_a_full_disk_loses_nothing(
    portrait_set: Set, tmp_path: Path, whole: dict[str, dict[str, bytes]], full: str, format: str, size_kb: int
) -> None:
    with small_disk(tmp_path / "disk", f"{size_kb}k"):
        out = tmp_path / ("disk" if full == "output" else "elsewhere") / "out"
        cache = tmp_path / ("disk" if full == "cache" else "elsewhere") / "cache"
        command = [*portrait_set.restore(out), "--no-fading", "--range", "0:6", "--format", format]
        refused(likeness(*command, cache=cache), MEDIA, "media.no_space")
        assert not [name for name in tree(tmp_path / "disk") if name.endswith((".part", ".partial"))]
        subprocess.run(["mount", "-o", "remount,size=50M", str(tmp_path / "disk")], check=True)
        resumed = likeness(*command, "--resume", cache=cache)
        assert resumed.status == 0, resumed.errors
        if format not in whole:
            command = [*portrait_set.restore(tmp_path / "whole"), *command[-5:]]
            assert likeness(*command, cache=tmp_path / "cache").status == 0
            whole[format] = tree(tmp_path / "whole")
        assert tree(out) == whole[format]


@pytest.fixture(scope="module")
def whole() -> dict[str, dict[str, bytes]]:
    """What a run on a large enough disk left, by format, as soon as it is known."""
    return {}


@pytest.mark.parametrize("most_bytes", [40_000, 100_000], ids=["of the job folder", "the sheet"])
def test_files_that_may_not_grow(portrait_set: Set, tmp_path: Path, most_bytes: int) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    out = tmp_path / "out"
    command = [*portrait_set.restore(out), "--no-fading", "--range", "0:3"]
    stopped = ended(start(*command, cache=tmp_path / "cache", preexec_fn=small_files))
    refused(stopped, MEDIA, "media.no_space")
    assert not [name for name in tree(out) if "part" in name]
    assert likeness(*command, "--resume", cache=tmp_path / "cache").status == 0


def test_frames_that_may_not_grow(portrait_set: Set, tmp_path: Path) -> None:
    """Larger than anything else that is written before them; OpenEXR does not say that it is for want of room."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    def wide(number: int) -> npt.NDArray[np.uint8]:
        return cv2.copyMakeBorder(portrait_film()(number), 120, 120, 160, 160, cv2.BORDER_REFLECT)

    source, out = film(tmp_path / "wide.mov", wide, frames=2), tmp_path / "out"
    command = ["restore", str(source), *portrait_set.options(out), "--no-fading"]
    refused(ended(start(*command, cache=tmp_path / "cache", preexec_fn=small_files)), MEDIA, "media.write_failed")
    assert not [name for name in tree(out) if "part" in name]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda pack: (pack / "weights.safetensors").write_bytes(b"x"), "pack.tampered"),
        (lambda pack: (pack / "weights.safetensors").unlink(), "pack.missing"),
        (lambda pack: (pack / "manifest.json").write_text("{"), "pack.format"),
        (shutil.rmtree, "pack.missing"),
    ],
    ids=["tampered", "no weights", "manifest damaged", "no pack"],
)
def test_damaged_packs(portrait_set: Set, tmp_path: Path, damage, code: str) -> None:  # type: ignore[no-untyped-def]
    pack = shutil.copytree(portrait_set.pack, tmp_path / "pack")
    damage(pack)
    outcome = likeness(
        "restore", portrait_set.film, "--reference", portrait_set.photo, "--pack", pack, "-o", tmp_path / "out",
        cache=tmp_path / "cache",
    )  # fmt: skip
    refused(outcome, PACK, code)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(16, 16), (18, 30), (131, 97)], ids=str)
@pytest.mark.parametrize("frames", [1, 2])
def test_small_and_odd_frames_are_no_errors(
    portrait_set: Set, tmp_path: Path, size: tuple[int, int], frames: int
) -> None:
    def picture(number: int) -> npt.NDArray[np.uint8]:
        width, height = size
        return put(room(width, height), portrait(1), 0, 0, min(size)) if min(size) > 64 else room(width, height)

    source = film(tmp_path / "reel.mkv", picture, frames, codec="ffv1", pixel_format="yuv444p", options={})
    for format in ("tiff16", "prores", "h264"):
        out = tmp_path / format
        outcome = likeness(
            "restore",
            source,
            *portrait_set.options(out),
            "--strength",
            "0",
            "--format",
            format,
            cache=tmp_path / "cache",
        )
        assert outcome.status == 0, outcome.errors
    written = sorted((tmp_path / "tiff16" / "frames").iterdir())
    assert len(written) == frames
    for path, frame in zip(written, decoded(source), strict=True):
        numbers = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert numbers is not None
        np.testing.assert_array_equal(numbers[..., ::-1], to_integers(to_float(frame.pixels), 16))


def test_a_face_in_a_single_frame_is_restored(portrait_set: Set, tmp_path: Path) -> None:
    source = film(
        tmp_path / "reel.mkv", portrait_film(size=(131, 121)), 1, codec="ffv1", pixel_format="yuv444p", options={}
    )
    outcome = likeness(
        "restore", source, *portrait_set.options(tmp_path / "out"), "--no-fading", "--scale", "4", "--matte",
        cache=tmp_path / "cache",
    )  # fmt: skip
    assert outcome.status == 0, outcome.errors
    assert "1 of 1 frames restored" in outcome.errors


def test_nobody_is_no_error_whatever_the_person(portrait_set: Set, tmp_path: Path) -> None:
    source = film(tmp_path / "room.mp4", room_film, 2)
    for number, more in enumerate((["--person", "all"], ["--person", "auto"])):
        out = tmp_path / str(number)
        outcome = likeness("restore", source, *portrait_set.options(out), *more, cache=tmp_path / "cache")
        assert outcome.status == 0, outcome.errors
