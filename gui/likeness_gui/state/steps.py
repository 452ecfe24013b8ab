"""What the editor's next step is: the one button that is always right."""

from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """One after the other, from nothing to a restored clip."""

    OPEN = "open"
    ANALYSE = "analyse"
    ANALYSING = "analysing"
    NOBODY = "nobody"  # the analysis found no face
    CHOOSE = "choose"
    REFERENCE = "reference"
    PREVIEW = "preview"
    PREVIEWING = "previewing"
    RESTORE = "restore"
    RESTORING = "restoring"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the next step depends on."""

    has_clip: bool = False
    analysed: bool = False
    analysing: bool = False
    people: int = 0
    chosen: int = 0  # people to be restored
    without_photographs: int = 0  # of those
    previewing: bool = False
    previewed: bool = False  # with the settings of now, some frame of this clip
    restoring: bool = False
    restored: bool = False  # with the settings of now


def next_step(now: Situation) -> Step:
    """The first of these that is due."""
    due = (
        (not now.has_clip, Step.OPEN),
        (now.analysing, Step.ANALYSING),
        (not now.analysed, Step.ANALYSE),
        (now.people == 0, Step.NOBODY),
        (now.restoring, Step.RESTORING),
        (now.chosen == 0, Step.CHOOSE),
        (now.without_photographs > 0 and not now.previewed, Step.REFERENCE),
        (now.restored, Step.RESULT),
        (now.previewing, Step.PREVIEWING),
        (not now.previewed, Step.PREVIEW),
    )
    return next((step for is_due, step in due if is_due), Step.RESTORE)
