"""All branches of a forked log come back to a school that was set back, each under its head."""

import pytest

from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.session import Limits
from darasa.sync.session_body import body_of


def test_both_branches_of_a_fork_come_back(district, chain_of_three):
    computer, school, hub = chain_of_three
    computer.write(3)
    district.up(computer, school, hub)
    with school.copied() as restore:
        twin = district.twin(computer)
        twin.write(4)
        district.up(twin, school, hub)
        restore()
    computer.write(2)
    district.good(computer, school)  # the other branch, after the set-back
    district.good(school, hub)
    district.same(school, hub)
    assert len(school.places()) == 3 + 4 + 2
    district.quiet(school, hub)


@pytest.mark.parametrize("branches", [2, 6])
def test_all_branches_come_back_to_a_school_that_has_another(district, chain_of_three, branches):
    """The hub names every branch in one answer: that is one thing to ask for, not one a branch."""
    computer, school, hub = chain_of_three
    computer.write(3)
    for _ in range(branches):
        twin = district.twin(computer)
        twin.write(2)
        district.up(twin, school, hub)
    reborn = district.anew(school)
    reborn.limits = Limits(frame=400)
    computer.write(90)
    district.good(computer, reborn)
    report = district.good(reborn, hub, trusted=False)  # it names its logs first
    assert report.events_in == branches * 2
    district.same(reborn, hub)
    district.quiet(reborn, hub)


def test_of_a_forked_log_that_goes_on_the_hub_keeps_no_more_heads_than_tips(
    district, chain_of_three
):
    """A statement a session would be more than one answer holds, and the log would never go."""
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.twin(computer)
    for _ in range(12):
        for each in (twin, computer):
            each.write(1)
            district.good(each, school, trusted=True)
        school.write(1, learner=None)
        district.good(school, hub, trusted=True)
    for node, most in ((school, 2), (hub, 3)):
        assert node.store.read(lambda one: one.execute("SELECT count(*) FROM head").fetchone()) == (
            most,
        )
    reborn = district.anew(school)
    district.good(reborn, hub)
    district.same(reborn, hub)
    district.quiet(reborn, hub)


def test_a_branch_whose_head_is_lost_is_asked_for_though_the_other_came_whole(
    district, chain_of_three, make_link, frames_of
):
    """Each end is told apart: a head on one branch covers nothing on the other."""
    computer, school, hub = chain_of_three
    computer.write(3)
    twin = district.twin(computer)
    with school.copied() as restore:
        for each in (twin, computer):
            each.write(2)
            district.up(each, school, hub)
        restore()
    for taken_out in range(4):
        with school.copied() as restore_again:
            link = make_link(hub)

            def without_one(body, link=link, taken_out=taken_out):
                answer = b"".join(link(body))
                frames = [each.raw for each in FrameReader().feed(answer)][:-1]
                heads = frames_of(answer, FrameType.HEADS)
                lost = frames_of(answer, FrameType.TIPS)  # they would say it, too
                if len(link.answers) == 1:
                    lost += heads[taken_out : taken_out + 1]
                return [body_of([raw for raw in frames if raw not in lost])]

            district.exchange(school, hub, link=without_one)
            district.good(school, hub)
            district.same(school, hub)
            assert len(school.places()) == 3 + 2 + 2
            restore_again()
