"""One thread for numerical libraries, however many threads of ours want them at once."""

from __future__ import annotations

from threading import Event, Thread

from threadpoolctl import threadpool_info

from sim.inspectors.model.threads import one_thread


def limits() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info()]


def test_nobody_lifts_the_limit_of_who_is_still_inside() -> None:
    with one_thread():
        pass  # scikit-learn is loaded now
    before, inside, seen = limits(), Event(), []

    def other() -> None:
        with one_thread():
            inside.set()
            seen.extend(limits())

    with one_thread():
        thread = Thread(target=other)
        thread.start()
        assert not inside.wait(0.2)
        assert set(limits()) == {1}
        with one_thread():
            assert set(limits()) == {1}, "who is inside may come in again"
    thread.join()
    assert set(seen) == {1}
    assert limits() == before
