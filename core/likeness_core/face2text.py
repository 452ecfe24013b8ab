"""Face2Text over a whole piece of footage: what can be said of each person.

The paper's: an attribute detector writes what conditions the text stream. Ours reads expression, gaze and
black-and-white off landmarks and picture; nothing at hand sees hair, beard or glasses, so those are the user's to say.
"""

from pathlib import Path

import numpy as np

from likeness_core.analyse import Analysis, track_points
from likeness_core.api import Identity
from likeness_core.crops import align
from likeness_core.restorer.attributes import VOCABULARY, measure_attributes
from likeness_core.warps import five_points

_LEAST = 0.3  # a degree below is not worth a word


def attributes_of(person: Identity, analysis: Analysis, folder: Path) -> tuple[tuple[str, float], ...]:
    """What stands out through most of a person's longest track, as (word, degree), the strongest first.

    `folder` is where `analyse` left the landmarks.
    """
    tracks = {track.number: track for track in analysis.tracks}
    longest = max((tracks[number] for number in person.tracks), key=lambda track: len(track.faces))
    dense = track_points(folder, longest.number).dense
    few = dense[:: max(1, len(dense) // 48)]
    aligned = np.stack([align(five_points(points), 256).points(points) for points in few])
    degrees = measure_attributes(np.median(aligned, axis=0), analysis.monochrome[longest.shot])
    found = [
        (word, round(float(degree), 2)) for word, degree in zip(VOCABULARY, degrees, strict=True) if degree >= _LEAST
    ]
    return tuple(sorted(found, key=lambda pair: -pair[1]))
