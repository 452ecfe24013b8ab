"""An identity pack is made and used through the window, by the real core with a small network.

What cannot be practised on is in `test_flow`.
"""

import json
from pathlib import Path

import pytest
from likeness_core.api import FrameRange, JobState
from likeness_core.packs import check_pack
from likeness_core.restorer.identity_pack import load_identity
from likeness_gui.state.steps import Step
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.core.restorer import tiny_network
from tests.gui.clips import ordered
from tests.gui.driving import Editor

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]  # practising takes half a minute even here


@pytest.fixture
def editor(lasting: Editor, tmp_path: Path) -> Editor:
    """Somebody who has chosen a model pack of their own: the one that ships practises for minutes."""
    pack = tiny_network.write(tmp_path / "tiny", tiny_network.perturbed())
    lasting.workspace.preferences.set("pack", str(pack))
    return lasting


def test_a_pack_is_made_and_stands_in_for_the_photographs(
    editor: Editor, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, box = editor.workspace, editor.window.inspector.identity
    editor.open(footage, FrameRange(0, 2))
    editor.next(Step.ANALYSE)
    editor.until(Step.CHOOSE)
    editor.choose([footage.with_name("portrait.jpg")])
    editor.wait(lambda: workspace.photographs.report(str(footage.with_name("portrait.jpg"))), "it is checked")
    more = [str(footage.with_name(name)) for name in ("smiling.jpg", "portrait.jpg")]  # one of them once again
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (more, ""))
    workspace.identities.steps = 30
    editor.click(box._make)
    editor.wait(lambda: workspace.identities.practice and workspace.identities.practice.progress, "it practises")
    assert box._bar.isVisible() and box._stop.isVisible()
    editor.wait(lambda: workspace.project.person and workspace.project.person.identity, "the pack is used")
    person = workspace.project.person
    assert person is not None
    pack = load_identity(Path(person.identity), check_pack(Path(workspace.preferences.text("pack"))))
    assert [photo.name for photo in pack.manifest.photos] == ["portrait.jpg", "smiling.jpg"]
    assert pack.manifest.name == "Person 1"
    assert f"{pack.manifest.scores.after:.2f} with it" in box._score.text()

    editor.click(editor.window.next_step._second)  # restore without a preview
    editor.wait_for_job(JobState.DONE)
    job = editor.job()
    assert (job.request.identity, job.request.references) == (person.identity, ())
    sidecar = json.loads((Path(job.output.folder) / "sidecar.json").read_text(encoding="utf-8"))
    assert sidecar["job"]["identity_sha256"] == pack.sha256

    editor.click(box._drop)
    assert ordered(workspace).references == person.references
    workspace.project.undo_stack.undo()
    QApplication.processEvents()
    assert ordered(workspace).identity == person.identity
