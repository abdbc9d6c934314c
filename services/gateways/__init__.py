"""Connectors to the outside: bureaus and banks. One interface, several kinds."""

from __future__ import annotations

from services.gateways.callback import verify_callback
from services.gateways.contract import StateReport
from services.gateways.errors import (
    ByFile,
    CallbackError,
    Duplicate,
    GatewayError,
    Misbehaved,
    NoConnector,
    Rejected,
    Unavailable,
)
from services.gateways.protocols import Agency, Bank, Bureau
from services.gateways.registry import Gateways
from services.gateways.settings import ConnectorSettings, GatewaySettings

__all__ = [
    "Agency",
    "Bank",
    "Bureau",
    "ByFile",
    "CallbackError",
    "ConnectorSettings",
    "Duplicate",
    "GatewayError",
    "GatewaySettings",
    "Gateways",
    "Misbehaved",
    "NoConnector",
    "Rejected",
    "StateReport",
    "Unavailable",
    "verify_callback",
]
