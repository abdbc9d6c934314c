"""The real sandbox on a random port, and the bot's connectors to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import SecretStr

from services.gateways import ConnectorSettings, Gateways, GatewaySettings
from services.gateways.contract import DocumentType
from tests.sandbox.conftest import Running, receiver, running

__all__ = ["gateways", "outside", "receiver", "settings_for"]


def settings_for(outside: Running, **changes: Any) -> GatewaySettings:
    """Settings under which every region asks the sandbox's bureau."""
    secrets = outside.secrets
    quick: dict[str, Any] = {
        "bureaus": {
            "sample": ConnectorSettings(
                base_url=f"{outside.url}/bureau",
                token=SecretStr(secrets.bureau_token),
                papers=get_args(DocumentType),
            )
        },
        "regions": {"37": "sample", "32": "sample"},
        "banks": {
            code: ConnectorSettings(
                base_url=f"{outside.url}/bank/{code}",
                token=SecretStr(token),
                papers=get_args(DocumentType),
            )
            for code, token in secrets.bank_tokens.items()
        },
        "agencies": [
            {
                "agency": code,
                "regions": ["37", "32"],
                "base_url": f"{outside.url}/agency/{code}",
                "token": token,
            }
            for code, token in secrets.agency_tokens.items()
        ],
        "hr": ConnectorSettings(base_url=f"{outside.url}/hr", token=SecretStr(secrets.hr_token)),
        "callback_secret": SecretStr(secrets.callback_secret),
        "backoff_seconds": 0.01,
        "breaker_failures": 1000,
    }
    return GatewaySettings(**quick | changes)


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Running]:
    """A sandbox where nothing happens by itself."""
    async with running(tmp_path / "sandbox") as up:
        yield up


@pytest.fixture
async def gateways(outside: Running) -> AsyncIterator[Gateways]:
    """Connectors to it."""
    async with Gateways.from_settings(settings_for(outside)) as connected:
        yield connected
