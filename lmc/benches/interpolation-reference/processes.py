"""Work in several processes at once, started together."""

import multiprocessing
import os
import time
import traceback
from typing import Any, Callable

import torch


def in_processes(n: int, threads: int, work: Callable[[int, Callable[[], None]], Any]) -> list:
    """Returns the results of `work(index, wait)` in each of `n` processes with `threads` threads each.

    `wait()` returns when all have called it. The caller's memory is shared, so the caller must not have computed
    on several threads before. One process is the caller itself.
    """
    if n == 1:
        torch.set_num_threads(threads)
        return [work(0, lambda: None)]
    torch.set_num_threads(1)
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(n)

    def run(index, pipe):
        torch.set_num_threads(threads)
        try:
            pipe.send((True, work(index, barrier.wait)))
        except BaseException:
            barrier.abort()
            pipe.send((False, traceback.format_exc()))
        pipe.close()
        os._exit(0)

    pipes = []
    for index in range(n):
        receiver, sender = context.Pipe(duplex=False)
        context.Process(target=run, args=(index, sender)).start()
        sender.close()
        pipes.append(receiver)
    results = [pipe.recv() for pipe in pipes]
    for ok, result in results:
        if not ok:
            raise RuntimeError(result)
    return [result for _, result in results]


def elapsed(work: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """Returns the result of the work, with its start and end on a clock that all processes share."""
    start = time.monotonic()
    result = work()
    return result, (start, time.monotonic())
