"""What goes into a health score, what comes out of it, and what is made from it: strict, frozen models.

Strict means that a number in a string, a boolean for a number, NaN, infinity, an unknown field and a value
out of range are refused, never repaired. `refusals` says in one line per field what was wrong.
"""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    Strict,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from customer_success.dataclass import dataclass

UsageTrend = Literal["growing", "stable", "declining", "inactive"]
Engagement = Literal["high", "medium", "low"]
PaymentStatus = Literal["current", "overdue_30", "overdue_60", "overdue_90_plus"]
Sentiment = Literal["positive", "neutral", "negative", "critical"]
Rag = Literal["GREEN", "AMBER", "RED"]
CollectionsRisk = Literal["GREEN", "AMBER", "RED", "CRITICAL"]
ChurnRisk = Literal["low", "medium", "high", "critical"]
ChurnTrigger = Literal["both", "contract_proximity", "behavioral"]
Confidence = Literal["high", "medium", "low"]
OpportunityType = Literal["seats", "module", "integration"]
FeatureStatus = Literal["used", "underutilised", "not_entitled"]
QbrTrigger = Literal["scheduled", "contract_proximity", "requested"]
OutcomeKind = Literal["renewed", "churned", "contracted", "expanded"]
AlertChannel = Literal["notion", "event_bus", "email_alert", "chat_alert"]
ChannelOutcome = Literal["pending", "delivered", "failed", "skipped"]
AssessmentStatus = Literal["scored", "rejected", "skipped", "gone"]
"""As it is stored and sent: `skipped` is an inactive account, `gone` one that was removed from the book."""

SignalKey = Literal[
    "feature_adoption_rate",
    "usage_trend",
    "login_frequency_days",
    "days_since_last_interaction",
    "invoice_payment_status",
    "support",
    "days_to_renewal",
    "seats_utilization_rate",
    "stakeholder_engagement",
    "nps_score",
    "escalation_count_90_days",
]
CapKey = Literal["collections_risk", "tam_health_rag"]
DriverKey = Literal[SignalKey, CapKey]

SignalValue = str | int | float | None
"""A signal's value as people see it, None where it is unknown."""

Text = Annotated[str, Field(min_length=1)]
Amount = Annotated[float, Field(ge=0.0)]
Days = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Moment = Annotated[AwareDatetime, Strict(False)]
# The same account must give the same text, and -0.0 would print differently from 0.0.
Unsigned = AfterValidator(abs)


def whole_if_whole(number: float) -> float:
    """A whole number as an int, so that 8.0 is stored and shown as 8."""
    return int(number) if float(number).is_integer() else number


# The serializer has no annotations, so that the JSON schema stays that of a number.
WholeIfWhole = Annotated[
    float, AfterValidator(whole_if_whole), PlainSerializer(lambda number: number, when_used="json")
]


def is_empty(value: object) -> bool:
    """True for None and for what holds nothing: an optional field that is left out of what is stored."""
    return not value


class Support(NamedTuple):
    """The two halves of the signal `support`, each None where unknown."""

    sentiment: Sentiment | None
    open_tickets: int | None

    def __str__(self) -> str:
        if self.open_tickets is None:
            return self.sentiment or ""
        return f"{self.sentiment}, {self.open_tickets} open" if self.sentiment else f"{self.open_tickets} open"

    @classmethod
    def read(cls, stored: str) -> "Support | None":
        """The halves of a stored score's "negative, 5 open", "5 open" or "negative"; None for any other text."""
        match = re.fullmatch(r"(?P<sentiment>[a-z]+)?(?:(?(sentiment), |)(?P<tickets>\d+) open)?", stored)
        if not stored or match is None or match["sentiment"] not in (None, *get_args(Sentiment)):
            return None
        tickets = match["tickets"]
        return cls(cast("Sentiment | None", match["sentiment"]), None if tickets is None else int(tickets))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Strict models take it as it is, and store it as text."""
        return core_schema.is_instance_schema(cls, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string"}


DriverValue = SignalValue | Support
"""A driver's value: that of its signal, or both halves of `support`, which are stored as "negative, 5 open"."""


