"""A project: which clips, who is to be restored in them, how, and where to. Plain values, changed by replacing."""

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from likeness_core.api import FrameRange, Media, RestorationSettings

VERSION: Final = 1  # of the project file; raised by every change that an older Likeness would misread
SUFFIX: Final = ".likeness"
MOST_REFERENCES: Final = 5
DEFAULTS: Final = RestorationSettings()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a clip, and what the editor wants done."""

    number: int  # what the analysis calls the person, from 1
    name: str
    restore: bool = False
    references: tuple[str, ...] = ()  # photographs, absolute paths
    identity: str = ""  # an identity pack, in place of photographs
    settings: RestorationSettings = DEFAULTS


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of footage and the work on it."""

    media: Media
    rate: str | None = None  # of an image sequence, where the editor set it
    frames: FrameRange | None = None  # between the marks; None: all of it
    label: str = ""  # what an edit calls it; empty: the file's name
    bounds: FrameRange | None = None  # what an edit uses of it; None: all
    cuts: tuple[int, ...] = ()  # first frames of shots, where the edit knows them
    through_edits: tuple[int, ...] = ()  # first frames after razor cuts in footage that goes on
    dissolves: tuple[FrameRange, ...] = ()  # frames that show two shots at once
    people: tuple[Person, ...] = ()  # by number; empty before the analysis
    selected: int = 0  # number of the person whose card is open; 0: nobody
    analysed: FrameRange | None = None  # what `people` was found in

    @property
    def name(self) -> str:
        """What the clip is called on screen."""
        return self.label or PurePath(self.media.path).name

    @property
    def key(self) -> str:
        """Tells the clips of a project apart: a file, or the part of it that an edit uses."""
        return f"{self.media.path}|{self.bounds.start}-{self.bounds.stop}" if self.bounds else self.media.path

    @property
    def range(self) -> FrameRange:
        """The frames that will be worked on."""
        return self.frames or self.bounds or FrameRange(0, self.media.frame_count)

    def person(self, number: int) -> Person | None:
        """The person of that number."""
        return next((person for person in self.people if person.number == number), None)

    def with_person(self, person: Person) -> "Clip":
        """The clip with one person replaced."""
        return replace(self, people=tuple(person if one.number == person.number else one for one in self.people))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is written, and where."""

    folder: str = ""  # each result gets a folder of its own in it; empty: beside the footage
    format: str = "prores"  # one of api.FORMATS
    matte: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is saved."""

    version: int = VERSION
    clips: tuple[Clip, ...] = ()
    current: int = 0  # index of the clip on screen
    delivery: Delivery = Delivery()

    @property
    def clip(self) -> Clip | None:
        """The clip on screen."""
        return self.clips[self.current] if 0 <= self.current < len(self.clips) else None

    def with_clip(self, clip: Clip) -> "Project":
        """The project with the clip on screen replaced."""
        return replace(self, clips=tuple(clip if i == self.current else one for i, one in enumerate(self.clips)))

    def adding(self, clip: Clip) -> "Project":
        """The project with one more clip, which is then on screen; footage that is there already comes to the front."""
        keys = [one.key for one in self.clips]
        if clip.key in keys:
            return replace(self, current=keys.index(clip.key))
        return replace(self, clips=(*self.clips, clip), current=len(self.clips))

    def removing(self, index: int) -> "Project":
        """The project without one clip."""
        clips = self.clips[:index] + self.clips[index + 1 :]
        current = self.current - 1 if index < self.current or self.current == len(clips) else self.current
        return replace(self, clips=clips, current=max(0, current))
