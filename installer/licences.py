"""One page with the licence of everything that an application holds, found from what PyInstaller really took."""

import ast
import re
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from likeness_core import __version__

WHOLE = f"""\
Likeness {__version__}: licences of what is inside

Likeness's own code is under the Apache License 2.0 (file LICENSE).

This installation as a whole is passed on under the GNU General Public License, version 3 or later: it holds x264 and
x265 (GPL-2.0-or-later), with which PyAV's FFmpeg writes movies. Everything else in it is under terms that allow this.
Qt and PySide are used under the GNU Lesser General Public License 3: their libraries lie as files of their own in
_internal/PySide6 and may be replaced. Whoever passes this installation on passes the sources of the GPL and LGPL parts
on as well, or offers them; which versions are inside is said below.
"""
_LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|copyright|authors)", re.IGNORECASE)
_LARGEST = 400_000  # bytes of one licence file: torch's list of everything that it may hold is that long


def write_licences(work: Path, page: Path) -> None:
    """Write the page; `work` holds the tables of contents (`*.toc`) that PyInstaller leaves."""
    sources = bundled_sources(work)
    packages = packages_of(sources)
    system = system_packages(sources)
    parts = [WHOLE, _summary(packages, system), _section("Python", _python_licence())]
    parts += [_section(f"{found.name} {found.version}", _texts(found)) for found in packages]
    parts += [_section(f"{name} (Debian)", text) for name, text in system.items()]
    parts += [_section(name, text) for name, text in _gnu_texts().items()]
    page.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def bundled_sources(work: Path) -> set[Path]:
    """Where every bundled module, library and file came from."""
    found = set()
    for table in work.rglob("*.toc"):
        if not table.name.startswith(("PYZ", "COLLECT", "EXE", "PKG")):
            continue
        for entry in _entries(ast.literal_eval(table.read_text(encoding="utf-8"))):
            found.add(Path(entry[1]))
    return found


def _entries(table: object) -> list[tuple[str, str, str]]:
    """Triples of name, source and kind, wherever they are in the nested table."""
    if isinstance(table, tuple) and len(table) == 3 and all(isinstance(part, str) for part in table):
        return [table]
    if isinstance(table, (tuple, list)):
        return [entry for part in table for entry in _entries(part)]
    return []


def packages_of(sources: set[Path]) -> list[metadata.Distribution]:
    """The installed distributions that the files belong to, by name; our own is left out."""
    site_packages = Path(sysconfig.get_path("purelib"))
    tops = {path.relative_to(site_packages).parts[0] for path in sources if path.is_relative_to(site_packages)}
    found = {}
    for distribution in metadata.distributions(path=[str(site_packages)]):
        files = {file.parts[0] for file in distribution.files or () if file.suffix != ".pth"}
        code = {name for name in files if not name.endswith((".dist-info", "__pycache__", "..")) and name != "bin"}
        if distribution.name != "likeness" and code & tops:
            found[distribution.name.lower()] = distribution
    return [found[name] for name in sorted(found)]


def system_packages(sources: set[Path]) -> dict[str, str]:
    """Debian packages whose libraries were taken, with their copyright files; nothing on other systems."""
    libraries = sorted(str(path) for path in sources if path.is_relative_to("/usr/lib") or path.is_relative_to("/lib"))
    found = {}
    for library in libraries:
        names = {library, str(Path(library).resolve()), library.removeprefix("/usr")}
        asked = subprocess.run(["dpkg", "-S", *sorted(names)], capture_output=True, text=True, check=False).stdout
        for line in asked.splitlines():
            name = line.partition(":")[0]
            copyright_file = Path("/usr/share/doc") / name / "copyright"
            if copyright_file.is_file():
                found[name] = copyright_file.read_text(encoding="utf-8", errors="replace")
    return dict(sorted(found.items()))


def _summary(packages: list[metadata.Distribution], system: dict[str, str]) -> str:
    lines = ["What is inside", ""]
    lines += [f"  {found.name} {found.version}: {_name_of_licence(found)}" for found in packages]
    lines += [f"  {name} (library of the system that this was built on): see its section" for name in system]
    lines += [f"  Python {sys.version.split()[0]}: PSF-2.0", *_movie_libraries(), ""]
    return "\n".join(lines)


def _movie_libraries() -> list[str]:
    import av

    versions = ", ".join(f"{name} {'.'.join(map(str, number))}" for name, number in sorted(av.library_versions.items()))
    return [
        f"  in av: FFmpeg {av.ffmpeg_version_info} ({versions}), x264 and x265: GPL-2.0-or-later and LGPL-3.0-or-later"
    ]


def _name_of_licence(found: metadata.Distribution) -> str:
    fields = found.metadata.json
    stated = str(fields.get("license_expression") or "") or str(fields.get("license") or "").strip()
    if stated and "\n" not in stated and len(stated) <= 100:
        return stated
    classifiers = [line for line in fields.get("classifier", []) if line.startswith("License ::")]
    return ", ".join(line.split(" :: ")[-1] for line in classifiers) or "see its section"


def _texts(found: metadata.Distribution) -> str:
    """The texts that the distribution carries; where it carries none, what its metadata says."""
    texts = []
    for file in found.files or ():
        inside = ".dist-info" in str(file.parent) or len(file.parts) <= 2 or file.parent.name.lower() == "licenses"
        path = Path(str(found.locate_file(file)))
        if inside and _LICENCE_FILE.search(file.name) and file.suffix not in (".py", ".pyc") and path.is_file():
            texts.append(path.read_text(encoding="utf-8", errors="replace")[:_LARGEST].strip())
    return "\n\n".join(dict.fromkeys(texts)) or f"{_name_of_licence(found)}. {found.metadata.json.get('home_page', '')}"


def _python_licence() -> str:
    for path in (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt"):
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    raise FileNotFoundError("Python's own licence is missing from this installation")


def _gnu_texts() -> dict[str, str]:
    """The GNU licences in full, from the system that builds."""
    folder = Path("/usr/share/common-licenses")
    names = ("GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3")
    return {f"GNU {name}": (folder / name).read_text(encoding="utf-8") for name in names if (folder / name).is_file()}


def _section(title: str, text: str) -> str:
    return f"{'=' * 100}\n{title}\n{'=' * 100}\n\n{text.strip()}\n"
