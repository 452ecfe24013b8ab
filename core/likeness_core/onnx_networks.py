"""Open an ONNX file with onnxruntime, block-quantised files included."""

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_errors

from likeness_core.errors import ModelPackError

# What onnxruntime raises for a network that it cannot use; the classes share no base of their own.
REFUSALS = (
    onnxruntime_errors.Fail,
    onnxruntime_errors.InvalidArgument,
    onnxruntime_errors.InvalidGraph,
    onnxruntime_errors.InvalidProtobuf,
    onnxruntime_errors.NotImplemented,
)


def open_network(model: onnx.ModelProto, threads: int, device: str = "auto") -> onnxruntime.InferenceSession:
    """A deterministic onnxruntime session.

    `threads`: threads inside one operator. `device`: "auto" (CUDA where present), "cpu" or "cuda".
    Raises ModelPackError `pack.format` when onnxruntime refuses the network.
    """
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), session_options(threads), providers=providers_for(device)
        )
    except REFUSALS as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        hint = "Install the versions of onnxruntime and of the model that belong together."
        raise ModelPackError("pack.format", f"the network cannot be opened: {reason}", hint) from error


def float_network(content: bytes, free_size: bool = False) -> onnx.ModelProto:
    """The network in `content` with plain float32 weights, and images as its only inputs.

    Constant weights are dequantised here, because onnxruntime (1.32) refuses a block-quantised tensor with a
    single scale. Weights that the file also lists as inputs of the graph are taken off that list: as inputs
    they would have to be fed, and would switch off the folding of batch normalisation.

    `free_size`: let height and width of (1, 3, H, W) inputs vary, where the file fixes them.
    """
    model = onnx.load_model_from_string(content)
    _fold_weights(model.graph)
    if free_size:
        for value in model.graph.input:
            for dimension, symbol in zip(value.type.tensor_type.shape.dim[2:], ("height", "width"), strict=True):
                dimension.dim_param = symbol
        for value in model.graph.output:
            value.type.tensor_type.ClearField("shape")
    return model


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Deterministic, with `threads` inside one operator."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    # Waiting threads must not spin: beside other work that doubled the processor time, and stretched a 60 ms
    # detection to over a second.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only; its warnings tell of unused tensors
    return options


def providers_for(device: str) -> list[str | tuple[str, dict[str, str]]]:
    """onnxruntime's execution providers for `device`, in order of preference."""
    cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "DEFAULT", "use_tf32": "0"})
    wanted = device == "cuda" or (device == "auto" and cuda[0] in onnxruntime.get_available_providers())
    return [cuda, "CPUExecutionProvider"] if wanted else ["CPUExecutionProvider"]


def _fold_weights(graph: onnx.GraphProto) -> None:
    """Fold constant DequantizeLinear nodes, and the Reshape after them, into float32 weights."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    folded: set[str] = set()
    nodes = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and all(name in constants for name in node.input):
            constants[node.output[0]] = _dequantised(node, [constants[name] for name in node.input])
            folded.add(node.output[0])
        elif node.op_type == "Reshape" and node.input[0] in folded and node.input[1] in constants:
            shape = [int(size) for size in constants[node.input[1]]]
            constants[node.output[0]] = constants[node.input[0]].reshape(shape)
            folded.add(node.output[0])
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    weights = [numpy_helper.from_array(constants[name], name) for name in constants if name in used]
    # A listed input that no node reads is a weight too, under its name from before quantisation.
    inputs = [value for value in graph.input if value.name in used and value.name not in constants]
    graph.CopyFrom(helper.make_graph(nodes, graph.name, inputs, list(graph.output), weights))


def _dequantised(node: onnx.NodeProto, inputs: list[npt.NDArray[np.generic]]) -> npt.NDArray[np.float32]:
    """(quantised - zero point) * scale, with one scale for the tensor, an index of the axis, or a block."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    axis, block = int(attributes.get("axis", 1)), int(attributes.get("block_size", 0))
    quantised = inputs[0].astype(np.float32)
    scale = _spread(inputs[1].astype(np.float32), quantised.shape, axis, block)
    zero = _spread(inputs[2].astype(np.float32), quantised.shape, axis, block) if len(inputs) == 3 else np.float32(0)
    return np.ascontiguousarray((quantised - zero) * scale, np.float32)


def _spread(values: npt.NDArray[np.float32], shape: tuple[int, ...], axis: int, block: int) -> npt.NDArray[np.float32]:
    """Scales or zero points in a form that broadcasts against a tensor of `shape`."""
    if values.ndim == 0:
        return values
    if values.ndim == 1 and not block:
        return values.reshape([-1 if index == axis % len(shape) else 1 for index in range(len(shape))])
    return np.take(np.repeat(values, block, axis=axis), np.arange(shape[axis]), axis=axis)
