"""What the tests of the whole command share: a small model pack, and a film with its photograph."""

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Set:
    """All that a run needs."""

    film: Path
    photo: Path
    pack: Path
    cache: Path

    def options(self, out: Path) -> list[str]:
        """Arguments after the source."""
        return ["--reference", str(self.photo), "--pack", str(self.pack), "--threads", "1", "-o", str(out)]

    def restore(self, out: Path) -> list[str]:
        """A whole command."""
        return ["restore", str(self.film), *self.options(out)]


@pytest.fixture(scope="session")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real network with random weights: what it makes is no face, but never what went in."""
    from tests.core.restorer import tiny_network

    return tiny_network.write(tmp_path_factory.mktemp("packs") / "tiny", tiny_network.perturbed())


@pytest.fixture(scope="session")
def portrait_set(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path) -> Set:
    """Thirty frames of one person, and her photograph."""
    from tests.core.restoring import film, photograph, portrait_film

    folder = tmp_path_factory.mktemp("portrait")
    return Set(film(folder / "reel.mov", portrait_film(), timecode="01:00:00:00"), photograph(folder / "anna.jpg"),
               tiny_pack, folder / "cache")  # fmt: skip
