"""The planted mistakes still apply, and each is on record as caught. ``python -m tests.mutations`` plants them."""

import ast
import json
import pathlib

import pytest
from mutations.table import MUTATIONS, Mutation

TESTS = pathlib.Path(__file__).parent
ROOT = TESTS.parent


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{m.file}: {m.what}" for m in MUTATIONS])
def test_applies_once(mutation):
    source = (ROOT / "cnnlib" / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1, f"{mutation.old!r} is no longer there, or no longer alone"
    broken = source.replace(mutation.old, mutation.new)
    if mutation.file.endswith(".py"):
        assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(source)), "not a change of the code"
    assert broken != source
    assert broken.count("\n") == source.count("\n"), "not one line"
    for name in mutation.runs:
        assert (TESTS / name).is_file(), name


def test_there_are_many_and_no_two_alike():
    assert len({(m.file, m.old, m.new) for m in MUTATIONS}) == len({(m.what, m.file) for m in MUTATIONS}) >= 100


def test_every_mutation_is_on_record_as_caught():
    record = json.loads((ROOT / "records" / "mutations.json").read_text(encoding="utf-8"))
    known = {(row["what"], row["file"], row["old"], row["new"]): row for row in record["mutations"]}
    assert set(known) == {m[:4] for m in MUTATIONS}, "run python -m tests.mutations"
    assert all(row["caught"] and row["by"] for row in known.values())
    assert record["caught"] == len(MUTATIONS)


def test_a_mutation_that_no_longer_applies_fails_loudly():
    pytest.importorskip("tqdm")
    from mutations.__main__ import mutate

    lost = Mutation("gone", "padding.py", "no such line", "another")
    with pytest.raises(SystemExit, match="'no such line' is there 0 times, not once"):
        mutate("y = x\n", lost)
    with pytest.raises(SystemExit, match="is there 2 times"):
        mutate("y = x\ny = x\n", lost._replace(old="y = x"))
    assert mutate("y = x\n", lost._replace(old="y = x", new="y = -x")) == "y = -x\n"
