"""What a deployment decides, read from the environment: one model per function, refused in one line when wrong."""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
import json
import os
from datetime import date
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from customer_success.addresses import ANYBODY, OwnerDomains, is_address
from customer_success.errors import Misconfigured


def as_list(value: Any) -> Any:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _domains(value: Any) -> Any:
    return OwnerDomains.of(as_list(value)) if isinstance(value, str) else value


def from_json(value: Any) -> Any:
    return json.loads(value or "{}") if isinstance(value, str) else value


def shadow_of(tenant_id: str) -> str:
    """The space of a tenant's shadow; no tenant's id has a tilde."""
    return f"{tenant_id}~shadow"


Optional = Annotated[str | None, BeforeValidator(_none_if_empty)]
Text = Annotated[str, Field(min_length=1)]


class Deployed(BaseModel):
    """What every function needs. `retry_base_seconds` is the wait before a second try; it doubles with each.

    In `shadow` everything is computed and recorded, and nothing reaches a person. Accounts belong to people of
    `owner_domains` alone; the fallback owners must be among them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    tenant_id: Text
    table_name: Text
    timezone: str
    retry_base_seconds: float = Field(gt=0, le=3600)
    shadow: bool = False
    owner_domains: Annotated[OwnerDomains, BeforeValidator(_domains)] = ANYBODY

    @property
    def space(self) -> str:
        """The key of rows and messages: the tenant, or its shadow, which share only what was measured.

        A deployment that goes live after weeks of shadow begins like a new one, and a message of the one is never
        taken for one of the other.
        """
        return shadow_of(self.tenant_id) if self.shadow else self.tenant_id

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is not the name of a time zone such as Europe/Berlin") from error
        return value

    @field_validator("fallback_owner", "sales_owner", check_fields=False)
    @classmethod
    def _colleague(cls, value: str | None, known: ValidationInfo) -> str | None:
        domains = known.data.get("owner_domains", ANYBODY)
        if value and not is_address(value):
            raise ValueError(f"{value!r} is not an e-mail address")
        if value and value not in domains:
            raise ValueError(
                f"{value!r} is outside OwnerDomains ({domains}): add the domain there, or name a colleague"
            )
        return value


class Settings(Deployed):
    """What a function needs that a queue feeds."""

    queue_url: Text
    max_receives: int = Field(ge=1, le=1000)


class NotionSettings(Settings):
    """Where Notion is, and at which rate it may be called by all functions together."""

    notion_api_url: Text
    notion_secret: Text
    notion_requests_per_second: float = Field(gt=0, le=100)


class AccountPagesSettings(NotionSettings):
    """The data source that holds the accounts; `notion_properties` renames its properties."""

    notion_accounts: Text
    notion_properties: Annotated[dict[str, str], BeforeValidator(from_json)] = {}


class ScoringSettings(Deployed):
    """What a score means: from where on an account is GREEN or AMBER, and how near a renewal is a risk."""

    green_threshold: float
    amber_threshold: float
    churn_window_days: int = Field(ge=0)


class AssessmentSettings(ScoringSettings, Settings):
    """What assesses accounts: where results are sent, days off, and who is alerted for accounts without an owner."""

    churn_topic_arn: Text
    notion_updates_queue_url: Text
    holidays: Annotated[frozenset[date], BeforeValidator(as_list)] = frozenset()
    fallback_owner: Optional = None


class GmailSettings(Settings):
    """Gmail; without a secret no drafts are made. A draft costs 10 of the 250 units that a user has a second."""

    gmail_api_url: Text
    gmail_secret: Optional = None
    gmail_requests_per_second: float = Field(default=4, gt=0, le=100)


class ModelSettings(Settings):
    """The model that writes; without one the rules write."""

    bedrock_model_id: Optional = None
    bedrock_api_url: Optional = None


S = TypeVar("S", bound=Deployed)


def read(model: type[S]) -> S:
    """The settings of one function. Raises `Misconfigured` in one line that names each wrong or missing one."""
    given = {name: os.environ[name.upper()] for name in model.model_fields if name.upper() in os.environ}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_url=False))
        raise Misconfigured(f"wrong settings: {problems}") from error
