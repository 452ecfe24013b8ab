"""The OpenFX bundle as `dev.py ofx` builds it: for this machine, and with Zig for the others."""

import plistlib
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.ofx_stores import ROOT, built_plugin

EXPORTS = {"OfxGetNumberOfPlugins", "OfxGetPlugin"}

# Of Mach-O: what a file for two processors begins with, the processors, the commands that are looked for.
X86_64, ARM64 = 0x01000007, 0x0100000C
LC_SYMTAB, LC_CODE_SIGNATURE, LC_LOAD_DYLIB, LC_BUILD_VERSION = 0x2, 0x1D, 0xC, 0x32


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_plugin(tmp_path_factory.getbasetemp() / "plugin")


def elf_symbols(library: Path) -> tuple[set[str], set[str]]:
    """What a library exports, and what it asks others for with its version."""
    listing = subprocess.run(["objdump", "-T", library], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines() if "\t" in line]
    exported = {row[-1] for row in rows if ".text" in row}
    return exported, {" ".join(row[-2:]) for row in rows if "*UND*" in row}


def test_the_bundle_is_laid_out_as_hosts_expect(native: Path) -> None:
    bundle = native.parents[2]
    files = sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())
    assert bundle.name == "Likeness.ofx.bundle"
    assert files == [
        "Contents/Info.plist", "Contents/Linux-x86-64/Likeness.ofx", "Contents/Resources/org.likeness.Likeness.png",
    ]  # fmt: skip
    properties = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
    assert properties["CFBundleExecutable"] == "Likeness.ofx" and properties["CFBundlePackageType"] == "BNDL"
    assert (bundle / "Contents/Resources/org.likeness.Likeness.png").read_bytes()[:4] == b"\x89PNG"


def test_the_library_exports_two_functions_and_needs_libc_alone(native: Path) -> None:
    exported, needed = elf_symbols(native)
    assert exported == EXPORTS
    versions = {name.split()[0].strip("()") for name in needed if "GLIBC" in name}
    numbers = [tuple(map(int, version.removeprefix("GLIBC_").split("."))) for version in versions]
    assert max(numbers) <= (2, 17), "Resolve's own Linux has glibc 2.28, older ones 2.17"
    libraries = subprocess.run(["objdump", "-p", native], capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in libraries.splitlines() if "NEEDED" in line] == ["libc.so.6"]


def test_building_again_replaces_and_a_broken_compiler_is_said(
    native: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, str(ROOT / "plugin/ofx/build.py"), "--native", "--output", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    library = tmp_path / "Likeness.ofx.bundle/Contents/Linux-x86-64/Likeness.ofx"
    assert library.read_bytes() == native.read_bytes(), "the same sources gave another library"
    monkeypatch.setenv("CC", "false")
    broken = subprocess.run(command, capture_output=True, text=True, check=False)
    assert broken.returncode == 1 and broken.stderr.startswith("dev.py ofx: ")
    assert library.read_bytes() == native.read_bytes()


# --- for other systems


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder Contents of a bundle for every system."""
    pytest.importorskip("ziglang")
    folder = tmp_path_factory.mktemp("everywhere")
    command = [sys.executable, str(ROOT / "plugin/ofx/build.py"), "--output", str(folder)]
    subprocess.run(command, check=True)
    return folder / "Likeness.ofx.bundle" / "Contents"


def pe_exports(data: bytes) -> set[str]:
    """The names that a Windows library for x86-64 exports."""
    at = struct.unpack_from("<I", data, 0x3C)[0]
    assert data[at : at + 4] == b"PE\0\0"
    machine, sections = struct.unpack_from("<2H", data, at + 4)
    optional_size, flags = struct.unpack_from("<2H", data, at + 20)
    assert machine == 0x8664 and flags & 0x2000, "no library for x86-64"
    table = [struct.unpack_from("<4I", data, at + 24 + optional_size + 40 * i + 8) for i in range(sections)]

    def place(address: int) -> int:
        size, start, _, raw = next(row for row in table if row[1] <= address < row[1] + max(row[0], row[2]))
        return int(raw) + address - int(start) + 0 * int(size)

    directory = place(struct.unpack_from("<I", data, at + 24 + 112)[0])
    count, _, names = struct.unpack_from("<3I", data, directory + 24)
    found = [place(address) for address in struct.unpack_from(f"<{count}I", data, place(names))]
    return {data[name : data.index(b"\0", name)].decode() for name in found}


def mach_commands(data: bytes) -> dict[int, list[bytes]]:
    """The load commands of a Mach-O library, by kind."""
    magic, _, _, kind, count, _, _, _ = struct.unpack_from("<8I", data)
    assert magic == 0xFEEDFACF and kind == 6, "no library"
    commands: dict[int, list[bytes]] = {}
    at = 32
    for _ in range(count):
        number, size = struct.unpack_from("<2I", data, at)
        commands.setdefault(number, []).append(data[at : at + size])
        at += size
    return commands


def mach_exports(data: bytes) -> set[str]:
    (table,) = mach_commands(data)[LC_SYMTAB]
    symbols, count, strings, _ = struct.unpack_from("<4I", table, 8)
    names = set()
    for i in range(count):
        name, kind, _, _, _ = struct.unpack_from("<IBBHQ", data, symbols + 16 * i)
        if kind & 0x0E == 0x0E and kind & 1 and not kind & 0x10:  # defined, external, not private
            start = strings + name
            names.add(data[start : data.index(b"\0", start)].decode())
    return names


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_windows_library_exports_two_functions(everywhere: Path) -> None:
    data = (everywhere / "Win64" / "Likeness.ofx").read_bytes()
    assert pe_exports(data) == EXPORTS
    assert str(ROOT).encode() not in data


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_macos_library_is_for_both_processors(everywhere: Path) -> None:
    data = (everywhere / "MacOS" / "Likeness.ofx").read_bytes()
    magic, count = struct.unpack_from(">2I", data)
    assert (magic, count) == (0xCAFEBABE, 2)
    parts = {}
    for i in range(count):
        processor, _, offset, size, alignment = struct.unpack_from(">5I", data, 8 + 20 * i)
        assert offset % (1 << alignment) == 0 and offset + size <= len(data)
        parts[processor] = data[offset : offset + size]
    assert set(parts) == {X86_64, ARM64}
    for part in parts.values():
        commands = mach_commands(part)
        linkers_own = {"__mh_dylib_header", "___dso_handle"}
        assert mach_exports(part) - linkers_own == {f"_{name}" for name in EXPORTS}
        libraries = [command[24:].split(b"\0")[0] for command in commands[LC_LOAD_DYLIB]]
        assert libraries == [b"/usr/lib/libSystem.B.dylib"]
        assert struct.unpack_from("<2I", commands[LC_BUILD_VERSION][0], 8) == (1, 11 << 16), "macOS 11.0"
    assert LC_CODE_SIGNATURE in mach_commands(parts[ARM64]), "arm64 macOS loads nothing unsigned"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_bundle_for_every_system_holds_this_machines_library_too(everywhere: Path, native: Path) -> None:
    assert (everywhere / "Linux-x86-64" / "Likeness.ofx").read_bytes() == native.read_bytes()
