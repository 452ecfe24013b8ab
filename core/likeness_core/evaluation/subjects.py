"""What a folder offers to an evaluation: people, with the truth, photographs, and perhaps ready-made low quality.

Three kinds of folder are read; paths in a manifest are relative to it. (`docs/evaluation.md` shows each.)

- `manifest.json`: `{"subjects": [{"name": ..., "truth": "a.mp4", ...}]}`, the fields of `Entry`.
- `manifest.csv`, in the folder or above it, with columns `file` and `identity`: still pictures, one face each. Of a
  person with several, the first ones by name (at most 4, at most half) are references and the others are the truth.
- neither: movies `NAME_gt.mp4` with `NAME_lq_x4.mp4`, `NAME_lq_x8.mp4` ... and photographs `NAME_ref0.jpg` ...

Where no wrong references are named, the next person's serve, to those who have right ones.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from likeness_core.errors import InputError

MOST_REFERENCES = 4  # taken of one person's stills
GROUP_COLUMNS = ("age", "age_group", "skin_tone", "sex", "group", "synthetic")  # read of a CSV where it has them


@dataclass(frozen=True, slots=True)
class Subject:
    """One person's footage to restore and to compare. Still pictures are shots of one frame each."""

    name: str
    identity: str  # whoever has the same is the same person
    truth: tuple[Path, ...]  # one movie or sequence, or still pictures
    degraded: tuple[tuple[int, Path], ...] = ()  # (factor, movie) where the folder has them; else made by the recipe
    references: tuple[Path, ...] = ()
    wrong: tuple[Path, ...] = ()  # photographs of somebody else
    cuts: tuple[int, ...] = ()  # first frames of later shots
    identity_pack: Path | None = None
    groups: tuple[tuple[str, str], ...] = ()  # (column, value), such as ("age_group", "child")

    @property
    def stills(self) -> bool:
        """Whether the truth is still pictures, not a movie or the pattern of a sequence."""
        name = self.truth[0].name.lower()
        return len(self.truth) > 1 or ("%" not in name and name.endswith((".jpg", ".jpeg", ".png", ".webp")))


@dataclass(frozen=True, slots=True)
class Entry:
    """One subject in a `manifest.json`."""

    name: str
    truth: str | tuple[str, ...]  # a movie or a sequence's pattern; or still pictures
    identity: str = ""  # the name, where it is not said
    degraded: dict[str, str] = field(default_factory=dict)  # {"x4": "a_x4.mp4"}
    references: tuple[str, ...] = ()
    wrong_references: tuple[str, ...] = ()
    cuts: tuple[int, ...] = ()
    identity_pack: str = ""
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole `manifest.json`."""

    subjects: tuple[Entry, ...]


def read_set(folder: Path, group_columns: tuple[str, ...] = GROUP_COLUMNS) -> tuple[Subject, ...]:
    """The subjects of a folder. Raises InputError `evaluate.manifest` where there are none, or a file is not there."""
    found = _from_json(folder) or _from_csv(folder, group_columns) or _from_names(folder)
    if not found:
        hint = "It needs a manifest.json, a manifest.csv with the columns file and identity, or movies NAME_gt.mp4."
        raise InputError("evaluate.manifest", f"{folder} holds nothing to evaluate", hint)
    for subject in found:
        paths = (*subject.truth, *subject.references, *subject.wrong, *(path for _, path in subject.degraded))
        for path in (*paths, *filter(None, [subject.identity_pack])):
            if "%" not in path.name and not path.exists():
                message = f"{subject.name}: there is no file {path}"
                raise InputError("evaluate.manifest", message, "Correct the manifest, or put the file there.")
    return _with_strangers(found)


def _from_json(folder: Path) -> list[Subject]:
    path = folder / "manifest.json"
    if not path.is_file():
        return []
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=Manifest)
        return [_subject(entry, folder) for entry in stored.subjects]
    except (msgspec.DecodeError, ValueError) as error:
        hint = "docs/evaluation.md shows what it looks like."
        raise InputError("evaluate.manifest", f"{path} cannot be read: {error}", hint) from error


def _subject(entry: Entry, folder: Path) -> Subject:
    truth = (entry.truth,) if isinstance(entry.truth, str) else entry.truth
    if not truth:
        raise ValueError(f"{entry.name} has no truth")
    return Subject(
        name=entry.name,
        identity=entry.identity or entry.name,
        truth=tuple(folder / name for name in truth),
        degraded=tuple((_factor(key), folder / name) for key, name in entry.degraded.items()),
        references=tuple(folder / name for name in entry.references),
        wrong=tuple(folder / name for name in entry.wrong_references),
        cuts=entry.cuts,
        identity_pack=folder / entry.identity_pack if entry.identity_pack else None,
        groups=tuple(entry.groups.items()),
    )


def _factor(text: str) -> int:
    if not (text.startswith("x") and text[1:].isdigit()):
        raise ValueError(f"'{text}' is not a factor such as x4")
    return int(text[1:])


def _from_csv(folder: Path, group_columns: tuple[str, ...]) -> list[Subject]:
    """Stills below `folder`, by the manifest in it or in a folder above."""
    above = (folder.resolve(), *folder.resolve().parents)
    path = next((place / "manifest.csv" for place in above if (place / "manifest.csv").is_file()), None)
    if path is None:
        return []
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    if not rows or not {"file", "identity"} <= rows[0].keys():
        raise InputError(
            "evaluate.manifest", f"{path} has no columns file and identity", "Name them in its first line."
        )
    people: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if (path.parent / row["file"]).is_relative_to(folder.resolve()):
            people.setdefault(row["identity"], []).append(row)
    return [_still_subject(name, people[name], path.parent, group_columns) for name in sorted(people)]


def _still_subject(name: str, rows: list[dict[str, str]], root: Path, group_columns: tuple[str, ...]) -> Subject:
    files = sorted(root / row["file"] for row in rows)
    count = min(MOST_REFERENCES, len(files) // 2)
    groups = tuple((column, rows[0][column]) for column in group_columns if rows[0].get(column))
    truth, cuts = tuple(files[count:]), tuple(range(1, len(files) - count))
    return Subject(name, name, truth, references=tuple(files[:count]), cuts=cuts, groups=groups)


def _from_names(folder: Path) -> list[Subject]:
    found = []
    for truth in sorted(folder.glob("*_gt.mp4")):
        name = truth.name.removesuffix("_gt.mp4")
        low = {path.stem.removeprefix(f"{name}_lq_"): path for path in sorted(folder.glob(f"{name}_lq_x*.mp4"))}
        references = tuple(sorted(folder.glob(f"{name}_ref*.jpg")))
        found.append(Subject(name, name, (truth,), tuple((_factor(k), v) for k, v in low.items()), references))
    return found


def _with_strangers(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """Those with references get a stranger's too, where none are named: the next person's who has any."""
    subjects = list(subjects)
    known = {subject.identity: subject.references for subject in subjects if subject.references}
    people = sorted(known)
    completed = []
    for subject in subjects:
        later = [person for person in people if person > subject.identity] + people
        stranger = next((person for person in later if person != subject.identity), None)
        wrong = subject.wrong or (known[stranger] if stranger and subject.references else ())
        completed.append(replace(subject, wrong=wrong))
    return tuple(completed)
