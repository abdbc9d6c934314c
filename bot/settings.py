"""Every setting, from `SHEBAO_*` variables, a `.env` file, or files for the secrets.

Nested settings use two underscores: `SHEBAO_DOCUMENTS__WORKERS=2`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.settings import AskSettings
from services.applications.settings import ApplicationSettings
from services.cases.settings import DeskSettings
from services.console.settings import ConsoleSettings
from services.documents.settings import DocumentSettings
from services.gateways.settings import GatewaySettings
from services.imports.settings import ImportSettings
from services.measures.settings import MeasureSettings
from services.people.settings import PeopleSettings
from services.policies.settings import PolicySettings
from services.ratings.settings import RatingSettings
from storage.crypto import Keyring, KeyringError, read_or_create_key_file


class RunnerSettings(BaseModel):
    """How turns, tasks and sending behave. Times are in seconds."""

    turn_workers: int = Field(default=4, ge=1, description="turns at once in this process")
    task_workers: int = Field(default=4, ge=1, description="tasks at once in this process")
    senders: int = Field(default=4, ge=1, description="chats written to at once")
    poll_seconds: float = Field(default=1.0, gt=0, description="slow poll when no signal comes")
    max_attempts: int = Field(default=8, ge=1, description="tries before an event is dead")
    task_lease_seconds: float = Field(default=60, gt=0, description="a task's lease, renewed")
    task_attempts: int = Field(default=6, ge=1, description="tries before a task is dead")
    send_lease_seconds: float = Field(
        default=90, gt=0, description="a message being sent; longer than the Bot API's timeouts"
    )
    send_attempts: int = Field(default=10, ge=1, description="tries before a message has failed")
    backoff_seconds: float = Field(default=0.5, gt=0, description="first wait; doubles")
    backoff_limit_seconds: float = Field(default=300, gt=0, description="longest wait")
    bot_rate_per_second: float = Field(default=30, gt=0, description="messages of the whole bot")
    chat_rate_per_second: float = Field(default=1, gt=0, description="messages to one chat")
    group_rate_per_minute: float = Field(default=20, gt=0, description="messages to one group")
    chat_burst: int = Field(default=5, ge=1, description="messages to a chat without a wait")
    leader_seconds: float = Field(default=15, gt=0, description="the polling leader's lease")
    stop_seconds: float = Field(default=10, gt=0, description="for current work when stopping")
    janitor_minutes: float = Field(default=30, gt=0, description="between sweeps")
    inbox_days: int = Field(default=14, ge=2, description="how long handled events are kept")
    button_days: int = Field(default=90, ge=1, description="how long a button can be pressed")


class Settings(BaseSettings):
    """The whole program's settings; `docs/settings.md` lists them."""

    model_config = SettingsConfigDict(
        env_prefix="SHEBAO_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,
    )

    database_url: str = "sqlite:///var/bot/shebao.db"
    files_dir: Path = Path("var/bot/files")
    key: SecretStr | None = Field(default=None, description="encryption keys, base64")
    key_file: Path = Field(default=Path("var/bot/key"), description="or a file with them")
    create_key: bool = Field(default=False, description="make the key file on first run")

    bot_token: SecretStr = Field(default=SecretStr("1:unset"), description="from @BotFather")
    bot_username: str = Field(default="shebao_bot", description="for t.me links")
    api_url: str = Field(default="https://api.telegram.org", description="the Bot API's base")
    messenger: Literal["telegram", "embedded"] = "telegram"
    intake: Literal["polling", "webhook"] = "polling"
    public_url: str = Field(default="", description="where webhook and callbacks reach us")
    webhook_secret: SecretStr | None = None

    host: str = "127.0.0.1"
    port: int = 8080
    metrics_token: SecretStr | None = Field(default=None, description="bearer token of /metrics")
    demo_token: SecretStr | None = Field(default=None, description="allows moving the clock")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    runner: RunnerSettings = RunnerSettings()
    people: PeopleSettings = PeopleSettings()
    console: ConsoleSettings = ConsoleSettings()
    imports: ImportSettings = ImportSettings()
    documents: DocumentSettings = DocumentSettings()
    gateways: GatewaySettings = GatewaySettings()
    applications: ApplicationSettings = ApplicationSettings()
    ratings: RatingSettings = RatingSettings()
    measures: MeasureSettings = MeasureSettings()
    answers: AskSettings = AskSettings()
    policies: PolicySettings = PolicySettings()
    desk: DeskSettings = DeskSettings.model_validate({})

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        """A webhook without an address or a secret would leave the bot deaf.

        Raises:
            ValueError: `intake` is `webhook`, and `public_url` or `webhook_secret` is missing.
        """
        if self.intake == "webhook" and not (self.public_url and self.webhook_secret):
            raise ValueError("intake=webhook needs public_url and webhook_secret")
        return self

    @property
    def console_address(self) -> str:
        """Where browsers reach the console, without the path."""
        found = (self.console.url or self.public_url).rstrip("/")
        return found or f"http://{self.host}:{self.port}"

    def keyring(self) -> Keyring:
        """The keys.

        Raises:
            KeyringError: malformed keys.
            KeyringError: no key file, and `create_key` is off.
        """
        if self.key:
            return Keyring.from_text(self.key.get_secret_value())
        if not self.key_file.exists() and not self.create_key:
            raise KeyringError(f"no key file at {self.key_file}; see docs/running.md")
        return Keyring.from_text(read_or_create_key_file(self.key_file))
