"""Which of the 468 dense landmarks lies where on the other half of the face.

Read off the mean of 2,145 training crops and its mirror image: 28 points lie in the middle; the others of the first
248 are one half, in the order of the last 220, which are the other.
"""

import numpy as np
import numpy.typing as npt

MIDDLE = (
    0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175, 195, 197, 199, 200,
)  # fmt: skip


def mirror_order() -> npt.NDArray[np.int64]:
    """(468,): the number of each point's counterpart."""
    order = np.arange(468)
    half = np.setdiff1d(np.arange(248), MIDDLE)
    order[half] = np.arange(248, 468)
    order[248:] = half
    return order
