from __future__ import annotations

from playground.sandboxes.rates import Sockets, TokenBucket


def test_a_bucket_lets_a_burst_pass_and_then_its_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(rate=10, burst=5, clock=lambda: now[0])
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now[0] = 0.25
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 100
    assert sum(bucket.take() for _ in range(20)) == 5


def test_sockets_are_counted_by_student() -> None:
    sockets = Sockets(most=2)
    assert sockets.enter("ann")
    assert sockets.enter("ann")
    assert not sockets.enter("ann")
    assert sockets.enter("bob")
    sockets.leave("ann")
    assert sockets.enter("ann")
