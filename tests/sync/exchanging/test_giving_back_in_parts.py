"""What a hub gives back comes in answers of a bounded size, and goes on where a link was cut."""

import pytest

from darasa.sync.capabilities import Capability
from darasa.sync.session import Limits
from darasa.sync.versions import SPOKEN, THIS, Program


@pytest.mark.parametrize("named_logs", [1_000, 5])
def test_much_that_is_given_back_comes_in_bounded_answers(
    district, chain_of_three, make_link, named_logs
):
    computer, school, hub = chain_of_three
    for _ in range(60):
        computer.restart()
        computer.write(20)
    district.up(computer, school, hub)
    reborn = district.anew(school)
    reborn.limits = hub.limits = Limits(frame=2_000, body=12_000, named_logs=named_logs)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert report.events_in == 1_200
    assert report.events_out == 0
    assert len(link.answers) > 4
    assert all(len(raw) <= 12_000 for raw in [*link.answers, *link.bodies])
    district.same(reborn, hub)
    district.quiet(reborn, hub)


def test_a_log_larger_than_an_answer_comes_back_in_parts(district, chain_of_three, make_link):
    computer, school, hub = chain_of_three
    computer.write(1_500)
    district.up(computer, school, hub)
    reborn = district.anew(school)
    hub.limits = Limits(frame=2_000, body=12_000)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert len(link.answers) > 2
    assert report.events_in == 1_500
    district.same(reborn, hub)
    district.quiet(reborn, hub)


def test_an_answer_to_a_list_gives_back_what_a_small_body_holds(district, chain_of_three):
    """Not one log a round: what is kept for ranges is a part of a body, however small that is."""
    computer, school, hub = chain_of_three
    for _ in range(12):
        computer.restart()
        computer.write(2)
    district.up(computer, school, hub)
    reborn = district.anew(school)
    for _ in range(3):  # more than a frame, and more logs than are named
        reborn.restart()
        reborn.write(9, learner=None)
    reborn.limits = Limits(frame=400, named_logs=2)
    hub.limits = Limits(frame=4_096, body=16_384)
    report = district.good(reborn, hub, trusted=False)
    assert report.events_in == 24
    assert report.rounds <= 4
    district.same(reborn, hub)


@pytest.mark.parametrize("logs", [1, 12])
@pytest.mark.parametrize("is_new", [False, True])
def test_what_a_hub_cannot_go_on_giving_comes_another_day(district, chain_of_three, logs, is_new):
    """Between two rounds it is put back to a program of before, which compares nothing."""
    computer, school, hub = chain_of_three
    computer.write(2)
    district.up(computer, school, hub)
    with school.copied() as restore:
        for _ in range(logs):
            computer.restart()
            computer.write(1_200 // logs)
        district.up(computer, school, hub)
        restore()
    taker = district.anew(school) if is_new else school
    hub.limits = Limits(frame=2_000, body=6_000)
    responder = hub.responder()

    def put_back_after_a_round(body):
        yield responder.handle([body])
        responder.program = Program(SPOKEN, lacks=int(Capability.RANGES))

    report = district.good(taker, hub, link=put_back_after_a_round)
    assert report.events_in < 1_200
    responder.program = THIS
    district.good(taker, hub)
    district.same(taker, hub)
    assert len(taker.places()) == 1_202
    district.quiet(taker, hub)


def test_a_hub_that_compares_nothing_is_not_asked_for_what_it_has_more(district, chain_of_three):
    """It says so when logs are named; it gives it when it has a program that can."""
    computer, school, hub = chain_of_three
    computer.write(60)
    district.up(computer, school, hub)
    with school.copied() as restore:
        computer.write(5)
        district.up(computer, school, hub)
        restore()
    with school.store.transaction() as tx:
        tx.connection.execute("DELETE FROM mark_given")
    school.limits = Limits(frame=400)
    responder = hub.responder()
    responder.program = Program(SPOKEN, lacks=int(Capability.RANGES))
    report = district.good(school, hub, link=lambda body: [responder.handle([body])], trusted=False)
    assert (report.events_in, report.rounds) == (0, 2)
    assert district.good(school, hub).events_in == 5
    district.same(school, hub)


@pytest.mark.parametrize("named_logs", [1_000, 5])
def test_a_cut_anywhere_keeps_every_whole_frame_and_goes_on(
    district, chain_of_three, make_link, named_logs
):
    computer, school, hub = chain_of_three
    limits = Limits(frame=600, named_logs=named_logs)
    for _ in range(12):
        computer.restart()
        computer.write(6)
    district.up(computer, school, hub)
    whole = make_link(hub)
    district.good(district.anew(school), hub, link=whole)
    for cut_at in range(200, whole.carried, whole.carried // 25):
        reborn = district.anew(school)
        reborn.limits = hub.limits = limits
        come = 0
        for _ in range(40):
            link = make_link(hub, cut_at=max(cut_at, 2_500), part=50)
            report = district.exchange(reborn, hub, link=link)
            come += report.events_in
            if report.ok:
                break
        district.good(reborn, hub)
        assert come == 72  # no frame came twice as news
        district.same(reborn, hub)
        district.quiet(reborn, hub)


def test_logs_that_ended_under_a_statement_each_come_back_in_bounded_answers(
    district, chain_of_three, make_link
):
    """The statements of a day weigh more than its events: they count, for the first part too."""
    _, school, hub = chain_of_three
    computers = [district.computer(school) for _ in range(40)]
    for n in range(40):
        for each in computers[n:]:
            each.write(1)
            district.good(each, school, trusted=True)
        district.good(school, hub, trusted=True)
    reborn = district.anew(school)
    hub.limits = Limits(body=12_000)
    link = make_link(hub)
    report = district.good(reborn, hub, link=link)
    assert len(link.answers) > 2
    assert all(len(raw) <= 12_000 for raw in link.answers)
    assert report.events_in == 40 * 41 // 2
    district.same(reborn, hub)
    district.quiet(reborn, hub)
