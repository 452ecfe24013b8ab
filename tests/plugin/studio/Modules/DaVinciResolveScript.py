"""Stands for the vendor's module in the process that loads it; its objects live in the process of the tests.

What LIKENESS_SIMULATED says: the address of the tests' listener, or how the library misbehaves.
"""

import os
import time
from multiprocessing.connection import Client

print("a line that a library prints")  # must not reach who reads the answers

_BEHAVIOUR = os.environ["LIKENESS_SIMULATED"]
if _BEHAVIOUR == "hangs":
    time.sleep(600)
if _BEHAVIOUR == "refuses":
    raise ImportError("this Python is not for me")


class _Object:
    def __init__(self, connection, number):
        self._connection = connection
        self._number = number

    def __getattr__(self, name):
        def call(*arguments):
            self._connection.send((self._number, name, _sent(arguments)))
            kind, value = self._connection.recv()
            if kind == "died":
                os._exit(1)
            if kind == "error":
                raise TypeError(value)
            return _received(self._connection, value)

        return call


def _sent(value):
    if isinstance(value, _Object):
        return ("object", value._number)
    if isinstance(value, (list, tuple)):
        return ("list", [_sent(part) for part in value])
    if isinstance(value, dict):
        return ("dict", [(key, _sent(part)) for key, part in value.items()])
    return ("plain", value)


def _received(connection, sent):
    kind, value = sent
    if kind == "object":
        return _Object(connection, value)
    if kind == "list":
        return [_received(connection, part) for part in value]
    if kind == "dict":
        return {key: _received(connection, part) for key, part in value}
    return value


def scriptapp(name, address=None):
    if _BEHAVIOUR == "none":
        return None
    try:
        return _Object(Client(_BEHAVIOUR, authkey=b"simulated"), 0)
    except OSError:
        return None
