"""What districts do not tell within 500 seeds, and the test that fails under it."""

from typing import Final

_EXCHANGING: Final = "tests/sync/exchanging"
STORIES: Final[dict[str, str]] = {
    # an asker who knows of other erased learners takes nothing of them anyway
    "forgetful server serves": (
        f"{_EXCHANGING}/test_erasure_after_loss.py::test_a_stick_from_the_hub_ends_the_waiting"
    ),
    # the line of a copy is looked at once more when it is served
    "child of a removed computer taken": (
        f"{_EXCHANGING}/copies/test_copies_refused.py"
        "::test_revoking_the_first_one_stops_copies_that_are_not_confirmed"
    ),
    # want a computer that was copied twice, and a server that is set back or loses a page
    "line of a removed parent forgotten": (
        f"{_EXCHANGING}/copies/test_line_forgotten.py"
        "::test_a_school_that_forgot_all_of_a_confirmed_copy_takes_what_it_wrote_before[True]"
    ),
    "lost line not shown again": (
        f"{_EXCHANGING}/copies/test_line_forgotten.py"
        "::test_a_school_that_lost_one_of_the_line_is_shown_it_again"
    ),
    # wants a computer that pruned and then a server that is set back to before that work
    "pruned log promised": (
        f"{_EXCHANGING}/test_pruned.py"
        "::test_pruned_work_is_not_promised_to_a_server_that_was_set_back"
    ),
    # wants a school and a hub that are both set back to before it, and a link that breaks then
    "pruned on a word from before a set back": (
        f"{_EXCHANGING}/test_pruned.py"
        "::test_what_both_servers_were_set_back_to_before_stays_until_one_says_that_it_has_it"
    ),
    # wants a copy of a server's disk from between two commits of one round
    "mark of an earlier commit": (
        f"{_EXCHANGING}/test_comparing.py::test_thirty_new_logs_in_twelve_thousand_cost_little"
    ),
    # who is frozen again is released again once all is healed: it only takes longer
    "released node counted on": (
        f"{_EXCHANGING}/test_quotas.py::test_after_its_release_the_whole_of_it_arrives"
    ),
    # wants a school that is put back from before a new key for names
    "restored school is silent about its key": (
        "tests/learning/test_school_key.py"
        "::test_a_school_that_was_put_back_from_before_a_new_key_says_the_one_that_it_has"
    ),
    # districts merge nobody
    "records name the erased": (
        f"{_EXCHANGING}/test_erasure_against_forgers.py"
        "::test_a_record_about_something_else_that_names_her_goes_and_does_not_come_again"
    ),
    "erasure of one school for all": (
        "tests/learning/test_erasure.py::test_what_her_next_school_decided_of_her_stays_at_the_hub"
    ),
    # districts have one class, which stays
    "closed class keeps its cursor": (
        "tests/learning/test_feed.py"
        "::test_a_class_that_is_opened_again_has_its_learners_on_a_computer"
    ),
    "dropped scope goes on": (
        "tests/learning/test_feed.py::test_of_a_class_that_is_closed_nothing_stays_on_a_computer"
    ),
    # wants a list that is cut, and a server that is set back to before what came later in it
    "cut list goes on after a restore": (
        f"{_EXCHANGING}/test_feed_session.py"
        "::test_a_list_that_was_cut_is_begun_anew_by_a_server_that_was_set_back"
    ),
    # wants a hub that lost a signed head and not the events under it, and a school that asks first
    "salvaged hub offers what nobody signed": (
        "tests/sync/salvaging/test_gaps.py"
        "::test_a_hub_keeps_apart_what_it_has_lost_the_signed_head_of"
    ),
    # wants an older hub that knows no erasure, and a school that it gives something back to
    "held back forgotten when something came": (
        f"{_EXCHANGING}/test_before_erasure.py"
        "::test_what_is_held_back_stays_owed_though_something_was_given_back"
    ),
    # wants a store that is damaged twice
    "salvage forgets what was apart": (
        "tests/sync/salvaging/test_gaps.py"
        "::test_what_one_salvage_kept_behind_a_gap_the_next_one_keeps_too"
    ),
    # wants a computer that loses a page before what stands behind it was ever sent
    "apart counts as sent": (
        "tests/sync/salvaging/test_gaps.py::test_what_is_behind_a_gap_alone_is_not_said_to_be_sent"
    ),
    # wants a store damaged in the bytes of one event alone, beside a copy of it
    "damaged event hides the copys": (
        "tests/sync/salvaging/test_gaps.py"
        "::test_a_changed_event_does_not_hide_what_the_copy_has_of_it"
    ),
    # wants a school that is set back to before a log that forked in two, and a hub that reads no
    # columns; or six branches
    "branches counted as rounds": (
        f"{_EXCHANGING}/test_giving_back_branches.py"
        "::test_all_branches_come_back_to_a_school_that_has_another[6]"
    ),
    # wants an older server with news of levels, and a session that breaks after its first answer
    "ranges skipped and taken for held": (
        f"{_EXCHANGING}/test_comparing.py::test_news_of_levels_from_a_server_that_knows_no_ranges_"
        "is_no_word_on_what_was_compared"
    ),
    # wants a server that is set back and runs an older program from the same hour
    "unknown mark dropped for codec 0": (
        "tests/learning/codec/test_codec_session.py"
        "::test_an_older_program_on_a_restored_store_gets_what_the_store_has_lost"
    ),
}
