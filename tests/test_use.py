"""The page for teachers: its plans name chapters, exercises and sections that exist, and leave none out by mistake."""

import pathlib
import re

import nbformat
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "use.md").read_text(encoding="utf-8")
LABORATORIES = {"Convolution", "Backward", "Network", "Training"}
PLANS = {"Twelve weeks": 12, "Six weeks": 6}


def prose(number):
    """What a chapter says."""
    path, = (ROOT / "chapters").glob(f"{int(number):02}_*.ipynb")
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")


def rows(plan):
    """The weeks of a plan, each as a list of its cells."""
    section = PAGE.split(f"### {plan}\n")[1].split("\n### ")[0]
    table = [line for line in section.splitlines() if re.match(r"\| \d+ \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_has_its_weeks_and_known_laboratories(plan):
    weeks = rows(plan)
    assert [int(week[0]) for week in weeks] == list(range(1, PLANS[plan] + 1))
    named = {week[2] for week in weeks} - {""}
    assert named == {f"[{name}](laboratories/{name.lower()}.ipynb)" for name in LABORATORIES}
    assert all((ROOT / f"laboratories/{name.lower()}.ipynb").exists() for name in LABORATORIES)


def test_twelve_weeks_have_every_chapter_once():
    chapters = [int(n) for week in rows("Twelve weeks") for n in re.findall(r"\[(\d+)\]", week[1])]
    assert sorted(chapters) == list(range(1, 19))


@pytest.mark.parametrize("plan", PLANS)
def test_exercises_of_a_week_exist_and_are_of_its_chapters(plan):
    for week, chapters, _, in_class, at_home, _ in rows(plan):
        here, given = re.findall(r"\[(\d+)\]", chapters), re.findall(r"\d+\.\d+", f"{in_class}, {at_home}")
        assert len(given) == len(set(given)) >= 4, f"week {week}"
        for exercise in given:
            assert exercise.split(".")[0] in here, f"week {week}: {exercise}"
            assert f"### Exercise {exercise}:" in prose(exercise.split(".")[0]), exercise


@pytest.mark.parametrize("plan", PLANS)
def test_what_may_be_skipped_are_sections_of_the_weeks_chapters(plan):
    for week, chapters, *_, skip in rows(plan):
        for part in filter(None, skip.split("; ")):
            number, _, names = part.partition(": ")
            assert number in re.findall(r"\[(\d+)\]", chapters), f"week {week}: {part}"
            sections = re.findall(r"\*([^*]+)\*", names)
            assert sections, part
            for section in sections:
                assert f"\n## {section}\n" in prose(number), f"chapter {number} has no section {section!r}"


def test_sections_and_exercises_of_the_rest_exist_too():
    engineer = PAGE.split("## As an engineer")[1]
    for number, section in re.findall(r"\[(\d+)\]\([^)]*\) \(\*([^*]+)\*\)", engineer):
        assert f"\n## {section}\n" in prose(number), f"chapter {number} has no section {section!r}"
    for exercise in re.findall(r"(?<![\d.])\d{1,2}\.[1-9](?![\d.])", PAGE.split("### A class of 300")[0]):
        assert f"### Exercise {exercise}:" in prose(exercise.split(".")[0]), exercise


def test_what_the_page_tells_to_type_can_be_made():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make (\w+)", PAGE, flags=re.M))
    assert targets >= {"student", "instructor", "pdf", "sheet", "grade", "colab", "lab"}
    for target in targets:
        assert re.search(rf"^{target}:.*## ", makefile, flags=re.M), f"no target {target}"
