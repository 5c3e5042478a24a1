"""All that the table holds, by what it is. An adapter is imported when it is first asked for, so that a function loads
only those that it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.accounts import DynamoAccountRows
    from customer_success.aws.dynamodb.adoption import DynamoAdoptionReports
    from customer_success.aws.dynamodb.alerts import DynamoAlertLog
    from customer_success.aws.dynamodb.digests import DynamoDigests
    from customer_success.aws.dynamodb.directories import DynamoDirectories
    from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog
    from customer_success.aws.dynamodb.feeds import DynamoFeeds
    from customer_success.aws.dynamodb.history import DynamoScoreHistory
    from customer_success.aws.dynamodb.keyed_requests import DynamoKeyedRequests
    from customer_success.aws.dynamodb.ledger import DynamoLedger
    from customer_success.aws.dynamodb.observations import DynamoObservations
    from customer_success.aws.dynamodb.offers import DynamoOffers
    from customer_success.aws.dynamodb.pages import DynamoWrittenPages
    from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers
    from customer_success.aws.dynamodb.portfolios import DynamoPortfolios
    from customer_success.aws.dynamodb.qbrs import DynamoQbrs
    from customer_success.aws.dynamodb.rate_limiter import DynamoRateLimiter
    from customer_success.aws.dynamodb.runs import DynamoRuns
    from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
    from customer_success.aws.dynamodb.table import Table
    from customer_success.aws.dynamodb.task_records import DynamoTaskRecords
    from customer_success.aws.dynamodb.usages import DynamoFeatureUsages


class Store:
    """The table of one space. `shared` is what a tenant and its shadow have in common: the scores of every day, and
    the rate limits of the vendors; elsewhere it is the same table.
    """

    def __init__(self, table: Table, *, shared: Table | None = None) -> None:
        self._table = table
        self._shared = shared or table

    @cached_property
    def rows(self) -> DynamoAccountRows:
        from customer_success.aws.dynamodb.accounts import DynamoAccountRows

        return DynamoAccountRows(self._table)

    @cached_property
    def history(self) -> DynamoScoreHistory:
        from customer_success.aws.dynamodb.history import DynamoScoreHistory

        return DynamoScoreHistory(self._shared)

    @cached_property
    def observations(self) -> DynamoObservations:
        """What feeds delivered is observed once, for the tenant and its shadow."""
        from customer_success.aws.dynamodb.observations import DynamoObservations

        return DynamoObservations(self._shared)

    @cached_property
    def feeds(self) -> DynamoFeeds:
        from customer_success.aws.dynamodb.feeds import DynamoFeeds

        return DynamoFeeds(self._shared)

    @cached_property
    def directories(self) -> DynamoDirectories:
        from customer_success.aws.dynamodb.directories import DynamoDirectories

        return DynamoDirectories(self._shared)

    @cached_property
    def keyed_requests(self) -> DynamoKeyedRequests:
        from customer_success.aws.dynamodb.keyed_requests import DynamoKeyedRequests

        return DynamoKeyedRequests(self._shared)

    @cached_property
    def alerts(self) -> DynamoAlertLog:
        from customer_success.aws.dynamodb.alerts import DynamoAlertLog

        return DynamoAlertLog(self._table)

    @cached_property
    def digests(self) -> DynamoDigests:
        from customer_success.aws.dynamodb.digests import DynamoDigests

        return DynamoDigests(self._table)

    @cached_property
    def runs(self) -> DynamoRuns:
        from customer_success.aws.dynamodb.runs import DynamoRuns

        return DynamoRuns(self._table)

    @cached_property
    def portfolios(self) -> DynamoPortfolios:
        from customer_success.aws.dynamodb.portfolios import DynamoPortfolios

        return DynamoPortfolios(self._table)

    @cached_property
    def written_pages(self) -> DynamoWrittenPages:
        from customer_success.aws.dynamodb.pages import DynamoWrittenPages

        return DynamoWrittenPages(self._table)

    @cached_property
    def usages(self) -> DynamoFeatureUsages:
        from customer_success.aws.dynamodb.usages import DynamoFeatureUsages

        return DynamoFeatureUsages(self._table)

    @cached_property
    def peers(self) -> DynamoAdoptionPeers:
        from customer_success.aws.dynamodb.peers import DynamoAdoptionPeers

        return DynamoAdoptionPeers(self._table)

    @cached_property
    def adoption_reports(self) -> DynamoAdoptionReports:
        from customer_success.aws.dynamodb.adoption import DynamoAdoptionReports

        return DynamoAdoptionReports(self._table)

    @cached_property
    def qbrs(self) -> DynamoQbrs:
        from customer_success.aws.dynamodb.qbrs import DynamoQbrs

        return DynamoQbrs(self._table)

    @cached_property
    def offers(self) -> DynamoOffers:
        from customer_success.aws.dynamodb.offers import DynamoOffers

        return DynamoOffers(self._table)

    @cached_property
    def expansion_log(self) -> DynamoExpansionLog:
        from customer_success.aws.dynamodb.expansion_log import DynamoExpansionLog

        return DynamoExpansionLog(self._table)

    @cached_property
    def task_records(self) -> DynamoTaskRecords:
        from customer_success.aws.dynamodb.task_records import DynamoTaskRecords

        return DynamoTaskRecords(self._table)

    @cached_property
    def shadow_log(self) -> DynamoShadowLog:
        from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog

        return DynamoShadowLog(self._table)

    def ledger(self, *, lease_seconds: float) -> DynamoLedger:
        """The ledger of deliveries that take at most `lease_seconds`."""
        from customer_success.aws.dynamodb.ledger import DynamoLedger

        return DynamoLedger(self._table, lease_seconds=lease_seconds)

    def rate_limiter(self, vendor: str, *, per_second: float, time_left: Callable[[], float]) -> DynamoRateLimiter:
        """The rate limit at which all functions together may call a vendor."""
        from customer_success.aws.dynamodb.rate_limiter import DynamoRateLimiter

        return DynamoRateLimiter(self._shared, vendor, per_second=per_second, time_left=time_left)
