"""What tests of the people pages share: sending a form once, and reading what a page says."""

import html
import os
import re


def send(place, path, page="/people", *, once=None, **fields):
    """Send a form that stands on `page`; the response, redirects not followed."""
    form = {"token": place.token(page), "once": once or os.urandom(12).hex(), **fields}
    return place.browser.post(path, data=form, follow_redirects=False)


def text_of(page):
    """What a page says, without tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def undo_mark(place, page="/people"):
    """The mark of the change that a page offers to take back; None when it offers none."""
    found = re.search(r'name="mark" value="([0-9a-f]{16})"', place.browser.get(page).text)
    return found and found[1]


def names(place, class_id=None):
    """Who is on the list."""
    return [row.name for row in place.room.people.learners(class_id)]


def class_id(place, name):
    """The class of that name as addresses have it."""
    return place.room.people.find_class(name).record_id.hex()
