import tomllib
from pathlib import Path

from darasa.learning.version import APP_VERSION

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_program_names_the_version_of_its_package() -> None:
    assert tomllib.loads(PROJECT.read_text())["project"]["version"] == APP_VERSION
