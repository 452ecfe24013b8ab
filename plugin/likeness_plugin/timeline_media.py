"""From the names in an edit to footage on this machine, and from the edit's labels to frames of that footage.

What an edit calls a clip's first source frame is nowhere defined: Resolve counts in timecode, many tools from 0, and
for image sequences Resolve's own export says a start in timecode beside media that starts at 0. `place` tries the
readings in order of trust and takes the first under which the clip lies inside its media.
"""

import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from likeness_core.api import FrameRange, Media
from likeness_core.errors import LikenessError
from likeness_core.media import probe
from likeness_core.media.sequence import is_picture
from likeness_core.timing import Timecode, start_of

from likeness_plugin.edits import Dissolve, Edit, EditItem, PlacedClip, SkippedItem

_NUMBER = re.compile(r"(\d+)(?=\D*$)")
_PLACE = re.compile(r"%0?\d*d|#+")
_REEL_CHARACTERS = 8  # an EDL cuts reel names off here


class MediaFinder:
    """Finds the media that an edit names: where it says, beside the edit, then in the folder that was given."""

    def __init__(self, edit_folder: Path, media_folder: Path | None) -> None:
        self._edit_folder, self._media_folder = edit_folder, media_folder
        self._index: dict[str, list[Path]] | None = None
        self._media: dict[tuple[str, Fraction], Media | LikenessError] = {}

    def find(self, item: EditItem) -> Path | str:
        """The file of an item (of a sequence, one of its files); else why there is none."""
        if item.path:
            for path in (Path(item.path), self._edit_folder / item.path):
                if _is_there(path):
                    return path
        found: list[Path] = []
        for name in item.names:
            found = found or self._named(name)
        if len(found) > 1 and item.path:
            found = _nearest(found, item.path)
        if len(found) == 1:
            return found[0]
        name = item.names[0]
        if found:
            return f"{len(found)} files could be {name}: {', '.join(map(str, sorted(found)[:3]))}"
        where = f"below {self._media_folder}" if self._media_folder else "where the edit says; name its folder: --media"
        return f"its media {name} is not {where}"

    def media(self, path: Path, rate: Fraction) -> Media:
        """What the footage at `path` is; a sequence plays at `rate`. Raises MediaError."""
        key = (str(path), rate)
        if key not in self._media:
            try:
                self._media[key] = probe(Path(os.path.abspath(path)), rate if is_picture(path) else None)
            except LikenessError as error:
                self._media[key] = error
        known = self._media[key]
        if isinstance(known, LikenessError):
            raise known
        return known

    def _named(self, name: str) -> list[Path]:
        """Files of the media folder with a name: the whole name, without its suffix, or a reel cut off."""
        if self._index is None:
            self._index = {}
            for path in _files(self._media_folder) if self._media_folder else ():
                self._index.setdefault(path.name.lower(), []).append(path)
        name = name.lower()
        if name in self._index:
            return self._index[name]
        stems = [path for paths in self._index.values() for path in paths if path.stem.lower() == name]
        if stems or "." in name:
            return stems
        reels = [path for paths in self._index.values() for path in paths if _reel(path) == _cut_off(name)]
        return reels if len(name) <= _REEL_CHARACTERS else []


def place_all(edit: Edit, finder: MediaFinder) -> tuple[tuple[PlacedClip, ...], tuple[SkippedItem, ...]]:
    """Every item of the edit on its media; and those that are not, each with the reason, the reader's included."""
    placed: list[PlacedClip] = []
    skipped = list(edit.skipped)
    for item in edit.items:
        found = finder.find(item)
        clip: PlacedClip | str
        if isinstance(found, Path):
            try:
                clip = place(item, finder.media(found, item.source_rate), edit)
            except LikenessError as error:
                clip = error.message
        else:
            clip = found
        if isinstance(clip, PlacedClip):
            placed.append(clip)
        else:
            skipped.append(SkippedItem(item.name, item.track, item.record, clip))
    return tuple(placed), tuple(sorted(skipped, key=lambda one: (one.track, one.record.start)))


def place(item: EditItem, media: Media, edit: Edit) -> PlacedClip | str:
    """Which frames of `media` an item shows; else why that cannot be said."""
    if media.variable_rate:
        return "its frame rate varies, so that hosts count its frames by time: convert it to a constant rate"
    in_media = media.rate / item.source_rate
    # The last record frame shows the frame that is up when it begins.
    last_shown = Fraction(len(item.record) - 1) * media.rate / edit.rate
    for zero in _readings(item, media):
        start = (item.source_start - zero) * in_media
        source = FrameRange(int(start), int(start + last_shown) + 1) if start >= 0 else None
        if source is not None and source.stop <= media.frame_count:
            before, after = _tails(item, edit.dissolves, media.rate / edit.rate)
            needed = FrameRange(max(0, source.start - before), min(media.frame_count, source.stop + after))
            return PlacedClip(item.name, item.track, item.position, item.record, media, start, source, needed)
    first = float(item.source_start)
    return (
        f"its source starts at frame {first:g} of {float(item.source_rate):g} a second, which"
        f" {Path(media.path).name} has not ({media.frame_count} frames from {start_of(media)})"
    )


def _readings(item: EditItem, media: Media) -> Iterator[Fraction]:
    """What the media's first frame may be called, in frames at the item's source rate, the surest first."""
    if item.media_start is not None:
        # The edit may know a part of a sequence: then its first file is not the first on disk.
        skipped = _file_number(item.path) - media.first_number if media.kind == "sequence" and item.path else 0
        yield item.media_start - max(0, skipped)
    if media.start_timecode is not None:
        timecode = start_of(media)
        yield Fraction(timecode.frames) * item.source_rate / media.rate
        if timecode.drop:  # an edit may label drop-frame media without dropping
            label = str(timecode).replace(";", ":")
            yield Fraction(Timecode.parse(label, media.rate).frames) * item.source_rate / media.rate
    if media.kind == "sequence":
        yield Fraction(media.first_number)
    yield Fraction(0)


def _tails(item: EditItem, dissolves: tuple[Dissolve, ...], in_media: Fraction) -> tuple[int, int]:
    """How many media frames the dissolves at an item's ends show beyond it."""
    own = [one for one in dissolves if one.track == item.track]
    before = max((one.before for one in own if one.cut == item.record.start), default=0)
    after = max((one.after for one in own if one.cut == item.record.stop), default=0)
    return -int(-before * in_media // 1), -int(-after * in_media // 1)


def _file_number(path: str) -> int:
    match = _NUMBER.search(Path(path).stem)
    return int(match[1]) if match else 0


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder but the hidden ones; of a sequence its first."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent) / name


def _is_there(path: Path) -> bool:
    """Whether a file, or any file of a pattern, exists."""
    place: Any = _PLACE.search(path.name)
    if place and not path.exists():
        pattern = f"{path.name[: place.start()]}*{path.name[place.end() :]}"
        return path.parent.is_dir() and any(path.parent.glob(pattern))
    return path.is_file()


def _nearest(found: list[Path], path: str) -> list[Path]:
    """Of several files of one name, those whose folders agree longest with what the edit says."""
    wanted = re.split(r"[\\/]", path.lower())[::-1]

    def agreement(file: Path) -> int:
        own = [part.lower() for part in file.parts][::-1]
        return next((n for n, (a, b) in enumerate(zip(own, wanted, strict=False)) if a != b), len(own))

    best = max(map(agreement, found))
    return [file for file in found if agreement(file) == best]


def _reel(path: Path) -> str:
    return _cut_off(path.stem)


def _cut_off(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())[:_REEL_CHARACTERS]
