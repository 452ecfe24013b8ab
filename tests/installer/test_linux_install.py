"""The install script and the Debian package, on an application of a few files, as a user and in folders of any name."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from installer import linux_packages
from installer.linux_packages import archive_members, make_archive, make_deb
from tests.installer.fake_application import make_application

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="for Linux")

ODD = "Räume für Mönche & 'co' $HOME 100%"  # a folder of a user


def unpacked(folder: Path, version: str) -> Path:
    """What unpacking the archive of a version gives."""
    application = make_application(folder / "made", version)
    top = folder / f"likeness-{version} ü"
    for name, path in archive_members(application):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            shutil.copy2(path, top / name)
    return top


class User:
    """Somebody with a home of an odd name."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / ODD
        self.home.mkdir()
        self.calls = folder / "calls"
        self.environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LIKENESS_CALLS": str(self.calls)}
        self.target = self.home / ".local" / "opt" / "likeness"

    def run(self, program: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], env=self.environment | more, capture_output=True, text=True, check=False
        )

    def files(self) -> set[str]:
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*")}

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def test_it_installs_for_a_user_tries_itself_and_can_be_called(user: User, tmp_path: Path) -> None:
    done = user.run(unpacked(tmp_path, "1.2") / "install.sh")
    assert done.returncode == 0, done.stderr
    assert "Likeness 1.2 is installed" in done.stdout
    assert user.called() == ["likeness --self-test"]
    assert user.run(user.home / ".local/bin/likeness", "doctor").returncode == 0
    assert user.called()[-1] == "likeness doctor"
    data = user.target / "_internal/likeness_core/data ü.bin"
    assert data.read_bytes() == b"1.2" * 100
    assert not list(user.target.parent.glob("likeness.*"))


def test_the_menu_entry_names_the_program_wherever_it_is(user: User, tmp_path: Path) -> None:
    user.run(unpacked(tmp_path, "1.2") / "install.sh")
    entry = (user.home / ".local/share/applications/likeness.desktop").read_text()
    [line] = [line for line in entry.splitlines() if line.startswith("Exec=")]
    quoted = line.removeprefix('Exec="').removesuffix('" %F').replace("%%", "%")
    for character in '$`"\\':
        quoted = quoted.replace("\\" + character, character)
    assert Path(quoted) == user.target / "likeness-panel"
    validator = shutil.which("desktop-file-validate")
    if validator:
        checked = subprocess.run([validator, user.home / ".local/share/applications/likeness.desktop"], check=False)
        assert checked.returncode == 0


def test_an_upgrade_keeps_what_is_the_users(user: User, tmp_path: Path) -> None:
    own = user.home / ".local/share/likeness"
    (own / "packs/mine").mkdir(parents=True)
    for name in ("settings.ini", "unnamed.likeness", "packs/mine/manifest.json"):
        (own / name).write_text(name)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert user.run(unpacked(tmp_path / "a", "1.9") / "install.sh").returncode == 0
    stray = user.target / "_internal" / "old.bin"
    stray.write_text("of the older version")
    assert user.run(unpacked(tmp_path / "b", "1.10") / "install.sh").returncode == 0
    assert (user.target / "VERSION").read_text() == "1.10\n" and not stray.exists()
    for name in ("settings.ini", "unnamed.likeness", "packs/mine/manifest.json"):
        assert (own / name).read_text() == name


