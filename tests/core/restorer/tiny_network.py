"""The compact backbone at a size that runs in milliseconds: real classes, random weights."""

from pathlib import Path

import torch
from likeness_core.packs import DETAIL, FORMAT, WEIGHTS, Manifest, write_pack
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactConfig, CompactDenoiser, Conditions
from likeness_core.restorer.detail_network import BANDS, DetailNetwork
from safetensors.torch import save_file

CONFIG = CompactConfig(
    channels=(16, 16, 32, 32), blocks=(1, 1, 1, 1), heads=2, token_width=16, identity_tokens=2, lora_rank=2,
    attributes=VOCABULARY,
)  # fmt: skip


def untrained(seed: int = 0) -> CompactDenoiser:
    """As the trainer starts."""
    torch.manual_seed(seed)
    return CompactDenoiser(CONFIG).eval()


def perturbed(seed: int = 0, amount: float = 0.1) -> CompactDenoiser:
    """As if trained: nothing is zero any more but the LoRA, so that every input has a say."""
    model = untrained(seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora." not in name:
                parameter.add_(amount * torch.randn(parameter.shape, generator=generator))
    return model


def conditions(model: CompactDenoiser, clips: int, frames: int, side_px: int, seed: int = 0) -> Conditions:
    """Random conditions with one reference."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    references = normal(clips, 1, 3, CONFIG.reference_px, CONFIG.reference_px)
    embeddings = torch.nn.functional.normalize(normal(clips, 1, CONFIG.identity_width), dim=-1)
    with torch.no_grad():
        return Conditions(
            lq=normal(clips, frames, 3, side_px, side_px) * 0.4,
            warped=normal(clips, frames, 3, side_px, side_px) * 0.4,
            warped_mask=torch.rand((clips, frames, 1, side_px, side_px), generator=generator),
            image_tokens=model.encode_references(references, embeddings),
            text_tokens=model.encode_attributes(torch.rand((clips, len(VOCABULARY)), generator=generator)),
            match=torch.rand((clips, 1), generator=generator),
        )


def detail(gain: float = 0.3) -> DetailNetwork:
    """As if it had learnt to give this much of every photograph's fine bands, wherever it is trusted."""
    network = DetailNetwork().eval()
    assert network.gains.bias is not None
    with torch.no_grad():
        network.gains.bias[BANDS:] = gain
    return network


def write(folder: Path, model: CompactDenoiser, name: str = "tiny") -> Path:
    """A model pack of `model` at `folder`."""
    folder.mkdir(parents=True)
    weights = {key: value.to(torch.bfloat16).contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    save_file(detail().state_dict(), folder / DETAIL)
    config = model.config
    network = {
        "channels": config.channels, "blocks": config.blocks, "heads": config.heads, "token_width": config.token_width,
        "identity_tokens": config.identity_tokens, "lora_rank": config.lora_rank, "attributes": config.attributes,
    }  # fmt: skip
    files = {WEIGHTS: "", DETAIL: ""}
    write_pack(folder, Manifest(FORMAT, name, "0", "compact", "Apache-2.0", (64, 128), network, files))
    return folder
