"""What `GET /accounts/{id}/health` answers."""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
from datetime import date

from pydantic import ConfigDict, Field

from customer_success.api.accounts import Answer
from customer_success.schemas import AssessmentStatus, CapKey, ChurnRisk, ChurnTrigger, Rag, SignalKey, SignalValue


class DriverShown(Answer):
    """What one signal or cap costs the account."""

    signal: SignalKey | CapKey
    label: str
    """The signal's name in a sentence."""
    value: SignalValue
    """Its value at the last scan; null where it is unknown."""
    words: str
    """Its value in words."""
    points_lost: float
    """Points of the score lost, 0 or more; 0 for a signal that dropped out."""


class CapShown(Answer):
    """A rating by another team that multiplied the score."""

    signal: CapKey
    label: str
    value: str
    factor: float
    """What the score was multiplied by, between 0 and 1."""
    points_lost: float


class ScoreShown(Answer):
    """The score that an account had on a day."""

    on: date
    score: float
    """0 to 100 with one decimal, as people see it."""
    exact_score: float
    """The same with two decimals; the colour is by the score with all of them, and by the last known values of signals
    that became unknown."""
    rag: Rag
    churn_risk: ChurnRisk


class DeltaShown(Answer):
    """What one signal or cap did to the score."""

    signal: SignalKey | CapKey
    label: str
    delta: float
    """Points of the score gained; negative when lost."""
    data: float
    """Of these points those that the data made: a signal became unknown or known, or another one did."""
    before: SignalValue
    after: SignalValue
    """The values then and now; null where unknown, or where the cap did not apply."""


class Change(Answer):
    """How the score differs from an earlier one, and what made the difference."""

    against: ScoreShown | None = None
    """The score that is compared with, and its day; null where there is none."""
    delta: float | None = None
    """Points gained since then, negative when lost; null where there is nothing to compare."""
    made_by: tuple[DeltaShown, ...] = ()
    """What made it, the biggest first; together they are `delta`."""
    reason: str | None = None
    """Why there is no delta, where there is none."""


class ExplanationShown(Answer):
    """The explanation of the score; what changed is compared with the scored day before."""

    headline: str
    what_changed: tuple[str, ...] = ()
    next_step: str
    """One step for the owner; empty where nothing is to be done."""


class HealthAnswer(Answer):
    """The health of an account at the last scan. All that follows from a score is null or empty where there is none."""

    model_config = ConfigDict(populate_by_name=True)

    account_id: str
    name: str
    owner_email: str | None
    arr: float | None
    """Revenue per year."""
    contract_end: date | None
    """The day of the renewal."""
    days_to_renewal: int | None
    """Days from `as_of` to the contract's end; negative once it has lapsed."""
    page_url: str
    """The account's page in the team's own tool."""
    as_of: date
    """The day of the last scan that found the account, or of the one that first missed it."""
    status: AssessmentStatus
    """What came of it: `rejected` could not be scored, `skipped` is inactive, `gone` was removed from the book."""
    reason: str | None
    """Why there is no score, in one word; null where there is one."""
    detail: str | None
    """The same in a sentence."""
    score: float | None
    """0 to 100 with one decimal, as people see it."""
    exact_score: float | None
    """The same with two decimals."""
    rag: Rag | None
    """The colour of the exact score."""
    churn_risk: ChurnRisk | None
    churn_trigger: ChurnTrigger | None
    """What the churn risk comes from: usage that falls, a contract that ends soon, or both."""
    since: date
    """The first day with this colour and churn risk, or, without a score, with this status."""
    drivers: tuple[DriverShown, ...]
    """Every signal and every cap that was applied, by points lost, most first; together they lose 100 − exact_score."""
    caps: tuple[CapShown, ...]
    coverage: float | None
    """Weight of the signals that were really known, as a share of all weight."""
    unknown: tuple[SignalKey, ...]
    """The signals that were not really known."""
    scorecard_version: str | None
    explanation: ExplanationShown = Field(alias="said")
    alert_id: str | None
    """The account's last alert, to be acknowledged; null if there was none."""
    change: Change
    last_known: ScoreShown | None
    """The last score that the account had, where it has none now."""
