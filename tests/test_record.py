"""Records are renewed part by part, and a wrong name measures nothing."""

import pytest

from cnnlib.course import _record

PARTS = {"one": lambda record: {"one": 1}, "two": lambda record: {"two": record.get("one", 0) + 1}}


def test_all_parts_are_measured_in_order_and_each_is_given_what_stands(tmp_path):
    _record.renew(tmp_path / "new.json", PARTS, "About.", [])
    assert _record.read(tmp_path / "new.json") == {"one": 1, "two": 2}


def test_a_named_part_leaves_the_others(tmp_path):
    path = tmp_path / "record.json"
    _record.write(path, {"one": 5, "three": 3})
    _record.renew(path, PARTS, "About.", ["two"])
    assert _record.read(path) == {"one": 5, "three": 3, "two": 6}


def test_an_unknown_part_is_refused_by_name_before_anything_is_measured(tmp_path, capsys):
    with pytest.raises(SystemExit):
        _record.renew(tmp_path / "new.json", PARTS, "About.", ["one", "tow"])
    assert "no such part: tow; choose from one, two" in capsys.readouterr().err
    assert not (tmp_path / "new.json").exists()


def test_named_measurements_stand_under_their_own_names(tmp_path):
    path = tmp_path / "record.json"
    _record.renew(path, _record.named({"three": lambda: 3, "four": lambda: 4}), "About.", [])
    assert _record.read(path) == {"three": 3, "four": 4}


def test_an_interrupted_run_keeps_the_parts_that_were_measured(tmp_path):
    def interrupted(_):
        raise KeyboardInterrupt

    path = tmp_path / "new.json"
    with pytest.raises(KeyboardInterrupt):
        _record.renew(path, {"one": PARTS["one"], "two": interrupted}, "About.", [])
    assert _record.read(path) == {"one": 1}
