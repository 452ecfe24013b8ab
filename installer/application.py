"""The application folder: frozen by PyInstaller, stamped, its licences on one page, every file listed with its hash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from likeness_core import __version__
from likeness_core.packs import file_hash

from installer.contents import NAME, ROOT
from installer.licences import write_licences

LISTED = "FILES"
PROGRAMS = ("likeness", "likeness-panel")


def freeze(dist: Path) -> Path:
    """Make `dist/application/likeness` anew; returns it. Raises CalledProcessError."""
    work = dist / ".pyinstaller"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(dist / "application"), "--workpath", str(work), str(ROOT / "installer/likeness.spec")]
    # The order of sets decides the order of modules in the archives: the same tree shall give the same files.
    environment = os.environ | {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "1577836800"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return dist / "application" / NAME


def finish(application: Path, work: Path) -> None:
    """Stamp a frozen application. `work` is PyInstaller's folder: it tells what was bundled from where."""
    for folder in list(application.rglob("__pycache__")):
        shutil.rmtree(folder)
    for library in application.glob("_internal/libpython*"):  # half of it is for debuggers
        subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)
    (application / "VERSION").write_text(f"{__version__}\n", encoding="ascii", newline="\n")
    shutil.copyfile(ROOT / "LICENSE", application / "LICENSE")
    write_licences(work, application / "LICENCES.txt")
    write_list(application)


def write_list(application: Path) -> None:
    """`FILES`: the sha256 of every file, as `sha256sum --check` reads it, in the order of the names."""
    paths = [path for path in application.rglob("*") if path.is_file() and not path.is_symlink()]
    names = sorted(path.relative_to(application).as_posix() for path in paths)
    lines = [f"{file_hash(application / name)}  {name}\n" for name in names if name != LISTED]
    (application / LISTED).write_text("".join(lines), encoding="utf-8", newline="\n")


def largest(application: Path) -> list[tuple[str, int]]:
    """What takes the space: packages and files of `_internal`, in bytes, largest first."""
    sizes: dict[str, int] = {}
    for path in application.rglob("*"):
        if path.is_file() and not path.is_symlink():
            parts = path.relative_to(application).parts
            name = parts[1] if parts[0] == "_internal" and len(parts) > 1 else parts[0]
            name = name.removesuffix(".libs")
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    return sorted(sizes.items(), key=lambda item: -item[1])


def check_application(application: Path) -> list[str]:
    """What is wrong with an application folder, line by line: missing, altered or stray files. Empty: nothing."""
    listed = {}
    for line in (application / LISTED).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    there = {
        path.relative_to(application).as_posix()
        for path in application.rglob("*")
        if path.is_file() and not path.is_symlink()
    } - {LISTED}
    wrong = [f"missing: {name}" for name in sorted(listed.keys() - there)]
    wrong += [f"not listed: {name}" for name in sorted(there - listed.keys())]
    both = sorted(there & listed.keys())
    wrong += [f"altered: {name}" for name in both if file_hash(application / name) != listed[name]]
    wrong += [f"leads nowhere: {path}" for path in application.rglob("*") if path.is_symlink() and not path.exists()]
    suffix = ".exe" if sys.platform == "win32" else ""
    return wrong + [f"missing: {name}" for name in PROGRAMS if f"{name}{suffix}" not in listed]
