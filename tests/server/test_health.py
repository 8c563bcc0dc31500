from importlib.metadata import version

import pytest
from starlette.testclient import TestClient

from darasa.server.routes.health import verdict


def test_health_says_five_things_to_anyone(school, hub) -> None:
    for place, role in ((school, "school"), (hub, "hub")):
        answer = place.browser.get("/health")
        told = answer.json()
        assert answer.status_code == 200
        assert set(told) == {"status", "version", "role", "events", "disk_free_mb"}
        assert told["role"] == role
        assert told["version"] == version("darasa")
        assert told["events"] == place.room.store.event_count()
        assert told["disk_free_mb"] > 0


@pytest.mark.parametrize(
    ("free", "said"),
    [(0, ("degraded", 503)), (50 << 20, ("degraded", 200)), (1 << 40, ("ok", 200))],
)
def test_health_is_503_only_while_nothing_can_be_saved(free: int, said: tuple[str, int]) -> None:
    assert verdict(free) == said


def test_metrics_are_for_this_machine_and_name_nobody(school) -> None:
    text = school.browser.get("/metrics").text
    assert f"darasa_events {school.room.store.event_count()}\n" in text
    assert "Kazungu" not in text
    with TestClient(school.app, client=("192.168.1.9", 4711)) as stranger:
        assert stranger.get("/metrics").status_code == 403
