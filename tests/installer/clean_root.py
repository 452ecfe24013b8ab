"""A Debian 12 with nothing in it but a C library and the way to a display's driver, and no network."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = "libegl1,libgl1,zstd"  # what the .deb depends on, and what unpacks the archive
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2"}


def missing_tools() -> list[str]:
    """What a trial needs and this machine lacks."""
    tools = [
        name for name in ("debootstrap", "unshare", "chroot", "mount", "dpkg-deb", "zstd") if not shutil.which(name)
    ]
    return tools if os.geteuid() == 0 else ["root", *tools]


def bootstrap(place: Path) -> None:
    """Make the system in an empty folder, from the mirror that this machine uses. Raises CalledProcessError."""
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(place)]
    subprocess.run(command, check=True, capture_output=True)


def surroundings(home: str) -> dict[str, str]:
    """The variables of somebody who is logged in there."""
    return QUIET | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home}


class CleanRoot:
    """The root folder of such a system; commands in it have no network device that is up."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(
        self, *command: str, user: str = "root", home: str = "/root", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Carry out a command and return what came of it, whatever it was."""
        environment = surroundings(home) | more
        whole = self.command(user, *command)
        return subprocess.run(whole, env=environment, cwd="/", capture_output=True, text=True, check=False)

    def command(self, user: str, *command: str) -> list[str]:
        """A command in the system, as it is started from outside."""
        return ["unshare", "--net", "chroot", f"--userspec={user}", str(self.root), *command]

    def path(self, inside: str) -> Path:
        """Where a path of the system lies for us."""
        return self.root / inside.lstrip("/")

    def files(self) -> set[str]:
        """Every path, but for what the kernel shows and what Debian's own tools write down."""
        left_out = ("proc", "sys", "dev", "var/lib/dpkg", "var/log")
        found = set()
        for folder, folders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            folders[:] = [name for name in folders if os.path.normpath(os.path.join(here, name)) not in left_out]
            found |= {os.path.normpath(os.path.join(here, name)) for name in [*folders, *names]}
        return found

    @contextmanager
    def mounted(self, *options: str, at: str) -> Iterator[Path]:
        """Mount something inside, for as long as this is held."""
        place = self.path(at)
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", *options, str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)  # a program that was ended may still hold it


@contextmanager
def clean_root(base: Path, place: Path) -> Iterator[CleanRoot]:
    """A copy of a system that `bootstrap` made; it is removed at the end."""
    subprocess.run(["cp", "--archive", str(base), str(place)], check=True)
    system = CleanRoot(place)
    try:
        with system.mounted("-t", "proc", "proc", at="/proc"), system.mounted("-t", "tmpfs", "shm", at="/dev/shm"):
            yield system
    finally:
        # What is mounted would be emptied with it.
        if str(place) in Path("/proc/self/mountinfo").read_text(encoding="utf-8"):
            raise RuntimeError(f"something is still mounted in {place}: it is left there")
        shutil.rmtree(place)
