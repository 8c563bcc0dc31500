from darasa.server.config import Config


class Switch:
    """A cable without a wire: what the demo's relay looks at is a file, here it is a word."""

    def __init__(self) -> None:
        self._is_cut = False

    def is_cut(self) -> bool:
        return self._is_cut

    def cut(self) -> None:
        self._is_cut = True

    def mend(self) -> None:
        self._is_cut = False


def test_the_button_pulls_the_cable_and_puts_it_back(make_place, school_home) -> None:
    switch = Switch()
    place = make_place(school_home, Config(cable=switch))
    place.sign_in_at_once()
    assert "Pull the cable" in place.browser.get("/class").text
    assert place.post("/cable", "/class", do="cut") == 303
    assert switch.is_cut()
    assert "The cable is out." in place.browser.get("/class").text
    assert place.post("/cable", "/class", do="mend") == 303
    assert not switch.is_cut()


def test_a_button_without_its_token_pulls_nothing(make_place, school_home) -> None:
    switch = Switch()
    place = make_place(school_home, Config(cable=switch))
    place.sign_in_at_once()
    assert place.browser.post("/cable", data={"do": "cut"}).status_code == 403
    assert not switch.is_cut()
