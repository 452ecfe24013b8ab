"""From what was asked to a job that can run: checks everything that can be checked before hours of work."""

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from likeness_core import __version__, packs
from likeness_core.api import FrameRange, Media, ModelPack, OutputSpec, RestorationJob, Role, SourceFile
from likeness_core.cli import RestoreOptions, RoleOptions
from likeness_core.errors import InputError, MediaError, ModelPackError
from likeness_core.jobs import LOCK, decode, job_folder, locked
from likeness_core.media import probe
from likeness_core.media.sequence import path_of
from likeness_core.timing import parse_range, parse_rate

PACK = "compact"
MOST_ROLES = 8  # each brings photographs to look at, and maybe a network of their own


def request(options: RestoreOptions) -> RestorationJob:
    """The job for `likeness restore`. Raises every error that the request itself deserves."""
    from likeness_core.device import choose_device, choose_dtype

    # Absolute, so that a job can be gone on with from another folder.
    media = probe(Path(os.path.abspath(options.source)), parse_rate(options.rate) if options.rate else None)
    frames = parse_range(options.range, media) if options.range else FrameRange(0, media.frame_count)
    if options.person not in ("auto", "all", "match") and not options.person.isdecimal():
        hint = "Use auto, match, all, or a number that `likeness analyse` prints."
        raise InputError("input.person", f"--person {options.person} names nobody", hint)
    pack = check_or_default_pack(options.pack)
    roles = _roles(options, pack)
    device = choose_device(options.device)
    output = OutputSpec(
        str(options.output.resolve()), _checked_name(options.name) or _name(media), options.format, options.matte
    )
    return RestorationJob(
        version=__version__,
        media=media,
        source=fingerprint(media, frames),
        frames=frames,
        references=roles[0].references,
        reference_hashes=roles[0].reference_hashes,
        person=roles[0].person,
        settings=roles[0].settings,
        output=output,
        pack=pack,
        device=str(device),
        dtype=str(choose_dtype(device)).removeprefix("torch."),
        threads=options.threads or os.cpu_count() or 1,
        face_models=str(options.insightface.resolve()) if options.insightface else "",
        face_models_sha256=_hash_of_networks(options.insightface) if options.insightface else "",
        cuts=options.cuts,
        through_edits=options.through_edits,
        dissolves=options.dissolves,
        identity=roles[0].identity,
        identity_sha256=roles[0].identity_sha256,
        others=roles[1:],
    )


def _roles(options: RestoreOptions, pack: ModelPack) -> tuple[Role, ...]:
    """Everybody's part; photographs and identity packs hashed. Raises InputError, ModelPackError."""
    first = RoleOptions(options.person, options.settings, options.references, options.identity)
    if options.others:
        _check_roles(first, options.others)
        first = replace(first, person="match" if first.person == "auto" else first.person)
    return tuple(_role(one, pack, bool(options.insightface)) for one in (first, *options.others))


def _role(one: RoleOptions, pack: ModelPack, insightface: bool) -> Role:
    return Role(
        one.person,
        one.settings,
        tuple(str(photo.resolve()) for photo in one.references),
        tuple(_hash_of_photo(photo) for photo in one.references),
        os.path.abspath(one.identity) if one.identity else "",
        _hash_of_identity(one.identity, pack, insightface) if one.identity else "",
    )


def _check_roles(first: RoleOptions, others: tuple[RoleOptions, ...]) -> None:
    """Whether several people can be restored together. Raises InputError `input.person`."""
    hint = "Use a number that `likeness analyse` prints, or match with photographs."
    if len(others) >= MOST_ROLES:
        message = f"{len(others) + 1} people were asked for in one job"
        raise InputError("input.person", message, f"Up to {MOST_ROLES} can be restored together.")
    for one in (first, *others):
        names = one.person.isdecimal() or one.person == "match" or (one is first and one.person == "auto")
        if not names:
            raise InputError("input.person", f"'{one.person[:40]}' names nobody beside other people", hint)
        if not one.person.isdecimal() and not (one.references or one.identity):
            message = "somebody without photographs has to be named by number where several are restored"
            raise InputError("input.person", message, hint)
        if one.settings.scale != first.settings.scale:
            message = f"the frame cannot be enlarged {first.settings.scale} and {one.settings.scale} times at once"
            raise InputError("input.setting", message, "Give everybody the same scale.")
    numbers = [int(one.person) for one in (first, *others) if one.person.isdecimal()]
    twice = [number for number in numbers if numbers.count(number) > 1]
    if twice:
        raise InputError("input.person", f"person {twice[0]} is asked for twice", "Name everybody once.")


def _hash_of_identity(path: Path, pack: ModelPack, insightface: bool) -> str:
    """Raises ModelPackError where the identity pack is not one for this model pack."""
    from likeness_core.restorer.identity_pack import load_identity

    if insightface:
        message = "an identity pack holds the embeddings of the networks that ship"
        raise InputError("identity.face_models", message, "Leave --insightface out, or use --reference.")
    return load_identity(path, pack).sha256


def _hash_of_photo(photo: Path) -> str:
    try:
        return packs.file_hash(photo)
    except OSError as error:
        message = f"there is no photograph {photo} that can be read ({error.strerror})"
        raise InputError("input.no_photo", message, "Check the path after --reference.") from error


def _hash_of_networks(folder: Path) -> str:
    return packs.combined_hash([packs.file_hash(path) for path in sorted(folder.glob("*.onnx"))])


