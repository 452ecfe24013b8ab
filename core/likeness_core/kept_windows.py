"""Restored windows that are kept, so that another strength, grain, mask or format needs no second run of the network.

A window is known by what the network is shown of it: crops, landmarks, photographs, earlier windows, the settings that
reach the network, and weights and number format. Anything else may change and the window stays good.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import RestorationJob
from likeness_core.carried_weights import SFACE
from likeness_core.cast import CastTrack
from likeness_core.restorer.blending import BlendingMemory, WindowLatents
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip
from likeness_core.reuse import Arrays, Reuse, content_key


@dataclass(frozen=True, slots=True, eq=False)
class RestoredWindow:
    """What the network made of T frames of one face, in half precision."""

    crops: npt.NDArray[np.float16]  # (T, S, S, 3) RGB, about [0, 1]
    latents: WindowLatents | None  # what the next window blends with; None where nothing is blended
    embeddings: npt.NDArray[np.float32]  # (T, 128) of the crops


@dataclass(frozen=True, slots=True)
class KeptWindows:
    """The windows that earlier runs with the same weights left."""

    reuse: Reuse
    networks: dict[str, str]  # what computes, by identity pack: pack, identity, device, number format

    @classmethod
    def of(cls, job: RestorationJob) -> "KeptWindows":
        """Those that a job can use."""
        networks = {}
        for role in job.roles:
            weights = (job.pack.sha256, role.identity_sha256, SFACE.sha256)
            # Threads too: some operators add up in another order.
            networks[role.identity] = repr((weights, job.device, job.dtype, job.threads, torch.__version__))
        return cls(Reuse.of("windows"), networks)

    def key(self, clip: FaceClip, track: CastTrack, memory: BlendingMemory) -> str:
        """What stands for a window of a track."""
        settings = track.settings
        seen: list[object] = [settings.steps, settings.seed, settings.likeness, settings.negatives, settings.without]
        seen += [getattr(clip, field.name) for field in fields(FaceClip)]
        seen += [getattr(photo, field.name) for photo in track.guide for field in fields(AlignedPhoto)]
        for window in memory.windows:
            seen += [window.frames, window.latents.numpy()]
        return content_key(self.networks[track.identity_pack], *seen)

    def load(self, key: str) -> RestoredWindow | None:
        """The window, where it is there."""
        stored = self.reuse.load(key)
        if stored is None:
            return None
        latents = None
        if "latents" in stored:
            frames = tuple(int(frame) for frame in stored["frames"])
            latents = WindowLatents(frames, torch.from_numpy(stored["latents"]))
        return RestoredWindow(stored["crops"], latents, stored["embeddings"])

    def store(self, key: str, window: RestoredWindow) -> None:
        """Keep a window."""
        arrays: Arrays = {"crops": window.crops, "embeddings": window.embeddings}
        if window.latents is not None:
            arrays["frames"] = np.array(window.latents.frames, np.int64)
            arrays["latents"] = window.latents.latents.numpy()
        self.reuse.store(key, arrays)
