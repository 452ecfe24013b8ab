"""The packages that `python3 dev.py build` made, in a clean Debian 12 without a network: everything for real.

Needs root, debootstrap with its mirror (or LIKENESS_CLEAN_ROOT: a folder that debootstrap made) and what is in dist/.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from likeness_core.packs import file_hash

from installer.application import write_list
from installer.extras import new_key, read_key, write_pack_archive
from installer.linux_packages import copy_linked, make_deb, stamped_version
from tests.installer.clean_root import QUIET, CleanRoot, bootstrap, clean_root, missing_tools, surroundings
from tests.installer.sound_pack import make_pack

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
APPLICATION = DIST / "application" / "likeness"
SAMPLE = "/opt/likeness/_internal/likeness_core/resources/sample"
ODD = "/srv/Räume für alle & 'co'"  # a folder with spaces and letters of other languages
OLDER = "0.0.9"


class User(NamedTuple):
    """Somebody who uses the system."""

    ids: str
    home: str


ANNA = User("1000:1000", "/srv/anna")
NOBODY = User("65534:65534", f"{ODD}/heim")
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="for Linux"),
    pytest.mark.skipif(not (APPLICATION / "FILES").is_file(), reason="nothing is built: python3 dev.py build"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if missing := missing_tools():
        pytest.skip(f"needs {', '.join(missing)}")
    if kept := os.environ.get("LIKENESS_CLEAN_ROOT"):
        return Path(kept)
    place = tmp_path_factory.mktemp("debian") / "base"
    try:
        bootstrap(place)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"debootstrap could not make a Debian: {error.stderr.decode()[-200:]}")
    return place


@pytest.fixture
def system(base: Path, tmp_path: Path) -> Iterator[CleanRoot]:
    with clean_root(base, tmp_path / "root") as made:
        yield made


@pytest.fixture(scope="module")
def version() -> str:
    return stamped_version(APPLICATION)


def stamp(application: Path, version: str) -> None:
    """Say that a linked copy of the application is of another version, and give it a file that the real one lacks."""
    for name in ("VERSION", "FILES"):
        (application / name).unlink()  # never through the link: that would change the original
    (application / "VERSION").write_text(f"{version}\n")
    (application / "_internal" / "of-the-older-version.bin").write_bytes(b"older")
    write_list(application)


@pytest.fixture(scope="module")
def older_deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("older")
    copy_linked(APPLICATION, folder / "likeness")
    stamp(folder / "likeness", OLDER)
    return make_deb(folder / "likeness", folder)


def succeeded(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command printed, which has to have ended well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with a pack, and the public key that it is signed with."""
    folder = tmp_path_factory.mktemp("signed")
    public = new_key(folder / "key.pem")
    pack = make_pack(folder / "made" / "mine")
    return write_pack_archive(pack, ROOT / "LICENSE", folder, read_key(folder / "key.pem")), public


def make_home(system: CleanRoot, who: User, archive: Path) -> None:
    """A home with settings and a project, and an archive that was copied into it."""
    home = system.path(who.home)
    for name in (".local/share/likeness/settings.ini", "Film ä.likeness"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"{name} is the user's\n", encoding="utf-8")
    shutil.copy(archive, home / "mine.likeness-pack")
    subprocess.run(["chown", "-R", who.ids, str(home)], check=True)


def own_files(system: CleanRoot, who: User) -> dict[str, bytes]:
    """Settings, added packs and projects of a user, by path."""
    home = system.path(who.home)
    found = [*home.glob("*.likeness"), *(home / ".local/share/likeness").rglob("*")]
    return {str(path.relative_to(home)): path.read_bytes() for path in found if path.is_file()}


