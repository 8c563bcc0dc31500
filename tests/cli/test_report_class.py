"""What a class's teacher can know, through the command."""

import csv
import io
import json

import pytest

from darasa.cli.main import run


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    home = str(tmp_path_factory.mktemp("report") / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    words = ["--learners", "12", "--attempts", "14", "--days", "12", "--seed", "5"]
    assert run(["simulate-class", "--home", home, *words]) == 0
    return home


@pytest.fixture
def report(school, capsys):
    """report(*words): the exit code, standard output and standard error."""

    def do(name, *words):
        capsys.readouterr()
        code = run(["report", name, "--home", school, *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return do


CLASS = ("--class", "Practice class")


@pytest.mark.parametrize("by", ["need", "mixed", "interest", "free"])
def test_groups_name_every_learner_once_in_every_format(report, by):
    code, out, _ = report("groups", *CLASS, "--by", by, "--format", "json")
    told = json.loads(out)
    in_groups = [who["name"] for group in told["groups"] for who in group["learners"]]
    left = [who["name"] for who in told["left"]]
    assert (code, told["class"], len({*in_groups, *left})) == (0, "Practice class", 12)
    assert len(in_groups) + len(left) == 12
    _, out, _ = report("groups", *CLASS, "--by", by, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out.lstrip("\ufeff"))))
    assert sorted(row["name"] for row in rows) == sorted([*in_groups, *left])
    assert {row["group"] for row in rows} - {""} == {group["name"] for group in told["groups"]}
    _, out, _ = report("groups", *CLASS, "--by", by)
    assert all(name in out for name in [*in_groups, *left])
    assert all(group["reason"] in out for group in told["groups"])


def test_groups_are_the_same_all_day_and_may_be_dealt_again(report):
    first = report("groups", *CLASS, "--by", "free")
    assert report("groups", *CLASS, "--by", "free") == first
    assert report("groups", *CLASS, "--by", "free", "--again", "1") != first


def test_a_class_that_is_not_there_is_not_found(report):
    code, _, err = report("groups", "--class", "7X")
    assert code != 0
    assert err == "No class is called 7X.\n"
    assert report("groups", *CLASS, "--most", "1")[0] == 2


def test_a_skill_is_reported_over_a_class_and_over_the_school(report):
    code, out, _ = report("skill", "Parts of a whole", *CLASS, "--format", "json")
    told = json.loads(out)
    assert (code, told["class"], told["learners"]) == (0, "Practice class", 12)
    assert sum(told["states"].values()) == sum(told["certainty"].values()) == 12
    assert sum(item["chances"] for item in told["items"]) >= told["chances"] > 0
    _, out, _ = report("skill", "parts", *CLASS, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out.lstrip("\ufeff"))))
    assert [f"fractions-p5/{row['item']}" for row in rows] == [i["item"] for i in told["items"]]
    figures = [row[name] for row in rows for name in ("expected", "observed", "shift", "item-rest")]
    assert all(each == "" or float(each) < 20 for each in figures)  # numbers to a spreadsheet
    assert any(each for each in figures)
    _, out, _ = report("skill", "parts", *CLASS)
    assert "States:" in out
    assert rows[0]["item"] in out
    _, out, _ = report("skill", "parts", "--format", "json")
    whole = json.loads(out)
    assert whole["class"] is None
    assert all(item["learners"] >= 10 for item in whole["items"])
    assert len(whole["items"]) < len(told["items"])


def test_a_skill_that_is_not_there_is_said(report):
    code, _, err = report("skill", "Flying")
    assert code != 0
    assert err == "No skill is called Flying.\n"


def test_what_changed_is_reported_in_every_format(report):
    code, out, _ = report("changes", *CLASS, "--format", "json")
    told = json.loads(out)
    assert (code, told["class"], len(told["learners"])) == (0, "Practice class", 12)
    assert any(each["changes"] for each in told["learners"])
    _, out, _ = report("changes", *CLASS, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out.lstrip("\ufeff"))))
    assert [row["name"] for row in rows] == [each["name"] for each in told["learners"]]
    assert [int(row["answers"]) for row in rows] == [each["answers"] for each in told["learners"]]
    _, out, _ = report("changes", *CLASS)
    assert all(each["name"] in out for each in told["learners"])
    _, out, _ = report("changes", *CLASS, "--days", "300", "--format", "json")
    longer = json.loads(out)["learners"]
    assert sum(each["answers"] for each in longer) > sum(int(row["answers"]) for row in rows)


def test_items_that_look_wrong_are_listed_in_every_format(report):
    code, out, _ = report("items", "--format", "json")
    told = json.loads(out)
    assert (code, told["class"]) == (0, None)
    assert len(told["items"]) <= told["looked_at"]
    _, out, _ = report("items", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(out)))) == len(told["items"])
    _, out, _ = report("items", *CLASS)
    assert "items with answers enough look wrong." in out
