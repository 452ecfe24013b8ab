"""Signed archives: what is sound goes in, what is not leaves no trace."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from likeness_core import packs
from likeness_core.errors import InputError, LikenessError
from likeness_core.packs import archives
from likeness_core.packs.archives import DESCRIPTION, SIGNATURE, add

from installer.extras import new_key, read_key, write_pack_archive, write_runtime_archive
from tests.installer.sound_pack import make_pack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def trusted(key: Ed25519PrivateKey) -> tuple[str, ...]:
    return (key.public_key().public_bytes_raw().hex(),)


@pytest.fixture
def archive(tmp_path: Path, key: Ed25519PrivateKey) -> Path:
    return write_pack_archive(make_pack(tmp_path / "made" / "other"), ROOT / "LICENSE", tmp_path / "archives", key)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in sorted(folder.rglob("*"))}


def refused(archive: Path, target: Path, keys: tuple[str, ...], accepted: str = "") -> LikenessError:
    """What `add` says, and that it left everything as it was."""
    target.mkdir(exist_ok=True)
    before = everything(target)
    with pytest.raises(LikenessError) as caught:
        add(archive, target, accepted, keys)
    assert everything(target) == before
    assert caught.value.hint and "\n" not in caught.value.message
    return caught.value


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The archive again with other members."""
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    change(members)
    changed = archive.with_name("changed.likeness-pack")
    with zipfile.ZipFile(changed, "w") as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return changed


def resigned(archive: Path, key: Ed25519PrivateKey, change: Callable[[dict], object]) -> Path:  # type: ignore[type-arg]
    """The archive again with another description, rightly signed."""

    def describe(members: dict[str, bytes]) -> None:
        description = json.loads(members[DESCRIPTION])
        change(description)
        members[DESCRIPTION] = json.dumps(description).encode()
        members[SIGNATURE] = key.sign(members[DESCRIPTION])

    return rewritten(archive, describe)