def test_the_debian_package(system: CleanRoot, older_deb: Path, signed: tuple[Path, str], version: str) -> None:
    before = system.files()
    package = DIST / f"likeness_{version}_amd64.deb"
    for path in (older_deb, package):
        shutil.copy(path, system.path("/var/log"))
    older, newer = f"/var/log/{older_deb.name}", f"/var/log/{package.name}"
    succeeded(system.run("dpkg", "--install", older, LIKENESS_NO_SELF_TEST="1"))
    make_home(system, ANNA, signed[0])
    add = ("likeness", "packs", "add", f"{ANNA.home}/mine.likeness-pack", "--key", signed[1])
    assert "mine 1" in succeeded(system.run(*add, user=ANNA.ids, home=ANNA.home))
    own = own_files(system, ANNA)
    assert len(own) == 6, sorted(own)  # settings, project; of the pack: manifest, weights, card, licence

    assert "everything works" in succeeded(system.run("dpkg", "--install", newer))  # it tries itself
    assert system.path("/opt/likeness/VERSION").read_text() == f"{version}\n"
    assert not list(system.path("/opt/likeness/_internal").glob("of-the-older*"))
    assert own_files(system, ANNA) == own
    assert "mine" in succeeded(system.run("likeness", "packs", user=ANNA.ids, home=ANNA.home))

    refused = system.run("dpkg", "--install", older)
    assert refused.returncode != 0 and f"{version} is installed, which is newer" in refused.stderr
    assert "hint:" in refused.stderr and own_files(system, ANNA) == own
    assert succeeded(system.run("likeness", "--version")).strip() == f"likeness {version}"

    with system.mounted("--bind", str(system.path("/opt/likeness")), at="/opt/likeness") as folder:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (folder / "VERSION").write_text("x")
        assert "everything works" in succeeded(system.run("likeness", "--self-test", user=ANNA.ids, home=ANNA.home))

    succeeded(system.run("dpkg", "--remove", "likeness"))
    after = system.files()
    assert {path for path in after - before if not f"/{path}".startswith(ANNA.home)} == set()
    assert before - after <= {"opt"}  # dpkg takes an empty folder that a package named
    assert own_files(system, ANNA) == own


def test_the_archive_without_root(system: CleanRoot, signed: tuple[Path, str], version: str, tmp_path: Path) -> None:
    place = system.path(ODD)
    make_home(system, NOBODY, signed[0])
    archive = DIST / f"likeness-{version}-linux-x86_64.tar.zst"
    shutil.copy(archive, place / "l.tar.zst")
    subprocess.run(["chown", "-R", NOBODY.ids, str(place)], check=True)
    before = system.files()

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return system.run(*command, user=NOBODY.ids, home=NOBODY.home)

    succeeded(run("tar", "--extract", "--zstd", f"--file={ODD}/l.tar.zst", f"--directory={ODD}"))
    newer, older = f"{ODD}/likeness-{version}", f"{ODD}/likeness-{OLDER}"
    copy_linked(system.path(newer), system.path(older))
    stamp(system.path(older) / "likeness", OLDER)
    succeeded(run(f"{older}/install.sh", "--no-self-test"))
    target = f"{NOBODY.home}/.local/opt/likeness"
    program = f"{NOBODY.home}/.local/bin/likeness"
    succeeded(run(program, "packs", "add", f"{NOBODY.home}/mine.likeness-pack", "--key", signed[1]))
    own = own_files(system, NOBODY)
    assert len(own) == 6, sorted(own)

    assert "everything works" in succeeded(run(f"{newer}/install.sh"))
    assert system.path(f"{target}/VERSION").read_text() == f"{version}\n"
    assert own_files(system, NOBODY) == own
    refused = run(f"{older}/install.sh")
    assert refused.returncode == 1 and "which is newer" in refused.stderr and "hint:" in refused.stderr

    subprocess.run(["chmod", "-R", "a-w", str(system.path(target))], check=True)
    sample = f"{target}/_internal/likeness_core/resources/sample"
    words = ["restore", f"{sample}/footage.mp4", "--reference", f"{sample}/portrait.jpg", f"{sample}/smiling.jpg"]
    succeeded(run(program, *words, "--range", "8:16", "-o", f"{NOBODY.home}/über setzt/anna"))
    assert hashes(system.path(f"{NOBODY.home}/über setzt/anna/frames")) == by_the_checkout(tmp_path, "8:16")

    subprocess.run(["chmod", "-R", "u+w", str(system.path(target))], check=True)
    succeeded(run(f"{target}/uninstall.sh"))
    for name in (older, newer):
        shutil.rmtree(system.path(name))
    made = {f"/{path}".removeprefix(f"{NOBODY.home}/") for path in system.files() - before}
    allowed = (".local/share/likeness", ".cache", "über setzt")
    assert {path for path in made if not path.startswith(allowed)} == set()
    assert own_files(system, NOBODY) == own


