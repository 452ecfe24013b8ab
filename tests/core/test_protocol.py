"""The protocol: what is written can be read, what is not understood is refused, and the schema is that of the code."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from likeness_core import errors
from likeness_core import protocol as p
from likeness_core.api import FrameRange
from likeness_core.errors import LikenessError, ProtocolError
from likeness_core.service import messages, protocol_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = protocol_schema.schema()
LIGHTLY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))

st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=20))
st.register_type_strategy(int, st.integers(-(2**53), 2**53))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Fraction, st.fractions(min_value=0))
st.register_type_strategy(
    FrameRange, st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(lambda two: FrameRange(*sorted(two)))
)


def valid(what: dict[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator({**what, "$defs": SCHEMA["$defs"]}).validate(value)


@pytest.mark.parametrize("method", p.METHODS)
def test_params_and_results_survive_the_wire(method: str) -> None:
    @LIGHTLY
    @given(st.from_type(p.METHODS[method].params), st.from_type(p.METHODS[method].result))
    def check(params: Any, result: Any) -> None:
        line = messages.encode_request(7, method, params)
        assert line.count(b"\n") == 1 and line.endswith(b"\n")
        request = messages.read_request(line)
        assert (request.id, request.method) == (7, method)
        assert messages.decode_params(method, request.params) == params
        valid(SCHEMA["methods"][method]["params"], request.params)
        response = messages.read_from_core(messages.encode_result("a", result))
        assert isinstance(response, messages.Response) and response.id == "a" and response.result is not None
        assert messages.decode_result(method, response.result) == result
        valid(SCHEMA["methods"][method]["result"], response.result)

    check()


@pytest.mark.parametrize("name", p.NOTIFICATIONS)
def test_notifications_survive_the_wire(name: str) -> None:
    @LIGHTLY
    @given(st.from_type(p.NOTIFICATIONS[name]))
    def check(params: Any) -> None:
        line = messages.encode_notification(name, params)
        assert messages.read_from_core(line) == messages.Notification(name, params)
        valid(SCHEMA["notifications"][name], json.loads(line)["params"])

    check()


def test_the_schema_refuses_what_the_core_refuses() -> None:
    right = {"footage": {"source": "/a.mov", "frames": {"start": 0, "stop": 5}}, "frame": 3}
    wrong: list[dict[str, Any]] = [
        {"frame": 3},
        {**right, "frame": "3"},
        {**right, "references": "/a.jpg"},
        {**right, "settings": {"steps": 1.5}},
        {**right, "footage": {"source": "/a.mov", "frames": [0, 5]}},
    ]
    valid(SCHEMA["methods"]["preview"]["params"], right)
    messages.decode_params("preview", right)
    for params in wrong:
        with pytest.raises(jsonschema.ValidationError):
            valid(SCHEMA["methods"]["preview"]["params"], params)
        with pytest.raises(ProtocolError):
            messages.decode_params("preview", params)


@pytest.mark.parametrize(
    ("params", "name"),
    [({"path": "/a", "speed": 1}, "speed"), ({"path": "/a", "": 1}, "")],
)
def test_names_that_are_not_known_are_refused(params: dict[str, Any], name: str) -> None:
    with pytest.raises(ProtocolError, match=f"takes no '{name}'"):
        messages.decode_params("probe", params)


def test_names_that_are_not_known_are_refused_deep_inside() -> None:
    params = {"footage": {"source": "/a", "cutz": [3]}}
    with pytest.raises(ProtocolError, match=r"footage\.cutz"):
        messages.decode_params("analyse", params)


@pytest.mark.parametrize("kind", [kind for kind in vars(errors).values() if isinstance(kind, type)], ids=str)
def test_an_error_is_raised_as_what_it_was(kind: type[LikenessError]) -> None:
    if not issubclass(kind, LikenessError):
        return
    data = p.data_of(kind("some.code", "what", "do"))
    again = msgspec.json.decode(msgspec.json.encode(data), type=p.ErrorData)
    with pytest.raises(kind) as caught:
        p.raise_error(again)
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("some.code", "what", "do")


@pytest.mark.parametrize("kind", ["Unheard", "ClassVar", "__doc__", ""])
def test_an_error_of_no_known_class_is_an_error_all_the_same(kind: str) -> None:
    with pytest.raises(LikenessError, match="what"):
        p.raise_error(p.ErrorData(kind, "some.code", "what", "do"))


def test_a_cancelled_request_is_no_error() -> None:
    line = messages.encode_failure(3, messages.Failure(p.CANCELLED, "cancelled"))
    response = messages.read_from_core(line)
    assert isinstance(response, messages.Response) and response.error is not None
    with pytest.raises(p.RequestCancelledError):
        response.error.throw()


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"null", b'{"method": "x", "params": {}}', b'{"id": 1, "error": 3}']
)
def test_what_no_core_says_is_malformed(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        said = messages.read_from_core(line)
        if isinstance(said, messages.Response) and said.error is None:
            messages.decode_result("probe", said.result or {})


def test_the_committed_schema_is_that_of_the_code() -> None:
    committed = (ROOT / "docs" / "protocol.json").read_text(encoding="utf-8")
    assert committed == protocol_schema.text(), "python -m likeness_core.service.protocol_schema > docs/protocol.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


def test_the_page_names_every_method() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    for name in (*p.METHODS, *p.NOTIFICATIONS):
        assert f"`{name}`" in page, name


def test_the_protocol_is_light() -> None:
    """The panel imports it."""
    heavy = ("torch", "numpy", "cv2", "av", "onnxruntime", "PySide6")
    modules = "likeness_core.service.messages, likeness_core.service.server"
    code = f"import sys, {modules}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.strip() == "[]"


def _environment() -> dict[str, str]:
    from tests.core.restoring import environment

    return environment(Path("unused"))
