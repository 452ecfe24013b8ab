"""An identity pack made through a real core process."""

from pathlib import Path

from likeness_core import packs
from likeness_core import protocol as p
from likeness_core.restorer.identity_pack import load_identity

from tests.core.restorer import tiny_network
from tests.core.serving import core

PHOTOS = tuple(str(path) for path in sorted((packs.resources() / "sample").glob("*.jpg")))


def test_a_pack_is_made_while_the_core_answers(tmp_path: Path) -> None:
    # Random weights, so bad that practice is sure to help.
    pack = tiny_network.write(tmp_path / "tiny", tiny_network.perturbed(seed=1, amount=0.05))
    asked = p.CreateIdentityParams(
        "Anna", PHOTOS, str(tmp_path / "anna.identity.safetensors"), steps=30, machine=p.Machine(pack=str(pack))
    )
    with core(tmp_path / "cache") as panel:
        number = panel.send("identity/create", asked)
        assert panel.call("job/list").jobs == ()
        answer = panel.answer(number)
    assert answer.error is None, answer.error
    made = answer.result
    assert made is not None and made["after"] > made["before"]
    identity = load_identity(tmp_path / "anna.identity.safetensors", packs.check_pack(pack)).manifest
    assert identity.name == "Anna"
    assert identity.scores.after > identity.scores.before


def test_requests_that_cannot_be_are_refused_at_once(tmp_path: Path, tiny_pack: Path) -> None:
    output, machine = str(tmp_path / "anna.identity.safetensors"), p.Machine(pack=str(tiny_pack))
    with core(tmp_path / "cache") as panel:
        for wrong, code in (
            (p.CreateIdentityParams("A", PHOTOS, "anna.safetensors", machine=machine), "input.path"),
            (p.CreateIdentityParams("A", PHOTOS, output, steps=5, machine=machine), "input.setting"),
            (p.CreateIdentityParams("A", PHOTOS, str(tmp_path / "a.bin"), machine=machine), "identity.name"),
            (p.CreateIdentityParams("A", (), output, machine=machine), "reference.count"),
        ):
            failure = panel.refusal("identity/create", wrong)
            assert failure.data is not None and failure.data.code == code
