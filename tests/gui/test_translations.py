"""The second language is whole, fits what it translates, and is what the window speaks."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import likeness_gui
import pytest
from likeness_gui.__main__ import translate
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow
from PySide6.QtWidgets import QApplication

FOLDER = Path(likeness_gui.__file__).parent
TEXTS = FOLDER / "translations"


def program(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def messages(path: Path) -> dict[tuple[str, str], ElementTree.Element]:
    found = {}
    for context in ElementTree.parse(path).iter("context"):
        name = context.findtext("name", "")
        found |= {(name, message.findtext("source", "")): message for message in context.iter("message")}
    return found


def test_every_text_is_translated_and_keeps_its_places() -> None:
    for (context, source), message in messages(TEXTS / "likeness_de.ts").items():
        translation = message.find("translation")
        assert translation is not None
        assert "type" not in translation.attrib, f"{context}: {source}"
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        assert len(forms) == (2 if message.get("numerus") else 1)
        for form in forms:
            assert form.strip(), source
            assert sorted(re.findall(r"\{.*?\}|%n", form)) == sorted(re.findall(r"\{.*?\}|%n", source)), source


def test_the_translation_knows_every_text_of_the_source(tmp_path: Path) -> None:
    sources = [str(path) for path in FOLDER.rglob("*.py")]
    target = tmp_path / "likeness_de.ts"
    subprocess.run([program("pyside6-lupdate"), *sources, "-silent", "-ts", str(target)], check=True)
    missing = messages(target).keys() - messages(TEXTS / "likeness_de.ts").keys()
    assert not missing, f"run `python dev.py translate` and translate {missing}"


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_ships_was_built_of_these_texts(language: str, tmp_path: Path) -> None:
    built = tmp_path / "built.qm"
    source = TEXTS / f"likeness_{language}.ts"
    subprocess.run([program("pyside6-lrelease"), "-silent", str(source), "-qm", str(built)], check=True)
    assert built.read_bytes() == source.with_suffix(".qm").read_bytes(), "run `python dev.py translate`"


@pytest.mark.parametrize(("language", "one", "many"), [("de", "1 Bild", "2 Bilder"), ("en", "1 frame", "2 frames")])
def test_the_window_speaks_it(qapp: QApplication, workspace: Workspace, language: str, one: str, many: str) -> None:
    translators = translate(qapp, language)
    try:
        window = MainWindow(workspace)
        assert window.viewer.transport.tr("%n frame(s)", "", 1) == one
        assert window.viewer.transport.tr("%n frame(s)", "", 2) == many
        pages = [button.text() for button in window._page_buttons]
        assert pages[1] == {"de": "Warteschlange", "en": "Queue"}[language]
        window.deleteLater()
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)


def test_a_language_that_is_not_there_is_english(qapp: QApplication) -> None:
    translators = translate(qapp, "fr")
    try:
        assert QApplication.translate("Transport", "%n frame(s)", "", 3) == "3 frames"
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)
