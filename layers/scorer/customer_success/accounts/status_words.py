"""The words by which teams say in an account's status whether it is a customer or has left."""

from __future__ import annotations

import re
from typing import Literal

Meaning = Literal["active", "left", "unknown"]


def _phrases(listed: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in listed.split(","))


_ACTIVE = _phrases("""
active, live, customer, current, paying, healthy, onboarding, in onboarding, implementing, implementation, adopted,
aktiv, aktive, kunde, bestandskunde, laufend, im onboarding,
actif, active, actuel, en cours, client,
activo, activa, cliente, vigente
""")
_LEFT = _phrases("""
inactive, churned, churn, lost, former, cancelled, canceled, closed, closed lost, deactivated, terminated, offboarded,
archived, ended, expired,
inaktiv, verloren, ehemalig, ehemaliger, ehemalige, gekündigt, beendet, deaktiviert, geschlossen, abgewandert,
inactif, perdu, ancien, ancienne, résilié, résiliée, fermé, désactivé, terminé,
inactivo, inactiva, perdido, perdida, antiguo, antigua, cancelado, cancelada, cerrado, cerrada, desactivado, terminado,
dado de baja
""")
_NOUNS = {"customer", "customers", "client", "account", "kunde", "kundin", "konto", "cliente", "cuenta", "compte"}


def meaning_of(status: str | None) -> Meaning:
    """What a status says. Case, emoji and hyphens do not matter, nor does a word such as "customer" beside it.

    An account without a status is active: not every team has one. A word that is in neither list is unknown.
    """
    words = re.findall(r"[^\W\d_]+", (status or "").casefold())
    if not words:
        return "unknown" if (status or "").strip() else "active"
    spoken = {" ".join(words), " ".join(word for word in words if word not in _NOUNS)}
    if spoken & _LEFT:
        return "left"
    return "active" if spoken & _ACTIVE else "unknown"
