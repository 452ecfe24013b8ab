"""Projects made of values, for tests that need no file."""

from fractions import Fraction

from likeness_core.api import ColorTags, FrameRange, Media
from likeness_core.protocol import RestoreRequest
from likeness_gui.state.project import Clip, Person
from likeness_gui.state.workspace import Workspace


def media(path: str = "/reel.mov", frames: int = 96, **others: object) -> Media:
    """Footage that is nowhere."""
    values: dict[str, object] = {
        "path": path, "kind": "movie", "width": 640, "height": 480, "rate": Fraction(24), "frame_count": frames,
        "codec": "h264", "pixel_format": "yuv420p", "bit_depth": 8, "is_float": False, "has_alpha": False,
        "color": ColorTags(), "start_timecode": "10:00:00:00",
    }  # fmt: skip
    return Media(**(values | others))  # type: ignore[arg-type]


def clip(path: str = "/reel.mov", people: int = 0, **others: object) -> Clip:
    """A clip, with so many people found in it."""
    found = tuple(Person(number, f"Person {number}") for number in range(1, people + 1))
    analysed = FrameRange(0, 96) if people else None
    return Clip(media(path), people=found, analysed=analysed, **others)  # type: ignore[arg-type]


def ordered(workspace: Workspace) -> RestoreRequest:
    """What would be asked of the core now."""
    request = workspace.request()
    assert request is not None
    return request
