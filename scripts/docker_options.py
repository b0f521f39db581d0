"""Write what every command of the installed Docker CLI takes, as facts without its sentences.

    PYTHONPATH=. .venv-dev/bin/python scripts/docker_options.py

To be run again when the host image gets another Docker; `tests/dockerline` says when that is.
"""

from __future__ import annotations

from playground.dockerline import crawl
from playground.dockerline.options import FILE
from playground.runtime import hostimage
from playground.runtime.config import RuntimeConfig

if __name__ == "__main__":
    facts = crawl.crawl(hostimage.path(RuntimeConfig.from_environ()))
    FILE.write_text(crawl.text(facts), encoding="utf-8")
    print(f"{FILE}: {len(facts['commands'])} commands, {len(facts['aliases'])} aliases")
