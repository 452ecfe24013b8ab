"""A user's own face restorer: made a pack, and run inside the whole pipeline."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from likeness_core.errors import ModelPackError
from likeness_core.media import to_float
from likeness_core.packs import check_pack, read_manifest
from likeness_core.restorer import blind
from likeness_core.restorer.blind import BlindBackbone, open_blind, read_weights

from tests.core.restoring import decoded, film, likeness, portrait_film

pytest.importorskip("einops")  # comes with the extra `blind`, as spandrel does
from tests.core.restorer import tiny_restoreformer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("blind")
    source = tiny_restoreformer.write(folder / "faces.pth")
    words = ["packs", "build", "--blind", source, "--licence", "research only", "--sides", "64", "-o", folder / "faces"]
    outcome = likeness(*words, cache=folder / "cache")
    assert outcome.status == 0, outcome.errors
    return folder / "faces"


def test_the_pack_says_what_it_is_and_is_checked_like_any_other(pack, tmp_path):
    manifest = read_manifest(pack)
    assert (manifest.backbone, manifest.licence, manifest.sides_px) == ("blind", "research only", (64,))
    assert manifest.network["architecture"] == "RestoreFormer"
    assert check_pack(pack).name == "faces"
    assert "research only" in (pack / "card.md").read_text(encoding="utf-8")
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in pack.iterdir():
        data = bytearray(path.read_bytes())
        if path.name == "weights.safetensors":
            data[-1] ^= 1
        (broken / path.name).write_bytes(data)
    with pytest.raises(ModelPackError) as caught:
        check_pack(broken)
    assert caught.value.code == "pack.tampered"


def test_the_weights_arrive_as_they_were(pack):
    original = tiny_restoreformer.weights()
    found = open_blind(pack, CPU, torch.float32)
    crops = torch.rand((1, 2, 3, 64, 64), generator=torch.Generator().manual_seed(0)) * 2 - 1
    (once,) = found.estimate(crops, 1.0, [None])
    blind._spandrel()
    from spandrel import ModelLoader

    with torch.inference_mode():
        wanted = ModelLoader("cpu").load_from_state_dict(original)((crops[0] + 1) / 2) * 2 - 1
    assert torch.allclose(once[0], wanted, atol=1e-4)
    assert not torch.allclose(once[0], crops[0], atol=0.05)


def test_whatever_is_asked_it_is_one_step_of_the_footage_itself():
    seen: list[torch.Tensor] = []

    def restore(picture: torch.Tensor) -> torch.Tensor:
        seen.append(picture)
        return 1 - picture

    backbone = BlindBackbone(restore, CPU, torch.float32)
    lq = backbone.encode(torch.full((1, 3, 3, 32, 32), -0.5))
    assert backbone.times(8) == [1.0]
    x_t = backbone.noised(lq, lq, backbone.noise(1, [0, 1, 2], lq, False), 1.0)
    assert torch.equal(x_t, lq)
    one, two = backbone.estimate(x_t, 1.0, [None, None])
    assert len(seen) == 3  # each frame once, not once a stream
    assert torch.allclose(seen[0], torch.full((1, 3, 32, 32), 0.25))
    assert torch.allclose(backbone.decode(one), torch.full((1, 3, 3, 32, 32), 0.5))
    assert torch.equal(one, two)


def test_restoring_with_it_changes_faces_alone(pack, tmp_path):
    source = film(tmp_path / "a.mp4", portrait_film(1), frames=2)
    words = ["restore", source, "--no-reference", "--pack", pack, "--no-fading", "--grain", "0", "--threads", "1"]
    outcome = likeness(*words, "-o", tmp_path / "out", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    before = to_float(decoded(source)[0].pixels)
    after = to_float(decoded(tmp_path / "out" / "frames" / "a.000000.exr")[0].pixels)
    change = np.abs(after - before).max(axis=2)
    assert change[40:80, 60:100].max() > 0.05  # the face
    assert change[:4].max() < 1e-3  # the room


def test_an_identity_pack_is_refused(pack, tmp_path):
    from likeness_core.restorer.pipeline import Restorer

    with pytest.raises(ModelPackError) as caught:
        Restorer(pack, CPU, torch.float32, {"x": torch.zeros(1)})
    assert caught.value.code == "identity.format"


class Mischief:
    """What a pickle may do."""

    def __reduce__(self):
        return (open, (str(Path("mischief.txt").absolute()), "w"))


@pytest.mark.parametrize("kind", ["text", "empty", "pickle", "other", "missing", "number"])
def test_files_that_are_no_such_weights_are_refused_and_nothing_in_them_runs(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "faces.pth"
    if kind == "text":
        path.write_text("not weights")
    elif kind == "empty":
        path.touch()
    elif kind == "pickle":
        torch.save({"weights": Mischief()}, path)
        assert zipfile.is_zipfile(path)
    elif kind == "other":
        torch.save({"a.weight": torch.zeros(3, 3)}, path)
    elif kind == "number":
        torch.save(3, path)
    words = ["packs", "build", "--blind", path, "--licence", "x", "-o", tmp_path / "pack"]
    outcome = likeness(*words, cache=tmp_path / "cache")
    assert outcome.status == 6
    wanted = {"missing": "pack.missing", "other": "pack.architecture"}
    assert outcome.code == wanted.get(kind, "pack.format")
    assert not (tmp_path / "mischief.txt").exists()
    assert not (tmp_path / "pack").exists()


def test_a_network_for_something_else_is_refused(tmp_path):
    blind._spandrel()
    from spandrel.architectures.Compact import Compact

    torch.save(Compact(num_feat=8, num_conv=2, upscale=2).state_dict(), tmp_path / "x2.pth")
    with pytest.raises(ModelPackError) as caught:
        blind.described(read_weights(tmp_path / "x2.pth"), "x2.pth")
    assert caught.value.code == "pack.architecture"
    assert "Compact" in caught.value.message


def test_the_stand_in_for_torchvision_is_gone_after_the_import():
    blind._spandrel()
    try:
        import torchvision  # noqa: F401
    except ImportError:
        assert "torchvision" not in sys.modules
    picture = torch.rand((1, 3, 4, 4))
    wanted = (picture - 0.5) / 0.25
    assert torch.allclose(blind._normalize(picture, [0.5] * 3, [0.25] * 3), wanted)


def test_without_spandrel_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(ModelPackError) as caught:
        blind._spandrel()
    assert caught.value.code == "pack.missing"
    assert "spandrel" in caught.value.hint


@pytest.mark.long
def test_gfpgan_at_its_own_size_is_repeatable(tmp_path):
    blind._spandrel()
    from spandrel.architectures.GFPGAN import GFPGAN

    torch.manual_seed(0)
    model = GFPGAN()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("modulated_conv.weight") or ".weight" in name:
                parameter.add_(0.02 * torch.randn_like(parameter))
    torch.save({"params_ema": model.state_dict()}, tmp_path / "gfpgan.pth")
    found = blind.described(read_weights(tmp_path / "gfpgan.pth"), "gfpgan.pth")
    assert found.architecture.id == "GFPGAN"
    restore = blind._caller(found)
    picture = torch.rand((1, 3, 512, 512), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        one, two = restore(picture), restore(picture)
        wanted = (model.eval()(picture * 2 - 1, randomize_noise=False)[0] + 1) / 2
    assert one.shape == (1, 3, 512, 512)
    assert torch.equal(one, two)
    assert torch.allclose(one, wanted, atol=1e-4)
