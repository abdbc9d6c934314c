"""Every setting comes from the environment; what is wrong is named without its value."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import SettingsError
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings
from storage.crypto import KeyringError, generate_key

CANARY = "canary-6f1c"


def leaves(
    model: type[BaseModel], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Path, type and default of every setting, also the nested ones."""
    for name, described in model.model_fields.items():
        here, kind = (*path, name), described.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, here)
        else:
            yield here, kind, described.get_default(call_default_factory=True)


LEAVES = list(leaves(Settings))


def other(kind: Any, default: Any) -> str | None:
    """A valid value, as text, that is not the default; None for what is no plain value."""
    if get_origin(kind) is Literal:
        return str(next(value for value in get_args(kind) if value != default))
    if get_origin(kind) is tuple:
        if str in get_args(kind):
            return '["one", "two"]'
        if get_origin(get_args(kind)[0]) is Literal:
            return json.dumps([one for one in get_args(get_args(kind)[0]) if one not in default])
        if not default:
            return None  # a list of connectors: no plain value
        return "[90, 95]" if default[0] > default[-1] else "[7, 9]"
    if get_origin(kind) is dict:
        return None
    plain = [k for k in get_args(kind) if k is not type(None)] or [kind]
    kind = plain[0]
    if kind is bool:
        return str(not default)
    if kind in (int, float):
        return str(default * 2 if default else 1)
    return CANARY if kind in (str, SecretStr, Path) else None


def variable(path: tuple[str, ...]) -> str:
    """The environment's name for it."""
    return f"SHEBAO_{'__'.join(path)}".upper()


def value_of(settings: Any, path: tuple[str, ...]) -> Any:
    """A setting's value."""
    for name in path:
        settings = getattr(settings, name)
    return settings.get_secret_value() if isinstance(settings, SecretStr) else settings


@pytest.mark.parametrize(
    ("path", "kind", "default"), LEAVES, ids=[".".join(path) for path, _, _ in LEAVES]
)
def test_every_setting_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], kind: Any, default: Any
) -> None:
    given = other(kind, default)
    if given is None:
        return  # mappings: test_nested_mappings
    if path[-1] == "base_url":
        given = f"http://{given}.example"
    monkeypatch.setenv(variable(path), given)
    if path[:-1] == ("gateways", "hr"):
        monkeypatch.setenv("SHEBAO_GATEWAYS__HR__KIND", "http")  # a connector is given whole
        monkeypatch.setenv("SHEBAO_GATEWAYS__HR__BASE_URL", "http://hr.example")
        monkeypatch.setenv(variable(path), given)
    if path == ("intake",):
        monkeypatch.setenv("SHEBAO_PUBLIC_URL", "https://bot.example")
        monkeypatch.setenv("SHEBAO_WEBHOOK_SECRET", CANARY)
    try:
        settings = Settings(_env_file=None)
    except ValidationError:  # twice the default is too much here: half of it, or a little less
        part = 2 if path != ("measures", "confidence") else 1.25
        given = str(type(default)(default / part))
        monkeypatch.setenv(variable(path), given)
        settings = Settings(_env_file=None)
    found = value_of(settings, path)
    if isinstance(found, tuple | list):
        wanted = json.loads(given)
        assert [type(one)(value) for one, value in zip(wanted, found, strict=True)] == wanted
    else:
        assert str(found) in (given, str(float(given)) if _number(given) else given)
    assert value_of(settings, path) != default


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def test_nested_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEBAO_GATEWAYS__REGIONS", '{"37": "sd"}')
    monkeypatch.setenv(
        "SHEBAO_GATEWAYS__BUREAUS", '{"sd": {"base_url": "http://b.example", "token": "t"}}'
    )
    gateways = Settings(_env_file=None).gateways
    assert gateways.regions == {"37": "sd"}
    assert gateways.bureaus["sd"].token.get_secret_value() == "t"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHEBAO_PORT", CANARY),
        ("SHEBAO_RUNNER__TURN_WORKERS", CANARY),
        ("SHEBAO_RUNNER__TURN_WORKERS", "0"),
        ("SHEBAO_INTAKE", CANARY),
        ("SHEBAO_GATEWAYS__BUREAUS", f'{{"sd": {{"token": "{CANARY}"}}}}'),
        ("SHEBAO_GATEWAYS__BUREAUS", f'{{"sd": "{CANARY}"}}'),
        ("SHEBAO_GATEWAYS", CANARY),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises((ValidationError, SettingsError)) as wrong:
        Settings(_env_file=None)
    assert CANARY not in str(wrong.value)
    told = CliRunner().invoke(app, ["roles", "list"])
    assert told.exit_code == 1
    assert name in told.output
    assert CANARY not in told.output


def test_a_webhook_needs_an_address_and_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without them the bot would neither poll nor be called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHEBAO_INTAKE", "webhook")
    monkeypatch.setenv("SHEBAO_PUBLIC_URL", "https://bot.example")
    told = CliRunner().invoke(app, ["roles", "list"])
    assert told.exit_code == 1
    assert "SHEBAO_WEBHOOK_SECRET" in told.output


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [path for path, kind, _ in LEAVES if SecretStr in (kind, *get_args(kind))]
    assert len(secrets) >= 5
    monkeypatch.setenv("SHEBAO_GATEWAYS__HR__BASE_URL", "http://hr.example")
    for path in secrets:
        monkeypatch.setenv(variable(path), CANARY)
    settings = Settings(_env_file=None)
    assert CANARY not in repr(settings)
    assert CANARY not in str(settings.model_dump())


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    with pytest.raises(KeyringError):
        Settings(_env_file=None, key_file=path).keyring()
    before = os.umask(0)
    try:
        first = Settings(_env_file=None, key_file=path, create_key=True).keyring()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Settings(_env_file=None, key_file=path).keyring()
    assert again.decrypt(first.encrypt(b"x", "c"), "c") == b"x"


def test_a_wrong_key_is_refused_without_being_repeated() -> None:
    for key in (CANARY, generate_key()[:-8]):
        with pytest.raises(KeyringError) as wrong:
            Settings(_env_file=None, key=key).keyring()
        assert key not in str(wrong.value)
