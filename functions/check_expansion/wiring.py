"""Composes what checks an account for expansion."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from connectors.notion.wiring import expansion_records
from customer_success.adoption.fed_usages import FedUsages
from customer_success.agent import CustomerSuccessAgent
from customer_success.aws.bedrock.function import ModelFunction
from customer_success.aws.function import LONG_LEASE_SECONDS
from customer_success.expansion.check_expansion import CheckExpansion as ExpansionCheck
from customer_success.expansion.check_expansion import check_expansion_task
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.narration.fallback import Writers
from customer_success.scoring.scorer import scorer_of
from customer_success.settings import (
    ModelSettings,
    NotionSettings,
    Optional,
    ScoringSettings,
    Text,
    from_json,
)

if TYPE_CHECKING:
    from customer_success.expansion.ports import ExpansionRecords


class CheckExpansionSettings(NotionSettings, ModelSettings, ScoringSettings):
    """Offers: where they are recorded, what things cost, and the way to Sales; without a queue there is none."""

    notion_expansions: Text
    sales_handoff_queue_url: Optional = None
    sales_owner: Optional = None
    price_list: Annotated[PriceList, BeforeValidator(from_json)] = PriceList()


class CheckExpansion(ModelFunction[CheckExpansionSettings]):
    """Checks accounts for expansion."""

    settings_model = CheckExpansionSettings
    lease_seconds = LONG_LEASE_SECONDS

    @cached_property
    def agent(self) -> CustomerSuccessAgent:
        return CustomerSuccessAgent(
            {"check_expansion": check_expansion_task(self.check, timezone=self.settings.timezone)}
        )

    @cached_property
    def check(self) -> ExpansionCheck:
        settings = self.settings
        by_rule, queue = OffersByRule(), settings.sales_handoff_queue_url
        return ExpansionCheck(
            tenant_id=settings.space,
            rows=self.rows,
            runs=self.store.runs,
            usages=FedUsages(self.store.usages, self.store.observations, self.store.feeds, self.now),
            offers=self.store.offers,
            records=OfferRecords(self._records(), self.once("expansion_record")),
            handoff=self.outbox(queue) if queue else None,
            writers=Writers(self.model() or by_rule, by_rule, self.report),
            answers=self.once("expansion_found"),
            log=self.store.expansion_log,
            scorer=scorer_of(settings),
            prices=settings.price_list,
            sales_owner=settings.sales_owner,
            count=self.report,
        )

    def _records(self) -> ExpansionRecords:
        settings = self.settings

        def live() -> ExpansionRecords:
            return expansion_records(self, settings, settings.notion_expansions)

        return self.outward(live, lambda shadow: shadow.offers())
