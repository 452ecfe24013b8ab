"""The components of the latent backbone at a size that runs in milliseconds: real classes, random weights."""

import json
from pathlib import Path

import torch
from likeness_core.restorer.latent_parts import libraries
from safetensors.torch import save_file

WIDTH = 32


def write(root: Path, seed: int = 0) -> dict[str, Path]:
    """Folders as diffusers saves them, by the option that names each."""
    diffusers, transformers = libraries()
    torch.manual_seed(seed)
    blocks = {"block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 8}
    crossing = {"cross_attention_dim": WIDTH, "attention_head_dim": 8}
    unet = diffusers.UNet2DConditionModel(
        sample_size=16, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **blocks, **crossing,
    )  # fmt: skip
    motion = diffusers.MotionAdapter(
        block_out_channels=(32, 64), motion_layers_per_block=1, motion_norm_num_groups=8,
        motion_num_attention_heads=4, motion_max_seq_length=32,
    )  # fmt: skip
    controlnet = diffusers.ControlNetModel(
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), conditioning_embedding_out_channels=(8, 16),
        **blocks, **crossing,
    )  # fmt: skip
    vae = diffusers.AutoencoderKL(
        block_out_channels=(16, 16), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, norm_num_groups=8, sample_size=64,
    )  # fmt: skip
    text = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=600, hidden_size=WIDTH, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=77, bos_token_id=512, eos_token_id=513, pad_token_id=513,
        )
    )  # fmt: skip
    image = transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=WIDTH, intermediate_size=37, projection_dim=16, num_hidden_layers=2, num_attention_heads=4,
            image_size=32, patch_size=8,
        )
    )  # fmt: skip
    _perturb(controlnet)  # its outputs start at zero: untrained it would say nothing
    for name, part in {"unet": unet, "motion": motion, "controlnet": controlnet, "vae": vae}.items():
        part.save_pretrained(root / name)
    text.save_pretrained(root / "clip" / "text_encoder")
    _tokenizer(root / "clip" / "tokenizer", transformers)
    image.save_pretrained(root / "ip-adapter" / "image_encoder")
    save_file(_ip_adapter(unet), root / "ip-adapter" / "ip-adapter.safetensors")
    return {name: root / name for name in ("unet", "motion", "controlnet", "vae", "clip", "ip-adapter")}


def words(folders: dict[str, Path]) -> list[object]:
    """The folders as options."""
    return [word for name, folder in folders.items() for word in (f"--{name}", folder)]


def _perturb(module: torch.nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))


def _ip_adapter(unet: torch.nn.Module) -> dict[str, torch.Tensor]:
    """As published: 4 tokens of an embedding of 16, and keys and values for each cross-attention, numbered oddly."""
    weights = {
        "image_proj.proj.weight": torch.randn(4 * WIDTH, 16), "image_proj.proj.bias": torch.randn(4 * WIDTH),
        "image_proj.norm.weight": torch.ones(WIDTH), "image_proj.norm.bias": torch.zeros(WIDTH),
    }  # fmt: skip
    number = 1
    for name, module in unet.named_modules():
        if name.endswith("attn2"):
            for part in ("to_k_ip", "to_v_ip"):
                shape = module.get_submodule("to_k").get_parameter("weight").shape
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(shape) * 0.2
            number += 2
    return weights


def _tokenizer(folder: Path, transformers) -> None:
    """CLIP's byte-level tokenizer without merges: every character is a token."""
    folder.mkdir(parents=True)
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(code) for code in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    vocabulary = letters + [f"{letter}</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))
