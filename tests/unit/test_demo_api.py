"""Which account `make api` asks about, and its text for a book without any score."""

from __future__ import annotations

from dataclasses import replace

from local.demo.api import no_account_scored, worst
from tests.builders.stored import point, row


def test_the_worst_account_is_asked_about_else_any_else_none() -> None:
    # GIVEN a healthy account, one in danger, and one that could not be scored
    fine, bad, unscored = row(1), row(2), row(3)
    bad = replace(bad, latest=replace(bad.latest, status="scored", last=point(nps_score=0, usage_trend="declining")))
    unscored = replace(unscored, latest=replace(unscored.latest, status="rejected", last=None))
    assert unscored.latest.point is None
    # THEN the one in danger comes first, one without a score last, and of an empty book there is none
    assert worst([unscored, fine, bad]) is bad
    assert worst([unscored]) is unscored
    assert worst([]) is None


def test_a_book_without_any_score_says_what_is_missing() -> None:
    assert "fill" not in no_account_scored(None) and "no account can be asked about" in no_account_scored(None)
    assert "Feature Adoption Rate" in no_account_scored(row(1))
