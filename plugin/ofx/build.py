"""Build the OpenFX plug-in into dist/ofx/Likeness.ofx.bundle: `python3 dev.py ofx`.

For Linux with the system's compiler ($CC, else cc); for Windows and macOS, and for Linux where there is no compiler,
with Zig's (the package ziglang). --native builds for this machine only, in a second or two.
"""

import argparse
import os
import platform
import plistlib
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUNDLE = "Likeness.ofx.bundle"
LIBRARY = "Likeness.ofx"
IDENTIFIER = "org.likeness.Likeness"  # as in plugin.c
VERSION = "1.0"
OLDEST_MACOS = "11.0"

FLAGS = (
    "-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-s", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
    "-Wconversion", "-Wno-sign-conversion", "-Werror",
)  # fmt: skip

# Folder of the bundle, and Zig's name of each processor that lies in it: of two, one file is made for both.
TARGETS = {
    "Linux-x86-64": ("x86_64-linux-gnu.2.17",),
    "Win64": ("x86_64-windows-gnu",),
    "MacOS": (f"x86_64-macos.{OLDEST_MACOS}", f"aarch64-macos.{OLDEST_MACOS}"),
}

# Mach-O: the numbers of a file for two processors (all of it big-endian), and of the processors.
FAT_MAGIC = 0xCAFEBABE
FAT_ALIGNMENT = 14  # power of 2; pages of arm64
MACH_MAGIC = 0xFEEDFACF


class BuildError(Exception):
    """What the developer has to mend; one line."""


def main(arguments: list[str]) -> int:
    """Build what was asked for; returns the exit status."""
    parser = argparse.ArgumentParser("dev.py ofx", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--native", action="store_true", help="for this machine only")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "ofx", help="folder (default: dist/ofx)")
    given = parser.parse_args(arguments)
    try:
        for folder in (native(),) if given.native else TARGETS:
            print(build(folder, given.output / BUNDLE))
    except BuildError as error:
        print(f"dev.py ofx: {error}", file=sys.stderr)
        return 1
    return 0


def native() -> str:
    """The folder of the bundle for this machine."""
    folder = {"Linux": "Linux-x86-64", "Windows": "Win64", "Darwin": "MacOS"}.get(platform.system())
    if folder is None or (folder != "MacOS" and platform.machine().lower() not in ("x86_64", "amd64")):
        raise BuildError(f"no target for {platform.system()} on {platform.machine()}")
    return folder


def build(folder: str, bundle: Path) -> Path:
    """Build one target of `TARGETS` into the bundle, with what the bundle needs beside it; returns the library."""
    contents = bundle / "Contents"
    library = contents / folder / LIBRARY
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        parts = [Path(scratch) / f"{number}.ofx" for number in range(len(TARGETS[folder]))]
        for part, target in zip(parts, TARGETS[folder], strict=True):
            compile_library(compiler(folder, target), part)
        built = parts[0] if len(parts) == 1 else join(parts, Path(scratch) / "both.ofx")
        built.chmod(0o755)
        # By rename: a host that holds the old one open keeps it, and none sees half a file.
        fresh = library.with_name(library.name + ".partial")
        shutil.copy2(built, fresh)
        fresh.replace(library)
    (contents / "Info.plist").write_bytes(plistlib.dumps(PROPERTIES))
    (contents / "Resources").mkdir(exist_ok=True)
    shutil.copyfile(HERE / "icon.png", contents / "Resources" / f"{IDENTIFIER}.png")
    return library


PROPERTIES = {
    "CFBundleDevelopmentRegion": "en",
    "CFBundleExecutable": LIBRARY,
    "CFBundleIdentifier": IDENTIFIER,
    "CFBundleInfoDictionaryVersion": "6.0",
    "CFBundleName": "Likeness",
    "CFBundlePackageType": "BNDL",
    "CFBundleShortVersionString": VERSION,
    "CFBundleVersion": VERSION,
    "LSMinimumSystemVersion": OLDEST_MACOS,
}


def compiler(folder: str, target: str) -> list[str]:
    """The command that compiles C for a target."""
    at_home = platform.system() == "Linux" and platform.machine() == "x86_64" and folder == "Linux-x86-64"
    system = shutil.which(os.environ.get("CC", "cc")) if at_home else None
    if system:
        return [system, "-Wl,-z,defs"]
    return [sys.executable, "-m", "ziglang", "cc", "-target", target]


def compile_library(command: list[str], library: Path) -> None:
    """Compile every source of this folder into a library. Raises BuildError."""
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    cache = str(ROOT / "dist" / ".zig-cache")
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    if subprocess.run([*command, *FLAGS, "-o", str(library), *sources], env=environment, check=False).returncode:
        raise BuildError(f"{' '.join(command)} failed: see above (python3 dev.py setup installs ziglang)")


def join(parts: list[Path], joined: Path) -> Path:
    """One file for several processors of macOS, as the system's own tool would make it. Raises BuildError."""
    contents = [part.read_bytes() for part in parts]
    header, place = struct.pack(">2I", FAT_MAGIC, len(parts)), 8 + 20 * len(parts)
    body = b""
    for content in contents:
        magic, processor, kind = struct.unpack_from("<3I", content)
        if magic != MACH_MAGIC:
            raise BuildError("the compiler made no library for macOS")
        padding = -(place + len(body)) % (1 << FAT_ALIGNMENT)
        header += struct.pack(">5I", processor, kind, place + len(body) + padding, len(content), FAT_ALIGNMENT)
        body += bytes(padding) + content
    joined.write_bytes(header + body)
    return joined


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
