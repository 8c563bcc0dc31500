from darasa.server.shared import Shared


def test_a_value_is_made_once_for_each_stamp() -> None:
    shared, made = Shared(), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [shared.get("5B", stamp, make) for stamp in (1, 1, 2, 2, 1)] == [1, 1, 2, 2, 3]
    assert shared.get("6A", 1, make) == 4


def test_it_forgets_the_oldest_of_many_keys() -> None:
    shared = Shared()
    for n in range(200):
        assert shared.get(str(n), 0, lambda n=n: n) == n
    assert shared.get("0", 0, lambda: "new") == "new"
    assert shared.get("199", 0, lambda: "new") == 199
