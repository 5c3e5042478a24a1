"""What is counted, by the names under which the dashboard and the alarms find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum


class Metric(StrEnum):
    """One count. All are sums; a share is worked out where it is looked at, from two of them."""

    SCANS_FINISHED = "ScansFinished"
    """Health scans that reached their end; the alarm rings when none has for more than a day."""
    ACCOUNTS_READ = "AccountsRead"
    ACCOUNTS_SCORED = "AccountsScored"
    ACCOUNTS_REJECTED = "AccountsRejected"
    """Accounts that could not be scored, those in onboarding among them."""
    ACCOUNTS_ONBOARDING = "AccountsOnboarding"
    ALERTS = "Alerts"
    """Alerts of a scan: sent individually, in the digest, or held for a working day."""
    ALERTS_SINGLE = "AlertsSingle"
    PAGES_WRITTEN = "PagesWritten"
    FILES_ACCEPTED = "FilesAccepted"
    """Files of the inbox of which at least one line was taken in, or that were empty but for their heading."""
    FILES_REFUSED = "FilesRefused"
    LINES_ACCEPTED = "LinesAccepted"
    LINES_REFUSED = "LinesRefused"
    QBRS_PLANNED = "QbrsPlanned"
    QBRS_WRITTEN = "QbrsWritten"
    CLAIMS_DROPPED = "ClaimsDropped"
    """Sentences of a model that did not follow from the evidence."""
    EXPANSION_CANDIDATES = "ExpansionCandidates"
    EXPANSION_CHECKS = "ExpansionChecks"
    OFFERS_REFUSED = "OffersRefused"
    HANDOFFS = "Handoffs"
    """Offers put on the queue to Sales."""
    HANDED_OFF = "HandedOff"
    """Offers that Sales has."""
    HANDOFFS_FAILED = "HandoffsFailed"
    MODEL_CALLS = "ModelCalls"
    TOKENS_IN = "TokensIn"
    TOKENS_OUT = "TokensOut"
    ENRICHMENTS = "Enrichments"
    """Times that something was asked for without which the work is done too: a model's words, a draft."""
    FAIL_OPENS = "FailOpens"
    """Those of them that failed, so that the work was done without."""


Count = Callable[[Mapping[Metric, float]], None]
"""Takes counts on their way to the metrics."""
