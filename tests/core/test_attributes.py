"""Attributes read off landmarks."""

import numpy as np
import pytest
from likeness_core.restorer.attributes import (
    MEASURED,
    VOCABULARY,
    as_said,
    measure_attributes,
    mirrored_attributes,
    negated,
    parse_attributes,
    sentence,
    with_defects,
)

from tests.core.drawn_face import Expression, landmarks, moved

# What each expression says, at its fullest.
EXPRESSIONS = {
    "mouth open": Expression(mouth_open=0.12),
    "smiling": Expression(smile=0.06),
    "eyes closed": Expression(lids=0.1),
    "looking left": Expression(turn=-0.12),
    "looking right": Expression(turn=0.12),
    "looking up": Expression(nod=-0.07),
    "looking down": Expression(nod=0.07),
    "brows raised": Expression(brows=0.05),
}


def degree(name: str, expression: Expression | None = None) -> float:
    return float(measure_attributes(landmarks(expression), False)[VOCABULARY.index(name)])


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_said_by_its_own_attribute(name: str) -> None:
    neutral, full = measure_attributes(landmarks(), False), measure_attributes(landmarks(EXPRESSIONS[name]), False)
    assert full[VOCABULARY.index(name)] > 0.8
    risen = {VOCABULARY[i] for i in np.flatnonzero(full > neutral + 0.2)}
    # Brows are measured from the upper lid, which falls when the eyes close: trained weights know it so.
    assert risen - ({"brows raised"} if name == "eyes closed" else set()) == {name}


def test_a_neutral_face_says_little_and_nothing_that_is_not_measured() -> None:
    neutral = measure_attributes(landmarks(), False)
    assert neutral.shape == (len(VOCABULARY),)
    assert neutral.max() < 0.45
    assert not neutral[len(MEASURED) :].any()


def test_more_of_it_is_a_higher_degree() -> None:
    degrees = [degree("mouth open", Expression(mouth_open=amount)) for amount in (0.0, 0.03, 0.045, 0.06)]
    assert degrees == sorted(degrees)
    assert degrees[0] < degrees[1] < degrees[2]


def test_black_and_white_is_told() -> None:
    place = VOCABULARY.index("black and white")
    assert measure_attributes(landmarks(), True)[place] == 1
    assert measure_attributes(landmarks(), False)[place] == 0


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_neither_place_nor_size_nor_roll_of_the_face_matters(name: str) -> None:
    dense = landmarks(EXPRESSIONS[name])
    turn = 700 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    matrix = np.column_stack([turn, (300.0, -40.0)]).astype(np.float32)
    np.testing.assert_allclose(
        measure_attributes(moved(dense, matrix), False), measure_attributes(dense, False), atol=1e-3
    )


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_mirrored_face_says_the_mirrored_attributes(name: str) -> None:
    dense = landmarks(EXPRESSIONS[name])
    mirrored = dense * (-1, 1) + (1, 0)
    # What the landmark network would say of the mirrored picture: left and right points change places.
    pairs = [(33, 263), (133, 362), (159, 386), (145, 374), (61, 291), (105, 334), (234, 454)]
    order = np.arange(468)
    for left, right in pairs:
        order[left], order[right] = right, left
    seen = measure_attributes(mirrored[order].astype(np.float32), False)
    np.testing.assert_allclose(seen, mirrored_attributes(measure_attributes(dense, False)), atol=1e-3)


def test_a_point_without_extent_is_no_error() -> None:
    assert np.isfinite(measure_attributes(np.zeros((468, 2), np.float32), False)).all()


def test_what_the_user_says_goes_before_what_is_measured() -> None:
    measured = measure_attributes(landmarks(), monochrome=False)
    said = as_said(measured, parse_attributes("Smiling:0.3, beard, eyes closed:0"))
    assert said[VOCABULARY.index("smiling")] == pytest.approx(0.3)
    assert said[VOCABULARY.index("beard")] == 1
    assert said[VOCABULARY.index("eyes closed")] == 0
    others = [i for i, word in enumerate(VOCABULARY) if word not in ("smiling", "beard", "eyes closed")]
    assert np.array_equal(said[others], measured[others])


@pytest.mark.parametrize("text", ["beardy", "smiling:2", "smiling:wide", "smiling:-1", ":1"])
def test_words_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of|is no word"):
        parse_attributes(text)


def test_the_sentence_says_what_stands_out() -> None:
    degrees = np.zeros(len(VOCABULARY), np.float32)
    assert sentence(degrees) == "no expression"
    degrees[VOCABULARY.index("smiling")], degrees[VOCABULARY.index("mouth open")] = 0.9, 0.4
    assert sentence(degrees) == "mouth slightly open, smiling"


def test_defects_and_opposites_are_what_the_negatives_say() -> None:
    degrees = measure_attributes(landmarks(EXPRESSIONS["looking left"]), monochrome=True)
    opposite, defective = negated(degrees), with_defects(degrees)
    assert opposite[VOCABULARY.index("looking right")] == degrees[VOCABULARY.index("looking left")] > 0.1
    assert opposite[VOCABULARY.index("black and white")] == 1
    assert all(defective[VOCABULARY.index(word)] == 1 for word in ("blurred", "noisy", "blocky"))
    assert opposite[VOCABULARY.index("beard")] == 0
