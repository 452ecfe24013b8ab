"""Networks that stay loaded between requests: the first preview waits for them, the next ones do not. One thread."""

from pathlib import Path

import torch

from likeness_core.api import RestorationJob
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.protocol import Machine
from likeness_core.restore import face_finder
from likeness_core.restorer.pipeline import Restorer
from likeness_core.submission import absolute, check_machine


class WarmNetworks:
    """The last networks of each kind that were asked for."""

    def __init__(self) -> None:
        self._analyser: tuple[int, FaceAnalyser] | None = None
        self._finder: tuple[tuple[str, int], FaceAnalyser] | None = None
        self._restorer: tuple[tuple[str, str, str], Restorer] | None = None

    def analyser(self, threads: int) -> FaceAnalyser:
        """The networks that ship. `threads` 0: all."""
        threads = threads or torch.get_num_threads()
        if self._analyser is None or self._analyser[0] != threads:
            self._analyser = threads, open_face_analyser(threads)
        return self._analyser[1]

    def finder(self, machine: Machine) -> FaceAnalyser:
        """What finds faces and tells people apart. Raises ModelPackError, InputError."""
        check_machine(machine)
        if not machine.insightface:
            return self.analyser(machine.threads)
        folder, threads = str(absolute(machine.insightface, "insightface")), machine.threads or torch.get_num_threads()
        if self._finder is None or self._finder[0] != (folder, threads):
            found = face_finder(folder, threads)
            assert found is not None
            self._finder = (folder, threads), found
        return self._finder[1]

    def restorer(self, job: RestorationJob) -> Restorer:
        """The restorer of a job's pack, which was checked. Raises ModelPackError."""
        key = (job.pack.sha256, job.device, job.dtype)
        if self._restorer is None or self._restorer[0] != key:
            restorer = Restorer(Path(job.pack.path), torch.device(job.device), getattr(torch, job.dtype))
            self._restorer = key, restorer
        return self._restorer[1]
