"""All that a review may state about an account: facts with source and date, features, and what is unknown.

The customer reads it: churn risk, ratings by other teams, invoices and opinions of people are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from customer_success.accounts.row import AccountRow
from customer_success.narration.evidence import QBREvidence
from customer_success.periods import Quarter
from customer_success.reviews.account_facts import account_gaps, contract_facts, feature_facts, features, roi_facts
from customer_success.reviews.measured_facts import Measurements
from customer_success.reviews.score_facts import QuarterScores
from customer_success.schemas import FeatureAdoptionReport, QbrTrigger
from customer_success.scoring.health_status import Point

_NO_SCORE = {
    "insufficient_data": "too little is known about the account",
    "invalid_signal": "a value on the account page is out of bounds",
    "onboarding": "the account is still in onboarding",
    "stale_signals": "the signals on the account page are too old",
    "duplicate_account_id": "its account id stands on two pages",
    "unexpected": "something went wrong with the account that no rule foresaw",
}


def qbr_evidence(
    row: AccountRow,
    points: Sequence[Point],
    report: FeatureAdoptionReport | None,
    *,
    run_date: date,
    trigger: QbrTrigger,
) -> QBREvidence:
    """The evidence for the review that is held on the run date and looks back on the quarter before.

    `points` are the account's scores, oldest first: those from `NEAR` before the reviewed quarter until the run date;
    others are ignored. A signal that no score of the quarter has is taken from the account page, as of the day on which
    it was read.
    """
    account, held = row.account, Quarter.of(run_date)
    scores = QuarterScores.of(held.previous, points, run_date)
    measured = Measurements.of(row, scores)
    return QBREvidence(
        account_id=row.account_id,
        account_name=account.name,
        on=run_date,
        period=str(held),
        reviewed_period=str(held.previous),
        reviewed_from=held.previous.first,
        reviewed_to=held.previous.last,
        trigger=trigger,
        facts=(
            *scores.facts(),
            *measured.facts(),
            *feature_facts(report),
            *contract_facts(account, row.latest.run_date, run_date),
            *roi_facts(account.roi, row.latest.run_date),
        ),
        features=features(report),
        gaps=(*_score_gaps(row, scores), *measured.gaps(), *account_gaps(account, report)),
        notes=account.notes,
    )


def _score_gaps(row: AccountRow, scores: QuarterScores) -> Iterator[str]:
    if scores.end:
        yield from scores.gaps()
        return
    yield f"no score history in {scores.quarter}: the review cannot say how health developed"
    if row.latest.last is None and scores.now is None:
        yield f"no health score so far: {_NO_SCORE.get(row.latest.reason or '', 'the account was not scored yet')}"
