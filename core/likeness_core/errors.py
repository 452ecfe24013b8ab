"""Errors that an editor may see.

LikenessError                   base: a stable `code`, what happened, what to do
├── InputError                  the request itself is wrong (an option, a range, a person that is not there)
├── MediaError                  footage or an output cannot be read or written
├── FaceError                   the faces of the footage cannot serve the request
├── ReferencePhotoError         a reference photograph cannot serve
├── ModelPackError              a model pack is missing, damaged or tampered with
├── DeviceError                 the compute device failed
│   └── OutOfMemoryError        ... for want of memory
├── HostError                   the editing application cannot be reached or refused
│   ├── HostNotRunningError
│   ├── ScriptingDisabledError
│   └── HostCallFailedError
└── ProtocolError               a message between panel and core is malformed

`code` crosses the wire between core and panel, so that the panel raises the same class with the same code.
Cancelling is not an error: closing the job's generator is how a job is cancelled.
"""

from typing import ClassVar


class LikenessError(Exception):
    """Something the editor can act on.

    `code` is stable, lower-case and dotted (`media.truncated`); `message` is one line that says what
    happened; `hint` is one line that says what to do about it.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["LikenessError"], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)


class InputError(LikenessError):
    """An option, a range or a selection that does not fit the footage."""

    exit_status = 2


class MediaError(LikenessError):
    """Footage or an output that cannot be read or written."""

    exit_status = 3


class FaceError(LikenessError):
    """The faces found in the footage cannot serve the request."""

    exit_status = 4


class ReferencePhotoError(LikenessError):
    """A reference photograph that cannot serve: unreadable, no face, several faces, too small."""

    exit_status = 5


class ModelPackError(LikenessError):
    """A model pack that is missing, damaged, tampered with or of another format."""

    exit_status = 6


class DeviceError(LikenessError):
    """The compute device failed or is not there."""

    exit_status = 7


class OutOfMemoryError(DeviceError):
    """The compute device has too little memory for the smallest window."""


class HostError(LikenessError):
    """The editing application cannot do what was asked."""

    exit_status = 8


class HostNotRunningError(HostError):
    """No editing application answers."""


class ScriptingDisabledError(HostError):
    """The editing application runs, but refuses to be scripted."""


class HostCallFailedError(HostError):
    """A call to the editing application answered None or False."""


class ProtocolError(LikenessError):
    """A message between panel and core that does not follow the protocol."""

    exit_status = 9
