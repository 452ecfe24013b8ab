"""The protocol as JSON Schema, from its dataclasses; `python -m` this module `> docs/protocol.json` renews the file.

For programs in other languages, and for tests. `methods` and `notifications` name the schemas in `$defs` of what goes
and comes; `$ref` inside them point there too.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import Any

import msgspec
from msgspec import _json_schema

from likeness_core.jobs import fraction_to_text
from likeness_core.protocol import METHODS, MOST_BYTES, NOTIFICATIONS, PROTOCOL, FacesFile
from likeness_core.service.messages import Failure

_RATE = {"type": "string", "pattern": "^[0-9]+/[0-9]+$", "description": "A rate as a fraction, frames per second."}


def schema() -> dict[str, Any]:
    """The whole of it, ready for `json.dump`."""
    said = [kind for method in METHODS.values() for kind in (method.params, method.result)]
    kinds = list(dict.fromkeys([*said, *NOTIFICATIONS.values(), Failure, FacesFile]))
    with _rates_as_defaults():
        references, definitions = msgspec.json.schema_components(
            kinds, schema_hook=_hook, ref_template="#/$defs/{name}"
        )
    by_kind = dict(zip(kinds, references, strict=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Likeness: what panel and core say to each other",
        "protocol": PROTOCOL,
        "most_bytes": MOST_BYTES,
        "methods": {
            name: {"params": by_kind[method.params], "result": by_kind[method.result]}
            for name, method in METHODS.items()
        },
        "notifications": {name: by_kind[kind] for name, kind in NOTIFICATIONS.items()},
        "$defs": definitions,
    }


def text() -> str:
    """The content of docs/protocol.json."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


@contextmanager
def _rates_as_defaults() -> Iterator[None]:
    """msgspec (0.21) encodes a field's default without a hook, and fails at one that is a Fraction (`Media`)."""
    module: Any = _json_schema
    plain = module.to_builtins
    module.to_builtins = partial(plain, enc_hook=fraction_to_text)
    try:
        yield
    finally:
        module.to_builtins = plain


def _hook(kind: type) -> dict[str, Any]:
    if kind is Fraction:
        return _RATE
    raise NotImplementedError(kind)


if __name__ == "__main__":
    sys.stdout.write(text())
