"""Ten thousand bad messages: the core answers each that has an id once, lives on, and writes nowhere it should not."""

import json
import os
import random
import string
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from likeness_core import protocol as p
from likeness_core.api import FrameRange
from likeness_core.service.messages import encode_request

from tests.core.conftest import Set
from tests.core.footage import Recipe, make_movie
from tests.core.serving import PLAIN, Core, asked, core

QUICK, MANY = 1_000, 10_000
BATCH = 200
PATIENCE_S = 240  # the good ones among them are carried out, on a machine with other work

# The core, with every file that Python opens for writing, makes, renames or removes noted.
WATCHED = """
import os, sys
noted = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
CHANGES = {"os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
def hook(event, values):
    folder = -1  # that a relative path starts from
    if event == "open":
        path, mode, flags = values
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if not writes or isinstance(path, int):
            return
    elif event == "os.rename":
        path, folder = values[1], values[3]
    elif event in CHANGES:
        path, folder = values[0], values[-1] if event in ("os.mkdir", "os.remove", "os.rmdir") else -1
    else:
        return
    base = os.readlink(f"/proc/self/fd/{folder}") if folder >= 0 else os.getcwd()
    os.write(noted, os.path.join(os.fsencode(base), os.fsencode(path)) + b"\\n")
sys.addaudithook(hook)
from likeness_core.__main__ import main
sys.exit(main(["serve"]))
"""


class Sandbox:
    """A folder that holds everything that a message may name, and some that it should not reach."""

    def __init__(self, root: Path, pack: Path, photo: Path) -> None:
        self.root, self.pack, self.photo = root, pack, photo
        self.cache, self.out, self.temporary = root / "cache", root / "allowed", root / "tmp"
        for folder in (self.cache, self.out, self.temporary, root / "forbidden", root / "a folder"):
            folder.mkdir()
        self.film = make_movie(root / "reel.mov", Recipe(frames=12))
        (root / "forbidden" / "secret.txt").write_text("secret")
        (root / "text.mov").write_text("no movie")
        (root / "empty.mov").touch()
        (root / "link.mov").symlink_to(self.film)
        (root / "loop.mov").symlink_to(root / "loop.mov")
        (root / "zero.mov").symlink_to("/dev/zero")
        (root / "zero.jpg").symlink_to("/dev/zero")
        (root / "way out").symlink_to(root / "forbidden")
        (self.out / "linked").mkdir()
        (self.out / "linked" / "frames").symlink_to(root / "forbidden")
        os.mkfifo(root / "pipe.mov")
        os.mkfifo(root / "pipe.0001.png")

    def paths(self) -> list[str]:
        """To be read: good ones, and ones that lead astray."""
        names = [str(self.root / path.name) for path in self.root.iterdir()]
        devices = ["/dev/zero", "/dev/stdin", "/dev/fd/0", "/proc/self/mem", "/dev/urandom", "/dev/tty"]
        tricks = ["/", "~", "-", "%s%n", "$HOME", "x" * 5000, "/" + "x/" * 500, "\\\\?\\C:\\x", "file:///etc/passwd"]
        tricks += ["http://localhost/x", "concat:a|b", "\u202e.mov", str(self.root / "way out" / "x")]
        return [*names, *devices, *tricks, *self.outputs()]

    def outputs(self) -> list[str]:
        """To be written to: only what must be refused. An absolute path to an empty folder is a good output."""
        beside = str(self.root / ".." / self.root.name / "forbidden" / "x")
        places = [self.film, self.root / "pipe.mov", self.cache, self.cache / "jobs" / "x", self.out / "linked"]
        odd = [
            "",
            ".",
            "..",
            "a\0b",
            "../forbidden/x",
            "forbidden",
            "CON",
            "NUL:",
            "/",
            "/dev/zero",
            "/dev/zero/x",
            "/proc/x",
        ]
        return [beside, *map(str, places), *odd]

    def requests(self) -> list[tuple[str, dict[str, Any]]]:
        """One good request of each kind."""
        footage = p.Footage(str(self.film), frames=FrameRange(2, 6), cuts=(4,))
        given = Set(self.film, self.photo, self.pack, self.cache)
        machine = p.Machine("cpu", 1, str(self.pack))
        params: dict[str, object] = {
            "hello": p.HelloParams(p.PROTOCOL, "fuzz"),
            "probe": p.ProbeParams(str(self.film)),
            "analyse": p.AnalyseParams(footage, machine),
            "frames": p.FramesParams(footage, 64),
            "references/check": p.CheckReferencesParams((str(self.photo),), machine),
            "references/suggest": p.SuggestReferencesParams(footage, 1, 2, machine),
            "preview": p.PreviewParams(footage, 3, (str(self.photo),), "auto", PLAIN, machine),
            "job/submit": p.SubmitParams(
                asked(given, self.out / "job", FrameRange(0, 2), others=(p.RoleRequest("2", (str(self.photo),)),))
            ),
            "job/pause": p.JobParams("0123456789abcdef"),
            "job/resume": p.JobParams("0123456789abcdef"),
            "job/cancel": p.JobParams("x"),
            "job/retry": p.JobParams("/"),
            "job/move": p.MoveParams("0123456789abcdef", 0),
            "job/remove": p.JobParams("../../forbidden"),
            "cancel": p.CancelParams(3),
        }  # fmt: skip
        return [
            (name, json.loads(encode_request(0, name, params.get(name, p.Nothing())))["params"]) for name in p.METHODS
        ]


