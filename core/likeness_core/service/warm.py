"""Networks that stay loaded between requests: the first preview waits for them, the next ones do not. One thread."""

from pathlib import Path

import torch

from likeness_core.api import RestorationJob
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.protocol import Machine
from likeness_core.restore import face_finder
from likeness_core.restorer.identity_pack import identity_of
from likeness_core.restorer.pipeline import Restorer
from likeness_core.service.submission import absolute, check_machine


class WarmNetworks:
    """The last networks of each kind that were asked for."""

    def __init__(self) -> None:
        self._analyser: FaceAnalyser | None = None
        self._finder: tuple[str, FaceAnalyser] | None = None
        self._restorer: tuple[tuple[str, ...], Restorer] | None = None

    def analyser(self) -> FaceAnalyser:
        """The networks that ship, each of one thread: many faces are looked at at once."""
        if self._analyser is None:
            self._analyser = open_face_analyser(1)
        return self._analyser

    def finder(self, machine: Machine) -> FaceAnalyser:
        """What finds faces and tells people apart. Raises ModelPackError, InputError."""
        check_machine(machine)
        if not machine.insightface:
            return self.analyser()
        folder = str(absolute(machine.insightface, "insightface"))
        if self._finder is None or self._finder[0] != folder:
            found = face_finder(folder, 1)
            assert found is not None
            self._finder = folder, found
        return self._finder[1]

    def restorer(self, job: RestorationJob) -> Restorer:
        """The restorer of the first role of a job, whose pack was checked. Raises ModelPackError."""
        identity = identity_of(job.roles[0], job.pack)
        lora = identity.lora if identity else None
        key = (job.pack.sha256, job.device, job.dtype, identity.sha256 if identity and lora else "")
        if self._restorer is None or self._restorer[0] != key:
            device, dtype = torch.device(job.device), getattr(torch, job.dtype)
            restorer = Restorer(Path(job.pack.path), device, dtype, lora)
            self._restorer = key, restorer
        return self._restorer[1]
