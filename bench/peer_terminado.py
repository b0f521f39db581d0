"""terminado serving the same shell in the same sandbox: the peer of the terminal benchmarks.

``python -m bench.peer_terminado PORT STATE_DIR SANDBOX`` serves; with ``--enter`` it becomes the
shell's command, as ``manage.py sandbox exec`` does.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from playground.hub.shell import SHELL
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.private_mounts import leave_machine_mounts


def enter(state_dir: str, sandbox_id: str) -> None:
    """Become the shell."""
    node = Node(replace(RuntimeConfig.from_environ(), state_dir=Path(state_dir)))
    command = node.get(sandbox_id).exec_command(SHELL, tty=True, env={"TERM": "xterm-256color"})
    leave_machine_mounts()
    os.execvp(command[0], command)


def serve(port: int, state_dir: str, sandbox_id: str) -> None:
    """Serve until killed; every connection gets a shell of its own."""
    import tornado.web
    from terminado.management import UniqueTermManager
    from terminado.websocket import TermSocket

    async def main() -> None:
        manager = UniqueTermManager(
            shell_command=[
                sys.executable, "-m", "bench.peer_terminado", "--enter", state_dir, sandbox_id,
            ],
            max_terminals=64,
        )  # fmt: skip
        route = (r"/ws()", TermSocket, {"term_manager": manager})
        tornado.web.Application([route]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(main())


if __name__ == "__main__":
    if sys.argv[1] == "--enter":
        enter(*sys.argv[2:4])
    else:
        serve(int(sys.argv[1]), *sys.argv[2:4])
