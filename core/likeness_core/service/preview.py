"""One frame restored in seconds: as a job would, but for what windows far from the frame would add.

A few frames around it are restored as one window, so that the network sees motion. Where the footage was analysed,
its tracks are used; else only those few frames are. Networks stay loaded between previews.
"""

import hashlib
import tempfile
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core import __version__
from likeness_core.analyse import Analysis, analyse
from likeness_core.api import FrameRange, Media, OutputSpec, Progress, RestorationJob, Shot, SourceFile
from likeness_core.cast import Cast, choose_cast, read_references
from likeness_core.device import choose_device, choose_dtype
from likeness_core.errors import InputError
from likeness_core.evidence import FaceScore
from likeness_core.jobs import cache_folder, write_whole
from likeness_core.media import Frame, Pixels
from likeness_core.media.write import make_folder
from likeness_core.protocol import PreviewFace, PreviewParams, PreviewResult
from likeness_core.render import Renderer, Unit
from likeness_core.rendering import look_of
from likeness_core.request import check_or_default_pack
from likeness_core.service.analyses import Analysed, edit_cuts, kept_analysis, make_analysis
from likeness_core.service.pictures import OpenMovies, display_picture, display_size
from likeness_core.service.submission import absolute, check_machine, check_settings, frames_of, with_edit
from likeness_core.service.warm import WarmNetworks

_AROUND: Final = 2  # frames on either side: with 1 the face shimmers from preview to preview, more is only slower
_MOST_KEPT: Final = 40  # previews in the cache

_ONE_WINDOW: Final = 0


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a preview works on."""

    job: RestorationJob
    frame: int
    shot: Shot
    analysis: Analysis  # of the shot
    folder: Path  # of the landmarks
    numbered: bool  # whether people have the numbers of an analysis of the whole footage


@dataclass(frozen=True, slots=True, eq=False)
class _Restored:
    """The frame, done."""

    rgb: npt.NDArray[np.float32]  # (H, W, 3)
    scores: tuple[FaceScore, ...]


def preview(
    params: PreviewParams, networks: WarmNetworks, movies: OpenMovies
) -> Generator[Progress, None, PreviewResult]:
    """Restore one frame; yields at every step. Raises every error that a job for it would."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="likeness-") as scratch:
        scene = yield from _scene(params, networks, movies, Path(scratch))
        finder = networks.finder(params.machine)
        cast = choose_cast(scene.job, read_references(scene.job, finder), scene.analysis, finder, scene.folder)
    window = FrameRange(max(0, scene.frame - _AROUND), scene.frame + _AROUND + 1).intersection(scene.shot.frames)
    frames = {i: Frame(i, movies.pixels(scene.job.media, i), i / scene.job.media.rate) for i in window.frames()}
    finished = yield from _restored(scene, cast, frames, networks)
    before, after = _write(params, scene, frames[scene.frame].pixels, finished)
    return PreviewResult(
        scene.frame, before, after, _faces(scene, finished), cast.warnings, round(time.monotonic() - started, 2)
    )


def _scene(
    params: PreviewParams, networks: WarmNetworks, movies: OpenMovies, scratch: Path
) -> Generator[Progress, None, _Scene]:
    """The shot around the frame, and who is in it."""
    check_settings(params.settings)
    check_machine(params.machine)
    if params.longest_side_px and not 16 <= params.longest_side_px <= 16384:
        raise InputError(
            "input.setting", f"longest_side_px is {params.longest_side_px}", "It must be 0, or 16 to 16384."
        )
    media = movies.media(absolute(params.footage.source, "source"), params.footage.rate)
    frames = frames_of(params.footage, media)
    if params.frame not in frames:
        hint = f"Choose one of {frames.start} to {frames.stop - 1}."
        raise InputError("input.range", f"frame {params.frame} is not in the range", hint)
    job = _job(params, media, frames)
    finder = networks.finder(params.machine)
    wanted = Analysed(
        media, frames, edit_cuts(job.cuts, job.dissolves), job.through_edits, params.machine.insightface or ""
    )
    kept = kept_analysis(wanted)
    if kept is None and params.person.isdecimal():
        kept = yield from make_analysis(wanted, finder)
    if kept is not None:
        return _in_shot(job, params.frame, kept.analysis, kept.folder, numbered=True)
    near = FrameRange(max(0, params.frame - _AROUND), params.frame + _AROUND + 1).intersection(frames)
    cuts = tuple(cut for cut in wanted.cuts if cut in near)
    through = tuple(frame for frame in job.through_edits if frame in near)
    found = yield from analyse(media, near, cuts, finder, scratch, through_edits=through)
    return _in_shot(job, params.frame, found, scratch, numbered=False)


