from darasa.client_tui.actions import Action, KeyMap, Offer
from darasa.client_tui.charset import Level, charset_for
from darasa.client_tui.settings import GUARD_MS_DEFAULT, Settings, settings_of
from darasa.client_tui.themes import MONO, THEMES, Style, theme_for


def test_defaults_hold_without_a_file() -> None:
    assert settings_of({}, {}) == Settings()


def test_a_school_sets_minutes_looks_and_keys() -> None:
    table = {"quiet_minutes": 3, "theme": "contrast", "keys": {"hint": "j"}, "may_close": False}
    settings = settings_of({"client": table}, {"DARASA_KEY_GUARD_MS": "0"})
    assert (settings.quiet_minutes, settings.theme, settings.guard_ms) == (3, "contrast", 0)
    assert settings.keys == {"hint": ("j",)}
    assert not settings.may_close


def test_nonsense_in_the_file_is_left_out() -> None:
    table = {
        "quiet_minutes": "soon",
        "locked_minutes": 0,
        "theme": 3,
        "keys": {"fly": "x", "go": 1, "choose": ["a", "b"]},
    }
    settings = settings_of({"client": table}, {"DARASA_KEY_GUARD_MS": "x"})
    assert settings == Settings(guard_ms=GUARD_MS_DEFAULT)
    assert settings_of({"client": 7}, {}) == Settings()


def test_own_keys_feed_bindings_key_line_and_help() -> None:
    keys, offers = KeyMap({"hint": ("j",)}), (Offer(Action.HINT),)
    assert keys.action_of("j", offers) is Action.HINT
    assert keys.action_of("h", offers) is None
    assert keys.key_line(offers)[0].shown == "J"
    assert keys.help_rows(offers)[0][0] == "J"


def test_letters_work_in_either_case_and_only_when_offered() -> None:
    keys = KeyMap()
    assert keys.action_of("H", (Offer(Action.HINT),)) is Action.HINT
    assert keys.action_of("h", (Offer(Action.READ),)) is None


def test_no_key_has_two_meanings() -> None:
    from darasa.client_tui.actions import BINDINGS

    keys = [key for binding in BINDINGS.values() for key in binding.keys]
    assert len(keys) == len(set(keys))


def test_unknown_terminals_get_ascii_and_windows_blocks() -> None:
    assert charset_for({"TERM": "linux"}, "utf-8").level is Level.A
    assert charset_for({"TERM": "vt220", "DISPLAY": ":0"}, "utf-8").level is Level.A
    assert charset_for({"TERM": "xterm-256color", "DISPLAY": ":0"}, "utf-8").level is Level.B
    assert charset_for({"TERM": "xterm-256color", "DISPLAY": ":0"}, "ascii").level is Level.A
    assert charset_for({"TERM": "linux", "DARASA_CHARSET": "b"}, "utf-8").level is Level.B


def test_what_an_encoding_cannot_hold_becomes_a_question_mark() -> None:
    assert charset_for({}, "ascii").shown("caf\u00e9") == "caf?"
    assert charset_for({}, "utf-8").shown("caf\u00e9") == "caf\u00e9"
    assert charset_for({}, "no-such-encoding").encoding == "ascii"


def test_no_color_means_mono_whatever_is_asked_for() -> None:
    assert theme_for({"NO_COLOR": "1", "TERM": "xterm-256color"}, "light") is MONO
    assert theme_for({"TERM": "xterm-256color"}).name == "dark"
    assert theme_for({"TERM": "vt100"}).name == "mono"
    assert theme_for({}, "contrast").name == "contrast"


def test_mono_has_no_colours_and_every_theme_has_every_style() -> None:
    for theme in THEMES.values():
        assert set(theme.styles) == set(Style)
    assert not any("#" in words for words in (MONO.ground, *MONO.styles.values()))


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colour_pairs_have_enough_contrast() -> None:
    """At least 4.5:1, and 7:1 in the contrast theme (ux.md sections 3.3 and 9)."""
    for theme in THEMES.values():
        for words in theme.styles.values():
            front, _on, ground = theme.ground.partition(" on ")
            own_front, _on, own_ground = words.partition(" on ")
            hexes = [word for word in own_front.split() if word.startswith("#")]
            pair = (hexes[0] if hexes else front, own_ground or ground)
            if not all(pair):
                continue
            high, low = sorted(map(_luminance, pair), reverse=True)
            least = 7 if theme.name == "contrast" else 4.5
            assert (high + 0.05) / (low + 0.05) >= least, (theme.name, words)