def test_a_downgrade_is_refused_with_a_hint(user: User, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    user.run(unpacked(tmp_path / "a", "1.10") / "install.sh")
    before = user.files()
    done = user.run(unpacked(tmp_path / "b", "1.9") / "install.sh")
    assert done.returncode == 1
    assert "1.10 is installed, which is newer than 1.9" in done.stderr and "hint:" in done.stderr
    assert user.files() == before and (user.target / "VERSION").read_text() == "1.10\n"


def test_the_same_version_again_is_no_harm(user: User, tmp_path: Path) -> None:
    top = unpacked(tmp_path, "1.2")
    user.run(top / "install.sh")
    before = user.files()
    assert user.run(top / "install.sh").returncode == 0
    assert user.files() == before


def test_removing_leaves_only_what_is_the_users(user: User, tmp_path: Path) -> None:
    (user.home / "Film.likeness").write_text("a project")
    own = user.home / ".local/share/likeness/settings.ini"
    own.parent.mkdir(parents=True)
    own.write_text("settings")
    before = user.files()
    user.run(unpacked(tmp_path, "1.2") / "install.sh")
    done = user.run(user.target / "uninstall.sh")
    assert done.returncode == 0, done.stderr
    assert user.called()[-1] == "likeness hosts remove"
    assert user.files() == before


def test_removing_leaves_a_program_of_the_same_name(user: User, tmp_path: Path) -> None:
    user.run(unpacked(tmp_path, "1.2") / "install.sh")
    other = user.home / ".local/bin/likeness"
    other.unlink()
    other.write_text("somebody else's")
    user.run(user.target / "uninstall.sh")
    assert other.read_text() == "somebody else's"


@pytest.mark.parametrize("there", ["nothing", "an older version"])
def test_a_damaged_archive_changes_nothing(user: User, tmp_path: Path, there: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    if there != "nothing":
        user.run(unpacked(tmp_path / "a", "1.1") / "install.sh")
    before = user.files()
    top = unpacked(tmp_path / "b", "1.2")
    (top / "likeness/_internal/likeness_core/data ü.bin").write_bytes(b"x")
    done = user.run(top / "install.sh")
    assert done.returncode == 1 and "damaged" in done.stderr
    new_folders = {".local", ".local/opt"}
    assert user.files() - new_folders == before - new_folders


def test_a_full_disk_is_said_before_anything_is_copied(user: User, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "df").write_text(
        "#!/bin/sh\nprintf 'Filesystem 1024-blocks Used Available Capacity Mounted\\nx 9 9 100 99%% /\\n'\n"
    )
    (tools / "df").chmod(0o755)
    done = user.run(unpacked(tmp_path, "1.2") / "install.sh", PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 1 and "MB are needed" in done.stderr and "0 MB are free" in done.stderr
    assert not user.target.exists()


def test_a_folder_of_somebody_else_is_not_touched(user: User, tmp_path: Path) -> None:
    user.target.mkdir(parents=True)
    (user.target / "mine.txt").write_text("mine")
    done = user.run(unpacked(tmp_path, "1.2") / "install.sh")
    assert done.returncode == 1 and "is not Likeness" in done.stderr
    assert [path.name for path in user.target.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_written_is_said(user: User, tmp_path: Path) -> None:
    (user.home / ".local").write_text("a file in the way")
    done = user.run(unpacked(tmp_path, "1.2") / "install.sh")
    assert done.returncode == 1 and "cannot be made" in done.stderr and "hint:" in done.stderr


def test_a_self_test_that_fails_is_said_and_nothing_more(user: User, tmp_path: Path) -> None:
    done = user.run(unpacked(tmp_path, "1.2") / "install.sh", LIKENESS_FAILS="1")
    assert done.returncode == 0 and "self-test failed" in done.stderr
    assert user.target.is_dir()


def test_options_that_mean_nothing_are_refused(user: User, tmp_path: Path) -> None:
    assert user.run(unpacked(tmp_path, "1.2") / "install.sh", "--sytem").returncode == 2
    assert user.files() == set()


def test_the_archive_is_the_same_each_time_and_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("zstd"):
        pytest.skip("no zstd here")
    application = make_application(tmp_path / "made", "1.2")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = make_archive(application, tmp_path / "one")
    os.utime(application / "LICENSE", (1, 1))
    second = make_archive(application, tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()
    subprocess.run(["zstd", "-dq", str(first)], check=True)
    with tarfile.open(first.with_suffix("")) as archive:
        assert {(member.uid, member.uname) for member in archive} == {(0, "")}
        names = archive.getnames()
        modes = {member.name.partition("/")[2]: member.mode for member in archive}
    assert modes["install.sh"] == modes["likeness/likeness"] == 0o755 and modes["README.txt"] == 0o644
    assert all(name.startswith("likeness-1.2/") for name in names)


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="no dpkg-deb here")
def test_the_debian_package_holds_what_it_should(tmp_path: Path) -> None:
    package = make_deb(make_application(tmp_path / "made", "1.2"), tmp_path)
    listing = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    assert "./opt/likeness/_internal/likeness_core/data" in listing
    assert "./usr/bin/likeness -> ../../opt/likeness/likeness\n" in listing
    for name in (
        "applications/likeness.desktop",
        "mime/packages/likeness.xml",
        "icons/hicolor/scalable/apps/likeness.svg",
    ):
        assert f"./usr/share/{name}\n" in listing
    assert all(" root/root " in line for line in listing.splitlines())
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    control = (tmp_path / "control" / "control").read_text()
    assert "Version: 1.2\n" in control and "libegl1" in control
    for name in ("preinst", "postinst", "prerm"):
        assert subprocess.run(["sh", "-n", tmp_path / "control" / name], check=False).returncode == 0
    assert not (tmp_path / ".deb").exists()


@pytest.mark.skipif(not shutil.which("dpkg"), reason="no dpkg here")
def test_the_debian_package_refuses_to_be_a_downgrade(tmp_path: Path) -> None:
    script = (Path(linux_packages.HERE) / "preinst").read_text().replace("@VERSION@", "1.9")
    (tmp_path / "preinst").write_text(script)
    refused = subprocess.run(
        ["sh", tmp_path / "preinst", "upgrade", "1.10"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1 and "1.10 is installed" in refused.stderr and "hint:" in refused.stderr
    for arguments in (["upgrade", "1.8"], ["upgrade", "1.9"], ["install"]):
        assert subprocess.run(["sh", tmp_path / "preinst", *arguments], check=False).returncode == 0
