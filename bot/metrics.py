"""Prometheus metrics. Labels are kinds and outcomes, never persons."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
TURNS = Counter("shebao_turns_total", "Turns by outcome", ["outcome"], registry=REGISTRY)
TASKS = Counter("shebao_tasks_total", "Tasks", ["name", "outcome"], registry=REGISTRY)
SENT = Counter("shebao_sent_total", "Bot API calls", ["method", "outcome"], registry=REGISTRY)
UPDATES = Counter("shebao_updates_total", "Updates accepted", ["outcome"], registry=REGISTRY)
TASK_SECONDS = Histogram("shebao_task_seconds", "Duration of tasks", ["name"], registry=REGISTRY)
QUEUE = Gauge("shebao_queue", "Open rows", ["queue"], registry=REGISTRY)
