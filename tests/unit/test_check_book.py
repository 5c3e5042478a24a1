"""`make check-book` shows what a file holds before anything is done with it, and who of it could be scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from customer_success.reading.errors import UnreadableTableError
from local.check_book.__main__ import main
from local.check_book.asked import read_asked
from local.check_book.coverage import BROUGHT_BY, coverage_of
from local.reading.guesses import nearest
from tests.builders.exports import EXPORTS
from tests.builders.reading_cells import RUN_DATE, read

Checked = Callable[..., str]
BOOK = (
    "Account ID,Name,Owner,ARR,Contract End Date,Feature Adoption Rate,Usage Trend,Login Frequency Days,Renewl Date,"
    "Health,Mascot\nA,Acme,a@x.example,$5,2026-12-31,72,Up,3,,Green,hare\n"
    "B,Beta,a@x.example,6,2026-02-29,0.8,sideways,3,,Red,newt\n"
)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    """Run the command over a text, with further variables; what it printed."""

    def run(text: str, **variables: str) -> str:
        path = tmp_path / "book.csv"
        path.write_text(text, encoding="utf-8")
        for name in ("MAP", "CURRENCY", "TIMEZONE", "READINGS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"FILE": str(path), "DATE": "2026-03-02", **variables}.items():
            monkeypatch.setenv(name, value)
        ended = main()
        output = capsys.readouterr()
        assert (ended, bool(output.err)) in ((0, False), (1, True))
        return output.out + output.err

    return run


def test_it_shows_each_column_with_an_example_and_how_it_was_taken(checked: Checked) -> None:
    shown = checked(BOOK)
    assert "book.csv: no tool's own form, commas, UTF-8; 2 accounts" in shown
    assert "feature adoption: 72 → 0.72 · per cent, since 1 of 2 lies above 1 (72); 0.8 is 0.8 %" in shown
    assert "ARR: $5 → 5 · USD, by its sign; the 1 without a sign are taken for the same" in shown


def test_it_shows_what_was_not_taken_with_the_nearest_guess_and_how_to_choose(checked: Checked) -> None:
    shown = checked(BOOK)
    assert 'Renewl Date: perhaps contract end (contract_end); if so, MAP: "Renewl Date" = "contract_end"' in shown
    assert "Health: two readings: the technical account manager's own rating or a score" in shown
    assert 'MAP: "Health" = "tam_health_rag", or "Health" = "" leaves it out' in shown
    assert "Mascot: nothing like it is known" in shown
    assert "line 3, Beta: Contract End Date '2026-02-29' is no day" in shown


def test_it_counts_who_would_be_scored_and_names_the_feed_of_what_is_missing(checked: Checked) -> None:
    shown = checked(BOOK)
    assert "Would be scored: 1 of 2 active accounts" in shown
    assert "invoice payment (weight 10): known of none · the feed invoices" in shown
    assert "known of 1 of 2 · the feed usage" in shown


def test_a_tool_is_named(checked: Checked) -> None:
    assert "recognised as HubSpot" in checked(EXPORTS["HubSpot"])


def test_map_is_read_from_a_file(checked: Checked, tmp_path: Path) -> None:
    given = tmp_path / "map.toml"
    given.write_text('[columns]\n"Health" = "tam_health_rag"\n', encoding="utf-8")
    assert "TAM's rating: Green → GREEN" in checked(BOOK, MAP=str(given))


def test_the_values_are_written_as_json_where_they_are_asked_for(checked: Checked, tmp_path: Path) -> None:
    checked(BOOK, READINGS=str(tmp_path / "values.json"))
    values = json.loads((tmp_path / "values.json").read_text("utf-8"))["book.csv"]
    assert values["A"]["feature_adoption_rate"] == 0.72
    assert values["A"]["contract_end_date"] == "2026-12-31"
    assert values["A"]["owner"] == "a@x.example"
    assert values["A"]["days_to_renewal"] == 304
    assert "contract_end_date" not in values["B"]
    assert [values[key]["scored"] for key in "AB"] == [True, False]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "FILE is missing"),
        ({"FILE": "b.csv", "DATE": "2 March"}, "DATE=2 March"),
        ({"FILE": "b.csv", "CURRENCY": "euro"}, "CURRENCY=euro"),
        ({"FILE": "b.csv", "TIMEZONE": "Middle/Earth"}, "TIMEZONE=Middle/Earth"),
        ({"FILE": "b.csv", "MAP": "/none/map.toml"}, "MAP=/none/map.toml"),
    ],
)
def test_what_is_asked_for_wrongly_is_named(given: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableTableError, match=reason):
        read_asked(given, RUN_DATE)


def test_a_file_that_is_none_ends_with_its_reason(checked: Checked) -> None:
    assert "holds headings that are known" in checked("a,b\n1,2\n")


def test_inactive_accounts_are_not_counted_among_those_to_score() -> None:
    reading = read("Account ID,Status,Feature Adoption Rate\nA,Active,0.5\nB,Churned,0.5\n")
    coverage = coverage_of(reading.accounts, RUN_DATE)
    assert (coverage.active, coverage.inactive, coverage.scored) == (1, 1, frozenset())


def test_every_signal_is_brought_by_a_feed() -> None:
    known = coverage_of((), RUN_DATE).known
    assert known.keys() <= BROUGHT_BY.keys()


@pytest.mark.parametrize(
    ("heading", "field"),
    [("Renewl Date", "contract_end"), ("Adoption Feature", "feature_adoption_rate"), ("Mascot", None), ("", None)],
)
def test_the_nearest_guess(heading: str, field: str | None) -> None:
    assert nearest(heading) == field
