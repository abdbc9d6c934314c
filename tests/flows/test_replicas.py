"""Two processes on one database: each message is handled once, in order, by either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select

from bot.compose import build_runtime, running
from storage.models import Lease
from tests.support.reader import SharedReader
from tests.support.world import World, answerer, free_port, open_world, text_of

pytestmark = pytest.mark.postgresql


@pytest.fixture
async def two(
    tmp_path: Path, postgres_url: str, shared_reader: SharedReader
) -> AsyncIterator[tuple[World, World]]:
    """A world, and a second process of its bot; the first stops before the second."""
    async with open_world(tmp_path, postgres_url, reader=shared_reader) as world:
        settings = world.runtime.settings.model_copy(update={"port": free_port()})
        second = await build_runtime(settings, reader=shared_reader, answerer=answerer())
        async with running(second):
            yield (
                world,
                World(
                    second,
                    world.company,
                    world.messenger_url,
                    world.sandbox_url,
                    world.http,
                    world.stack,
                ),
            )


async def test_one_chat_is_handled_in_order_by_both(two: tuple[World, World]) -> None:
    world, _ = two
    employee = await world.enrolled()
    words = ["/menu", "/help", "/language", "查进度"] * 5
    for word in words:
        await employee.says(word)
    expected = ["我是社保小助手", "我能帮您", "请选择语言", "没有正在办理的申请"] * 5
    await world.quiet()
    await asyncio.sleep(0.5)
    said = [
        text_of(employee.client.messages[key])
        for key in sorted(employee.client.messages)
        if not employee.client.messages[key]["mine"]
    ][-len(expected) :]
    assert all(wanted in told for wanted, told in zip(expected, said, strict=True))


async def test_the_whole_road_with_two_processes(two: tuple[World, World]) -> None:
    world, _ = two
    employee = await world.enrolled(region="37")
    reference = await world.submitted(employee)
    await world.step(reference, "making")
    await employee.sees("正在制卡")
    await world.quiet()
    for words in ("提交成功", "正在制卡", "请最后核对一遍"):
        assert len(employee.saw(words)) == 1
    assert len((await world.admin("GET", "applications"))["applications"]) == 1


async def test_when_the_leader_stops_the_other_takes_over(two: tuple[World, World]) -> None:
    world, other = two
    employee = await world.enrolled()
    async with world.runtime.database.reading() as session:
        leader = (await session.exec(select(Lease))).one().holder
    first = world.runtime if world.runtime.name == leader else other.runtime
    first.stop()
    await employee.says("/help")
    await employee.sees("我能帮您")
    async with other.runtime.database.reading() as session:
        assert (await session.exec(select(Lease))).one().holder != leader
