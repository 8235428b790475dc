"""Who waits, who goes together, who is refused, who is replaced; with workers that answer when they are told."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from pathlib import Path

import pytest

from serving import pool as pool_module
from serving.core.errors import PredictionTimeoutError, StartError, UnavailableError
from serving.core.messages import Answer, Request
from serving.core.options import Options
from serving.model_process import Group, WorkerSpec
from serving.pool import Pool

SPEC = WorkerSpec(Path("model"), None, 1)


class Worker:
    """Stands for a ModelProcess."""

    made: list[Worker]
    batch = 1
    comes_up = True

    def __init__(self, spec, number, on_change):
        self.number, self.batch_size = number, self.batch
        self.is_ready = self.was_ready = self.is_ended = self.is_quick = False
        self.exited, self.failure = False, None
        self.groups = deque()
        self.given = []
        self._on_change = on_change
        self.made.append(self)

    async def connect(self):
        if self.comes_up:
            self.is_ready = self.was_ready = True
            self._on_change(self)
        else:
            self.failure = StartError("no model here")
            self.end()

    @property
    def at_hand(self):
        return sum(len(group.open) for group in list(self.groups)[1:])

    @property
    def bytes_given(self):
        return sum(len(waiting.request.body) for group in self.groups for waiting in group.open.values())

    def give(self, group, now, limit):
        self.given.append([waiting.request.id for waiting in group])
        self.groups.append(Group({waiting.request.id: waiting for waiting in group}, now))

    def finish(self):
        """Answer the group that the worker is at."""
        for name, waiting in self.groups.popleft().open.items():
            if not waiting.answered.done():
                waiting.answered.set_result(Answer(name.encode(), "text/plain"))
        self._on_change(self)

    def end(self):
        self.is_ended, self.is_ready = True, False
        self._on_change(self)

    def has_exited(self):
        return self.exited

    def kill(self): ...

    def wait(self):
        return -9


@pytest.fixture
def workers(monkeypatch):
    """The class of workers, whose `made` lists all that there were."""
    fresh = type("Worker", (Worker,), {"made": []})
    monkeypatch.setattr(pool_module, "ModelProcess", fresh)
    monkeypatch.setattr(pool_module, "_SWEEP", 0.001)
    monkeypatch.setattr(pool_module, "_PAUSE", 0)
    return fresh


def in_pool(scenario, *, count=1, **options):
    """Run a scenario with a pool that has started."""

    async def run():
        pool = Pool(SPEC, Options(**options), count)
        try:
            await pool.start()
            return await scenario(pool)
        finally:
            pool.kill()

    return asyncio.run(run())


async def ask(pool, *names):
    """Send requests and let the pool take them."""
    tasks = [asyncio.ensure_future(pool.answer(Request(b"", {}, name))) for name in names]
    await asyncio.sleep(0)
    return tasks


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.001)


def test_a_free_worker_gets_a_request_at_once(workers):
    async def scenario(pool):
        (task,) = await ask(pool, "a")
        assert pool.is_busy()
        workers.made[0].finish()
        return await task

    assert in_pool(scenario).body == b"a"


def test_a_lone_worker_has_the_next_request_at_hand_and_no_more(workers):
    async def scenario(pool):
        tasks = await ask(pool, "a", "b", "c")
        (worker,) = workers.made
        assert worker.given == [["a"], ["b"]]
        for _ in range(3):
            worker.finish()
        assert worker.given == [["a"], ["b"], ["c"]]
        await asyncio.gather(*tasks)

    in_pool(scenario)


def test_several_workers_share_the_requests_out(workers):
    async def scenario(pool):
        tasks = await ask(pool, "a", "b", "c")
        first, second = workers.made
        assert (first.given, second.given) == ([["a"]], [["b"]])
        second.finish()
        assert second.given == [["b"], ["c"]]
        first.finish()
        second.finish()
        await asyncio.gather(*tasks)

    in_pool(scenario, count=2)


def test_what_came_while_several_workers_were_busy_goes_together(workers):
    workers.batch = 3

    async def scenario(pool):
        first, second = workers.made
        tasks = await ask(pool, *"abcdef")
        assert (first.given, second.given) == ([["a"]], [["b"]])
        first.finish()
        assert first.given == [["a"], ["c", "d", "e"]]
        second.finish()
        assert second.given == [["b"], ["f"]]
        first.finish()
        second.finish()
        await asyncio.gather(*tasks)

    in_pool(scenario, count=2)


def test_a_lone_worker_that_batches_has_its_next_batch_at_hand(workers):
    workers.batch = 3

    async def scenario(pool):
        (worker,) = workers.made
        tasks = await ask(pool, *"abcdef")
        assert worker.given == [["a"], ["b"], ["c"], ["d"]]
        worker.finish()
        assert worker.given[4:] == [["e"]]
        for _ in range(5):
            worker.finish()
        await asyncio.gather(*tasks)

    in_pool(scenario)


def test_large_requests_wait_until_the_worker_is_free_and_go_together_then(workers):
    workers.batch = 3

    async def scenario(pool):
        (worker,) = workers.made
        tasks = [asyncio.ensure_future(pool.answer(Request(bytes(100_000), {}, name))) for name in "abc"]
        await asyncio.sleep(0)
        assert worker.given == [["a"]]
        worker.finish()
        assert worker.given == [["a"], ["b", "c"]]
        worker.finish()
        await asyncio.gather(*tasks)

    in_pool(scenario)


def test_what_a_worker_that_batches_has_at_hand_counts_as_waiting(workers):
    workers.batch = 3

    async def scenario(pool):
        tasks = await ask(pool, *"abc")
        with pytest.raises(UnavailableError, match="2 requests wait"):
            await pool.answer(Request(b""))
        for _ in tasks:
            workers.made[0].finish()
        await asyncio.gather(*tasks)

    in_pool(scenario, queue_size=2)


def test_large_bodies_do_not_all_go_together(workers, monkeypatch):
    workers.batch = 3
    monkeypatch.setattr(pool_module, "_LARGEST_GROUP", 25)

    async def scenario(pool):
        (worker,) = workers.made
        tasks = [asyncio.ensure_future(pool.answer(Request(bytes(20), {}, name))) for name in "abc"]
        await asyncio.sleep(0)
        while worker.groups:
            worker.finish()
        await asyncio.gather(*tasks)
        return worker.given

    assert in_pool(scenario) == [["a"], ["b"], ["c"]]


def test_beyond_the_queue_a_request_is_refused_at_once(workers):
    async def scenario(pool):
        tasks = await ask(pool, "running", "at hand", "queued")
        with pytest.raises(UnavailableError, match="2 requests wait"):
            await pool.answer(Request(b""))
        for _ in range(3):
            workers.made[0].finish()
        await asyncio.gather(*tasks)

    in_pool(scenario, queue_size=2)


def test_a_request_that_was_answered_does_not_wait_again_when_its_worker_ends(workers):
    async def scenario(pool):
        (worker,) = workers.made
        workers.comes_up = False
        running, at_hand = await ask(pool, "running", "at hand")
        await until(lambda: running.done() and at_hand.done() and worker.is_ended)
        (queued,) = await ask(pool, "queued")  # where "at hand" waited again, there would be no room
        with pytest.raises(PredictionTimeoutError):
            await running
        for refused in (at_hand, queued):
            with pytest.raises(UnavailableError, match="busy"):
                await refused

    in_pool(scenario, queue_size=1, request_timeout=0.01)


def test_a_quick_worker_has_more_requests_at_hand_and_they_count_as_waiting(workers):
    async def scenario(pool):
        worker = workers.made[0]
        worker.is_quick = True
        tasks = await ask(pool, *"abcdefg")
        assert worker.given == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
        with pytest.raises(UnavailableError, match="6 requests wait"):
            await pool.answer(Request(b""))
        for _ in tasks:
            worker.finish()
        return [answer.body for answer in await asyncio.gather(*tasks)]

    assert in_pool(scenario, queue_size=6) == [name.encode() for name in "abcdefg"]


def test_what_a_quick_worker_had_at_hand_goes_to_the_next_one_in_its_order(workers):
    async def scenario(pool):
        workers.made[0].is_quick = True
        tasks = await ask(pool, *"abcd")
        workers.made[0].end()
        with pytest.raises(UnavailableError, match="ended during this request"):
            await tasks[0]
        await until(lambda: len(workers.made) == 2 and pool.is_ready())
        for _ in tasks[1:]:
            workers.made[1].finish()
        await asyncio.gather(*tasks[1:])
        return workers.made[1].given

    assert in_pool(scenario) == [["b"], ["c"], ["d"]]


def test_a_request_that_was_given_up_is_not_predicted(workers):
    async def scenario(pool):
        tasks = await ask(pool, "a", "b", "c")
        tasks[2].cancel()
        await asyncio.sleep(0)
        workers.made[0].finish()
        workers.made[0].finish()
        assert workers.made[0].given == [["a"], ["b"]]
        await asyncio.gather(*tasks[:2])

    in_pool(scenario)


def test_when_a_worker_ends_only_what_it_was_at_is_refused(workers):
    async def scenario(pool):
        tasks = await ask(pool, "a", "b", "c")
        workers.made[0].end()
        assert not pool.is_ready()
        with pytest.raises(UnavailableError, match="ended during this request"):
            await tasks[0]
        await until(lambda: len(workers.made) == 2 and pool.is_ready())
        assert workers.made[1].given == [["b"], ["c"]]
        workers.made[1].finish()
        workers.made[1].finish()
        return [answer.body for answer in await asyncio.gather(*tasks[1:])]

    assert in_pool(scenario) == [b"b", b"c"]


def test_a_worker_whose_child_still_holds_its_channel_is_missed_all_the_same(workers):
    async def scenario(pool):
        (lost,) = await ask(pool, "a")
        workers.made[0].exited = True
        with pytest.raises(UnavailableError, match="ended during"):
            await lost
        await until(lambda: len(workers.made) == 2 and pool.is_ready())

    in_pool(scenario)


def test_a_prediction_beyond_the_limit_is_refused_and_its_worker_replaced(workers):
    ends = threading.Event()  # or the next worker might be at the second request when that one's time is up
    workers.wait = lambda _: ends.wait(60)

    async def scenario(pool):
        tasks = await ask(pool, "stuck", "behind it")
        with pytest.raises(PredictionTimeoutError, match=r"0\.02 s"):
            await tasks[0]
        with pytest.raises(UnavailableError, match="busy with other requests"):
            await tasks[1]
        ends.set()
        await until(lambda: len(workers.made) == 2 and pool.is_ready())
        assert workers.made[0].is_ended

    in_pool(scenario, request_timeout=0.02)


def test_a_worker_that_is_busy_but_not_stuck_is_kept(workers):
    async def scenario(pool):
        worker = workers.made[0]
        (late,) = await ask(pool, "a")
        worker.groups[0].heard += 3600
        with pytest.raises(PredictionTimeoutError):
            await late
        await asyncio.sleep(0.01)
        assert not worker.is_ended
        worker.finish()
        (task,) = await ask(pool, "b")
        worker.finish()
        return (await task).body

    assert in_pool(scenario, request_timeout=0.2) == b"b"


def test_a_model_that_cannot_be_loaded_ends_the_start(workers):
    workers.comes_up = False

    async def scenario(pool):
        raise AssertionError

    with pytest.raises(StartError, match="no model here"):
        in_pool(scenario)


def test_when_no_replacement_comes_up_the_pool_gives_up(workers):
    async def scenario(pool):
        workers.comes_up = False
        workers.made[0].end()
        await until(lambda: pool.gave_up)
        assert not pool.is_ready()
        return str(pool.gave_up)

    assert in_pool(scenario) == "no model here"
    assert len(workers.made) == 4
