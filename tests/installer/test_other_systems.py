"""What is written for Windows and macOS, as far as it can be tried elsewhere: it compiles and parses."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from likeness_core import __version__

from installer import contents
from tests.installer.fake_application import make_application

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "installer" / "windows" / "likeness.nsi"
MACOS = ROOT / "installer" / "macos"


@pytest.mark.skipif(not shutil.which("makensis"), reason="no makensis here")
@pytest.mark.parametrize("beside", [(), ("-DBESIDE=likeness.zip",)])
def test_the_windows_installer_compiles_without_a_warning(tmp_path: Path, beside: tuple[str, ...]) -> None:
    application = make_application(tmp_path / "made", "1.2")
    output = tmp_path / "likeness-1.2-windows.exe"
    values = {"VERSION": "1.2", "SOURCE": application, "LICENCES": application / "LICENCES.txt", "OUTPUT": output}
    command = ["makensis", "-V2", "-WX", *(f"-D{name}={value}" for name, value in values.items()), *beside, str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert output.read_bytes()[:2] == b"MZ"
    missing = subprocess.run(["makensis", "-V2", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert missing.returncode != 0  # the values are asked for


def test_the_windows_installer_removes_only_what_is_ours() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    section = text.partition('Section "Uninstall"')[2]
    assert text.count("RMDir /r") == 3 and section.count("RMDir /r") == 1
    assert 'IfFileExists "$INSTDIR\\VERSION" 0 foreign' in section
    written = set(re.findall(r'WriteRegStr HKCU "([^"]+)"', text))
    deleted = set(re.findall(r'DeleteRegKey HKCU "([^"]+)"', section))
    assert all(any(key.startswith(gone) for gone in deleted) for key in written)
    assert "$LOCALAPPDATA\\likeness" not in text.replace("; Settings, projects and model packs in $LOCALAPPDATA", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("name", ["make_pkg.sh", "preinstall", "postinstall"])
def test_the_scripts_for_macos_parse(name: str) -> None:
    assert subprocess.run(["sh", "-n", MACOS / name], check=False).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("there", "new", "refused"), [("1.10", "1.9", True), ("1.9", "1.10", False), ("1.9", "1.9", False)]
)
def test_macos_refuses_a_downgrade(tmp_path: Path, there: str, new: str, refused: bool) -> None:
    script = tmp_path / "preinstall"
    script.write_text((MACOS / "preinstall").read_text().replace("@VERSION@", new))
    place = tmp_path / "Applications" / "Likeness.app" / "Contents" / "Resources"
    place.mkdir(parents=True)
    (place / "VERSION").write_text(f"{there}\n")
    done = subprocess.run(["sh", script, "package", "target", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode == 1) == refused


def test_every_script_that_was_not_run_says_so() -> None:
    for path in (SCRIPT, MACOS / "make_pkg.sh"):
        assert "NOT RUN on" in path.read_text(encoding="utf-8")


def test_the_version_is_the_packages() -> None:
    assert contents.version() == __version__
    [kind] = contents.PROPERTIES["CFBundleDocumentTypes"]  # type: ignore[misc]
    assert kind["CFBundleTypeExtensions"] == ["likeness"]  # type: ignore[index]
