"""A result's folder, as the button of the OpenFX plug-in names it, opens the footage that it was made of."""

from pathlib import Path

import pytest
from likeness_core.api import FrameRange, ModelPack, OutputSpec, RestorationJob, RestorationSettings, SourceFile
from likeness_core.jobs import encode
from likeness_core.media import probe

from tests.gui.driving import Editor


@pytest.fixture
def editor(lasting: Editor) -> Editor:
    return lasting


def test_the_folder_of_a_result_opens_its_footage(editor: Editor, footage: Path, tmp_path: Path) -> None:
    media = probe(footage)
    job = RestorationJob(
        "1", media, SourceFile(str(footage), 1, 1, ""), FrameRange(0, 4), (), (), "all", RestorationSettings(),
        OutputSpec("", "footage"), ModelPack("compact", "1", "", "", ""), "cpu", "float32", 1,
    )  # fmt: skip
    result = tmp_path / "Ergebnis"
    result.mkdir()
    (result / "sidecar.json").write_bytes(b'{"job": ' + encode(job) + b"}")
    editor.start(result)
    editor.wait(lambda: editor.workspace.clip is not None, "the footage is open")
    assert editor.workspace.clip is not None and editor.workspace.clip.media.path == str(footage)
    assert editor.workspace.notices.shown == []


def test_a_folder_that_is_no_result_is_said(editor: Editor, tmp_path: Path) -> None:
    editor.start(tmp_path)
    editor.wait(lambda: editor.workspace.notices.shown, "it is said")
    assert "no result" in editor.workspace.notices.shown[0].text
