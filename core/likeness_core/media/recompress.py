"""Send pictures through H.264 and back, in memory: what a codec does to footage, for evaluations."""

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_THREADS = 4  # x264's result depends on the number: not the machine's


def recompress(frames: Iterable[Array], crf: int) -> Iterator[Array]:
    """RGB float32 [0, 1] (H, W, 3) of one even size, through x264 at constant rate factor `crf` (4:2:0, 8 bit).

    Yields as many frames as came in, in order. All are held, compressed, in memory.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as movie:
        stream = None
        for frame in frames:
            if stream is None:
                options = {"crf": str(crf), "preset": "medium", "mbtree": "0"}  # see mux for mbtree
                stream = movie.add_stream("libx264", rate=Fraction(24), options=options)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.thread_count = _THREADS
            picture = np.rint(np.clip(frame, 0, 1) * 255).astype(np.uint8)
            movie.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        if stream is None:
            return
        movie.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer, "r") as movie:
        for decoded in movie.decode(video=0):
            yield decoded.to_ndarray(format="rgb24").astype(np.float32) / np.float32(255)
