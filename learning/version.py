"""The version of this program, as the genesis of a log and the status name it.

Written here, because asking the installed package's metadata takes a tenth of the client's budget
to start. A test holds it to `pyproject.toml`.
"""

from typing import Final

APP_VERSION: Final = "0.1.0"
