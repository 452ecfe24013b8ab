"""The compact backbone: a small pixel-space video denoiser, trained by this project and shipped.

The paper's (IP-FVR, arXiv 2507.10293): text and image cross-attention side by side, summed, behind a
`LoraLinear` with a residual; clips of 24 frames; low-quality frames condition every denoising step.
Our reading: pixel space instead of a latent space, x0-prediction with a zero-initialised residual head,
a learned gate for each image stream, temporal attention per grid cell at the low resolutions, and a direct
path that hands the network the reference already warped onto the footage's landmarks.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class CompactConfig:
    """The shape of the network; saved in the pack's manifest."""

    channels: tuple[int, ...] = (32, 80, 160, 256)  # at 1/2, 1/4, 1/8, 1/16 of the crop
    blocks: tuple[int, ...] = (1, 1, 2, 2)  # residual blocks per level
    attention_levels: tuple[int, ...] = (2, 3)
    heads: int = 4
    token_width: int = 192
    reference_px: int = 128  # side of the aligned reference that becomes spatial tokens
    identity_width: int = 128  # length of the recogniser's embedding
    identity_tokens: int = 4
    lora_rank: int = 8
    max_frames: int = 24
    attributes: tuple[str, ...] = field(default=())  # the vocabulary of the text stream


@dataclass(slots=True)
class Conditions:
    """What guides one call; B clips of T frames.

    lq: (B, T, 3, H, W), the low-quality crops, [-1, 1]
    warped: (B, T, 3, H, W), a reference warped onto each frame's landmarks, [-1, 1]; zeros where there is none
    warped_mask: (B, T, 1, H, W), 0 to 1, where `warped` means something
    image_tokens: (B, N, token_width), from `CompactDenoiser.encode_references`
    text_tokens: (B, M, token_width), from `CompactDenoiser.encode_attributes`
    match: (B, 1), cosine between the embeddings of footage and references; 0 without a reference
    """

    lq: Tensor
    warped: Tensor
    warped_mask: Tensor
    image_tokens: Tensor
    text_tokens: Tensor
    match: Tensor


class LoraLinear(nn.Module):
    """`z + up(down(z))`: the only part an identity pack trains; adds nothing until it is trained (the paper's)."""

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, z: Tensor) -> Tensor:
        """z: (..., width)."""
        return torch.add(z, self.up(self.down(z)))


class CrossAttention(nn.Module):
    """Queries from the picture, keys and values from tokens of one stream."""

    def __init__(self, width: int, token_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(token_width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, z: Tensor, tokens: Tensor) -> Tensor:
        """z: (N, cells, width); tokens: (N, M, token_width). Returns (N, cells, width)."""
        batch, cells, width = z.shape
        split = (batch, -1, self.heads, width // self.heads)
        q = self.query(z).view(split).transpose(1, 2)
        k, v = (part.reshape(split).transpose(1, 2) for part in self.key_value(tokens).chunk(2, dim=-1))
        mixed: Tensor = self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, cells, width))
        return mixed


