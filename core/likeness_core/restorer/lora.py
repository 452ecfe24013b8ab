"""The low-rank part of the compact network that learns one person: psi_id.

The paper's: a trainable `LoraLinear` before the two frozen cross-attentions, stored for each identity. Our reading: in
so small a network that part alone holds 20,000 numbers, so the convolutions of the residual blocks get a low-rank
update too. Every weight of the network itself, both cross-attentions included, stays as it is.
"""

import torch
from torch import Tensor, nn

from likeness_core.restorer.compact import CompactDenoiser, LoraLinear, ResidualBlock

LINEAR = "linear:"  # prefix: a weight of a LoraLinear, whole
DOWN, UP = "down:", "up:"  # prefixes: the two factors of a convolution's update


class Lora(nn.Module):
    """The numbers of one person; zero effect until trained."""

    def __init__(self, model: CompactDenoiser, rank: int, seed: int = 0) -> None:
        super().__init__()
        self.factors: dict[str, nn.Parameter] = {}
        generator = torch.Generator().manual_seed(seed)
        device = next(model.parameters()).device
        for name, module in model.named_modules():
            if isinstance(module, LoraLinear):
                for part in ("down.weight", "up.weight"):
                    start = module.get_parameter(part).detach().float().clone()
                    self.factors[f"{LINEAR}{name}.{part}"] = nn.Parameter(start)
            elif isinstance(module, ResidualBlock):
                for convolution in ("conv_in", "conv_out"):
                    weight = module.get_parameter(f"{convolution}.weight")
                    wide = weight[0].numel()
                    down = torch.randn((rank, wide), generator=generator) / wide**0.5
                    key = f"{name}.{convolution}.weight"
                    self.factors[DOWN + key] = nn.Parameter(down.to(device))
                    self.factors[UP + key] = nn.Parameter(torch.zeros((len(weight), rank), device=device))
        for number, parameter in enumerate(self.factors.values()):
            self.register_parameter(f"factor{number}", parameter)

    def tensors(self) -> dict[str, Tensor]:
        """What a file holds."""
        return {name: value.detach().cpu().contiguous() for name, value in self.factors.items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """What `tensors` gave. Raises ValueError where the names or shapes are another network's."""
        if tensors.keys() != self.factors.keys():
            raise ValueError("it was made for another network")
        with torch.no_grad():
            for name, value in tensors.items():
                if value.shape != self.factors[name].shape:
                    raise ValueError(f"{name} has the shape {tuple(value.shape)}")
                self.factors[name].copy_(value)

    def weights(self, model: CompactDenoiser) -> dict[str, Tensor]:
        """The network's weights with this person's part, differentiable in the factors, for `functional_call`."""
        return adapted(dict(model.named_parameters()), self.factors)


def adapted(weights: dict[str, Tensor], factors: dict[str, nn.Parameter] | dict[str, Tensor]) -> dict[str, Tensor]:
    """`weights` with the person's part added: W + up down; those that it does not touch are the same objects."""
    out: dict[str, Tensor] = {name: value.detach() for name, value in weights.items()}
    for name, value in factors.items():
        if name.startswith(LINEAR):
            out[name.removeprefix(LINEAR)] = value
        elif name.startswith(UP):
            key = name.removeprefix(UP)
            update = value @ factors[DOWN + key]
            out[key] = weights[key].detach() + update.view_as(weights[key]).to(weights[key])
    return out
