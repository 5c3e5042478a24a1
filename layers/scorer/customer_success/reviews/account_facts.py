"""The facts of a review about features, the contract and measured ROI."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain, count

from customer_success.accounts.account import LONGEST_NOTICE_DAYS, Account
from customer_success.narration.evidence import Fact
from customer_success.reviews.facts import PAGE, REPORT, FactKey, MeasuredRoi, YesNo, fact
from customer_success.schemas import FeatureAdoptionReport, FeatureScore, FeatureStatus

_COMMENTS: Mapping[FeatureStatus, str] = {
    "used": "in use",
    "underutilised": "in the plan, little used",
    "not_entitled": "not in the plan",
}


def feature_facts(report: FeatureAdoptionReport | None) -> Iterator[Fact]:
    """How many features there are of each status; nothing where no feature is known."""
    if report is None or not features(report):
        return
    for key, label, about, names in (
        (FactKey.FEATURES_USED, "features in use", ("used", "in use", "uses"), report.features_used),
        (
            FactKey.FEATURES_UNDERUTILISED,
            "features little used",
            ("underutilised", "little"),
            report.underutilised_features,
        ),
        (
            FactKey.FEATURES_NOT_ENTITLED,
            "features not in the plan",
            ("plan", "entitled"),
            report.not_entitled_features,
        ),
    ):
        yield fact(key, label, about, float(len(names)), "count", REPORT, report.as_of)


def features(report: FeatureAdoptionReport | None) -> tuple[FeatureScore, ...]:
    """The rows of the review's feature adoption scorecard."""
    if report is None:
        return ()
    by_status: dict[FeatureStatus, list[str]] = {
        "used": report.features_used,
        "underutilised": report.underutilised_features,
        "not_entitled": report.not_entitled_features,
    }
    return tuple(
        FeatureScore(feature=name, status=status, comment=_COMMENTS[status])
        for status, names in by_status.items()
        for name in names
    )


def contract_facts(account: Account, read_on: date, run_date: date) -> Iterator[Fact]:
    """The contract's end, terms and ARR as the account page had them on the day `read_on`."""
    about = ("contract", "agreement", "renewal", "term")
    days = account.days_to_renewal(run_date)
    if account.contract_end is not None and days is not None:
        end = account.contract_end
        yield fact(FactKey.CONTRACT_END, "end of the contract", about, end, "date", PAGE, read_on)
        label = "days to the end of the contract"
        yield fact(FactKey.DAYS_TO_RENEWAL, label, about, float(days), "days", PAGE, run_date)
    if account.plan:
        yield fact(FactKey.PLAN, "plan", ("plan",), account.plan, "word", PAGE, read_on)
    if account.notice_days is not None and _notice_is_usable(account.notice_days):
        notice = float(account.notice_days)
        yield fact(FactKey.NOTICE_DAYS, "notice period", ("notice",), notice, "days", PAGE, read_on)
    if account.auto_renew is not None:
        renews = YesNo.YES if account.auto_renew else YesNo.NO
        yield fact(FactKey.AUTO_RENEW, "renews by itself", ("renew", "renews"), renews, "word", PAGE, read_on)
    if account.renewal_signed:
        signed = ("renewal", "signed")
        yield fact(FactKey.RENEWAL_SIGNED, "renewal signed", signed, YesNo.YES, "word", PAGE, read_on)
    if account.arr is not None:
        yield fact(FactKey.ARR, "ARR", ("arr", "revenue", "contract value"), account.arr, "amount", PAGE, read_on)


def roi_facts(roi: Mapping[str, float], read_on: date) -> Iterator[MeasuredRoi]:
    """The numbers of the team's own "ROI …" columns, each labelled and recognised by its column's name."""
    taken: set[str] = set()
    for column, value in roi.items():
        name = column.casefold().removeprefix("roi")
        plain = "_".join(("roi", *(re.findall(r"\w+", name) or ("measured",))))
        key = next(key for key in chain((plain,), (f"{plain}_{n}" for n in count(2))) if key not in taken)
        taken.add(key)
        what = " ".join(re.sub(r"\(.*?\)", " ", name).split())
        about = what if any(map(str.isalnum, what)) else "roi"
        yield MeasuredRoi(key=key, label=column, about=(about,), value=value, unit="number", source=PAGE, as_of=read_on)


def account_gaps(account: Account, report: FeatureAdoptionReport | None) -> Iterator[str]:
    """What is unknown about features, contract and ROI, in words."""
    if not features(report):
        yield "feature adoption: not known feature by feature"
    if account.contract_end is None and not account.open_ended:
        yield "end of the contract: not known"
    if account.notice_days is not None and not _notice_is_usable(account.notice_days):
        yield f"notice period: {account.notice_days} days cannot be right, expected 0 to {LONGEST_NOTICE_DAYS}"
    if not account.roi:
        yield "ROI: not measured"


def _notice_is_usable(days: int) -> bool:
    return 0 <= days <= LONGEST_NOTICE_DAYS
