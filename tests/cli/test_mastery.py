from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from pathlib import Path

import pytest

from darasa.cli.exits import Exit
from darasa.cli.main import run

HEAD = "learner,skill,item,correct,timestamp\n"


def written(path: Path, rows: str) -> str:
    path.write_text(HEAD + rows, encoding="utf-8")
    return str(path)


def shape(
    *, learners: int, items: int, answers: int, clock: bool = False, once: bool = False,
    each: int = 1, seed: int = 1,
) -> str:  # fmt: skip
    """Rows of the shapes that published sets have."""
    from mastery_world import invented

    rows = invented(
        learners=learners,
        items=items,
        answers=answers,
        clock=clock,
        once=once,
        each=each,
        seed=seed,
    )
    return "".join(
        f"{row.learner},{'~'.join(skill for _, skill in row.skills)},{row.item[1]},"
        f"{int(row.correct)},{row.at_ms // 1000 if row.at_ms else ''}\n"
        for row in rows
    )


SHAPES = {
    "several skills a row, no clocks": {"learners": 12, "items": 40, "answers": 60, "each": 3},
    "many items once each, clocks": {
        "learners": 12, "items": 2_000, "answers": 60, "once": True, "clock": True, "each": 2,
    },
    "few items many times": {"learners": 6, "items": 8, "answers": 150},
}  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
def test_what_is_fitted_predicts_other_learners_better_than_what_ships(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy", reason="the fit wants the extra hub")
    shaped: dict[str, int] = SHAPES[kind] | {"learners": SHAPES[kind]["learners"] * 4}
    train = written(tmp_path / "train.csv", shape(**shaped))
    test = shape(**shaped)  # the same world, its learners by other names
    test = "".join(line.replace("learner ", "other ", 1) for line in test.splitlines(keepends=True))
    held = written(tmp_path / "test.csv", test[: len(test) // 3].rpartition("\n")[0] + "\n")
    params = str(tmp_path / "made.json")
    assert run(["mastery", "fit", train, "--out", params, "--json"]) == Exit.DONE
    fitted = json.loads(capsys.readouterr().out)
    assert fitted["auc"] > fitted["before"]["auc"]
    assert fitted["log_loss"] < fitted["before"]["log_loss"]
    assert run(["mastery", "predict", held, "--json"]) == Exit.DONE
    cold = json.loads(capsys.readouterr().out)
    assert run(["mastery", "predict", held, "--params", params, "--json"]) == Exit.DONE
    warm = json.loads(capsys.readouterr().out)
    alone = ["--params", params, "--difficulties-only"]
    assert run(["mastery", "predict", held, *alone, "--json"]) == Exit.DONE
    pack = json.loads(capsys.readouterr().out)
    assert cold["auc"] < pack["auc"] < 1
    assert cold["auc"] < warm["auc"] < 1
    assert set(cold) >= {"rows", "auc", "rmse", "log_loss", "us_per_event"}


def test_each_row_has_its_prediction_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "دانا,a~b,سؤال,1,\nana,a,x,0,\nana,a,x,0,\nana,a,x,0,\n"
    rows, out = written(tmp_path / "rows.csv", text), tmp_path / "out.csv"
    assert run(["mastery", "predict", rows, "--out", str(out)]) == Exit.DONE
    assert "microseconds an answer" in capsys.readouterr().out
    with out.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["row"] for row in found] == ["1", "2", "3", "4"]
    assert (found[0]["learner"], found[0]["skill"], found[0]["item"]) == ("دانا", "a~b", "سؤال")
    chances = [float(row["p"]) for row in found[1:]]
    assert 0 < chances[2] < chances[1] < chances[0] < 1
    assert not list(tmp_path.glob("*.part"))


def test_a_compressed_file_and_other_columns_give_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = written(tmp_path / "rows.csv", "ana,a,x,1,5\nben,a,x,0,6\nana,a,y,0,7\n")
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(
        gzip.compress(
            b"correct,timestamp,hints,learner,item,skill,duration_ms\n"
            b"1,5,0,ana,x,a,300\n0,6,1,ben,x,a,400\n0,7,,ana,y,a,\n"
        )
    )
    for file in (plain, str(packed)):
        assert run(["mastery", "predict", file, "--json"]) == Exit.DONE
    first, second = capsys.readouterr().out.split("}\n{")
    assert json.loads(first + "}")["auc"] == json.loads("{" + second)["auc"]


def test_rows_of_one_outcome_have_no_auc(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mastery", "predict", written(tmp_path / "a.csv", "ana,a,x,1,\n"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["auc"] is None
    assert run(["mastery", "predict", written(tmp_path / "b.csv", ""), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0


@pytest.mark.parametrize("command", [["predict"], ["fit", "--out", "x.json"]])
def test_a_bad_line_is_told_with_file_and_line(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    rows = written(tmp_path / "rows.csv", "ana,a,x,1,\nana,a,x,perhaps,\n")
    assert run(["mastery", *command, rows]) == Exit.BAD_INPUT
    assert f"{rows}:3: correct is 0 or 1" in capsys.readouterr().err
    assert not Path("x.json").exists()


def test_what_is_not_there_and_what_is_no_parameters_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = written(tmp_path / "rows.csv", "ana,a,x,1,\n")
    assert run(["mastery", "predict", str(tmp_path / "none.csv")]) == Exit.NOT_FOUND
    assert run(["mastery", "predict", rows, "--params", rows]) == Exit.BAD_INPUT
    assert run(["mastery", "predict", rows, "--model", "best-lr"]) == Exit.BAD_INPUT
    assert run(["mastery", "predict", rows, "--difficulties-only"]) == Exit.USAGE
    assert run(["mastery", "predict", rows, "--out", str(tmp_path / "no" / "x")]) == Exit.NOT_FOUND
    assert "Traceback" not in capsys.readouterr().err
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"no gzip")
    assert run(["mastery", "predict", str(broken)]) == Exit.BAD_INPUT


def test_a_fit_says_what_changed_as_text_and_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy", reason="the fit wants the extra hub")
    rows = written(tmp_path / "rows.csv", shape(learners=10, items=20, answers=50))
    first, second = str(tmp_path / "1.json"), str(tmp_path / "2.json")
    assert run(["mastery", "fit", rows, "--out", first, "--name", "<one>"]) == Exit.DONE
    report = str(tmp_path / "report")
    command = ["mastery", "fit", rows, "--out", second, "--before", first, "--report", report]
    assert run(command) == Exit.DONE
    text = (tmp_path / "report.txt").read_text()
    assert "version 2" in text
    assert "0 new, 20 known before" in text
    assert "Weights, against <one> version 1" in text
    picture = (tmp_path / "report.svg").read_text()
    assert picture.startswith("<svg ")
    assert "&lt;one&gt;" in picture
    assert "<one>" not in picture
    assert text.splitlines()[0] in capsys.readouterr().out


@pytest.mark.parametrize("model", ["m-of-n", "elo", "best-lr"])
def test_other_models_are_fitted_to_compare(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy", reason="the fit wants the extra hub")
    rows = written(tmp_path / "rows.csv", shape(learners=10, items=20, answers=50, each=2))
    params = str(tmp_path / "made.json")
    assert run(["mastery", "fit", rows, "--out", params, "--model", model]) == Exit.DONE
    assert run(["mastery", "predict", rows, "--params", params, "--model", "bkt"]) == 3
    capsys.readouterr()
    assert run(["mastery", "predict", rows, "--params", params, "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["auc"] > 0.6


def test_one_learner_with_one_answer_can_be_fitted(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="the fit wants the extra hub")
    for model in ("rlf", "m-of-n", "elo", "best-lr"):
        rows, params = written(tmp_path / "one.csv", "ana,,x,1,\n"), str(tmp_path / "one.json")
        assert run(["mastery", "fit", rows, "--out", params, "--model", model]) == Exit.DONE
        assert run(["mastery", "predict", rows, "--params", params]) == Exit.DONE


def test_without_numpy_predicting_works_and_fitting_says_what_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    rows = written(tmp_path / "rows.csv", "ana,a,x,1,\n")
    assert run(["mastery", "predict", rows]) == Exit.DONE
    assert run(["mastery", "fit", rows, "--out", str(tmp_path / "x.json")]) == Exit.REFUSED
    assert "numpy and scipy" in capsys.readouterr().err


def test_a_set_of_real_answers_meets_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """mastery.md section 5, on the Spanish set where it is at hand; not part of the sources."""
    told = os.environ.get("DARASA_SHARED")
    places = [Path(told)] if told else [up / "shared" for up in Path(__file__).resolve().parents]
    name = "mastery-data/spanish37.dev.csv.gz"
    file = next((place / name for place in places if (place / name).is_file()), None)
    if file is None:
        pytest.skip("the data set is not here: DARASA_SHARED names its folder")
    assert run(["mastery", "predict", str(file), "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["auc"] >= 0.83


HARD = (
    'learner,skill,item,correct,timestamp,hints\n'
    'Zoë,"add ""fast"", carry~split",3½,1,nan,\n'
    'ben,,"a\nb",0,,\n'
    "ana,split~split~~add,3½,True,1500000100,0.0\n"
    "Zoë,,3½,0,1500000050,2\n"
    "Zoë,,3½,0,1500000050,2\n"
    "ana,add,3½,1.0,2009-09-28 10:20:30.0,\n"
)  # fmt: skip
"""Several skills and none, one twice; odd quotes; no times, times that run back; a row twice;
learners by turns."""


@pytest.mark.parametrize("how", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "gzip", "\r\n"])
def test_rows_of_every_shape_and_writing_are_read_alike(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = HARD.replace("\n", how) if how == "\r\n" else HARD
    raw = text.encode(how if how in {"utf-8-sig", "cp1252", "utf-16"} else "utf-8")
    file, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    file.write_bytes(gzip.compress(raw) if how == "gzip" else raw)
    assert run(["mastery", "predict", str(file), "--out", str(out), "--json"]) == Exit.DONE
    caught = capsys.readouterr()
    assert json.loads(caught.out)["rows"] == 6
    assert caught.err == ""  # no progress where nobody looks on
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["learner"] for row in rows] == ["Zoë", "ben", "ana", "Zoë", "Zoë", "ana"]
    assert rows[0]["skill"] == 'add "fast", carry~split'
    assert [row["skill"] for row in rows[1:3]] == ["", "split~add"]
    assert rows[5]["item"] == "3½"
    assert 0 < float(rows[4]["p"]) < float(rows[3]["p"])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (gzip.compress((HEAD + "ana,a,x,1,\n" * 5_000).encode())[:-30], "cannot be unpacked"),
        (b"\xff\xfel\x00e\x00a", "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "lacks learner"),
    ],
)
def test_a_file_that_is_broken_is_bad_input(
    raw: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(raw)
    assert run(["mastery", "predict", str(file)]) == Exit.BAD_INPUT
    caught = capsys.readouterr().err
    assert f"{file}:1: " in caught
    assert words in caught


def test_predictions_that_cannot_be_written_whole_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = written(tmp_path / "rows.csv", "ana,a,x,1,\nana,a,x,perhaps,\n")
    out = tmp_path / "out.csv"
    assert run(["mastery", "predict", rows, "--out", str(out)]) == Exit.BAD_INPUT
    assert list(tmp_path.iterdir()) == [tmp_path / "rows.csv"]
    full = Path("/dev/full")
    if full.exists():
        good = written(tmp_path / "rows.csv", "ana,a,x,1,\n")
        (tmp_path / "out.csv.part").symlink_to(full)
        assert run(["mastery", "predict", good, "--out", str(out)]) == Exit.REFUSED
        assert "cannot be written: No space left" in capsys.readouterr().err
        assert not out.exists()
