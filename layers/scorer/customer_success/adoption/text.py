"""Feature adoption in the shape of each place where it is read: the section of an account's page, the mail.

The section is for the owner. The mail goes to the customer once a person sends it: it does not mention scores,
comparisons with others, ARR or churn, and offers nothing that the plan does not include.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from customer_success.adoption.report import named
from customer_success.alerts.text import NAME_LIMIT
from customer_success.documents import Bullet, Callout, Grid, MailDraft, PageBlock, Paragraph
from customer_success.periods import long_date
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.adoption.feature_usage import FeatureUsage
    from customer_success.schemas import FeatureAdoptionReport, FeatureStatus

TITLE = "Feature adoption"

_HEADER = ("Feature", "Family", "Status", "Used", "Limit")
_STATUS: dict[FeatureStatus | None, str] = {
    "used": "used",
    "underutilised": "underutilised",
    "not_entitled": "not in the plan",
    None: "not known",
}


def adoption_section(report: FeatureAdoptionReport, usage: Sequence[FeatureUsage]) -> tuple[PageBlock, ...]:
    """The section on the account's page: the report and its feature usage, without the date."""
    return (
        Callout(f"{_headline(report)} {_comparison(report)}"),
        *_grid(usage, report.as_of),
        *_listed("What to do next:", report.recommendations),
        *_listed("Not known:", list(_not_known(usage, report.as_of))),
    )


def as_of(report: FeatureAdoptionReport) -> Paragraph:
    """The report's date and confidence, for its page."""
    return Paragraph(f"As of {long_date(report.as_of)}. Confidence: {report.confidence}.")


def _headline(report: FeatureAdoptionReport) -> str:
    used, known = len(report.features_used), len(report.features_used) + len(report.underutilised_features)
    if report.adoption_rate is None:
        return "Feature adoption is not known."
    if not known:
        return f"Feature adoption is {report.adoption_rate:.0%} by this page; which features are in use is not known."
    features = "feature that the plan includes is" if known == 1 else "features that the plan includes are"
    return f"Feature adoption is {report.adoption_rate:.0%}: {used} of {known} {features} in use."


def _comparison(report: FeatureAdoptionReport) -> str:
    comparison = report.benchmark_comparison
    if comparison.percentile is None:
        return (
            f"It is not compared with {comparison.peer_group}: {comparison.withheld_because or 'too little is known'}."
        )
    others = f"{comparison.peers} other accounts of {comparison.peer_group}"
    return f"{comparison.percentile:.0f}% of {others} are at or below it."


def _grid(usage: Sequence[FeatureUsage], run_date: date) -> Iterator[PageBlock]:
    rows = tuple(
        (row.feature, row.family or "", _STATUS[row.status(run_date)], _used(row), _number(row.limit)) for row in usage
    )
    if rows:
        yield Grid(_HEADER, rows)


def _used(row: FeatureUsage) -> str:
    asked_for = row.entitled is False and row.used is not None
    return f"asked for: {_number(row.used)}" if asked_for else _number(row.used)


def _number(count: float | None) -> str:
    return "" if count is None else f"{round(count, 2):,}".removesuffix(".0")


def _listed(title: str, items: Sequence[str]) -> Iterator[PageBlock]:
    if items:
        yield Paragraph(title)
        yield from map(Bullet, items)


def _not_known(usage: Sequence[FeatureUsage], run_date: date) -> Iterator[str]:
    if not usage:
        yield "which features the account has and uses"
    for row in usage:
        if row.status(run_date) is None:
            yield f"{row.feature}: {_why_unknown(row, run_date)}"


def _why_unknown(row: FeatureUsage, run_date: date) -> str:
    if row.as_of is None:
        return "nobody says of which day its usage is"
    if not row.is_fresh(run_date):
        return f"its usage is of {long_date(row.as_of)}"
    if row.entitled is None:
        return "whether the plan includes it"
    return "how much it is used" if row.used is None else f"how much it is used: {_number(row.used)} cannot be right"


def adoption_mail(account: Account, report: FeatureAdoptionReport, key: str, mailbox: str) -> MailDraft:
    """A mail from the owner to the account's primary contact that can be sent as it is."""
    little = report.underutilised_features
    topic = (
        f"Your plan includes {named(little)}, and I think there is more in it for you. I would like to show you what "
        "other teams do with it, and hear what would help you most."
        if little
        else "I would like to hear how you work with it today, and what you would like to do next."
    )
    return MailDraft(
        key=key,
        mailbox=mailbox,
        to=account.primary_contact_email,
        subject=f"Making the most of your plan: {short(account.name, NAME_LIMIT)}",
        paragraphs=(
            "Hello,",
            topic,
            "Would you have 30 minutes for a call this week or next? Tell me what suits you and I will send an "
            "invitation.",
            "Best regards",
        ),
    )
