"""Tell apart by measuring: a set of stills as a manifest for `likeness evaluate`, with groups.

    python -m likeness_core.training.groups FACES OUT        writes OUT/manifest.json

FACES is a folder of stills as `likeness evaluate` takes it. Sets rarely say whom they show, so the groups are measured
on each person's first picture: `skin` by the individual typology angle of the cheeks, `head` by how far it is turned,
`picture` (colour or grey). Light moves the angle: the groups are of pictures, not of people.
"""

import argparse
import json
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.evaluation.subjects import Subject, read_set
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.references import read_photo
from likeness_core.warps import CHEEKS, turn

Array = npt.NDArray[np.float32]

# Lower bounds in degrees (Chardon et al. 1991, Del Bino and Bernerd 2013); the six classes, two and two.
SKIN = ((41.0, "light"), (10.0, "intermediate or tan"), (-math.inf, "brown or dark"))
TURNED = 0.25  # `warps.turn`: about 12 degrees


def typology_angle(rgb: Array, points: Array) -> float:
    """Degrees atan2(L* - 50, b*) of the median colour of the cheeks.

    rgb: (H, W, 3) sRGB [0, 1]; points: (468, 2) px. Light skin has large angles, dark skin negative ones.
    """
    reach = max(2, round(0.06 * float(np.linalg.norm(points[234] - points[454]))))
    patches = []
    for x, y in np.rint(points[list(CHEEKS)]).astype(int):
        rows, columns = slice(max(y - reach, 0), y + reach + 1), slice(max(x - reach, 0), x + reach + 1)
        patches.append(rgb[rows, columns].reshape(-1, 3))
    lab = cv2.cvtColor(np.concatenate(patches)[None], cv2.COLOR_RGB2LAB)[0]
    lightness, _, blue_yellow = np.median(lab, axis=0)
    return math.degrees(math.atan2(float(lightness) - 50, float(blue_yellow)))


def groups_of(rgb: Array, points: Array) -> dict[str, str]:
    """The groups of one picture; grey ones have no `skin`."""
    grey = float(np.ptp(rgb, axis=2).mean()) < 0.01
    found = {"head": "turned" if abs(turn(points)) > TURNED else "frontal", "picture": "grey" if grey else "colour"}
    if not grey:
        angle = typology_angle(rgb, points)
        found["skin"] = next(name for least, name in SKIN if angle > least)
    return found


def entry(subject: Subject, analyser: FaceAnalyser) -> dict[str, object] | None:
    """A subject as `manifest.json` has it, with groups; None where no face is found."""
    picture = read_photo(subject.truth[0])
    faces = analyser.find(picture)
    if not faces:
        return None
    points = analyser.landmarks(picture, faces[0].face).points
    return {
        "name": subject.name, "identity": subject.identity, "truth": [str(path.resolve()) for path in subject.truth],
        "references": [str(path.resolve()) for path in subject.references],
        "wrong_references": [str(path.resolve()) for path in subject.wrong], "cuts": subject.cuts,
        "groups": groups_of(np.asarray(picture, np.float32) / np.float32(255), points),
    }  # fmt: skip


def main() -> None:
    """Write the manifest."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("faces", type=Path)
    words.add_argument("out", type=Path)
    given = words.parse_args()
    analyser = open_face_analyser(2)
    entries = [found for subject in read_set(given.faces) if (found := entry(subject, analyser)) is not None]
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "manifest.json").write_text(json.dumps({"subjects": entries}, indent=1), encoding="utf-8")
    print(f"{len(entries)} people")


if __name__ == "__main__":
    main()