def test_what_goes_wrong_is_said(system: CleanRoot, signed: tuple[Path, str]) -> None:
    make_home(system, ANNA, signed[0])
    card = system.path("/sys/bus/pci/devices/0000:01:00.0")
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x10de\n")
    (card / "class").write_text("0x030200\n")

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return system.run(*command, user=ANNA.ids, home=ANNA.home)

    copy_linked(APPLICATION, system.path("/opt/likeness"))
    doctor = run("/opt/likeness/likeness", "doctor")
    assert "no driver for them" in doctor.stdout + doctor.stderr
    pack = system.path(ANNA.home) / "mine.likeness-pack"
    sound = pack.read_bytes()
    at = sound.rindex(b"GNU") if b"GNU" in sound else len(sound) // 2
    pack.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
    add = ("/opt/likeness/likeness", "packs", "add", f"{ANNA.home}/mine.likeness-pack")
    tampered = run(*add, "--key", signed[1])
    assert tampered.returncode == 6 and "pack.tampered" in tampered.stderr, tampered.stderr
    pack.write_bytes(sound)
    assert "knows no key" in run(*add).stderr
    with system.mounted("-t", "tmpfs", "-o", "size=2m,mode=777", "small", at="/small"):
        full = run(*add, "--key", signed[1], "--into", "/small/packs")
        assert full.returncode == 6 and "pack.no_space" in full.stderr, full.stderr
        words = ("--reference", f"{SAMPLE}/portrait.jpg", "--range", "8:16", "-o", "/small/anna")
        full = run("/opt/likeness/likeness", "restore", f"{SAMPLE}/footage.mp4", *words)
        assert full.returncode == 3 and "media.no_space" in full.stderr, full.stderr
    open_two_windows(system)


def open_two_windows(system: CleanRoot) -> None:
    """The first stays, the second says why it does not."""
    lock = system.path(ANNA.home) / ".local/share/likeness/window.lock"
    screen = surroundings(ANNA.home) | {"QT_QPA_PLATFORM": "offscreen"}
    first = subprocess.Popen(system.command(ANNA.ids, "/opt/likeness/likeness-panel"), env=screen, cwd="/")
    try:
        deadline = time.monotonic() + 120
        while not lock.exists():
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        second = subprocess.run(
            system.command(ANNA.ids, "/opt/likeness/likeness-panel"), env=screen, cwd="/",
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert second.returncode == 4 and "open already" in second.stderr
        assert first.poll() is None
    finally:
        first.terminate()
        first.wait(60)


def test_the_whole_sample_is_restored_to_the_same_bytes(tmp_path: Path) -> None:
    built = by(tmp_path / "built", [str(APPLICATION / "likeness")], "0:96")
    assert len(built) == 96 and built == by_the_checkout(tmp_path, "0:96")


def by_the_checkout(folder: Path, frames: str) -> dict[str, str]:
    return by(folder / "checkout", [sys.executable, "-m", "likeness_core"], frames)


def by(output: Path, program: list[str], frames: str) -> dict[str, str]:
    """Restore frames of the sample with a program; the hash of each frame that was written."""
    sample = ROOT / "resources" / "sample"
    photographs = [str(sample / "portrait.jpg"), str(sample / "smiling.jpg")]
    words = ["restore", str(sample / "footage.mp4"), "--reference", *photographs, "-o", str(output), "--range", frames]
    paths = os.pathsep.join(str(ROOT / name) for name in ("core", "gui", "plugin"))
    environment = os.environ | QUIET | {"PYTHONPATH": paths, "LIKENESS_CACHE": f"{output}-cache"}
    subprocess.run([*program, *words], env=environment, check=True, capture_output=True)
    return hashes(output / "frames")


def hashes(frames: Path) -> dict[str, str]:
    return {path.name: file_hash(path) for path in sorted(frames.iterdir())}