class Mutator:
    """Makes bad messages out of good ones."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.random = random.Random(seed)
        self.paths, self.outputs = sandbox.paths(), sandbox.outputs()
        self.requests = sandbox.requests()
        self.count = 1000  # ids below are the test's own

    def message(self) -> bytes:
        self.count += 1
        method, params = self.random.choice(self.requests)
        whole = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": json.loads(json.dumps(params))}
        kinds = (
            self.other_value,
            self.other_path,
            self.envelope,
            self.bytes_,
            self.cut,
            self.nested,
            self.huge,
            self.garbage,
        )
        (kind,) = self.random.choices(kinds, (3, 2, 1, 2, 1, 1, 1, 1))
        return kind(whole).replace(b"\n", b" ") + b"\n"

    def value(self, key: Any = "") -> Any:
        if key == "output":
            return self.random.choice((None, 3, [], {}, *self.outputs))
        numbers = (-1, 0, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, 1e-320)
        others = (
            None,
            True,
            "",
            "x",
            "1",
            "é",
            "\ud800",
            [],
            {},
            [[]],
            [None],
            {"": {}},
            [0] * 1000,
            {"a": [{"b": {}}]},
        )
        return self.random.choice(self.random.choice((numbers, others, self.paths)))

    def places(self, value: Any) -> list[tuple[Any, Any]]:
        """Every (container, key) inside."""
        items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
        return [place for key, inner in items for place in [(value, key), *self.places(inner)]]

    def other_value(self, whole: dict[str, Any]) -> bytes:
        for _ in range(self.random.choice((1, 1, 2, 5))):
            places = self.places(whole["params"])
            if not places or self.random.random() < 0.1:
                whole["params"][self.random.choice(("extra", "", "footage", "job"))] = self.value()
            else:
                container, key = self.random.choice(places)
                if self.random.random() < 0.2 and isinstance(container, dict):
                    del container[key]
                else:
                    container[key] = self.value(key)
        return self.dump(whole)

    def other_path(self, whole: dict[str, Any]) -> bytes:
        """A path that leads somewhere it should not, in an otherwise good message; outputs too."""
        places = [(box, key) for box, key in self.places(whole["params"]) if isinstance(box[key], str)]
        texts = [(box, key) for box, key in places if box[key].startswith(("/", ".."))]
        if texts:
            container, key = self.random.choice(texts)
            container[key] = self.random.choice(self.outputs if key == "output" else self.paths)
        return self.dump(whole)

    def envelope(self, whole: dict[str, Any]) -> bytes:
        key = self.random.choice(("jsonrpc", "id", "method", "params", "extra"))
        if self.random.random() < 0.3:
            whole.pop(key, None)
        else:
            whole[key] = self.value()
        return self.dump(whole if self.random.random() < 0.9 else [whole, whole])

    def bytes_(self, whole: dict[str, Any]) -> bytes:
        if whole["method"] == "job/submit":  # a letter less may make a good output of a good one
            whole["params"]["request"]["output"] = "relative"
        data = bytearray(self.dump(whole))
        for _ in range(self.random.randint(1, 6)):
            place = self.random.randrange(len(data))
            match self.random.randrange(3):
                case 0:
                    data[place] = self.random.randrange(256)
                case 1:
                    del data[place : place + self.random.randint(1, 20)]
                case _:
                    data[place:place] = self.random.choice((b'"', b"{", b"]", b"\0", b"\xff", b"e9", b"\\u0000", b",,"))
            if not data:
                break
        return bytes(data)

    def cut(self, whole: dict[str, Any]) -> bytes:
        data = self.dump(whole)
        return data[: self.random.randrange(len(data))]

    def nested(self, whole: dict[str, Any]) -> bytes:
        deep = self.random.choice((10, 500, 5000, 100_000))
        opened, closed = self.random.choice(((b"[", b"]"), (b'{"a":', b"}")))
        inner = opened * deep + b"1" + closed * deep
        head = self.dump({**whole, "params": "HERE"})
        return self.random.choice((inner, head.replace(b'"HERE"', inner)))

    def huge(self, whole: dict[str, Any]) -> bytes:
        """Long, and now and then beyond what is taken."""
        size = self.random.choice((10_000, 100_000, p.MOST_BYTES - 300, p.MOST_BYTES + 1, 3 * p.MOST_BYTES))
        if size > 200_000 and self.random.random() < 0.9:
            size = 50_000
        whole["params"][self.random.choice(("path", "extra"))] = "x" * size
        return self.dump(whole)

    def garbage(self, whole: dict[str, Any]) -> bytes:
        length = self.random.choice((1, 10, 1000))
        letters = string.printable.encode() if self.random.random() < 0.5 else bytes(range(256))
        return bytes(self.random.choice(letters) for _ in range(length))

    @staticmethod
    def dump(value: Any) -> bytes:
        return json.dumps(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def sandbox(tmp_path: Path, tiny_pack: Path, portrait_set: Set) -> Sandbox:
    return Sandbox(tmp_path, tiny_pack, portrait_set.photo)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file outside what the core may write to."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] not in ("cache", "allowed", "tmp", "written"):
            status = path.lstat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="makes links and pipes, and asks where a file lies")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("messages", [QUICK, pytest.param(MANY, marks=pytest.mark.long)])
def test_bad_messages(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, messages: int) -> None:
    before = snapshot(sandbox.root)
    noted = sandbox.root / "written"
    fuzz = Mutator(sandbox, seed=4)
    program = [sys.executable, "-c", WATCHED, str(noted)]
    monkeypatch.setenv("TMPDIR", str(sandbox.temporary))
    monkeypatch.setenv("HOME", str(sandbox.root / "forbidden"))
    with core(sandbox.cache, program=program, cwd=sandbox.root / "forbidden") as one:
        sent: list[bytes] = []
        for batch in range(messages // BATCH):
            lines = [fuzz.message() for _ in range(BATCH)]
            sent += lines
            one.write(b"".join(lines))
            alive(one, f"alive {batch}")
        one.write(encode_request("list", "job/list", p.Nothing()))
        assert one.answer("list").error is None
        settle(one, sent)
        assert one.close(60) == 0
    assert snapshot(sandbox.root) == before
    check_written(noted, sandbox)


def alive(one: Core, name: str) -> None:
    """The reader is there, and so is every lane."""
    one.write(encode_request(name, "hello", p.HelloParams(p.PROTOCOL, "fuzz")))
    assert one.answer(name, 60).error is None
    assert one.process.poll() is None


def settle(one: Core, sent: list[bytes]) -> None:
    """Every message that is JSON with an id of its own is answered, once."""
    wanted: Counter[Any] = Counter(identifier for line in sent if (identifier := id_of(line)) is not None)
    single = {identifier for identifier, count in wanted.items() if count == 1}
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        answered = Counter(identifier for line in list(one.lines) if (identifier := id_of(line)) in single)
        if len(answered) == len(single):
            break
        time.sleep(0.2)
    unanswered = single - answered.keys()
    assert [line[:300] for line in sent if id_of(line) in unanswered] == []
    assert [identifier for identifier, count in answered.items() if count != 1] == []


def id_of(line: bytes) -> int | str | None:
    """The id that an answer must name."""
    if len(line) > p.MOST_BYTES:
        return None
    try:
        message = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    identifier = message.get("id") if isinstance(message, dict) else None
    return identifier if isinstance(identifier, int | str) and not isinstance(identifier, bool) else None


def check_written(noted: Path, sandbox: Sandbox) -> None:
    """What was written, or tried, outside the sandbox; of the inside the snapshots tell."""
    paths = set(noted.read_text(encoding="utf-8", errors="surrogateescape").splitlines())
    assert any(path.startswith(str(sandbox.cache)) for path in paths), "the hook noted nothing"
    # The last two: folders that are asked for as outputs, and refused by the system itself.
    harmless = (f"{sandbox.root}{os.sep}", "/dev/null", "/dev/shm/", "/proc", "/dev/zero")
    outside = [path for path in paths if not path.startswith(harmless)]
    assert [path for path in outside if "__pycache__" not in path] == []
