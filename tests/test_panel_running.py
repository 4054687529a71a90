"""One table from any executor, a worker that is killed midway included; and memory that does not grow with a panel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
import warnings
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from escalation.study.panel import panel as module
from escalation.study.panel import running
from escalation.study.panel.panel import panel


def series(n: int, days: int = 30) -> dict[str, pd.Series]:
    index = pd.date_range("2024-01-01", periods=days)
    out = {}
    for i in range(n):
        rng = np.random.default_rng((21, i))
        y = rng.poisson(np.where(np.arange(days) < days // 2, 1.0, 1.0 + 4.0 * (i % 3 == 0)))
        out[f"s{i}"] = pd.Series(y - 9 * (i % 10 == 7), index=index)  # every tenth fails
    return out


def reports(n: int) -> dict[str, pd.DataFrame]:
    day = np.array([4, 9, 15, 24])
    return {
        f"r{i}": pd.DataFrame({
            "as_of": pd.Timestamp("2024-03-01") + pd.to_timedelta(day, unit="D"), "since": "2024-03-01",
            "count": np.random.default_rng((22, i)).poisson(0.8, 25).cumsum()[day],
        })
        for i in range(n)
    }  # fmt: skip


class Eager:
    """Something with no more than a map."""

    @staticmethod
    def map(call, given):
        return [call(one) for one in given]


def test_one_table_in_place_in_threads_and_in_processes():
    data = {**series(12), **reports(3)}
    wanted = panel(data, draws=100, chunk=4).table.to_csv()
    assert wanted.count("counts: 30 are negative") == 1
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert panel(data, draws=100, chunk=2, executor=pool).table.to_csv() == wanted
    with ThreadPoolExecutor(3) as pool:
        assert panel(data, draws=100, chunk=1, executor=pool).table.to_csv() == wanted
    assert panel(data, draws=100, chunk=100, executor=Eager()).table.to_csv() == wanted


def quiet() -> None:
    """Ignore what a cluster whose worker is killed has to say; it is not about our code."""
    warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado|asyncio)\.")
    warnings.filterwarnings("ignore", category=ResourceWarning)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_that_loses_a_worker_midway_gives_every_row():
    import distributed  # takes a second; the other tests do without

    data = series(40)
    wanted = panel(data, draws=100).table
    with warnings.catch_warnings():
        quiet()
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50,
                host="127.0.0.1",
            ) as cluster,
            distributed.Client(cluster) as client,
        ):  # fmt: skip
            pids = client.run(os.getpid)
            lines: list[str] = []

            def kill_one(line: str) -> None:
                lines.append(line)
                if len(lines) == 5:
                    os.kill(next(iter(pids.values())), signal.SIGKILL)

            found = panel(data, draws=100, chunk=1, executor=client.get_executor(), progress=kill_one)
            after = client.run(os.getpid, on_error="ignore")  # the dead one may still be on the list
    assert lines[4].startswith("5 of 40 series")  # midway
    assert next(iter(pids.values())) not in after.values()  # a worker did die
    pd.testing.assert_frame_equal(found.table, wanted)
    assert found.table.to_csv() == wanted.to_csv()


def die(chunk):
    os._exit(1)


def test_a_broken_executor_stops_the_panel(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "run_chunk", die)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(BrokenProcessPool):
        panel(series(3), draws=100, executor=pool, out=tmp_path / "panel.csv")


class Interrupted:
    """Futures that are done at once, the third of which is interrupted."""

    def __init__(self) -> None:
        self.futures: list[Future] = []

    def submit(self, call, job) -> Future:
        future: Future = Future()
        if len(self.futures) == 2:
            future.set_exception(KeyboardInterrupt())
        else:
            future.set_result(call(job))
        self.futures.append(future)
        return future


def test_an_interrupt_stops_the_panel_and_keeps_the_rows(tmp_path):
    out = tmp_path / "panel.csv"
    with pytest.raises(KeyboardInterrupt):
        panel(series(5), draws=100, chunk=1, executor=Interrupted(), out=out)
    assert pd.read_csv(out)["series"].tolist() == ["s0", "s1"]
    assert panel(series(5), draws=100, out=out).resumed == 2


def test_few_chunks_are_in_flight_and_their_order_is_kept():
    flying, most = set(), 0

    class Slow:
        """Futures that are done only when they are asked for."""

        def submit(self, call, job):
            nonlocal most
            future = Later(call, job)
            flying.add(future)
            most = max(most, len(flying))
            return future

    class Later:
        def __init__(self, call, job):
            self.call, self.job = call, job

        def done(self):
            return False

        def result(self):
            flying.discard(self)
            return self.call(self.job)

        def cancel(self):
            flying.discard(self)

    read = []
    given = (read.append(i) or i for i in range(500))
    out = running.run_in_order(lambda x: x + 1, given, Slow())
    assert next(out) == 1
    assert len(read) == running.WINDOW
    assert list(out) == list(range(2, 501))
    assert most == running.WINDOW


def peak(n: int) -> int:
    """Most memory in use while `n` series of 200 kB each fail at once."""
    index = pd.date_range("1950-01-01", periods=25_000)
    given = ((f"s{i}", pd.Series(np.full(25_000, -1.0), index=index)) for i in range(n))
    tracemalloc.start()
    try:
        panel(given, draws=100)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_series():
    peak(20)
    few, many = peak(60), peak(600)
    # Rows of text and numbers do grow, by some kB each; 540 series more that were kept would be 108 MB.
    assert many - few < 540 * 6_000
    assert few < 30 * 400_000


def test_a_process_that_compiles_and_one_that_loads_from_the_cache_agree(tmp_path):
    """Sums keep their order in compiled code: otherwise the last digit hangs on what the compiler inlines."""
    code = (
        "import hashlib, sys; import numpy as np; from escalation.study.panel.panel import panel\n"
        "data = {str(i): np.random.default_rng((31, i)).poisson(1.0, 20) for i in range(6)}\n"
        "print(hashlib.sha256(panel(data, draws=100).table.to_csv().encode()).hexdigest())"
    )
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert any(tmp_path.rglob("*.nbc"))
    assert len(said[0].strip()) == 64
    assert said[0] == said[1]
