"""Sign-in cards of a class, to print and cut: as a page, and as a file of its own.

Owns: how a card looks. Which secret may stand on it is learning's rule (decision 0019).
"""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from darasa.learning.signing_in.cards import Card, cards_of
from darasa.server import reach
from darasa.server.assets import assets
from darasa.server.auth import Visit
from darasa.server.templating import render


def cards_page(visit: Visit) -> Response:
    """GET /people/cards?class=ID."""
    row = reach.class_of(visit, visit.query.get("class", ""), act=True)
    cards = cards_of(visit.darasa.classroom, row.record_id)
    return visit.page(
        "cards.html",
        here="/people",
        class_id=row.record_id.hex(),
        class_name=row.name,
        school=visit.darasa.classroom.home.name,
        cards=_views(cards),
        unknown=sum(not card.secret for card in cards),
    )


def cards_file(school: str, class_name: str, cards: Sequence[Card]) -> str:
    """The same cards as one HTML file that needs nothing else."""
    style = assets()["cards.css"].content.decode().splitlines()
    return render(
        "cards_file.html", school=school, class_name=class_name, cards=_views(cards), style=style
    )


def _views(cards: Sequence[Card]) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "shown": card.shown,
            "class_name": card.class_name,
            "number": card.number,
            "secret": card.secret,
            "pictures": card.pictures,
        }
        for card in cards
    ]
