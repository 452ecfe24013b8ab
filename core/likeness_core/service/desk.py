"""Carries out what the panel asks for beside jobs. Each request imports what it needs: looking needs no torch."""

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness_core import protocol as p
from likeness_core.api import Progress
from likeness_core.errors import InputError, ModelPackError
from likeness_core.service.submission import absolute, check_machine, checked_cuts, checked_dissolves, frames_of

if TYPE_CHECKING:
    from likeness_core.service.analyses import KeptAnalysis
    from likeness_core.service.pictures import OpenMovies
    from likeness_core.service.warm import WarmNetworks

Long = Generator[Progress, None, Any]


class Desk:
    """Answers requests. Those of one lane come from one thread; `movies` and networks are never shared by two."""

    def __init__(self) -> None:
        self._networks: WarmNetworks | None = None
        self._movies: dict[str, OpenMovies] = {}

    def answer(self, method: str, params: Any, picture: Callable[[tuple[int, str]], None]) -> Any:
        """An answer, or a generator that returns it; `picture` is told of every picture. Raises LikenessError."""
        answers: dict[str, Callable[[], Any]] = {
            "doctor": _doctor,
            "packs": _packs,
            "probe": lambda: _probe(params),
            "analyse": lambda: self._analyse(params),
            "frames": lambda: self._frames(params, picture),
            "references/check": lambda: self._check(params),
            "references/suggest": lambda: self._suggest(params),
            "preview": lambda: self._preview(params),
            "identity/create": lambda: _create_identity(params),
        }
        return answers[method]()

    def _frames(self, params: p.FramesParams, picture: Callable[[tuple[int, str]], None]) -> Long:
        from likeness_core.service.pictures import make_room, write_pictures

        if "frames" not in self._movies:
            make_room()
        return write_pictures(params, self._open_movies("frames"), picture)

    def _check(self, params: p.CheckReferencesParams) -> p.CheckReferencesResult:
        from likeness_core.service.reference_reports import check_references

        return check_references(params.paths, self._warm().finder(params.machine))

    def _preview(self, params: p.PreviewParams) -> Long:
        from likeness_core.service.preview import preview

        return preview(params, self._warm(), self._open_movies("preview"))

    def _analyse(self, params: p.AnalyseParams) -> Long:
        from likeness_core.service.analyses import report

        return (yield from report((yield from self._analysed(params.footage, params.machine))))

    def _suggest(self, params: p.SuggestReferencesParams) -> Long:
        from likeness_core.service.analyses import stills_of

        if not 1 <= params.count <= 20:
            raise InputError("input.setting", f"count is {params.count}", "It must be from 1 to 20.")
        kept = yield from self._analysed(params.footage, params.machine)
        return p.SuggestReferencesResult((yield from stills_of(kept, params.person, params.count)))

    def _analysed(self, footage: p.Footage, machine: p.Machine) -> "Generator[Progress, None, KeptAnalysis]":
        from likeness_core.service.analyses import Analysed, edit_cuts, make_analysis

        check_machine(machine)
        media = self._open_movies("preview").media(absolute(footage.source, "source"), footage.rate)
        frames = frames_of(footage, media)
        cuts = edit_cuts(checked_cuts(footage.cuts, frames), checked_dissolves(footage.dissolves))
        through = checked_cuts(footage.through_edits, frames)
        wanted = Analysed(media, frames, cuts, through, machine.insightface or "")
        return (yield from make_analysis(wanted, self._warm().finder(machine)))

    def _warm(self) -> "WarmNetworks":
        if self._networks is None:
            from likeness_core.service.warm import WarmNetworks

            self._networks = WarmNetworks()
        return self._networks

    def _open_movies(self, lane: str) -> "OpenMovies":
        if lane not in self._movies:
            from likeness_core.service.pictures import OpenMovies

            self._movies[lane] = OpenMovies()
        return self._movies[lane]


def _create_identity(params: p.CreateIdentityParams) -> Long:
    from likeness_core.identity import create_identity
    from likeness_core.service.submission import identity_request

    made = yield from create_identity(identity_request(params))
    scores = made.scores
    return p.CreateIdentityResult(
        made.path, scores.judge, scores.held_out, scores.degraded, scores.before, scores.after, made.warnings
    )


def _probe(params: p.ProbeParams) -> p.ProbeResult:
    from likeness_core.media import probe
    from likeness_core.timing import parse_rate

    return p.ProbeResult(probe(absolute(params.path, "path"), parse_rate(params.rate) if params.rate else None))


def _doctor() -> p.DoctorResult:
    import torch

    from likeness_core.doctor import examine

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return p.DoctorResult(tuple(examine()), tuple(name for name, is_there in there.items() if is_there))


def _packs() -> p.PacksResult:
    from likeness_core import packs
    from likeness_core.request import PACK

    folders = sorted(packs.find_packs(), key=lambda folder: folder.name != PACK)
    return p.PacksResult(tuple(map(_pack, folders)))


def _pack(folder: Path) -> p.PackReport:
    from likeness_core import packs

    name = os.path.basename(folder)
    try:
        manifest = packs.read_manifest(folder)
    except ModelPackError as error:
        return p.PackReport(name, str(folder), "", (), None, p.data_of(error))
    try:
        pack = packs.check_pack(folder)
    except ModelPackError as error:
        return p.PackReport(name, str(folder), manifest.backbone, manifest.sides_px, None, p.data_of(error))
    return p.PackReport(name, str(folder), manifest.backbone, manifest.sides_px, pack, None)
