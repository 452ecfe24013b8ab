"""What the denoiser is told of the person: references as tokens, and warped onto the footage.

Crops are RGB float32 [0, 1], FFHQ-aligned; landmarks are shares of a crop's side.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.crops import Views
from likeness_core.restorer.compact import CompactDenoiser, Conditions
from likeness_core.restorer.flow import luma
from likeness_core.restorer.overlay import laid_over, places, reduced, trust
from likeness_core.warps import pose_agreement, reference_map, trust_mask, warp_reference

Array = npt.NDArray[np.float32]
Places = tuple[list[Array], ...]  # for each photograph and frame, see `overlay.places`

# Landmark distance (shares) at which another photograph counts e times less: training shows one at a time, so the
# nearest should stand nearly alone; two that are alike share.
_EXPRESSION_SPREAD = 0.008
# What light, hair and glasses are worth beside that: the correlation of footage and photograph, laid over it, times
# this. 16 degraded photographs of one person and 15 others to choose from: x4 closes 43 % in place of 34, x8 51 in
# place of 46; 3 to 20 give nearly the same.
_LOOK_WEIGHT = 8.0
LOOK_PX = 128  # of the crops that it is judged in
# Likeness of footage and references over what a photograph of the same person would be expected to have: the right
# person's is .8 to 1.1 (one in ten under .69 at x8), the likest of 15 strangers' .36 to .53, of one in 32 .63
# (docs/faces.md). Under the first nothing of a reference is used.
_STRANGER, _TRUSTED = 0.60, 0.72
_LEAST_WEIGHT = 0.05  # a photograph of less is not warped at all; taken off the others too, so that none pops in


@dataclass(frozen=True, slots=True)
class AlignedPhoto:
    """A reference photograph as the restorer needs it."""

    crop: Array  # (S, S, 3)
    dense: Array  # (468, 2) landmarks, shares of the side
    embedding: Array  # (128,) unit length
    quality: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class FaceClip:
    """T frames of one face."""

    frames: tuple[int, ...]  # source frames
    crops: Array  # (T, S, S, 3)
    dense: Array  # (T, 468, 2) smoothed landmarks, shares of the side
    embedding: Array  # (128,) of the track
    attributes: Array  # (A,) degrees in the pack's vocabulary
    monochrome: bool
    identity: Array | None = None  # (128,) the person's identity state in this shot; without: the references' mean
    without: tuple[str, ...] = ()  # some of api.PARTS that are switched off, for ablations
    expected_match: float = 0.8  # see `faces.Recognition`


def photo_weights(clip: FaceClip, photos: tuple[AlignedPhoto, ...]) -> Array:
    """(T, R): how much each photograph counts in each frame's direct path; rows sum to 1.

    The photograph whose pose and expression lie nearest counts most; weights change slowly, so that nothing flickers.
    """
    distances = np.stack([[_pose_distance(dense, photo.dense) for photo in photos] for dense in clip.dense])
    smooth = cv2.GaussianBlur(distances.astype(np.float32), (1, 13), 0, sigmaY=3.0, borderType=cv2.BORDER_REPLICATE)
    quality = np.array([photo.quality for photo in photos], np.float32)
    logits = -smooth.reshape(distances.shape) / _EXPRESSION_SPREAD + np.log(np.maximum(quality, 0.05))
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights = np.maximum(weights / weights.sum(axis=1, keepdims=True) - _LEAST_WEIGHT, 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def nearest_photo(dense: Array, views: Views, photos: tuple[AlignedPhoto, ...]) -> tuple[AlignedPhoto, ...]:
    """The one photograph that serves a track best, or none: nearest in pose, expression and look, and good.

    dense: (T, 468, 2) some of the track's landmarks, shares of the crop's side. The weights that ship were trained
    with one reference at a time: with four, a profile among them, they closed half as much of the identity distance
    as with the nearest alone (docs/training.md).
    """
    if len(photos) < 2:
        return photos
    scores = [
        np.mean([_pose_distance(points, photo.dense) for points in dense]) / _EXPRESSION_SPREAD
        - np.log(max(photo.quality, 0.05))
        - _LOOK_WEIGHT * np.mean([_look(*view, photo) for view in zip(views.crops, views.dense, strict=True)])
        for photo in photos
    ]
    return (photos[int(np.argmin(scores))],)


def _look(crop: Array, dense: Array, photo: AlignedPhoto) -> float:
    """-1 to 1: the correlation of a face and a photograph laid over it.

    Of luma, between 1/64 and 1/16 of the side: what neither blur nor light hides.
    """
    mapping = reference_map(dense, photo.dense)
    mask = trust_mask(dense, mapping, LOOK_PX)
    here, there = (
        _features(luma(picture))
        for picture in (reduced(crop, LOOK_PX), warp_reference(reduced(photo.crop, 2 * LOOK_PX), mapping, LOOK_PX))
    )
    power = float((mask * here * here).sum() * (mask * there * there).sum())
    return float((mask * here * there).sum() / np.sqrt(max(power, 1e-12)))


def _features(luma: Array) -> Array:
    side = luma.shape[0]
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), side / 64) - cv2.GaussianBlur(luma, (0, 0), side / 16), np.float32)


def direct_path(clip: FaceClip, photos: tuple[AlignedPhoto, ...], maps: Places) -> tuple[Array, Array]:
    """The references laid over each frame: pictures (T, S, S, 3) weighted by masks (T, S, S, 1).

    `maps`: of each photograph, see `overlay.places`.
    """
    side = clip.crops.shape[1]
    weights = photo_weights(clip, photos)
    warped = np.zeros_like(clip.crops)
    masks = np.zeros((*clip.crops.shape[:3], 1), np.float32)
    for photo, by_frame, counts in zip(photos, maps, weights.T, strict=True):
        crop = _toned(photo.crop, clip.monochrome)
        for i in np.flatnonzero(counts):
            mask = trust(clip.dense[i], photo.dense, by_frame[i], side) * counts[i]
            warped[i] += laid_over(clip.crops[i], crop, by_frame[i]) * mask
            masks[i] += mask
    return warped, masks


def reliance(match: float, expected: float) -> float:
    """0 to 1: how far references are relied on whose embedding has the cosine `match` with the footage's.

    `expected`: the cosine of a photograph of the same person, less on poor footage. Our reading of "an irrelevant
    reference is ignored": the weights alone let a stranger's photograph through.
    """
    x = min(1.0, max(0.0, (match / expected - _STRANGER) / (_TRUSTED - _STRANGER)))
    return x * x * (3 - 2 * x)


def match_of(embedding: Array, photos: tuple[AlignedPhoto, ...]) -> float:
    """The cosine of a face's embedding (128,) and the photographs' mean; 0 without any."""
    if not photos:
        return 0.0
    mean = np.mean([photo.embedding for photo in photos], axis=0)
    return float(embedding @ mean / max(float(np.linalg.norm(mean)), 1e-6))


@dataclass(frozen=True)
class Guide:
    """One clip and the photographs that guide it, which may be none; what follows from both is worked out once."""

    clip: FaceClip
    photos: tuple[AlignedPhoto, ...] = ()
    larger: "Guide | None" = None  # of which this is the same, reduced

    @cached_property
    def match(self) -> float:
        """`match_of` the footage."""
        return match_of(self.clip.embedding, self.photos)

    @cached_property
    def relied_on(self) -> float:
        """`reliance` for the clip; 0 without photographs."""
        return reliance(self.match, self.clip.expected_match)

    def reduced(self, side_px: int) -> "Guide":
        """The same with crops and photographs of at most `side_px`; itself where none is larger."""
        if max(one.shape[1] for one in (self.clip.crops, *(photo.crop[None] for photo in self.photos))) <= side_px:
            return self
        crops = np.stack([reduced(crop, side_px) for crop in self.clip.crops])
        photos = tuple(replace(photo, crop=reduced(photo.crop, side_px)) for photo in self.photos)
        return Guide(replace(self.clip, crops=crops), photos, self)

    @cached_property
    def over_the_face(self) -> tuple[Array, Array]:
        """`direct_path` of the clip."""
        return direct_path(self.clip, self.photos, self.maps)

    @cached_property
    def maps(self) -> Places:
        """`overlay.places` of each photograph."""
        if self.larger is not None:
            return self.larger.maps
        tones = [_toned(photo.crop, self.clip.monochrome) for photo in self.photos]
        return tuple(
            places(self.clip.crops, self.clip.dense, tone, photo.dense)
            for tone, photo in zip(tones, self.photos, strict=True)
        )

    @cached_property
    def same_side(self) -> Array:
        """(T,) in [0, 1]: how far the photographs show the side of the face that each frame shows."""
        agreement = np.array(
            [[pose_agreement(dense, photo.dense) for photo in self.photos] for dense in self.clip.dense], np.float32
        )
        return np.asarray((self._weights * agreement).sum(axis=1), np.float32)

    @property
    def main_maps(self) -> list[Array]:
        """Those of the photograph that counts most in the clip."""
        return self.maps[int(self._weights.sum(axis=0).argmax())]

    @cached_property
    def _weights(self) -> Array:
        return photo_weights(self.clip, self.photos)


def conditions(model: CompactDenoiser, guide: Guide, likeness_of: torch.Tensor) -> Conditions:
    """Everything for one clip (B = 1), on the device and in the number format of `likeness_of` (any tensor)."""

    def pictures(array: Array) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).permute(0, 3, 1, 2)[None].to(likeness_of)

    clip, photos = guide.clip, guide.photos
    said = np.zeros_like(clip.attributes) if "text" in clip.without else clip.attributes
    text = model.encode_attributes(torch.from_numpy(said)[None].to(likeness_of))
    lq = pictures(clip.crops) * 2 - 1
    relied = guide.relied_on
    warped, masks = guide.over_the_face if relied > 0 else (clip.crops, np.zeros(0, np.float32))
    if not masks.any():  # nobody, a stranger, or the other side of the face: as without photographs
        nothing = torch.zeros_like(lq)
        return Conditions(lq, nothing, nothing[:, :, :1], model.null_image_tokens(1), text, nothing[0, 0, :1, 0, :1])
    warped, masks = warped * np.float32(relied), masks * np.float32(relied)
    mask = pictures(masks)
    side = model.config.reference_px
    toned = [_toned(photo.crop, clip.monochrome) for photo in photos]
    small = np.stack([cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) for crop in toned]).astype(
        np.float32
    )
    state = None if "state" in clip.without else clip.identity
    known = [state] * len(photos) if state is not None else [photo.embedding for photo in photos]
    embeddings = torch.from_numpy(np.stack(known))[None].to(likeness_of)
    image = model.encode_references(pictures(small) * 2 - 1, embeddings)
    if "image" in clip.without:
        image = model.null_image_tokens(1)
    if "direct" in clip.without:
        warped, mask = np.zeros_like(warped), torch.zeros_like(mask)
    return Conditions(
        lq=lq,
        warped=(pictures(warped) * 2 - 1) * (mask > 0),
        warped_mask=mask,
        image_tokens=image,
        text_tokens=text,
        match=torch.tensor([[guide.match]]).to(likeness_of),
    )


def _pose_distance(a: Array, b: Array) -> float:
    """Mean distance of two sets of landmarks once the best affine map is taken out, plus half of what it took out."""
    centred_a, centred_b = a - a.mean(axis=0), b - b.mean(axis=0)
    rigid = float(np.linalg.norm(centred_a - centred_b, axis=1).mean())
    affine, *_ = np.linalg.lstsq(centred_b, centred_a, rcond=None)
    left = float(np.linalg.norm(centred_b @ affine - centred_a, axis=1).mean())
    return left + 0.5 * (rigid - left)


def _toned(crop: Array, monochrome: bool) -> Array:
    return np.repeat(luma(crop)[..., None], 3, axis=2) if monochrome else crop
