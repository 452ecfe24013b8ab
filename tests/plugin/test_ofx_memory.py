"""The OpenFX plug-in under the sanitizers and valgrind, in a host in C."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.plugin.ofx_stores import ROOT, SIZE, built_plugin, patched, write_store

SOURCES = ROOT / "plugin" / "ofx"
CYCLES = "1000"


def compiled(folder: Path, *flags: str) -> tuple[Path, Path]:
    """The host, and the plug-in compiled with the same flags."""
    if shutil.which("cc") is None:
        pytest.skip("no compiler of the system")
    host, plugin = folder / "ofx_soak", folder / "Likeness.ofx"
    common = ["cc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", *flags]
    sources = sorted(SOURCES.glob("*.c"))
    subprocess.run([*common, "-fPIC", "-shared", "-fvisibility=hidden", "-o", plugin, *sources], check=True)
    soak = Path(__file__).with_name("ofx_soak.c")
    subprocess.run([*common, f"-I{SOURCES}", "-o", host, soak, "-ldl"], check=True)
    return host, plugin


def malicious_headers(store: bytes, count: int) -> bytes:
    """Headers whose checksum fits and whose fields do not."""
    chance = random.Random(11)
    edges = [0, 1, 5, 128, 4096, SIZE[0], 2**15, 2**15 + 1, 2**24, 2**24 + 1, 2**31, 2**32 - 1, 2**35, 2**63, 2**64 - 1]
    fields = [(8 + 4 * i, "<I", 32) for i in range(8)] + [(40 + 8 * i, "<Q", 64) for i in range(6)]
    headers = []
    for _ in range(count):
        header = store[:128]
        for offset, form, bits in chance.sample(fields, chance.randint(1, 5)):
            value = chance.choice([chance.choice(edges), chance.getrandbits(bits), chance.randrange(32)])
            header = patched(header, offset, form, value % (1 << bits))
        headers.append(header)
    return b"".join(headers)


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return compiled(tmp_path_factory.mktemp("sanitized"), "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def soak(command: list[str | Path]) -> None:
    """Run a host to its end; what a sanitizer or valgrind finds makes it fail."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_thousand_cycles_leave_nothing_behind(sanitized: tuple[Path, Path], tmp_path: Path) -> None:
    """Loaded, rendered in every view, unloaded: the sanitizers find no leak and no wrong access."""
    soak([*sanitized, write_store(tmp_path), CYCLES])


def test_a_thousand_malicious_headers_touch_nothing_wrong(sanitized: tuple[Path, Path], tmp_path: Path) -> None:
    store = write_store(tmp_path)
    headers = tmp_path / "headers"
    headers.write_bytes(malicious_headers(store.read_bytes(), 1000))
    soak([*sanitized, store, CYCLES, headers])


def test_the_sanitizers_would_find_a_leak(tmp_path: Path) -> None:
    """The plug-in with one line of it gone, so that the tests above mean something."""
    copy = tmp_path / "ofx"
    shutil.copytree(SOURCES, copy)
    render = copy / "frame.c"
    text = render.read_text(encoding="utf-8")
    assert text.count("    free(buffers->sum);\n") == 1
    render.write_text(text.replace("    free(buffers->sum);\n", ""), encoding="utf-8")
    library, host = tmp_path / "leaking.ofx", tmp_path / "ofx_soak"
    if shutil.which("cc") is None:
        pytest.skip("no compiler of the system")
    flags = ["cc", "-std=gnu11", "-g", "-O1", "-fsanitize=address"]
    subprocess.run([*flags, "-fPIC", "-shared", "-o", library, *sorted(copy.glob("*.c"))], check=True)
    subprocess.run([*flags, f"-I{SOURCES}", "-o", host, Path(__file__).with_name("ofx_soak.c"), "-ldl"], check=True)
    command = [host, library, write_store(tmp_path / "result"), "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "LeakSanitizer" in done.stderr


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_valgrind_finds_nothing(tmp_path: Path) -> None:
    """The plug-in as it ships, a thousand cycles."""
    if shutil.which("valgrind") is None:
        pytest.skip("no valgrind")
    host, _ = compiled(tmp_path)
    plugin = built_plugin(tmp_path / "bundle")
    options = ["--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all", "--error-exitcode=9"]
    soak(["valgrind", "--quiet", *options, host, plugin, write_store(tmp_path / "result"), CYCLES])
