"""From what the panel asks to a job that can run: what argparse does for the command line, done for messages."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from likeness_core.api import FORMATS, PARTS, FrameRange, Media, Negatives, RestorationJob, RestorationSettings
from likeness_core.cli import RestoreOptions, RoleOptions
from likeness_core.errors import InputError, MediaError
from likeness_core.jobs import cache_folder
from likeness_core.protocol import CreateIdentityParams, Footage, Machine, RestoreRequest, RoleRequest
from likeness_core.restoration_options import MOST_THREADS
from likeness_core.restorer.attributes import VOCABULARY

if TYPE_CHECKING:
    from likeness_core.identity import IdentityRequest

EXISTING: Final = ("refuse", "resume", "overwrite")
_STEPS: Final = (1, 2, 4, 8)
_SCALES: Final = (1, 2, 4)
_MOST_SEED: Final = (1 << 32) - 1


def job_of(asked: RestoreRequest, existing: str) -> RestorationJob:
    """The job for a request, checked as far as it can be before hours of work. Raises LikenessError."""
    from likeness_core.request import request

    _one_of("existing", existing, EXISTING)
    _one_of("format", asked.format, FORMATS)
    footage, machine = asked.footage, asked.machine
    check_settings(asked.settings)
    check_machine(machine)
    output = absolute(asked.output, "output")
    _keep_off_cache(output)
    options = RestoreOptions(
        source=absolute(footage.source, "source"),
        references=tuple(absolute(path, "references") for path in asked.references),
        output=output,
        range=f"{footage.frames.start}:{footage.frames.stop}" if footage.frames else None,
        rate=footage.rate,
        person=asked.person,
        settings=asked.settings,
        format=asked.format,
        matte=asked.matte,
        resume=existing == "resume",
        overwrite=existing == "overwrite",
        device=machine.device,
        threads=machine.threads,
        pack=absolute(machine.pack, "pack") if machine.pack else None,
        insightface=absolute(machine.insightface, "insightface") if machine.insightface else None,
        identity=absolute(asked.identity, "identity") if asked.identity else None,
        others=tuple(_role(role) for role in asked.others),
    )
    return with_edit(request(options), footage)


def _role(asked: RoleRequest) -> RoleOptions:
    check_settings(asked.settings)
    return RoleOptions(
        asked.person,
        asked.settings,
        tuple(absolute(path, "references") for path in asked.references),
        absolute(asked.identity, "identity") if asked.identity else None,
    )


def identity_request(asked: CreateIdentityParams) -> "IdentityRequest":
    """What `identity.create_identity` takes. Raises LikenessError."""
    from likeness_core.device import choose_device
    from likeness_core.identity import IdentityRequest
    from likeness_core.request import check_or_default_pack

    check_machine(asked.machine)
    if not 30 <= asked.steps <= 1000:
        raise _wrong("steps", asked.steps, "from 30 to 1000")
    _seed(asked.seed)
    output = absolute(asked.output, "output")
    if cache_folder().resolve() in output.resolve().parents:
        raise MediaError("output.in_cache", f"{output} lies in the cache of Likeness", "Choose another folder.")
    pack = check_or_default_pack(absolute(asked.machine.pack, "pack") if asked.machine.pack else None)
    return IdentityRequest(
        name=asked.name[:200],
        photos=tuple(str(absolute(photo, "photos")) for photo in asked.photos),
        output=str(output),
        pack=pack.path,
        footage=tuple(str(absolute(still, "footage")) for still in asked.footage),
        steps=asked.steps,
        seed=asked.seed,
        device=str(choose_device(asked.machine.device)),
        threads=asked.machine.threads or os.cpu_count() or 1,
    )


def with_edit(job: RestorationJob, footage: Footage) -> RestorationJob:
    """The job with what the edit knows; frames outside its range are left out."""
    return replace(
        job,
        cuts=checked_cuts(footage.cuts, job.frames),
        through_edits=checked_cuts(footage.through_edits, job.frames),
        dissolves=checked_dissolves(footage.dissolves),
    )


def frames_of(footage: Footage, media: Media) -> FrameRange:
    """The frames that are asked for. Raises InputError `input.range`."""
    frames = footage.frames or FrameRange(0, media.frame_count)
    if not 0 <= frames.start < frames.stop <= media.frame_count:
        hint = f"The footage has frames 0:{media.frame_count}."
        raise InputError("input.range", f"{frames.start}:{frames.stop} is not a range of this footage", hint)
    return frames


def checked_cuts(cuts: tuple[int, ...], frames: FrameRange) -> tuple[int, ...]:
    """Cuts inside a range, each once, ascending: an edit knows those outside it too."""
    return tuple(sorted({cut for cut in cuts if cut in frames and cut != frames.start}))


def checked_dissolves(dissolves: tuple[FrameRange, ...]) -> tuple[FrameRange, ...]:
    """Dissolves in the order of their frames."""
    return tuple(sorted(dissolves, key=lambda one: one.start))


def absolute(text: str, name: str) -> Path:
    """A path of a message. Raises InputError `input.path` for one that is relative, climbs, or names a device."""
    path = Path(text)
    drive_free = [part for part in path.parts if part != path.anchor]
    if not text or "\0" in text or not path.is_absolute() or ".." in drive_free:
        message = f"'{text[:200]}' is no absolute path ({name})"
        raise InputError("input.path", message, "Name the whole path, without '..'.")
    if any(_is_device(part) for part in drive_free):
        raise InputError("input.path", f"'{text[:200]}' names a device ({name})", "Choose another name.")
    return path


def _is_device(part: str) -> bool:
    """Whether Windows would take a part of a path for a device, whatever folder it stands in."""
    if os.name != "nt":
        return False
    stem = part.split(".", maxsplit=1)[0].rstrip(" ").upper()
    return stem in {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} or (
        stem[:3] in {"COM", "LPT"} and len(stem) == 4 and stem[3] in "0123456789¹²³"
    )


def _keep_off_cache(output: Path) -> None:
    """An output in the cache, or around it, would be cleared with it. Links inside an output lead out of it."""
    cache, real = cache_folder().resolve(), output.resolve()
    if real == cache or cache in real.parents or real in cache.parents:
        hint = "Choose another folder for the result."
        raise MediaError("output.in_cache", f"{output} holds the cache of Likeness, or lies in it", hint)
    for part in ("frames", "matte"):
        if (output / part).is_symlink():
            hint = "Take the link away, or choose another folder for the result."
            raise MediaError("output.link", f"{output / part} leads to another place", hint)


def check_settings(settings: RestorationSettings) -> None:
    """Raises InputError `input.setting`."""
    for field in fields(RestorationSettings):
        value = getattr(settings, field.name)
        if isinstance(value, float):
            _share(field.name, value)
    for field in fields(Negatives):
        _share(f"negatives.{field.name}", getattr(settings.negatives, field.name))
    for frame, share in settings.strength_keys:
        _share(f"strength_keys at frame {frame}", share)
    for word, degree in settings.attributes:
        _one_of("attributes", word, VOCABULARY)
        _share(f"attributes: {word}", degree)
    for part in settings.without:
        _one_of("without", part, PARTS)
    if list(settings.strength_keys) != sorted(dict(settings.strength_keys).items()):
        raise _wrong("strength_keys", settings.strength_keys, "in the order of their frames, each frame once")
    _one_of("steps", settings.steps, _STEPS)
    _one_of("scale", settings.scale, _SCALES)
    _seed(settings.seed)


def _seed(seed: int) -> None:
    if not 0 <= seed <= _MOST_SEED:
        raise _wrong("seed", seed, f"a whole number from 0 to {_MOST_SEED}")


def check_machine(machine: Machine) -> None:
    """Raises InputError `input.setting`; whether the device is there is found where it is used."""
    if not 0 <= machine.threads <= MOST_THREADS:
        raise _wrong("threads", machine.threads, f"a number from 0 to {MOST_THREADS}")


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise _wrong(name, value, "a share from 0 to 1")


def _one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise _wrong(name, value, f"one of {', '.join(map(str, choices))}")


def _wrong(name: str, value: object, right: str) -> InputError:
    return InputError("input.setting", f"{name} is {str(value)[:80]!r}", f"It must be {right}.")
