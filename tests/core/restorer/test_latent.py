"""The latent backbone end to end: components of the published architectures, tiny and random."""

import dataclasses
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from likeness_core.api import Negatives, RestorationSettings
from likeness_core.errors import ModelPackError
from likeness_core.media import to_float
from likeness_core.packs import check_pack, read_manifest
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.blending import BlendingMemory, WindowLatents
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, Guide
from likeness_core.restorer.latent import LatentBackbone, sentence
from likeness_core.restorer.pipeline import RestoredClip, Restorer
from likeness_core.steps import carry_out

from tests.core.restoring import decoded, film, likeness, photograph, portrait_film

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
from tests.core.restorer import tiny_latent

CPU = torch.device("cpu")
SIDE = 32  # of the crops here


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    return tiny_latent.write(tmp_path_factory.mktemp("components"))


@pytest.fixture(scope="module")
def pack(folders, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("latent") / "tiny"
    words = ["packs", "build", "--latent", *tiny_latent.words(folders), "--licence", "OpenRAIL-M", "--sides", "64"]
    outcome = likeness(*words, "-o", folder, cache=folder.parent / "cache")
    assert outcome.status == 0, outcome.errors
    return folder


@pytest.fixture(scope="module")
def restorer(pack) -> Restorer:
    return Restorer(pack, CPU, torch.float32)


ANNA = np.eye(128, dtype=np.float32)[0]


def clip(frames: int = 3, first: int = 0, monochrome: bool = False) -> FaceClip:
    rng = np.random.default_rng(0)
    base = rng.random((1, 8, 8, 3), np.float32).repeat(SIDE // 8, 1).repeat(SIDE // 8, 2)
    numbers = tuple(range(first, first + frames))
    crops = np.clip(base + 0.01 * np.array(numbers, np.float32)[:, None, None, None], 0, 1).astype(np.float32)
    dense = rng.random((frames, 468, 2), np.float32)
    attributes = np.zeros(len(VOCABULARY), np.float32)
    return FaceClip(numbers, crops, dense, ANNA, attributes, monochrome)


def photo(seed: int, likeness: float = 1.0) -> AlignedPhoto:
    """Of Anna, or of somebody whose embedding has another cosine with hers."""
    rng = np.random.default_rng(seed)
    embedding = np.zeros(128, np.float32)
    embedding[:2] = likeness, (1 - likeness**2) ** 0.5
    return AlignedPhoto(rng.random((SIDE, SIDE, 3), np.float32), rng.random((468, 2), np.float32), embedding, 1.0)


def restored(
    restorer: Restorer, footage: FaceClip, photos: tuple[AlignedPhoto, ...] = (), memory: BlendingMemory | None = None,
    **settings: object,
) -> RestoredClip:  # fmt: skip
    return carry_out(restorer.restore(footage, photos, RestorationSettings(**settings), memory or BlendingMemory()))


# Building


def test_the_pack_holds_every_component_and_says_whose_it_is(pack):
    manifest = read_manifest(pack)
    assert (manifest.backbone, manifest.licence, manifest.sides_px) == ("latent", "OpenRAIL-M", (64,))
    assert set(manifest.network["configs"]) == {"unet", "motion", "controlnet", "vae", "text", "image", "ip"}
    assert set(manifest.files) == {"weights.safetensors", "card.md", "tokenizer.json", "tokenizer_config.json"}
    assert check_pack(pack).name == "tiny"
    text = (pack / "manifest.json").read_text() + (pack / "card.md").read_text()
    assert "OpenRAIL-M" in text
    assert str(pack.parent.parent) not in text  # no path of this machine


@pytest.mark.parametrize("component", ["unet", "motion", "controlnet", "vae", "clip", "ip-adapter"])
def test_a_wrong_folder_says_which_component_is_missing(component, folders, tmp_path):
    other = folders["vae" if component != "vae" else "unet"]
    for wrong in (tmp_path / "nowhere", other):
        words = tiny_latent.words({**folders, component: wrong})
        outcome = likeness(
            "packs", "build", "--latent", *words, "--licence", "x", "-o", tmp_path / "pack", cache=tmp_path
        )
        assert outcome.status == 6
        assert outcome.code == "pack.component"
        assert f"--{component} " in outcome.errors
        assert not (tmp_path / "pack").exists()


def test_a_component_that_is_not_named_is_asked_for(folders, tmp_path):
    fewer = {name: path for name, path in folders.items() if name != "motion"}
    words = ["packs", "build", "--latent", *tiny_latent.words(fewer), "--licence", "x", "-o", tmp_path / "p"]
    outcome = likeness(*words, cache=tmp_path)
    assert (outcome.status, outcome.code) == (2, "input.component")
    assert "--motion" in outcome.errors


def test_components_that_do_not_fit_each_other_or_reach_too_short_are_refused(folders, tmp_path):
    from diffusers import MotionAdapter

    def built(motion: MotionAdapter) -> str:
        shutil.rmtree(tmp_path / "motion", ignore_errors=True)
        motion.save_pretrained(tmp_path / "motion")
        words = tiny_latent.words({**folders, "motion": tmp_path / "motion"})
        outcome = likeness("packs", "build", "--latent", *words, "--licence", "x", "-o", tmp_path / "p", cache=tmp_path)
        assert (outcome.status, outcome.code) == (6, "pack.component")
        return outcome.errors

    same = {"motion_layers_per_block": 1, "motion_norm_num_groups": 8, "motion_num_attention_heads": 4}
    short = MotionAdapter(block_out_channels=(32, 64), motion_max_seq_length=16, **same)
    assert "16 frames" in built(short)
    assert "fit each other" in built(MotionAdapter(block_out_channels=(32, 64, 64), motion_max_seq_length=32, **same))


def test_weights_in_a_pickle_are_not_read(folders, tmp_path):
    shutil.copytree(folders["unet"], tmp_path / "unet")
    weights = next((tmp_path / "unet").glob("*.safetensors"))
    weights.unlink()
    torch.save({}, tmp_path / "unet" / "diffusion_pytorch_model.bin")
    words = tiny_latent.words({**folders, "unet": tmp_path / "unet"})
    outcome = likeness("packs", "build", "--latent", *words, "--licence", "x", "-o", tmp_path / "p", cache=tmp_path)
    assert outcome.code == "pack.component"
    assert "--unet" in outcome.errors


def test_nothing_is_asked_of_a_network(pack, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    Restorer(pack, CPU, torch.float32)


# What the networks are told


def test_the_weights_of_the_pack_are_those_of_the_folders(folders, restorer):
    from diffusers import AutoencoderKL, UNet2DConditionModel

    networks = restorer.backbone.networks
    unet = UNet2DConditionModel.from_pretrained(folders["unet"])
    assert torch.equal(networks.unet.conv_in.weight, unet.conv_in.weight)
    vae = AutoencoderKL.from_pretrained(folders["vae"])
    crops = torch.from_numpy(clip().crops.transpose(0, 3, 1, 2))[None] * 2 - 1
    with torch.inference_mode():
        wanted = vae.encode(crops[0]).latent_dist.mode() * vae.config.scaling_factor
        assert torch.allclose(restorer.backbone.encode(crops)[0], wanted, atol=1e-5)


def test_footage_photographs_sentence_and_neighbouring_frames_all_have_a_say(restorer):
    backbone: LatentBackbone = restorer.backbone
    with torch.inference_mode():
        alone, guided, other = (backbone.conditions(Guide(clip(), photos)) for photos in ((), (photo(1),), (photo(2),)))
        latents = torch.randn((1, 3, 4, 16, 16), generator=torch.Generator().manual_seed(0))
        bearded = np.zeros(len(VOCABULARY), np.float32)
        bearded[VOCABULARY.index("beard")] = 1
        elsewhere = backbone.conditions(Guide(clip(first=20), ()))
        streams = [alone, guided, other, backbone.retold(alone, bearded), elsewhere]
        plain, right, wrong, told, moved = backbone.estimate(latents, 1.0, streams)
        last_changed = latents.clone()
        last_changed[:, 2] += 0.5
        (neighbour,) = backbone.estimate(last_changed, 1.0, [alone])
    for found in (right, wrong, told, moved):
        assert found.shape == plain.shape
        assert not torch.allclose(found, plain, atol=1e-4)
    assert not torch.allclose(right, wrong, atol=1e-4)
    assert not torch.allclose(neighbour[:, 0], plain[:, 0], atol=1e-5)  # frame 0 hears of frame 2


def test_a_strangers_photographs_are_not_seen_and_a_doubtful_one_a_little(restorer):
    with torch.inference_mode():
        nobody, stranger, doubtful, anna = (
            restorer.backbone.conditions(Guide(clip(), photos)).image
            for photos in ((), (photo(1, 0.2),), (photo(1, 0.5),), (photo(1),))
        )
    assert torch.equal(stranger, nobody)
    shares = (doubtful - nobody) / (anna - nobody)
    assert 0.1 < float(shares.median()) < 0.9
    assert torch.allclose(shares, shares.median(), atol=0.02)


def test_several_photographs_are_all_seen(restorer):
    with torch.inference_mode():
        several = restorer.backbone.conditions(Guide(clip(), (photo(1), photo(2))))
        assert several.image.shape[:2] == (1, 2)
        latents = torch.zeros((1, 3, 4, 16, 16))
        both, one = restorer.backbone.estimate(
            latents, 0.5, [several, restorer.backbone.conditions(Guide(clip(), (photo(1),)))]
        )
    assert not torch.allclose(both, one, atol=1e-4)


def test_streams_can_be_left_out(restorer):
    footage = clip()
    footage.attributes[VOCABULARY.index("smiling")] = 1
    with torch.inference_mode():
        whole = restorer.backbone.conditions(Guide(footage, (photo(1),)))
        silent = restorer.backbone.conditions(Guide(dataclasses.replace(footage, without=("text",)), (photo(1),)))
        blind = restorer.backbone.conditions(Guide(dataclasses.replace(footage, without=("image",)), (photo(1),)))
        neutral, nobody = (restorer.backbone.conditions(Guide(one, ())) for one in (clip(), footage))
    assert torch.equal(silent.text, neutral.text)
    assert not torch.equal(silent.text, whole.text)
    assert torch.equal(blind.image, nobody.image)
    assert torch.equal(silent.image, whole.image)


def test_black_and_white_footage_is_shown_grey_photographs(restorer):
    grey = photo(1)
    grey = dataclasses.replace(grey, crop=grey.crop @ np.float32([[0.2126] * 3, [0.7152] * 3, [0.0722] * 3]))
    with torch.inference_mode():
        coloured = restorer.backbone.conditions(Guide(clip(monochrome=True), (photo(1),))).image
        wanted = restorer.backbone.conditions(Guide(clip(), (grey,))).image
    assert torch.allclose(coloured, wanted, atol=1e-4)


def test_the_sentence_says_what_the_attributes_say():
    degrees = np.zeros(len(VOCABULARY), np.float32)
    assert sentence(degrees) == "a portrait photograph of a person"
    for word in ("old", "beard", "glasses", "smiling", "black and white"):
        degrees[VOCABULARY.index(word)] = 0.8
    degrees[VOCABULARY.index("bald")] = 0.2
    assert sentence(degrees) == (
        "a portrait photograph of an old person with beard and glasses, smiling, black and white"
    )


# The process


def test_noise_belongs_to_the_frame_and_the_start_is_the_footage_under_noise(restorer):
    backbone = restorer.backbone
    like = torch.zeros((1, 3, 4, 16, 16))
    early, late = backbone.noise(7, [4, 5, 6], like, False), backbone.noise(7, [5, 6, 7], like, False)
    assert torch.equal(early[:, 1:], late[:, :2])
    assert not torch.equal(early, backbone.noise(8, [4, 5, 6], like, False))
    lq, x0 = torch.ones_like(like), torch.full_like(like, 9.0)
    start = backbone.noised(x0, lq, early, 1.0)
    alpha = backbone._alphas[599]
    assert torch.allclose(start, alpha.sqrt() * lq + (1 - alpha).sqrt() * early, atol=1e-6)
    assert 0.05 < float(alpha) < 0.5
    end = backbone.noised(x0, lq, early, 0.01)
    assert torch.allclose(end, x0, atol=0.4)


def test_an_estimate_undoes_the_noise_where_the_network_knows_it(restorer, monkeypatch):
    backbone = restorer.backbone
    x0, noise = torch.randn((1, 2, 4, 8, 8)), torch.randn((1, 2, 4, 8, 8))
    monkeypatch.setattr(backbone, "_noise_in", lambda x_t, step, stream: noise)
    (found,) = backbone.estimate(backbone.noised(x0, x0, noise, 0.5), 0.5, [None])
    assert torch.allclose(found, x0, atol=1e-4)


def test_more_steps_of_the_slider_are_more_steps_of_the_diffusion(restorer):
    assert restorer.backbone.times(1) == [1, 0.75, 0.5, 0.25]
    assert len(restorer.backbone.times(8)) == 32


# The pipeline


def test_the_same_again_and_another_seed_another_result(restorer):
    one, two, other = (restored(restorer, clip(), seed=seed) for seed in (0, 0, 1))
    assert one.crops.shape == (3, SIDE, SIDE, 3)
    assert np.array_equal(one.crops, two.crops)
    assert not np.allclose(one.crops, other.crops, atol=1e-3)


def test_negatives_and_the_slider_likeness_steer_it(restorer):
    photos = (photo(1),)
    plain = restored(restorer, clip(), photos).crops
    steered = restored(restorer, clip(), photos, negatives=Negatives(quality=0.5)).crops
    ignored = restored(restorer, clip(), photos, likeness=0.0).crops
    assert not np.allclose(plain, steered, atol=1e-4)
    assert np.allclose(ignored, restored(restorer, clip(), ()).crops, atol=1e-3)


def test_latents_of_the_window_before_are_blended_in(restorer):
    before = restored(restorer, clip(3, 0))
    alone = restored(restorer, clip(3, 1))
    blended = restored(restorer, clip(3, 1), memory=BlendingMemory([before.latents]))
    assert not np.array_equal(alone.crops, blended.crops)
    far = WindowLatents((90, 91, 92), before.latents.latents)
    unmet = restored(restorer, clip(3, 1), memory=BlendingMemory([far]))
    assert np.array_equal(alone.crops, unmet.crops)


def test_an_identity_pack_adds_a_low_rank_step_before_the_cross_attentions_and_changes_nothing_else(pack, restorer):
    path = next(name for name, _ in restorer.backbone.networks.unet.named_modules() if name.endswith("attn2"))
    generator = torch.Generator().manual_seed(0)
    down = torch.randn((4, 32), generator=generator)
    factors = {f"latent:{path}:down": down, f"latent:{path}:up": torch.zeros((32, 4))}
    nothing = Restorer(pack, CPU, torch.float32, factors)
    plain = restored(restorer, clip()).crops
    assert np.array_equal(restored(nothing, clip()).crops, plain)
    factors[f"latent:{path}:up"] = torch.randn((32, 4), generator=generator)
    adapted = Restorer(pack, CPU, torch.float32, factors)
    assert not np.allclose(restored(adapted, clip()).crops, plain, atol=1e-3)
    one, two = (one.backbone.networks.unet.state_dict() for one in (adapted, restorer))
    assert all(torch.equal(one[name], two[name]) for name in two)


@pytest.mark.parametrize("factors", [{}, {"linear:x": torch.zeros(2)}, {"latent:a.attn2:down": torch.zeros((2, 32))}])
def test_an_identity_pack_of_another_network_is_refused(factors, pack):
    with pytest.raises(ModelPackError) as caught:
        Restorer(pack, CPU, torch.float32, factors)
    assert caught.value.code == "identity.format"


def test_a_film_is_restored_with_a_photograph_and_only_the_face_changes(pack, tmp_path):
    source = film(tmp_path / "a.mp4", portrait_film(1), frames=2)
    words = ["restore", source, "--reference", photograph(tmp_path / "p.jpg"), "--person", "all", "--pack", pack]
    words += ["--no-fading", "--grain", "0", "--threads", "1", "-o", tmp_path / "out"]
    outcome = likeness(*words, cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    before = to_float(decoded(source)[0].pixels)
    after = to_float(decoded(tmp_path / "out" / "frames" / "a.000000.exr")[0].pixels)
    change = np.abs(after - before).max(axis=2)
    assert change[40:80, 60:100].max() > 0.02
    assert change[:4].max() < 1e-3
