"""What an installation in a folder with spaces and letters of other languages has to survive."""

from pathlib import Path

import pytest

from installer.contents import modules_of


def test_the_windows_style_names_its_pictures_in_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    theme = pytest.importorskip("likeness_gui.theme")
    monkeypatch.setattr(theme, "__file__", "/opt/Räume (alt) & 'co'/likeness_gui/theme.pyc")
    read = Path.read_text
    style = Path(__file__).resolve().parents[2] / "gui" / "likeness_gui" / "style.qss"
    monkeypatch.setattr(Path, "read_text", lambda self, **more: read(style, **more))
    text = theme.style_sheet()
    assert "url(\"/opt/Räume (alt) & 'co'/likeness_gui/icons/check.svg\")" in text
    assert text.count("url(") == text.count('url("') > 2


def test_modules_are_named_by_their_files(tmp_path: Path) -> None:
    for name in ("__init__.py", "one.py", "two/__init__.py", "two/three.py", "data.txt"):
        (tmp_path / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "package" / name).write_text("raise ImportError")
    found = modules_of(str(tmp_path / "package"))
    assert sorted(found) == ["package", "package.one", "package.two", "package.two.three"]
