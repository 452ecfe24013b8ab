"""Open the backbone that a model pack names. The heavy extras of one are imported only for it."""

from pathlib import Path
from typing import Any

import torch

from likeness_core.errors import ModelPackError
from likeness_core.packs import Manifest
from likeness_core.restorer.backbone import Backbone
from likeness_core.restorer.compact_backbone import open_compact


def open_backbone(
    pack: Path, manifest: Manifest, device: torch.device, dtype: torch.dtype, identity: dict[str, torch.Tensor] | None
) -> Backbone[Any]:
    """`identity`: one person's part of the compact network, or of the latent one.

    Raises ModelPackError `pack.format`, `pack.missing`, `pack.backbone`, `identity.format`.
    """
    if manifest.backbone == "compact":
        return open_compact(pack, manifest, device, dtype, identity)
    if manifest.backbone == "blind":
        if identity is not None:
            hint = "Use --reference, or the pack that the identity was made for."
            raise ModelPackError("identity.format", f"{pack.name} is blind: it takes no identity pack", hint)
        from likeness_core.restorer.blind import open_blind  # an extra

        return open_blind(pack, device, dtype)
    if manifest.backbone == "latent":
        from likeness_core.restorer.latent import open_latent  # an extra

        return open_latent(pack, manifest, device, dtype, identity)
    hint = "Update Likeness, or use another pack."
    raise ModelPackError("pack.backbone", f"{pack.name} is for a backbone that is not known: {manifest.backbone}", hint)
