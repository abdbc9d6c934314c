"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, Enum, Integer, LargeBinary, MetaData
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

from storage.crypto import Keyring

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraint names are the same on every database, as Alembic needs."""
    return MetaData(naming_convention=NAMING)


BigId: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def _keyring(dialect: Dialect) -> Keyring:
    ring: Keyring | None = getattr(dialect, "keyring", None)
    if ring is None:
        raise RuntimeError("this engine was not made by storage.database and has no keyring")
    return ring


class EncryptedText(TypeDecorator[str]):
    """Text kept as AES-256-GCM ciphertext; `context` is the column's own name."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _keyring(dialect).encrypt(value.encode(), self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring(dialect).decrypt(value, self.context).decode()


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON value kept as ciphertext. Assign a new value; changes in place are not seen."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return _keyring(dialect).encrypt(plain, self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(_keyring(dialect).decrypt(value, self.context))


def id_field() -> Any:
    """A 64-bit primary key that the database gives out."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def reference(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    """A 64-bit foreign key to `table.id`; `nullable` gives it the default None."""
    options: dict[str, Any] = {"foreign_key": target, "sa_type": BigId, "index": index}
    if nullable:
        options |= {"default": None, "nullable": True}
    return Field(**options)


def big(**options: Any) -> Any:
    """A 64-bit integer column (Telegram ids do not fit into 32 bits)."""
    return Field(sa_type=BigId, **options)


def encrypted_text(context: str, **options: Any) -> Any:
    """A field of `EncryptedText`."""
    return Field(sa_type=EncryptedText(context), **options)


def encrypted_json(context: str, **options: Any) -> Any:
    """A field of `EncryptedJSON`."""
    return Field(sa_type=EncryptedJSON(context), **options)


def choice(kind: type[StrEnum], **options: Any) -> Any:
    """An enum kept as its value in text: readable, and the same on both databases."""
    column = Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
    return Field(sa_type=column, **options)