class DecoupledAttention(nn.Module):
    """`h = lora(z); h + TextCA(h, c_text) + gate * ImageCA(h, c_img)` (the paper's; norm and gate are our reading)."""

    def __init__(self, width: int, config: CompactConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.lora = LoraLinear(width, config.lora_rank)
        self.text = CrossAttention(width, config.token_width, config.heads)
        self.image = CrossAttention(width, config.token_width, config.heads)
        # The image stream starts small but not at zero: at zero the reference was never learnt (first prototype).
        self.image_gate = nn.Parameter(torch.full((1,), 0.5))
        nn.init.zeros_(self.text.out.weight)
        nn.init.zeros_(self.text.out.bias)

    def forward(self, x: Tensor, text_tokens: Tensor, image_tokens: Tensor) -> Tensor:
        """x: (B * T, C, h, w); tokens: (B * T, N, token_width)."""
        z = x.flatten(2).transpose(1, 2)  # (B*T, h*w, C)
        h = self.lora(z)
        asked = self.norm(h)
        attended = self.text(asked, text_tokens) + torch.tanh(self.image_gate) * self.image(asked, image_tokens)
        return torch.add(h, attended).transpose(1, 2).reshape(x.shape)


class TemporalAttention(nn.Module):
    """Each grid cell attends over the frames of the clip; starts as the identity."""

    def __init__(self, width: int, heads: int, max_frames: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.offset = nn.Parameter(torch.zeros(heads, 2 * max_frames - 1))  # bias by distance in frames
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """x: (B * T, C, h, w)."""
        if frames == 1:
            return x
        total, width, height, breadth = x.shape
        clips = total // frames
        # (B*cells, T, C)
        z = x.view(clips, frames, width, height * breadth).permute(0, 3, 1, 2).reshape(-1, frames, width)
        split = (z.shape[0], frames, self.heads, width // self.heads)
        q, k, v = (part.reshape(split).transpose(1, 2) for part in self.qkv(self.norm(z)).chunk(3, dim=-1))
        step = torch.arange(frames, device=x.device)
        middle = (self.offset.shape[1] - 1) // 2
        bias = self.offset[:, (step[None, :] - step[:, None]).clamp(-middle, middle) + middle].to(q.dtype)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[None])
        out = self.out(mixed.transpose(1, 2).reshape(z.shape))
        return torch.add(x, out.view(clips, height * breadth, frames, width).permute(0, 2, 3, 1).reshape(x.shape))


class ResidualBlock(nn.Module):
    """Two convolutions around a scale and shift from the global condition."""

    def __init__(self, width_in: int, width: int, condition: int) -> None:
        super().__init__()
        self.norm_in = nn.GroupNorm(16, width_in)
        self.conv_in = nn.Conv2d(width_in, width, 3, padding=1)
        self.condition = nn.Linear(condition, 2 * width)
        self.norm_out = nn.GroupNorm(16, width)
        self.conv_out = nn.Conv2d(width, width, 3, padding=1)
        self.skip = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()
        nn.init.zeros_(self.condition.weight)
        nn.init.zeros_(self.condition.bias)
        nn.init.zeros_(self.conv_out.weight)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x: (B * T, width_in, h, w); condition: (B * T, condition)."""
        return self.modulated(x, self.condition(condition))

    def modulated(self, x: Tensor, scale_shift: Tensor) -> Tensor:
        """x: (B * T, width_in, h, w); scale_shift: (B * T, 2 * width). Of each frame by itself, bit for bit."""
        h = self.conv_in(F.silu(self.norm_in(x)))
        scale, shift = scale_shift[:, :, None, None].chunk(2, dim=1)
        h = self.conv_out(F.silu(self.norm_out(h) * (1 + scale) + shift))
        return torch.add(self.skip(x), h)


class Level(nn.Module):
    """The blocks of one resolution, with its attentions behind each block where it has any."""

    def __init__(
        self, width_in: int, width: int, count: int, condition: int, config: CompactConfig, attends: bool
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ResidualBlock(width_in if i == 0 else width, width, condition) for i in range(count)
        )
        self.cross = DecoupledAttention(width, config) if attends else None
        self.temporal = TemporalAttention(width, config.heads, config.max_frames) if attends else None

    def forward(self, x: Tensor, condition: Tensor, text: Tensor, image: Tensor, frames: int) -> Tensor:
        """x: (B * T, C, h, w); tokens as in `DecoupledAttention.forward`."""
        for block in self.blocks:
            x = block(x, condition)
        if self.cross is not None and self.temporal is not None:
            x = self.temporal(self.cross(x, text, image), frames)
        return x


class ReferenceEncoder(nn.Module):
    """Aligned references to spatial tokens, embeddings to identity tokens (our reading of `c_img`)."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        widths = (32, 64, 128, config.token_width)
        layers: list[nn.Module] = []
        width_in = 3
        for width in widths:
            layers += [nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.GroupNorm(16, width), nn.SiLU()]
            width_in = width
        layers.append(nn.Conv2d(width_in, config.token_width, 3, padding=1))
        self.spatial = nn.Sequential(*layers)
        side = config.reference_px // 2 ** len(widths)
        self.position = nn.Parameter(torch.randn(1, side * side, config.token_width) * 0.02)
        self.identity = nn.Linear(config.identity_width, config.identity_tokens * config.token_width)
        self.norm = nn.LayerNorm(config.token_width)
        self.null = nn.Parameter(torch.randn(1, 1, config.token_width) * 0.02)

    def forward(self, references: Tensor, embeddings: Tensor) -> Tensor:
        """references: (B, R, 3, P, P) [-1, 1]; embeddings: (B, R, identity_width), unit length.

        Returns (B, N, token_width).
        """
        batch, count = references.shape[:2]
        grid = self.spatial(references.flatten(0, 1)).flatten(2).transpose(1, 2) + self.position
        spatial = grid.reshape(batch, count * grid.shape[1], -1)
        mean = F.normalize(embeddings.mean(dim=1), dim=-1) * math.sqrt(embeddings.shape[-1])
        identity = self.identity(mean).view(batch, -1, spatial.shape[-1])
        tokens = self.norm(torch.cat([spatial, identity], dim=1))
        return torch.cat([tokens, self.null.expand(batch, -1, -1)], dim=1)


class CompactDenoiser(nn.Module):
    """U-Net over clips of aligned face crops: `(x_t, t, conditions) -> x0`.

    Crops are square, their side a multiple of 16; one set of weights serves every side.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        condition = 4 * widths[1]
        self.time = nn.Sequential(nn.Linear(64 + 1, condition), nn.SiLU(), nn.Linear(condition, condition), nn.SiLU())
        self.references = ReferenceEncoder(config)
        self.attributes = nn.Embedding(
            len(config.attributes) + 1, config.token_width
        )  # the last row means: nothing said
        self.stem = nn.Conv2d(4 * 10, widths[0], 3, padding=1)
        self.encoder = nn.ModuleList()
        self.down = nn.ModuleList()
        for i, width in enumerate(widths):
            self.encoder.append(Level(width, width, config.blocks[i], condition, config, i in config.attention_levels))
            if i + 1 < len(widths):
                self.down.append(nn.Conv2d(width, widths[i + 1], 3, stride=2, padding=1))
        self.decoder = nn.ModuleList()
        self.up = nn.ModuleList()
        for i in reversed(range(len(widths) - 1)):
            self.up.append(nn.Conv2d(widths[i + 1], widths[i], 1))
            self.decoder.append(
                Level(widths[i], widths[i], config.blocks[i], condition, config, i in config.attention_levels)
            )
        self.head_norm = nn.GroupNorm(16, widths[0])
        self.head = nn.Conv2d(widths[0], 4 * 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.get_parameter("bias"))

    def encode_references(self, references: Tensor, embeddings: Tensor) -> Tensor:
        """Image-stream tokens; see `ReferenceEncoder.forward`."""
        tokens: Tensor = self.references(references, embeddings)
        return tokens

    def null_image_tokens(self, batch: int) -> Tensor:
        """(B, 1, token_width): what the image stream reads when there is no reference."""
        return self.references.null.expand(batch, -1, -1)

    def encode_attributes(self, present: Tensor) -> Tensor:
        """present: (B, A) in [0, 1], how much each attribute applies. Returns (B, A + 1, token_width)."""
        rows = self.attributes.weight[None].expand(present.shape[0], -1, -1)
        weights = torch.cat([present, torch.ones_like(present[:, :1])], dim=1)
        return rows * weights[:, :, None]

    def forward(self, x_t: Tensor, t: Tensor, conditions: Conditions) -> Tensor:
        """x_t: (B, T, 3, H, W); t: (B,) in (0, 1]. Returns x0, (B, T, 3, H, W): lq plus a residual."""
        frames = x_t.shape[1]
        picture = torch.cat([x_t, conditions.lq, conditions.warped, conditions.warped_mask], dim=2).flatten(0, 1)
        condition = self.time(torch.cat([_time_features(t), conditions.match], dim=1).to(x_t.dtype))
        condition = condition.repeat_interleave(frames, dim=0)
        text = conditions.text_tokens.repeat_interleave(frames, dim=0)
        image = conditions.image_tokens.repeat_interleave(frames, dim=0)
        x = self.stem(F.pixel_unshuffle(picture, 2))
        skips = []
        for i, level in enumerate(self.encoder):
            x = level(x, condition, text, image, frames)
            if i < len(self.down):
                skips.append(x)
                x = self.down[i](x)
        for up, level in zip(self.up, self.decoder, strict=True):
            x = F.interpolate(up(x), scale_factor=2.0, mode="nearest") + skips.pop()
            x = level(x, condition, text, image, frames)
        residual = F.pixel_shuffle(self.head(F.silu(self.head_norm(x))), 2)
        return conditions.lq + residual.view_as(conditions.lq)


def _time_features(t: Tensor) -> Tensor:
    """(B,) in (0, 1] to (B, 64) sinusoids."""
    frequencies = torch.exp(torch.linspace(0.0, math.log(1000.0), 32, device=t.device))
    angles = t.float()[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