def _in_shot(job: RestorationJob, frame: int, analysis: Analysis, folder: Path, numbered: bool) -> _Scene:
    shot = next(shot for shot in analysis.shots if frame in shot.frames)
    tracks = tuple(track for track in analysis.tracks if track.shot == shot.number)
    return _Scene(job, frame, shot, replace(analysis, tracks=tracks), folder, numbered)


def _job(params: PreviewParams, media: Media, frames: FrameRange) -> RestorationJob:
    """What a job would be asked for; nothing is hashed but the pack."""
    if params.person not in ("auto", "all") and not params.person.isdecimal():
        hint = "Use auto, all, or a number of the analysis."
        raise InputError("input.person", f"'{params.person[:40]}' names nobody", hint)
    machine = params.machine
    device = choose_device(machine.device)
    job = RestorationJob(
        version=__version__,
        media=media,
        source=SourceFile(media.path, 0, 0, ""),
        frames=frames,
        references=tuple(str(absolute(path, "references")) for path in params.references),
        reference_hashes=("",) * len(params.references),
        person=params.person,
        settings=params.settings,
        output=OutputSpec("", "preview"),
        pack=check_or_default_pack(absolute(machine.pack, "pack") if machine.pack else None),
        device=str(device),
        dtype=str(choose_dtype(device)).removeprefix("torch."),
        threads=machine.threads,
        face_models=machine.insightface or "",
        identity=str(absolute(params.identity, "identity")) if params.identity else "",
    )
    return with_edit(job, params.footage)


def _restored(
    scene: _Scene, cast: Cast, frames: dict[int, Frame], networks: WarmNetworks
) -> Generator[Progress, None, _Restored]:
    unit = Unit(
        _ONE_WINDOW, scene.shot.number, FrameRange(min(frames), max(frames) + 1),
        FrameRange(scene.frame, scene.frame + 1), True,
    )  # fmt: skip
    works = cast.tracks and scene.job.settings.strength
    restorers = {scene.job.identity: networks.restorer(scene.job)} if works else {}
    renderer = Renderer(restorers, networks.analyser(), look_of(scene.job), cast.tracks)
    with closing(renderer.run(unit, frames, {})) as window:
        while True:
            try:
                next(window)
            except StopIteration as stop:
                finished = next(iter(stop.value[1]))
                return _Restored(finished.rgb, finished.scores)
            yield Progress("restore", 0, 1)


def _faces(scene: _Scene, finished: _Restored) -> tuple[PreviewFace, ...]:
    person_of = {number: person.number for person in scene.analysis.people for number in person.tracks}
    boxes = {
        person_of.get(track.number, 0): face.box
        for track in scene.analysis.tracks
        for face in track.faces
        if face.frame == scene.frame
    }
    return tuple(
        PreviewFace(
            score.person if scene.numbered else 0,
            boxes.get(score.person, (0.0, 0.0, 0.0, 0.0)),
            round(score.source, 4),
            round(score.result, 4),
            round(score.trust, 4),
        )
        for score in finished.scores
    )


def _write(params: PreviewParams, scene: _Scene, source: Pixels, finished: _Restored) -> tuple[str, str]:
    """The two pictures, PNG."""
    media = scene.job.media
    size = display_size(media, params.longest_side_px, scene.job.settings.scale)
    root = cache_folder() / "previews"
    key = hashlib.sha256(repr((params, time.time_ns())).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = root / f"{scene.frame:06d}-{key}"
    make_folder(folder)
    for name, pixels in (("before", source), ("after", finished.rgb)):
        picture = np.ascontiguousarray(display_picture(pixels, media, size)[..., ::-1])
        # Level 1: 1080p in 60 ms in place of 200, for a tenth more bytes.
        write_whole(
            folder / f"{name}.png", cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        )
    for old in sorted(root.iterdir(), key=lambda one: -one.stat().st_mtime)[_MOST_KEPT:]:
        rmtree(old, ignore_errors=True)
    return str(folder / "before.png"), str(folder / "after.png")
