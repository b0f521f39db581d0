"""``python -m bench [NAME …]``: run all benchmarks, or those named."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench.chaos import chaos
from bench.classes import viewers
from bench.density import density
from bench.layers import analyse
from bench.notice import notice
from bench.ports import latency as port_latency
from bench.ports import throughput as port_throughput
from bench.prompt import claim, prompt
from bench.sandboxes import cold, engine_run, idle_pss, overhead, thaw
from bench.terminal import ctrl_c, echo, memory, throughput
from bench.view import frames as view_frames
from bench.view import latency as view_latency

BENCHES: dict[str, Callable[[], None]] = {
    "sandbox.cold": cold,
    "sandbox.prompt": prompt,
    "sandbox.claim": claim,
    "sandbox.thaw": thaw,
    "sandbox.idle_pss": idle_pss,
    "engine.run": engine_run,
    "engine.run.overhead": overhead,
    "sandbox.density": density,
    "terminal.echo": echo,
    "terminal.throughput": throughput,
    "terminal.memory": memory,
    "terminal.ctrl_c": ctrl_c,
    "layers.analyse": analyse,
    "view.latency": view_latency,
    "view.frames": view_frames,
    "port.throughput": port_throughput,
    "port.latency": port_latency,
    "checks.notice": notice,
    "class.viewers": viewers,
    "chaos.lost": chaos,
    "chaos.leaked": chaos,
}


def main() -> int:
    """Run what is asked for; the exit code is 2 for a name that there is none of."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
        return 2
    for run in dict.fromkeys(BENCHES[name] for name in names):  # one may measure two things
        run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
