"""A table of columns as people write them in four languages, with the right value of every cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from customer_success.reading.accounts import Asked, Reading, read_accounts
from customer_success.reading.headings import count_known
from customer_success.reading.mapping import read_map
from customer_success.reading.tables import Table, decoded, table_of_text

RUN_DATE = date(2026, 3, 2)
IDS: Mapping[str, str] = {"en": "Account ID", "de": "Kundennummer", "fr": "Numéro client", "es": "ID de cliente"}
NAMES: Mapping[str, str] = {
    "en": "Account Name",
    "de": "Kundenname",
    "fr": "Raison sociale",
    "es": "Nombre del cliente",
}
DELIMITERS: Mapping[str, str] = {"en": ",", "de": ";", "fr": ";", "es": ";"}

Cells = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ColumnCase:
    """A column: its language and heading, the field that it is, and its cells with their values, None for unknown.

    `refused` is a part of the reason for which the column as a whole gives no value; `beside` are other columns of the
    file by their heading.
    """

    language: str
    heading: str
    name: str
    cells: Cells
    refused: str = ""
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delimiter: str = ""

    def __str__(self) -> str:
        return f"{self.language} {self.heading} {self.cells[0][0]}"

    @property
    def text(self) -> str:
        """The file that holds it."""
        headings = [IDS[self.language], NAMES[self.language], self.heading, *self.beside]
        lines = [
            [f"A-{place}", f"Company {place}", cell, *(cells[place] for cells in self.beside.values())]
            for place, (cell, _) in enumerate(self.cells)
        ]
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter or DELIMITERS[self.language], lineterminator="\n")
        writer.writerows([headings, *lines])
        return text.getvalue()


def table(text: str) -> Table:
    """A text as the layer's reader takes it apart."""
    return table_of_text(*_of(text))


def _of(text: str) -> tuple[str, Any, str]:
    content, encoding = decoded(text.encode())
    return content, count_known, encoding


def read(text: str, given: str = "", run_date: date = RUN_DATE, **asked: Any) -> Reading:
    """A text as the layer's reader reads it; `given` is a MAP."""
    return read_accounts(table(text), Asked(run_date, map=read_map(given), **asked))


def day(text: str) -> date:
    return date.fromisoformat(text)