def test_a_sound_archive_becomes_a_pack_that_is_found(
    archive: Path, tmp_path: Path, trusted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *a, **k: str(tmp_path / "data ä"))
    added = add(archive, keys=trusted)
    assert added.folder == tmp_path / "data ä" / "packs" / "other"
    assert packs.check_pack(added.folder).version == "1"
    assert added.folder in packs.find_packs()
    assert (added.folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert sorted(path.name for path in (tmp_path / "data ä").iterdir()) == ["packs"]


def test_a_newer_pack_takes_the_place_of_the_older(
    archive: Path, tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    target = tmp_path / "data"
    add(archive, target, keys=trusted)
    newer = write_pack_archive(make_pack(tmp_path / "made2" / "other", "2"), ROOT / "LICENSE", tmp_path / "two", key)
    assert packs.check_pack(add(newer, target, keys=trusted).folder).version == "2"
    assert [path.name for path in target.rglob("*") if path.is_dir()] == ["packs", "other"]


def test_the_same_files_give_the_same_archive(tmp_path: Path, archive: Path, key: Ed25519PrivateKey) -> None:
    os.utime(tmp_path / "made" / "other" / "card.md", (1, 1))
    again = write_pack_archive(tmp_path / "made" / "other", ROOT / "LICENSE", tmp_path / "again", key)
    assert again.read_bytes() == archive.read_bytes()


def test_an_archive_signed_by_another_is_refused(archive: Path, tmp_path: Path) -> None:
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert refused(archive, tmp_path / "data", (stranger,)).code == "pack.signature"
    assert refused(archive, tmp_path / "data", archives.TRUSTED_KEYS).code == "pack.signature"


def test_a_build_that_knows_no_key_says_so_and_how_to_name_one(archive: Path, tmp_path: Path) -> None:
    error = refused(archive, tmp_path / "data", ())
    assert error.code == "pack.signature" and "knows no key" in error.message and "--key" in error.hint


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_key_that_is_none_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        archives.public_key(text)
    assert caught.value.code == "input.key"
    assert archives.public_key("AB" * 32) == "ab" * 32


def test_a_changed_description_is_refused(archive: Path, tmp_path: Path, trusted: tuple[str, ...]) -> None:
    def relicense(members: dict[str, bytes]) -> None:
        members[DESCRIPTION] = members[DESCRIPTION].replace(b"Apache-2.0", b"CC0-1.0")

    assert refused(rewritten(archive, relicense), tmp_path / "data", trusted).code == "pack.signature"


@pytest.mark.parametrize("where", [0, 5000, -1])
def test_one_changed_byte_is_refused(archive: Path, tmp_path: Path, trusted: tuple[str, ...], where: int) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = bytearray(members["files/weights.safetensors"])
        content[where] ^= 1
        members["files/weights.safetensors"] = bytes(content)

    assert refused(rewritten(archive, change), tmp_path / "data", trusted).code == "pack.tampered"


@pytest.mark.parametrize("member", ["files/extra.txt", "files/../../outside", "else.txt"])
def test_a_file_too_many_is_refused(archive: Path, tmp_path: Path, trusted: tuple[str, ...], member: str) -> None:
    changed = rewritten(archive, lambda members: members.update({member: b"x"}))
    assert refused(changed, tmp_path / "data", trusted).code == "pack.tampered"
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "a/../../outside", "c:outside", "a\\b"])
def test_a_path_that_leads_out_is_refused_though_it_is_signed(
    archive: Path, tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...], path: str
) -> None:
    def describe(members: dict[str, bytes]) -> None:
        description = json.loads(members[DESCRIPTION])
        description["files"][path] = {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
        members["files/" + path] = b"x"
        members[DESCRIPTION] = json.dumps(description).encode()
        members[SIGNATURE] = key.sign(members[DESCRIPTION])

    assert refused(rewritten(archive, describe), tmp_path / "data", trusted).code == "pack.archive"


def test_a_name_that_leads_out_is_refused(
    archive: Path, tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    for name in ("..", "../x", "a/b", "", ".hidden"):
        changed = resigned(archive, key, lambda about, name=name: about.update(name=name))
        assert refused(changed, tmp_path / "data", trusted).code == "pack.archive", name


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_an_archive_that_was_cut_short_is_refused(
    archive: Path, tmp_path: Path, trusted: tuple[str, ...], share: float
) -> None:
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    assert refused(archive, tmp_path / "data", trusted).code == "pack.archive"


def test_no_archive_at_all_is_said(tmp_path: Path, trusted: tuple[str, ...]) -> None:
    assert refused(tmp_path / "none.likeness-pack", tmp_path / "data", trusted).code == "input.missing"
    with pytest.raises(LikenessError):
        add(tmp_path, tmp_path / "data", keys=trusted)


def test_terms_that_are_not_free_have_to_be_accepted(
    tmp_path: Path, archive: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    changed = resigned(archive, key, lambda about: about.update(licence="Research Only 1.0"))
    error = refused(changed, tmp_path / "data", trusted)
    assert error.code == "pack.licence" and "--accept-licence 'Research Only 1.0'" in error.hint
    assert refused(changed, tmp_path / "data", trusted, "Apache-2.0").code == "pack.licence"
    assert add(changed, tmp_path / "data", "Research Only 1.0", trusted).folder.is_dir()


def test_a_licence_without_its_text_is_refused(
    archive: Path, tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    changed = resigned(archive, key, lambda about: about.update(licence_file="COPYING"))
    assert refused(changed, tmp_path / "data", trusted).code == "pack.licence"


def test_another_system_is_refused(
    tmp_path: Path, archive: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    changed = resigned(archive, key, lambda about: about.update(platform="plan9-sparc-cp399"))
    assert refused(changed, tmp_path / "data", trusted).code == "pack.platform"


def test_too_little_space_is_said_before_anything_is_written(
    archive: Path, tmp_path: Path, trusted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    error = refused(archive, tmp_path / "data", trusted)
    assert error.code == "pack.no_space" and "GB are free" in error.message


def test_a_disk_that_fills_up_leaves_the_older_pack(
    archive: Path, tmp_path: Path, trusted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(archive, tmp_path / "data", keys=trusted)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(archive, tmp_path / "data", trusted).code == "pack.no_space"
    assert packs.check_pack(tmp_path / "data" / "packs" / "other").version == "1"


@pytest.mark.skipif(not hasattr(os, "getuid") or not Path("/dev/shm").is_dir(), reason="needs a small file system")
def test_a_disk_that_is_really_full_is_said(archive: Path, tmp_path: Path, trusted: tuple[str, ...]) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a small file system")
    try:
        assert refused(archive, small, trusted).code == "pack.no_space"  # by the look at the space
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(archives, "_check_space", lambda *given: None)  # by the disk itself
            assert refused(archive, small, trusted).code == "pack.no_space"
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_killed_add_leaves_nothing_half_installed(
    archive: Path, tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    target = tmp_path / "data"
    add(archive, target, keys=trusted)
    newer = write_pack_archive(make_pack(tmp_path / "made2" / "other", "2"), ROOT / "LICENSE", tmp_path / "two", key)
    slow = textwrap.dedent("""
        import os, sys, time
        from pathlib import Path
        from likeness_core.packs import archives
        flush = os.fsync
        def slowly(descriptor):
            flush(descriptor); print("one", flush=True); time.sleep(30)
        os.fsync = slowly
        archives.add(Path(sys.argv[1]), Path(sys.argv[2]), "", (sys.argv[3],))
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", slow, str(newer), str(target), trusted[0]], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "core")},
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "one\n"
    with pytest.raises(LikenessError) as caught:
        add(newer, target, keys=trusted)
    assert caught.value.code == "pack.busy"
    process.kill()
    process.wait()
    assert packs.check_pack(target / "packs" / "other").version == "1"
    assert [path.name for path in (target / "packs").iterdir()] == ["other"]
    assert packs.check_pack(add(newer, target, keys=trusted).folder).version == "2"
    assert sorted(path.name for path in target.iterdir()) == ["packs"]


def test_an_interrupt_between_the_two_renames_puts_the_older_back(
    archive: Path, tmp_path: Path, trusted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "data"
    add(archive, target, keys=trusted)
    rename = Path.rename

    def interrupted(self: Path, to: Path) -> Path:
        if self.name.startswith("new-"):
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add(archive, target, keys=trusted)
    assert packs.check_pack(target / "packs" / "other").version == "1"
    assert sorted(path.name for path in target.iterdir()) == ["packs"]


def test_a_runtime_goes_into_a_folder_of_its_own(
    tmp_path: Path, key: Ed25519PrivateKey, trusted: tuple[str, ...]
) -> None:
    packages = tmp_path / "site" / "fast"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("speed = 9\n")
    (packages / "__pycache__").mkdir()
    (packages / "__pycache__" / "x.pyc").write_bytes(b"x")
    about = {"name": "gpu", "version": "1", "licence": "MIT"}
    archive = write_runtime_archive(tmp_path / "site", about, ROOT / "LICENSE", tmp_path / "out", key)
    added = add(archive, tmp_path / "data", keys=trusted)
    assert added.folder == tmp_path / "data" / "runtimes" / "gpu"
    assert (added.folder / "packages" / "fast" / "__init__.py").read_text() == "speed = 9\n"
    assert (added.folder / DESCRIPTION).is_file() and not list(added.folder.rglob("*.pyc"))


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key.pem")
    assert read_key(tmp_path / "key.pem").public_key().public_bytes_raw().hex() == public
    if os.name == "posix":
        assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        new_key(tmp_path / "key.pem")


def test_a_key_is_never_made_inside_the_repository() -> None:
    place = ROOT / "dist" / "key.pem"
    done = subprocess.run(
        [sys.executable, ROOT / "installer" / "build.py", "--new-key", place],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "must never be committed" in done.stderr and not place.exists()


def test_a_key_that_was_made_by_the_build_signs_what_the_command_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from likeness_core.__main__ import main

    monkeypatch.setattr("platformdirs.user_data_dir", lambda *a, **k: str(tmp_path / "data"))
    public = new_key(tmp_path / "key.pem")
    folder = make_pack(tmp_path / "made" / "third")
    signed = write_pack_archive(folder, ROOT / "LICENSE", tmp_path / "archives", read_key(tmp_path / "key.pem"))
    other = new_key(tmp_path / "other.pem")
    assert main(["packs", "add", str(signed), "--key", other]) == 6
    assert main(["packs", "add", str(signed), "--key", "nonsense"]) == 2
    assert not (tmp_path / "data").exists()
    assert main(["packs", "add", str(signed), "--key", public.upper()]) == 0
    assert packs.check_pack(tmp_path / "data" / "packs" / "third").version == "1"


def test_the_command_adds_and_lists(
    archive: Path,
    tmp_path: Path,
    trusted: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from likeness_core.__main__ import main

    monkeypatch.setattr("platformdirs.user_data_dir", lambda *a, **k: str(tmp_path / "data"))
    assert main(["packs", "add", str(archive)]) == 6
    assert "pack.signature" in capsys.readouterr().err
    assert main(["packs", "add", str(archive), "--key", trusted[0]]) == 0
    assert "other 1  Apache-2.0" in capsys.readouterr().out
    assert main(["packs"]) == 0
    assert str(tmp_path / "data" / "packs" / "other") in capsys.readouterr().out
    started = time.monotonic()
    with pytest.raises(InputError):
        add(tmp_path / "none", keys=trusted)
    assert time.monotonic() - started < 5
