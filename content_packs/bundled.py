"""The courses that come with Darasa, as readable sources."""

from importlib import resources
from pathlib import Path


def bundled_courses() -> list[Path]:
    """The folders of the bundled courses, by name."""
    library = Path(str(resources.files("darasa.content_packs.library")))
    return sorted(path.parent for path in library.glob("*/pack.toml"))