COLUMNS: tuple[ColumnCase, ...] = (
    # Amounts
    ColumnCase("en", "ARR", "arr", (("$84,000.00", 84000), ("$132,500.00", 132500), ("-", None), ("$9,600", 9600))),
    ColumnCase("en", "ARR", "arr", (("$1.2M", 1_200_000), ("85k", 85_000), ("$120000", 120_000), ("2.5m", 2_500_000))),
    ColumnCase("en", "ARR (USD)", "arr", (("12,000", 12000), ("9,500", 9500), ("(1,200)", -1200), ("free", None))),
    ColumnCase("en", "ARR ($k)", "arr", (("12.5", 12500), ("120", 120000), ("0.5", 500), ("85k", None))),
    ColumnCase(
        "en", "Annual Contract Value", "arr", (("USD 210,000.00", 210000), ("USD 0.00", 0), ("USD 96,500.00", 96500))
    ),
    ColumnCase("en", "ARR", "arr", (("12,34,567", 1234567), ("1,00,000", 100000), ("5,000", 5000))),
    ColumnCase("en", "MRR", "arr", (("£1,000.00", 12000), ("£49.50", 594), ("£0.00", 0))),
    ColumnCase(
        "de", "Jahresvertragswert", "arr", (("48.000,00 €", 48000), ("7.200,00 €", 7200), ("125.500,50 €", 125500.5))
    ),
    ColumnCase(
        "de", "ARR", "arr", (("12.000", 12000), ("512,77", 512.77), ("1'000'000,00", 1000000), ("173,900", None))
    ),
    ColumnCase("de", "ARR (T€)", "arr", (("48", 48000), ("7,2", 7200))),
    ColumnCase("de", "ARR in TEUR", "arr", (("48", 48000), ("7,2", 7200), ("1.250", 1250000))),
    ColumnCase("de", "ARR", "arr", (("1,2 Mio. €", 1_200_000), ("85 Tsd. €", 85_000), ("T€ 40", 40_000))),
    ColumnCase(
        "fr",
        "Revenu annuel récurrent",
        "arr",
        (("12 500,00 €", 12500), ("1,2 M€", 1200000), ("8 000 €", 8000), ("85 k€", 85000)),
    ),
    ColumnCase(
        "es", "Ingresos recurrentes anuales", "arr", (("12.500 €", 12500), ("96.000 €", 96000), ("1.250,75 €", 1250.75))
    ),
    ColumnCase("en", "ARR", "arr", (("$50,000", None), ("€98,000", None)), refused="2 currencies: USD A-0; EUR A-1"),
    ColumnCase("en", "ARR", "arr", (("1,200.50", None), ("1.200,50", None)), refused="decimal point"),
    ColumnCase("en", "ARR", "arr", (("126.000", None), ("48.000", None)), refused="126000 or 126", delimiter=";"),
    # Days
    ColumnCase(
        "en",
        "Renewal Date",
        "contract_end",
        (("4/15/2026", day("2026-04-15")), ("12/1/2026", day("2026-12-01")), ("", None)),
    ),
    ColumnCase(
        "en", "Contract End", "contract_end", (("05/04/2026", day("2026-04-05")), ("31/10/2026", day("2026-10-31")))
    ),
    ColumnCase(
        "en",
        "Contract End Date",
        "contract_end",
        (
            ("March 25, 2026", day("2026-03-25")),
            ("31-Mar-2026", day("2026-03-31")),
            ("1 April 2027", day("2027-04-01")),
            ("Mar 2026", None),
        ),
    ),
    ColumnCase(
        "en",
        "Contract End Date",
        "contract_end",
        (
            ("2026-02-29", None),
            ("2028-02-29", day("2028-02-29")),
            ("9999-12-31", None),
            ("20260331", day("2026-03-31")),
        ),
    ),
    ColumnCase(
        "en",
        "Contract End Date",
        "contract_end",
        (("April 1, 2026 → April 30, 2026", day("2026-04-30")), ("November 3, 2026", day("2026-11-03"))),
    ),
    ColumnCase("en", "Renewal", "contract_end", (("46173", day("2026-05-31")), ("46120", day("2026-04-08")))),
    ColumnCase(
        "en", "Renewal Date", "contract_end", (("1777593600", day("2026-05-01")), ("1780272000", day("2026-06-01")))
    ),
    ColumnCase(
        "en",
        "Renewal Date",
        "contract_end",
        (("3/4/2026", None), ("5/6/2026", None)),
        refused="2026-03-04 or 2026-04-03",
    ),
    ColumnCase(
        "en",
        "Renewal Date",
        "contract_end",
        (("15/4/2026", None), ("4/15/2026", None)),
        refused="no order of day and month",
    ),
    ColumnCase(
        "en", "Renewal Date", "contract_end", (("26/03/31", day("2026-03-31")), ("26/11/15", day("2026-11-15")))
    ),
    ColumnCase(
        "en", "Renewal Date", "contract_end", (("15/04/26", day("2026-04-15")), ("01/12/26", day("2026-12-01")))
    ),
    ColumnCase(
        "en",
        "Last Interaction",
        "last_interaction",
        (
            ("2026-02-20 14:03", day("2026-02-20")),
            ("2026-03-02T00:30:00.000+00:00", day("2026-03-02")),
            ("2026-03-09", None),
        ),
    ),
    ColumnCase(
        "en",
        "Last Contact",
        "last_interaction",
        (
            ("February 18, 2026 9:30 AM (GMT+1)", day("2026-02-18")),
            ("yesterday", None),
            ("March 1, 2026 11:30 PM (PST)", day("2026-03-02")),
        ),
    ),
    ColumnCase(
        "en",
        "Last Contact",
        "last_interaction",
        (("1/2/2026", day("2026-01-02")), ("12/2/2025", day("2025-12-02"))),
        beside={"Contract End": ("4/15/2026", "12/1/2026")},
    ),
    ColumnCase(
        "de",
        "Vertragsende",
        "contract_end",
        (("31.03.2026", day("2026-03-31")), ("15. Mai 2026", day("2026-05-15")), ("1.2.26", day("2026-02-01"))),
    ),
    ColumnCase(
        "de",
        "Letzter Kontakt",
        "last_interaction",
        (("15.12.2025", day("2025-12-15")), ("27.02.2026 14:30 Uhr", day("2026-02-27")), ("k.A.", None)),
    ),
    ColumnCase(
        "de", "Vertragsende", "contract_end", (("5/4/2026", day("2026-04-05")), ("1/2/2027", day("2027-02-01")))
    ),
    ColumnCase(
        "fr",
        "Échéance",
        "contract_end",
        (
            ("05/04/2026", day("2026-04-05")),
            ("1er juin 2026", day("2026-06-01")),
            ("mar. 3 mars 2026", day("2026-03-03")),
        ),
    ),
    ColumnCase(
        "fr",
        "Dernier contact",
        "last_interaction",
        (("12/01/2026", day("2026-01-12")), ("3 févr. 2026", day("2026-02-03")), ("inconnu", None)),
    ),
    ColumnCase(
        "es",
        "Fecha de renovación",
        "contract_end",
        (("5/4/2026", day("2026-04-05")), ("15 de mayo de 2026", day("2026-05-15")), ("sin datos", None)),
    ),
    # Shares
    ColumnCase(
        "en",
        "Feature Adoption Rate",
        "feature_adoption_rate",
        (("72.0", 0.72), ("0.8", 0.008), ("25", 0.25), ("140", None)),
    ),
    ColumnCase(
        "en", "Feature Adoption Rate", "feature_adoption_rate", (("0.85", 0.85), ("0.2", 0.2), ("1.0", 1.0), ("0", 0.0))
    ),
    ColumnCase("en", "Feature Adoption", "feature_adoption_rate", (("85%", 0.85), ("0.4", 0.4), ("7 %", 0.07))),
    ColumnCase("en", "Adoption %", "feature_adoption_rate", (("45", 0.45), ("91", 0.91), ("0.5", 0.005))),
    ColumnCase("en", "Adoption %", "feature_adoption_rate", (("0.45", None), ("0.91", None)), refused="says per cent"),
    ColumnCase("en", "Adoption Rate", "feature_adoption_rate", (("1", None), ("0", None)), refused="all of it or 1 %"),
    ColumnCase(
        "en", "License Utilization %", "seats_utilization_rate", (("54%", 0.54), ("105%", 1.05), ("340%", None))
    ),
    ColumnCase("en", "Seat Utilization", "seats_utilization_rate", (("0.9", 0.9), ("1.05", 1.05), ("0.4", 0.4))),
    ColumnCase("de", "Funktionsnutzung", "feature_adoption_rate", (("81,5 %", 0.815), ("34 %", 0.34), ("0,58", 0.58))),
    ColumnCase(
        "de",
        "Nutzungsgrad",
        "feature_adoption_rate",
        (("81,5 %", 0.815), ("58 %", 0.58)),
        beside={"Lizenzen gekauft": ("10", "120"), "Lizenzen genutzt": ("10", "88")},
    ),
    ColumnCase(
        "de", "Nutzungsgrad", "feature_adoption_rate", (("81,5 %", None), ("58 %", None)), refused="two readings"
    ),
    ColumnCase("fr", "Taux d'adoption", "feature_adoption_rate", (("45,5 %", 0.455), ("88 %", 0.88), ("-5 %", None))),
    ColumnCase("es", "Tasa de adopción", "feature_adoption_rate", (("45 %", 0.45), ("7,5 %", 0.075), ("cien", None))),
    ColumnCase(
        "en",
        "Adoption Rate",
        "feature_adoption_rate",
        (("0.9", None), ("0.1", None), ("7", None)),
        refused="slips of the",
    ),
    ColumnCase(
        "en",
        "Adoption Rate",
        "feature_adoption_rate",
        (("0.9", 0.9), ("0.1", 0.1), ("1.35", None), ("0.4", 0.4), ("0.3", 0.3), ("0.8", 0.8)),
    ),
    # Counts
    ColumnCase("en", "Seats Bought", "seats_bought", (("1,200", 1200), ("50", 50), ("unlimited", None), ("-3", None))),
    ColumnCase("en", "Licences", "seats_bought", (("100", 100), ("1 250", 1250), ("12.0", 12))),
    ColumnCase("en", "# of open tickets", "open_ticket_count", (("4", 4), ("0", 0), ("2.5", None))),
    ColumnCase("en", "Login Frequency Days", "login_frequency_days", (("2.4", 2.4), ("40", 40), ("weekly", None))),
    ColumnCase("en", "Login Frequency", "login_frequency_days", (("3", None), ("20", None)), refused="two readings"),
    ColumnCase("de", "Lizenzen gekauft", "seats_bought", (("1.200", 1200), ("50", 50), ("10", 10))),
    ColumnCase("de", "Offene Tickets", "open_ticket_count", (("4", 4), ("", None), ("keine Angabe", None))),
    ColumnCase("fr", "Licences utilisées", "seats_used", (("1 200", 1200), ("48", 48), ("?", None))),
    ColumnCase("es", "Licencias contratadas", "seats_bought", (("1.200", 1200), ("50", 50), ("n/d", None))),
    ColumnCase("es", "Escalaciones 90 días", "escalation_count_90_days", (("1", 1), ("0", 0), ("varias", None))),
    # NPS
    ColumnCase("en", "NPS", "nps_score", (("9", 9), ("8.5", 8.5), ("0", 0), ("promoter", None))),
    ColumnCase("en", "NPS Score", "nps_score", (("10/10", 10), ("7/10", 7), ("8", 8))),
    ColumnCase("en", "NPS", "nps_score", (("45", None), ("-10", None), ("8", None)), refused="−100 to 100"),
    ColumnCase("de", "NPS", "nps_score", (("8,5", 8.5), ("3", 3), ("-", None))),
    ColumnCase(
        "en",
        "NPS",
        "nps_score",
        (("9", 9), ("8", 8), ("11", None), ("10", 10), ("3", 3), ("7", 7)),
    ),
    # Words
    ColumnCase(
        "en",
        "Status",
        "status",
        (("Active", "active"), ("Churned 💀", "inactive"), ("At Risk", "At Risk"), ("Former Customer", "inactive")),
    ),
    ColumnCase(
        "en",
        "Usage Trend",
        "usage_trend",
        (("Up", "growing"), ("Flat", "stable"), ("↓", "declining"), ("No usage", "inactive"), ("sideways", None)),
    ),
    ColumnCase("en", "Usage Trend", "usage_trend", (("-12%", None), ("4%", None)), refused="none of its cells"),
    ColumnCase(
        "en",
        "Invoice Status",
        "invoice_payment_status",
        (
            ("Current", "current"),
            ("Overdue 60", "overdue_60"),
            ("45 days overdue", "overdue_30"),
            ("Overdue", None),
            ("Overdue 90+", "overdue_90_plus"),
        ),
    ),
    ColumnCase(
        "en", "Stakeholder Engagement", "stakeholder_engagement", (("High", "high"), ("weak", "low"), ("so-so", None))
    ),
    ColumnCase(
        "en",
        "Ticket Sentiment",
        "avg_ticket_sentiment",
        (("good", "positive"), ("Neutral", "neutral"), ("bad", "negative"), ("4.6", None)),
    ),
    ColumnCase("en", "Auto-Renew", "auto_renew", (("Yes", True), ("FALSE", False), ("1", True), ("maybe", None))),
    ColumnCase("en", "TAM Rating", "tam_health_rag", (("🟢 Green", "GREEN"), ("yellow", "AMBER"), ("Red", "RED"))),
    ColumnCase("en", "Health", "tam_health_rag", (("Green", None), ("Red", None)), refused="two readings"),
    ColumnCase(
        "de",
        "Status",
        "status",
        (
            ("Aktiv", "active"),
            ("Gekündigt", "inactive"),
            ("Ehemaliger Kunde", "inactive"),
            ("in Klärung", "in Klärung"),
        ),
    ),
    ColumnCase(
        "de",
        "Nutzungstrend",
        "usage_trend",
        (("fallend", "declining"), ("steigend", "growing"), ("stabil", "stable"), ("rückläufig", "declining")),
    ),
    ColumnCase(
        "de",
        "Rechnungsstatus",
        "invoice_payment_status",
        (("bezahlt", "current"), ("überfällig", None), ("offen", None), ("60 Tage überfällig", "overdue_60")),
    ),
    ColumnCase("de", "Automatische Verlängerung", "auto_renew", (("ja", True), ("nein", False), ("", None))),
    ColumnCase("fr", "Statut", "status", (("Actif", "active"), ("Résilié", "inactive"), ("En pause", "En pause"))),
    ColumnCase(
        "fr",
        "Tendance d'utilisation",
        "usage_trend",
        (("en baisse", "declining"), ("en hausse", "growing"), ("stable", "stable")),
    ),
    ColumnCase(
        "fr",
        "Statut de paiement",
        "invoice_payment_status",
        (("à jour", "current"), ("en retard de 45 jours", "overdue_30"), ("impayé", None)),
    ),
    ColumnCase("fr", "Tacite reconduction", "auto_renew", (("oui", True), ("non", False), ("à voir", None))),
    ColumnCase(
        "fr", "Engagement", "stakeholder_engagement", (("élevé", "high"), ("moyen", "medium"), ("faible", "low"))
    ),
    ColumnCase(
        "es", "Estado", "status", (("Activo", "active"), ("Cliente perdido", "inactive"), ("Dado de baja", "inactive"))
    ),
    ColumnCase(
        "es",
        "Tendencia de uso",
        "usage_trend",
        (("en descenso", "declining"), ("creciente", "growing"), ("estable", "stable")),
    ),
    ColumnCase(
        "es",
        "Estado de pago",
        "invoice_payment_status",
        (("al corriente", "current"), ("vencido 65 días", "overdue_60"), ("vencido", None)),
    ),
    ColumnCase("es", "Renovación automática", "auto_renew", (("Sí", True), ("No", False), ("tal vez", None))),
    # Terms
    ColumnCase(
        "en", "Notice Period", "notice_days", (("90 days", 90), ("30", 30), ("3 months", None), ("4 weeks", 28))
    ),
    ColumnCase("en", "Notice Period", "notice_days", (("3", None), ("1", None)), refused="days or"),
    ColumnCase("en", "Contract Term", "term_months", (("12", 12), ("36 months", 36), ("2 years", 24))),
    ColumnCase("en", "Contract Term", "term_months", (("1", None), ("3", None)), refused="months or"),
    ColumnCase("de", "Kündigungsfrist (Tage)", "notice_days", (("90", 90), ("30", 30), ("0", 0))),
    ColumnCase("de", "Vertragslaufzeit (Monate)", "term_months", (("12", 12), ("1", 1), ("24", 24))),
    ColumnCase("fr", "Préavis (jours)", "notice_days", (("90", 90), ("60 jours", 60), ("aucun", None))),
    # People and texts
    ColumnCase(
        "en",
        "CSM",
        "owner_email",
        (
            ("Ann Roe (ann@x.example)", "ann@x.example"),
            ("Bo Lee <bo@x.example>", "bo@x.example"),
            ("ann@x.example; bo@x.example", None),
            ("Unassigned", None),
        ),
    ),
    ColumnCase(
        "en",
        "Account Owner",
        "owner_name",
        (("Dana Fox", "Dana Fox"), ("Fox, Dana", None), ("0055g00000XYZ", None), ("Dana Fox, Eli Park", None)),
    ),
    ColumnCase(
        "en",
        "Primary Contact",
        "primary_contact",
        (
            ("Kim Lee (https://www.notion.so/Kim-1234)", "Kim Lee"),
            ("Max Noll (https://www.notion.so/M-1), Ann Roe (https://www.notion.so/A-2)", None),
            ("mia@x.example", None),
        ),
    ),
    ColumnCase(
        "en",
        "Website",
        "domain",
        (("https://www.acme.example/en", "acme.example"), ("acme.co.uk", "acme.co.uk"), ("none yet", None)),
    ),
    ColumnCase(
        "de",
        "Betreuer",
        "owner_name",
        (("Jana Weiß", "Jana Weiß"), ("nicht zugewiesen", None), ("Paul Roux", "Paul Roux")),
    ),
    ColumnCase("fr", "Secteur d'activité", "industry", (("Énergie", "Énergie"), ("R&amp;D", "R&D"), ("-", None))),
    ColumnCase(
        "es",
        "Correo del responsable",
        "owner_email",
        (("ana@x.example", "ana@x.example"), ("ANA@X.example", "ANA@X.example"), ("", None)),
    ),
)