def plain_value(value: DriverValue) -> SignalValue:
    """A driver's value as people and the API have it."""
    return str(value) if isinstance(value, Support) else value


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class _SelfComputing(_Model):
    """A model some of whose fields follow from the others."""

    _computed: ClassVar[frozenset[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._computed = frozenset(cls.model_computed_fields)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_computed(cls, given: Any) -> Any:
        """Drop computed fields from the input: a stored model reads back, and no caller decides them."""
        if not isinstance(given, Mapping) or cls._computed.isdisjoint(given):
            return given
        return {name: value for name, value in given.items() if name not in cls._computed}


class CSMHealthSignals(_Model):
    """What is known about one account. None is the same as absent, for every field: unknown, not bad.

    What an unknown signal is worth, and the defaults of tickets, sentiment and escalations, stand in the
    scorecard.
    """

    feature_adoption_rate: Annotated[Share, Unsigned] | None = None
    """Share of the entitled features in use, 0.0 to 1.0."""
    usage_trend: UsageTrend | None = None
    login_frequency_days: (
        Annotated[WholeIfWhole, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})] | None
    ) = None
    """Average days between logins, such as 2.4."""
    days_since_last_interaction: Days | None = None
    stakeholder_engagement: Engagement | None = None
    nps_score: (
        Annotated[WholeIfWhole, Field(ge=0, le=10), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10})]
        | None
    ) = None
    """0 to 10; the mean of several answers, such as 8.5."""
    invoice_payment_status: PaymentStatus | None = None
    days_to_renewal: int | None = None
    """Days until the contract ends; negative when it has lapsed."""
    seats_utilization_rate: Annotated[float, Field(ge=0.0, le=2.0), Unsigned] | None = None
    """Seats in use per seat bought, 0.0 to 2.0; above 1.0 more are in use than bought."""
    open_ticket_count: Count | None = None
    avg_ticket_sentiment: Sentiment | None = None
    escalation_count_90_days: Count | None = None
    tam_health_rag: Rag | None = None
    """The technical account manager's own rating."""
    collections_risk: CollectionsRisk | None = None
    """The collections team's rating."""

    @property
    def support(self) -> Support | None:
        """Ticket sentiment and open tickets, None when neither is known."""
        if self.avg_ticket_sentiment is None and self.open_ticket_count is None:
            return None
        return Support(self.avg_ticket_sentiment, self.open_ticket_count)


class Driver(_Model):
    """What one signal or cap costs an account, and the value that costs it."""

    key: DriverKey
    points_lost: Amount
    """Points of the score lost; 0 for a signal that dropped out."""
    value: DriverValue
    """As in "declining", 0.35 or, for `support`, "negative, 5 open"."""

    @field_validator("value")
    @classmethod
    def _read_stored_support(cls, value: DriverValue, known: ValidationInfo) -> DriverValue:
        """Stored scores have the two halves of `support` as one text."""
        is_text = isinstance(value, str) and known.data.get("key") == "support"
        return Support.read(str(value)) or value if is_text else value


def _plain_drivers(drivers: list[Driver]) -> list[dict[str, Any]]:
    """The drivers as JSON has them: plain dictionaries are written in half the time that models take."""
    return [
        vars(driver) if driver.key != "support" else {**vars(driver), "value": plain_value(driver.value)}
        for driver in drivers
    ]


class AppliedCap(_Model):
    """A multiplier that was applied to the score."""

    name: CapKey
    value: str
    factor: Share
    points_lost: Amount


class CSMHealthScore(_SelfComputing):
    """The health of one account at one moment, able to say why it is what it is.

    `drivers` lose 100 − `score` points together, to within 0.01.
    """

    account_id: str
    score: Annotated[float, Field(ge=0.0, le=100.0)]
    """0.0 to 100.0, unrounded; people see one decimal."""
    rag: Rag
    """The colour of the score."""
    churn_risk: ChurnRisk
    churn_trigger: ChurnTrigger | None
    signal_breakdown: Annotated[dict[SignalKey, Amount], Field(min_length=len(get_args(SignalKey)))]
    """Points of each of the eleven signals, before scale and caps; 0 for one that dropped out."""
    coverage: Share
    """Weight of the signals that were really known, as a share of all weight."""
    unknown: list[SignalKey]
    """The signals that were not really known, in the scorecard's order."""
    # The function has no annotations, so that the JSON schema stays that of the models.
    drivers: Annotated[list[Driver], PlainSerializer(lambda drivers: _plain_drivers(drivers), when_used="json")]
    """All eleven signals and the caps that were applied, by points lost, most first."""
    caps: list[AppliedCap]
    """The multipliers that were applied, in their order."""
    scale: Annotated[float, Field(ge=1.0)]
    """What the points were multiplied by to make up for signals that dropped out."""
    scorecard_version: str
    scored_at: Annotated[datetime | None, Strict(False)] = None
    days_to_renewal: int | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def should_alert(self) -> bool:
        """Whether the account is in an alerting state: RED, or churn risk high or critical."""
        return self.rag == "RED" or self.churn_risk in ("high", "critical")


class ChurnRiskResult(_Model):
    """The churn narrative of an account in danger."""

    account_id: Text
    churn_risk: ChurnRisk
    trigger: ChurnTrigger | None
    narrative: str
    what_changed: list[str]
    what_costs: list[str]
    unknown: list[str]
    next_step: str
    confidence: Confidence


