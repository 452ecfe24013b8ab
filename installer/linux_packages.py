"""Packages for Linux: a .deb, and a .tar.zst with an install script for those without root."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from installer.contents import ROOT

HERE = Path(__file__).resolve().parent / "linux"
ICON = ROOT / "resources" / "icons" / "likeness.svg"

# What no program brings along: the C library of Debian 12 and newer, and the way to the display's driver.
DEPENDS = "libc6 (>= 2.36), libegl1, libgl1"  # and the rest of a desktop is inside
CONTROL = """\
Package: likeness
Version: {version}
Architecture: amd64
Maintainer: Likeness <likeness@localhost>
Installed-Size: {size_kb}
Depends: {depends}
Section: video
Priority: optional
Description: reference-guided face restoration for archival footage
 Restores faces in footage, guided by photographs of the person. Works beside DaVinci Resolve, on timeline files, or
 in a window of its own. Uses no network.
"""
_ZSTD = ("zstd", "-T0", "-9", "--quiet", "--force")


def stamped_version(application: Path) -> str:
    """The version that an application folder was stamped with: the packages are named for what they hold."""
    return (application / "VERSION").read_text(encoding="ascii").strip()


def make_deb(application: Path, output: Path) -> Path:
    """Write likeness_VERSION_amd64.deb into `output`; its path is returned. Raises CalledProcessError."""
    tree = output / ".deb"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out_deb(application, tree)
    package = output / f"likeness_{stamped_version(application)}_amd64.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", str(tree), str(package)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SOURCE_DATE_EPOCH": "1577836800"})
    shutil.rmtree(tree)
    return package


def lay_out_deb(application: Path, tree: Path) -> None:
    """The package as a folder, with its control files."""
    share = tree / "usr" / "share"
    for folder in ("opt", "usr/bin", "usr/share/applications", "usr/share/mime/packages", "usr/share/doc/likeness"):
        (tree / folder).mkdir(parents=True)
    copy_linked(application, tree / "opt" / "likeness")
    for name in ("likeness", "likeness-panel"):
        (tree / "usr" / "bin" / name).symlink_to(f"../../opt/likeness/{name}")
    icons = share / "icons" / "hicolor" / "scalable" / "apps"
    icons.mkdir(parents=True)
    shutil.copyfile(ICON, icons / "likeness.svg")
    shutil.copyfile(HERE / "likeness.desktop", share / "applications" / "likeness.desktop")
    shutil.copyfile(HERE / "likeness-mime.xml", share / "mime" / "packages" / "likeness.xml")
    shutil.copyfile(application / "LICENCES.txt", share / "doc" / "likeness" / "copyright")
    control = tree / "DEBIAN"
    control.mkdir()
    size_kb = sum(path.lstat().st_size for path in tree.rglob("*")) // 1024
    version = stamped_version(application)
    text = CONTROL.format(version=version, size_kb=size_kb, depends=DEPENDS)
    (control / "control").write_text(text, encoding="utf-8")
    for name in ("preinst", "postinst", "prerm"):
        script = (HERE / name).read_text(encoding="utf-8").replace("@VERSION@", version)
        (control / name).write_text(script, encoding="utf-8")
        (control / name).chmod(0o755)
    for path in (tree, *tree.rglob("*")):  # whatever mask the builder has
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def make_archive(application: Path, output: Path) -> Path:
    """Write likeness-VERSION-linux-x86_64.tar.zst into `output`; its path is returned. Raises CalledProcessError."""
    top = f"likeness-{stamped_version(application)}"
    plain = output / f"{top}-linux-x86_64.tar"
    with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in archive_members(application):
            archive.add(path, f"{top}/{name}", recursive=False, filter=_anybodys)
    subprocess.run([*_ZSTD, "--rm", str(plain)], check=True)
    return plain.with_name(plain.name + ".zst")


def archive_members(application: Path) -> list[tuple[str, Path]]:
    """Names in the archive and where they come from, in order."""
    members = [
        ("README.txt", HERE / "README.txt"), ("install.sh", HERE / "install.sh"),
        ("uninstall.sh", HERE / "uninstall.sh"), ("share/likeness.desktop", HERE / "likeness.desktop"),
        ("share/likeness-mime.xml", HERE / "likeness-mime.xml"), ("share/likeness.svg", ICON),
    ]  # fmt: skip
    inside = sorted(application.rglob("*"))
    return members + [(f"likeness/{path.relative_to(application).as_posix()}", path) for path in inside]


def copy_linked(source: Path, target: Path) -> None:
    """Copy a folder by hard links where that is possible: the application is about a gigabyte."""
    try:
        shutil.copytree(source, target, symlinks=True, copy_function=os.link)
    except OSError:  # another file system
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)


def _anybodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the builder's name and clock."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 1577836800
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member