def check_or_default_pack(folder: Path | None) -> ModelPack:
    """The pack that was named, else the one that ships; every file hashed. Raises ModelPackError."""
    if folder is not None:
        return packs.check_pack(Path(os.path.abspath(folder)))
    found = next((path for path in packs.find_packs() if path.name == PACK), None)
    if found is None:
        hint = "Install Likeness again, or name a pack with --pack."
        raise ModelPackError("pack.missing", "the model pack that ships with Likeness is not there", hint)
    return packs.check_pack(found)


def prepare_output(job: RestorationJob, resume: bool, overwrite: bool) -> None:
    """Make OUT ready, or refuse: nothing that exists is written over unasked.

    Raises MediaError `output.exists`, `output.not_writable`, `output.holds_source`, InputError `job.running`.
    """
    folder, record = Path(job.output.folder), job_folder(Path(job.output.folder))
    _keep_off_source(job, folder)
    try:
        if folder.is_file():
            raise MediaError("output.exists", f"{folder} is a file, not a folder", "Choose another folder for -o.")
        occupied = folder.is_dir() and any(folder.iterdir())
        taken_away = not occupied and (record / "done.json").is_file()
        continues = resume and (record / "job.json").is_file() and not taken_away
        if occupied and not overwrite and not continues:
            hint = "Choose another folder, or use --overwrite."
            if (record / "job.json").is_file():
                hint = "Go on with --resume, start afresh with --overwrite, or choose another folder."
            raise MediaError("output.exists", f"{folder} is not empty", hint)
        folder.mkdir(parents=True, exist_ok=True)
        probe_file = folder / ".likeness-write-test"
        probe_file.touch()
        probe_file.unlink()
    except OSError as error:
        message = f"{folder} cannot be written to ({error.strerror})"
        raise MediaError("output.not_writable", message, "Choose a folder that you may write to.") from error
    if not continues:  # also where an earlier result was taken away by hand: its job must not live on
        with locked(record):
            clear(job, folder, record)


def clear(job: RestorationJob, folder: Path, record: Path) -> None:
    """Take away an earlier result of ours and its job; other files in the folder stay."""
    names = {job.output.name, *_earlier_name(record)}
    for path in record.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()
    pictures = [path for part in ("frames", "matte") for path in (folder / part).glob("*")]
    frames = [path for path in pictures if any(path.name.startswith(f"{name}.") for name in names)]
    results = [
        folder / name for name in ("sidecar.json", "sheet.png", "identity.csv", "identity.png", "frames.likeness")
    ]
    movies = [folder / f"{name}{suffix}" for name in names for suffix in (".mov", ".mp4")]
    for path in [*frames, *results, *movies]:
        path.unlink(missing_ok=True)
    for part in ("frames", "matte"):
        with suppress(OSError):  # holds something else
            (folder / part).rmdir()


def _earlier_name(record: Path) -> list[str]:
    """What the frames of the job that `record` holds are called: its source may have been another."""
    try:
        return [decode((record / "job.json").read_bytes(), RestorationJob).output.name]
    except (OSError, InputError):
        return []


def fingerprint(media: Media, frames: FrameRange) -> SourceFile:
    """What identifies the source: its size, time and content. Of a sequence, the files of the range."""
    size, modified = _size_and_time(media, frames)
    hashes = [packs.file_hash(path) for path in _files(media, frames)]
    digest = hashes[0] if media.kind == "movie" else packs.combined_hash(hashes)
    return SourceFile(str(Path(media.path).resolve()), size, modified, digest)


def _files(media: Media, frames: FrameRange) -> list[Path]:
    if media.kind == "movie":
        return [Path(media.path)]
    return [path_of(media.path, media.first_number + index) for index in frames.frames()]


def _size_and_time(media: Media, frames: FrameRange) -> tuple[int, int]:
    """Bytes in all, and when something was last changed, in nanoseconds."""
    statuses = [path.stat() for path in _files(media, frames)]
    return sum(status.st_size for status in statuses), max((status.st_mtime_ns for status in statuses), default=0)


def check_source(job: RestorationJob) -> None:
    """Refuse a source that is gone or changed since the job was made. Raises MediaError."""
    try:
        if _size_and_time(job.media, job.frames) == (job.source.size, job.source.modified_ns):
            return
        now = fingerprint(job.media, job.frames)
    except OSError as error:
        message = f"{job.source.path} cannot be read ({error.strerror})"
        raise MediaError("media.missing", message, "Bring the file or its drive back, then --resume.") from error
    if now.sha256 != job.source.sha256:
        raise source_changed(job)


def source_changed(job: RestorationJob) -> MediaError:
    """The error for a source that is not the one the job was begun with."""
    hint = "Start afresh with --overwrite, or put the earlier file back."
    return MediaError("media.changed", f"{job.source.path} has changed since this job was begun", hint)


def _keep_off_source(job: RestorationJob, folder: Path) -> None:
    source = Path(job.source.path)
    if source.parent == folder or (job.media.kind == "sequence" and source.parent == folder / "frames"):
        hint = "Choose another folder for -o."
        raise MediaError("output.holds_source", f"{folder} holds the source itself", hint)


def _checked_name(name: str) -> str:
    """What the user called the result. Raises InputError `input.name` for what is no file's name everywhere."""
    if set(name) & set('<>:"/\\|?*%#') or not name.isprintable() or name != name.strip(". "):
        hint = 'Leave out < > : " / \\ | ? * % #, and dots and spaces at its ends.'
        raise InputError("input.name", f"'{name}' cannot be the name of a file", hint)
    return name


def _name(media: Media) -> str:
    """The result's name: the source's, without the place of the number."""
    stem = Path(media.path).stem
    return (
        (stem.split("%")[0].rstrip("._- ") or "frame")
        if media.kind == "sequence"
        else stem.replace("%", "_").replace("#", "_")
    )
