"""Strength that changes over the clip: keyframes, with a straight line from each to the next.

The core multiplies `strength` by the line through `strength_keys`. So that a key means what it says, `strength` is 1
as long as there are keys.
"""

from dataclasses import replace

from likeness_core.api import RestorationSettings


def with_key(settings: RestorationSettings, frame: int, strength: float) -> RestorationSettings:
    """The settings with a key at a frame; one that is there already is moved up or down."""
    keys = {place: round(settings.strength * share, 4) for place, share in settings.strength_keys}
    keys[frame] = strength
    return replace(settings, strength=1.0, strength_keys=tuple(sorted(keys.items())))


def without_key(settings: RestorationSettings, frame: int) -> RestorationSettings:
    """The settings without the key at a frame; the strength of the last one that goes stays, all through."""
    kept = tuple(key for key in settings.strength_keys if key[0] != frame)
    if kept:
        return replace(settings, strength_keys=kept)
    return replace(settings, strength=round(settings.strength_at(frame), 4), strength_keys=())


def neighbour(settings: RestorationSettings, frame: int, direction: int) -> int | None:
    """The frame of the next key (direction 1) or of the one before (-1)."""
    further = [place for place, _ in settings.strength_keys if (place - frame) * direction > 0]
    return (min(further) if direction > 0 else max(further)) if further else None
