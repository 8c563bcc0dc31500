"""A picture of what a machine needs to join: the address and the code (ux.md 8.11), as SVG.

Drawn in the page itself: nothing is fetched, and its colours are those of the page.
"""

import io

import segno
from markupsafe import Markup

_BORDER = 2  # cells of quiet around it; on a white field that is enough


def qr_svg(text: str) -> Markup:
    """The QR picture of a text, to stand in a page; sized by the style sheet.

    The library draws it from the text's bits alone, so that no letter of it is in the markup.
    """
    drawn = io.BytesIO()
    segno.make(text, micro=False, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, nl=False, border=_BORDER
    )
    return Markup(drawn.getvalue().decode("ascii"))  # noqa: S704  of numbers only, see above