class ExpansionOpportunity(_Model):
    """Something more that an account could buy."""

    account_id: Text
    opportunity_type: OpportunityType
    evidence: Annotated[list[Text], Field(min_length=1)]
    """Each names a signal and its value."""
    estimated_arr_impact: Amount | None = None
    """ARR gained per year, only where price and quantity are known."""
    recommended_talk_track: Text
    confidence: Confidence
    made_at: Moment | None = None
    """When it was found; None for one that was found before this was noted."""


class FeatureScore(_Model):
    """One row of a review's feature adoption scorecard."""

    feature: Text
    status: FeatureStatus
    comment: str = ""


class QBRContent(_Model):
    """The four sections of a quarterly review. Each list item is one paragraph or bullet."""

    account_id: Text
    period: Text
    """The quarter it is held in, as in "Q1 2026"."""
    reviewed_period: Text
    """The quarter it looks back on."""
    trigger: SkipJsonSchema[QbrTrigger | None] = None
    """What called for it. It is no part of what a model is asked for, and None where that has just answered."""
    account_health_summary: list[Text]
    roi_and_business_impact: list[Text]
    feature_adoption_scorecard: list[FeatureScore]
    expansion_and_next_steps: list[Text]


class BenchmarkComparison(_Model):
    """How an account's adoption compares with its peers in the book."""

    peer_group: Text
    """Who the peers are, as in "plan Enterprise, industry Retail"."""
    peers: Count
    percentile: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    """Share of the peers at or below this account, 0 to 100; None without a comparison."""
    withheld_because: str | None = None


class FeatureAdoptionReport(_Model):
    """Which features an account uses, which it could, and which its plan does not include."""

    account_id: Text
    as_of: date
    features_used: list[Text]
    adoption_rate: Share | None
    """Share of the entitled features in use, 0.0 to 1.0; None when nothing is known about them."""
    underutilised_features: list[Text]
    not_entitled_features: list[Text]
    recommendations: list[Text]
    benchmark_comparison: BenchmarkComparison
    confidence: Confidence
    generated_at: Moment | None = None
    """When it was worked out; None for one from before this was noted."""


class CSMHandoffRequest(_Model):
    """A task that another team or system asks for. Which task types there are is the agent's to say."""

    task_type: Text
    account_id: Text
    tenant_id: Text
    context: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _ignore_priority(cls, given: Any) -> Any:
        """Drop the `priority` that requests of the version before may have: a queue has none."""
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if name != "priority"}


class CSMAlertResult(_SelfComputing):
    """What became of one alert on each of its channels."""

    alert_id: Text
    account_id: Text
    channels: Annotated[dict[AlertChannel, ChannelOutcome], Field(min_length=len(get_args(AlertChannel)))]
    """The outcome of each of the four channels."""
    draft_id: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def alerts_sent(self) -> int:
        """How many channels delivered."""
        return list(self.channels.values()).count("delivered")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One value that was refused. `str()` is one line, fit for a person."""

    field: str
    value: str
    """As shown: on one line, at most 80 characters; empty where the field is missing."""
    bound: str
    """What would be right."""
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


def refusals(error: ValidationError, model: type[BaseModel] = CSMHealthSignals) -> list[Refusal]:
    """Say of each refused field what was wrong; a misspelt name is likened to the fields of `model`."""
    return [_refusal(detail, error.title, model.model_fields) for detail in error.errors(include_url=False)]


def _refusal(detail: ErrorDetails, title: str, known: Collection[str]) -> Refusal:
    field = _shown(".".join(str(part) for part in detail["loc"]) or title)
    value = _shown(repr(detail["input"]))
    match detail["type"], detail.get("ctx", {}):
        case "extra_forbidden", _:
            close = get_close_matches(field, known, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            return Refusal(field, value, f"one of {', '.join(known)}", f"no such field{hint}")
        case "missing", _:
            return Refusal(field, "", "required", "is missing")
        case "greater_than_equal", {"ge": bound}:
            return Refusal(field, value, f"at least {bound}", f"{value} is below the bound {bound}")
        case "less_than_equal", {"le": bound}:
            return Refusal(field, value, f"at most {bound}", f"{value} is above the bound {bound}")
        case "literal_error", {"expected": str() as expected}:
            words = expected.replace("'", "").replace(" or ", ", ")
            return Refusal(field, value, f"one of {words}", f"{value} is not one of {words}")
        case (("int_type" | "float_type" | "finite_number" as kind), _):
            wanted = _NUMBERS[kind]
            return Refusal(field, value, wanted, f"must be {wanted}, not {value}")
    return Refusal(field, value, detail["msg"], f"{value} is refused: {detail['msg']}")


_NUMBERS = {"int_type": "an integer", "float_type": "a number", "finite_number": "a finite number"}
_LONGEST_SHOWN = 80


def _shown(text: str) -> str:
    line = text if text.isprintable() else ascii(text)
    return line if len(line) <= _LONGEST_SHOWN else f"{line[: _LONGEST_SHOWN - 1]}…"
