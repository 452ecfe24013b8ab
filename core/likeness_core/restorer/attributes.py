"""Face2Text for the compact backbone: a fixed vocabulary of attributes in place of a sentence encoder.

The paper's: an attribute detector writes a sentence that conditions the text stream. Our reading here: attributes
that dense landmarks and the picture itself tell, each with a degree from 0 to 1.
"""

VOCABULARY = (
    "mouth open", "smiling", "eyes closed", "looking left", "looking right", "looking up", "looking down",
    "brows raised", "black and white", "beard", "moustache", "glasses", "bald", "long hair", "child", "young",
    "middle-aged", "old", "wrinkles", "freckles", "make-up", "blurred", "noisy", "blocky",
)  # fmt: skip
