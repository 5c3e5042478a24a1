"""Works out what is known of an account's feature adoption, and keeps it beside the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from customer_success.errors import Refused
from customer_success.ports import AccountRows, AdoptionReports
from customer_success.schemas import BenchmarkComparison, CSMHealthSignals, FeatureAdoptionReport, refusals

KIND = "track_feature_adoption"
WITHHELD = "which features accounts use is not known"


@dataclass(frozen=True, slots=True)
class TrackFeatureAdoption:
    """The job. As long as nothing is known feature by feature, the report holds the account's own rate alone."""

    rows: AccountRows
    reports: AdoptionReports

    def __call__(self, account_id: str, *, on: date) -> dict[str, Any]:
        """Work out the report of the day `on` and keep it.

        Raises `Refused` for an account that is not known, and for a rate that is none.
        """
        row = self.rows.get(account_id)
        if row is None:
            raise Refused(f"account {account_id!r} is not known; it is known once a scan has read it")
        rate = row.account.signals.get("feature_adoption_rate")
        try:
            signals = CSMHealthSignals.model_validate({"feature_adoption_rate": rate})
        except ValidationError as error:
            raise Refused(f"account {account_id!r}: {'; '.join(map(str, refusals(error)))}") from error
        report = FeatureAdoptionReport(
            account_id=account_id,
            as_of=on,
            features_used=[],
            adoption_rate=signals.feature_adoption_rate,
            underutilised_features=[],
            not_entitled_features=[],
            recommendations=[],
            benchmark_comparison=BenchmarkComparison(
                peer_group=f"plan {row.account.plan or 'unknown'}", peers=0, withheld_because=WITHHELD
            ),
            confidence="low",
        )
        self.reports.put(report)
        return {"task_type": KIND, "report": report.model_dump(mode="json"), "confidence": report.confidence}
