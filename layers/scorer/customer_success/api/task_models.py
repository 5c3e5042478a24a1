"""A task as it is asked for: in its plain form, or as the handoff request of another team or system."""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    RootModel,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from customer_success.api.accounts import Answer
from customer_success.api.problems import Problem, invalid
from customer_success.schemas import (
    ChurnRiskResult,
    Confidence,
    CSMHandoffRequest,
    CSMHealthScore,
    CSMHealthSignals,
    Text,
    refusals,
)
from customer_success.task_records.record import TaskState

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 255
"""Characters."""
LONGEST = 64_000
"""Characters of a request as JSON: it is stored with its task."""
FROM_CONTEXT = ("signals", "refresh", "draft")
"""The fields of a handoff request's `context` that are read; all others are stored with the task."""

M = TypeVar("M", bound=BaseModel)


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    tenant_id: Text | None = None
    """The tenant that is served here, where a caller wants to be sure of it."""


class _OfAccount(_Form):
    account_id: Annotated[str, Field(min_length=1, max_length=1024)]
    """An account that a scan has read."""


class HealthScanTask(_OfAccount):
    """The health of an account, from what the last scan read of it. Nothing is stored and no alert is sent."""

    type: Literal["health_scan"]
    signals: CSMHealthSignals | None = None
    """What would be: laid over the account's own signals. One that is null is taken to be unknown."""
    refresh: Literal[False] = False


def _given(account_id: object) -> object:
    """A null is a slip of the caller's, and no request to alert about the whole book."""
    if account_id is None:
        raise ValueError("None names no account; leave it out for a scan of the whole book")
    return account_id


class BookScanTask(_Form):
    """A scan of the whole account book; it alerts as the daily scan does."""

    type: Literal["health_scan"]
    refresh: bool = False
    """The book is scanned again, also where the day's scan has come to its end; else that scan's result is the
    answer.
    """
    account_id: Annotated[
        Annotated[str, Field(min_length=1, max_length=1024)] | None,
        BeforeValidator(_given),
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 1024}),
    ] = None
    """With `refresh`, the account that it is asked for; the scan reads the others too, and also one that no scan has
    read yet.
    """


class QbrTask(_OfAccount):
    """The account's quarterly review."""

    type: Literal["generate_qbr"]


class ExpansionTask(_OfAccount):
    """What the account could buy more; an offer is recorded and handed to Sales."""

    type: Literal["check_expansion"]


class AdoptionTask(_OfAccount):
    """What the account makes of its features, on its page."""

    type: Literal["track_feature_adoption"]
    draft: bool = False
    """A mail about it to the account's contact is to be drafted too."""


SlowTask = BookScanTask | QbrTask | ExpansionTask | AdoptionTask
Task = HealthScanTask | SlowTask
FORMS: dict[str, type[Task]] = {
    "health_scan": HealthScanTask,
    "generate_qbr": QbrTask,
    "check_expansion": ExpansionTask,
    "track_feature_adoption": AdoptionTask,
}


class TaskRequest(RootModel[dict[str, JsonValue]]):
    """A task in one of its forms. In a handoff request `signals`, `refresh` and `draft` stand in the `context`; a
    `priority`, which it had once, is ignored.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The document shows the forms. The form is chosen by hand, so that an error names the field alone."""
        del schema
        both = TypeAdapter[Any](Task | CSMHandoffRequest).core_schema
        return {**handler(both), "title": cls.__name__, "description": cls.__doc__ or ""}

    @property
    def type_field(self) -> str:
        """The field that names the type. Raises `Problem` if none does, or if both forms are mixed."""
        named = [name for name in ("type", "task_type") if name in self.root]
        if len(named) == 1:
            return named[0]
        given = "both are given" if named else "neither is given"
        raise invalid("type", f"a task has either type, in its plain form, or task_type, as a handoff request; {given}")

    def task(self) -> Task:
        """The task, of one of the types of `FORMS`. Raises a `Problem` that names the field and its bound."""
        if (length := len(in_letters(self.root))) > LONGEST:
            detail = f"the task takes {length} characters as JSON in ASCII; it may take up to {LONGEST}"
            raise Problem(413, "content-too-large", "Content too large", detail, "body")
        if self.type_field == "type":
            return _read(self.root)
        asked = _validated(CSMHandoffRequest, self.root, "a handoff request")
        options = {name: asked.context[name] for name in FROM_CONTEXT if name in asked.context}
        return _read({"type": asked.task_type, "account_id": asked.account_id, **options}, named_in="context.")


class HealthScanAnswer(Answer):
    """The health of one account: what it is, or what it would be with the signals that were given."""

    task_type: Literal["health_scan"]
    account_id: str
    health: CSMHealthScore
    churn: ChurnRiskResult
    """What there is to say about it."""
    confidence: Confidence


class TaskAccepted(Answer):
    """A task that is on its way."""

    task_id: str
    task_type: str
    account_id: str | None
    state: TaskState
    href: str
    """Where to ask how far it is."""


class TaskAnswer(Answer):
    """How far a task is, and what came of it."""

    task_id: str
    task_type: str
    account_id: str | None
    state: TaskState
    """It stays as it is once it is done, partial or failed."""
    queued_at: AwareDatetime
    result: dict[str, JsonValue] | None
    """What the task answered, also where it is partial. Where it is too long to be stored, `cut` names what is left
    out.
    """
    error: str | None
    """Why it failed, or what of it could not be done."""


def in_letters(request: Mapping[str, Any]) -> str:
    """The request as JSON in ASCII: the same for the same request, in any order of its fields."""
    return json.dumps(dict(request), sort_keys=True)


def _read(fields: Mapping[str, Any], *, named_in: str = "") -> Task:
    form, what = FORMS[str(fields["type"])], f"a {fields['type']} task"
    refresh, signals = fields.get("refresh", False), fields.get("signals")
    if not isinstance(refresh, bool):
        raise invalid(f"{named_in}refresh", f"{str(refresh)[:80]!r} is neither true nor false")
    if form is HealthScanTask and (refresh or "account_id" not in fields):
        form, what = BookScanTask, f"{what} of the whole book"
    elif form is HealthScanTask and isinstance(signals, Mapping):
        _validated(CSMHealthSignals, signals, "an account", prefix=f"{named_in}signals.")
    return _validated(form, fields, what, named_in=named_in)


def _validated(model: type[M], fields: Mapping[str, Any], what: str, *, prefix: str = "", named_in: str = "") -> M:
    """The fields as a model. Raises a `Problem` that names each that is wrong, by where the request has it."""
    try:
        return model.model_validate(dict(fields))
    except ValidationError as error:
        found = []
        for refusal in refusals(error, model):
            first = refusal.field.partition(".")[0]
            reason = refusal.reason
            if first not in model.model_fields:
                reason = f"{reason}; {what} has {', '.join(model.model_fields)}"
            found.append((f"{named_in if first in FROM_CONTEXT else prefix}{refusal.field}", reason))
    (field, reason), *others = found
    raise invalid(field, "; ".join([reason, *(f"{name}: {why}" for name, why in others)]))
