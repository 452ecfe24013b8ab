"""Model packs: every way in which one can be wrong is refused by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from likeness_core import packs
from likeness_core.errors import ModelPackError
from likeness_core.packs import FORMAT, WEIGHTS, Manifest, check_pack, find_packs, read_manifest, write_pack


def make_pack(folder: Path, version: str = "1") -> Path:
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(bytes(range(256)) * 40)
    (folder / "card.md").write_text("what it is\n")
    network = {"channels": [16, 32], "attributes": ["beard"]}
    names = {WEIGHTS: "", "card.md": ""}
    write_pack(folder, Manifest(FORMAT, "compact", version, "compact", "Apache-2.0", (128, 256), network, names))
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))


def code_of(folder: Path) -> str:
    with pytest.raises(ModelPackError) as caught:
        check_pack(folder)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value.code


def test_a_sound_pack_says_what_it_is(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "compact", version="7")
    pack = check_pack(folder)
    assert (pack.name, pack.version, pack.licence, pack.path) == ("compact", "7", "Apache-2.0", str(folder))
    assert pack.sha256 == packs.file_hash(folder / "manifest.json")
    manifest = read_manifest(folder)
    assert manifest.sides_px == (128, 256)
    assert manifest.files[WEIGHTS] == packs.file_hash(folder / WEIGHTS)
    assert set(manifest.files) == {WEIGHTS, "card.md"}


def test_the_same_files_give_the_same_hash_wherever_they_lie(tmp_path: Path) -> None:
    one, other = make_pack(tmp_path / "a"), make_pack(tmp_path / "b")
    assert check_pack(one).sha256 == check_pack(other).sha256
    assert check_pack(make_pack(tmp_path / "c", version="2")).sha256 != check_pack(one).sha256


@pytest.mark.parametrize("place", [0, 5000, -1])
def test_one_flipped_bit_is_found(tmp_path: Path, place: int) -> None:
    folder = make_pack(tmp_path / "compact")
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[place] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    assert code_of(folder) == "pack.tampered"


def test_a_cut_off_file_and_another_card_are_found(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "a")
    os.truncate(folder / WEIGHTS, 100)
    assert code_of(folder) == "pack.tampered"
    folder = make_pack(tmp_path / "b")
    (folder / "card.md").write_text("something else\n")
    assert code_of(folder) == "pack.tampered"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere") == "pack.missing"
    (tmp_path / "empty").mkdir()
    assert code_of(tmp_path / "empty") == "pack.missing"
    folder = make_pack(tmp_path / "compact")
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelPackError, match=WEIGHTS):
        check_pack(folder)
    assert code_of(folder) == "pack.missing"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"text"', '{"format": 1}', "\x00\x01"])
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    folder = make_pack(tmp_path / "compact")
    (folder / "manifest.json").write_text(text)
    assert code_of(folder) == "pack.format"


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "compact")
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00{" * 20)
    assert code_of(folder) == "pack.format"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 2), ("format", "1"), ("files", ["weights.safetensors"]), ("files", {WEIGHTS: None}), ("files", None),
        ("sides_px", 128), ("sides_px", ["128"]), ("network", None), ("network", [1]), ("name", 3), ("licence", None),
    ],
)  # fmt: skip
def test_a_manifest_of_the_wrong_types_is_refused(tmp_path: Path, name: str, value: object) -> None:
    folder = make_pack(tmp_path / "compact")
    edit(folder, lambda stored: stored.update({name: value}))
    assert code_of(folder) == "pack.format"


def test_fields_too_few_or_too_many_are_refused(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "a")
    edit(folder, lambda stored: stored.pop("licence"))
    assert code_of(folder) == "pack.format"
    folder = make_pack(tmp_path / "b")
    edit(folder, lambda stored: stored.update({"command": "rm"}))
    assert code_of(folder) == "pack.format"


def test_weights_that_the_manifest_does_not_hash_are_refused(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "compact")
    edit(folder, lambda stored: stored["files"].pop(WEIGHTS))
    assert code_of(folder) == "pack.format"


@pytest.mark.parametrize("trick", ["../secret", "..", ".", "", "/etc/hostname", "sub/file", "./card.md"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, trick: str) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = make_pack(tmp_path / "compact")
    (folder / "sub").mkdir()
    (folder / "sub" / "file").write_text("x")
    target = folder / trick
    digest = packs.file_hash(target) if target.is_file() else "0" * 64
    edit(folder, lambda stored: stored["files"].update({trick: digest}))
    assert code_of(folder) == "pack.missing"


def test_packs_are_found_by_the_folders_named_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = make_pack(tmp_path / "mine" / "compact"), make_pack(tmp_path / "other" / "compact")
    second = make_pack(tmp_path / "other" / "special")
    (tmp_path / "other" / "not a pack").mkdir()
    roots = [tmp_path / "mine", tmp_path / "nowhere", tmp_path / "other"]
    monkeypatch.setenv("LIKENESS_PACKS", os.pathsep.join(str(root) for root in roots))
    found = find_packs()
    assert found[:2] == [mine, second]
    assert other not in found
    monkeypatch.setenv("LIKENESS_PACKS", str(second))  # the pack itself may be named
    assert find_packs()[0] == second


def test_resources_of_a_checkout_stand_beside_the_packages() -> None:
    assert packs.resources().name == "resources"
    assert packs.resources().is_dir()


def test_a_list_of_hashes_has_one_hash_that_knows_the_order() -> None:
    one = packs.combined_hash(["a", "b"])
    assert len(one) == 64
    assert one != packs.combined_hash(["b", "a"])
    assert one != packs.combined_hash(["ab"])
