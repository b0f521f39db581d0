"""What options mean together: some need each other, some exclude each other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from playground.dockerline.command import Command


def notes(command: Command) -> list[str]:
    """Sentences about the options of a command that makes a container, most useful first."""
    if not command.runs_image:
        return []

    def has(name: str) -> bool:
        given = command.given(name)
        return bool(given) and (given[-1].is_on or bool(given[-1].spec and given[-1].spec.kind))

    said = []
    restart = command.value("restart")
    if has("rm") and restart not in (None, "no"):
        said.append(_("--rm and --restart exclude each other: Docker refuses this line."))
    if has("publish") and command.value("network") == "host":
        said.append(_("With --network host the published ports have no effect."))
    if has("publish") and command.value("network") == "none":
        said.append(_("With --network none there is no network that the ports could lead to."))
    if has("interactive") and has("tty"):
        if has("detach"):
            said.append(
                _(
                    "-it with -d: the program has a terminal in the background; docker attach "
                    "takes you to it, Ctrl-P Ctrl-Q away."
                )
            )
        else:
            said.append(
                _(
                    "-i and -t together: you work in the container as in your own terminal. exit "
                    "or Ctrl-D leaves it."
                )
            )
    elif has("tty") and not has("detach"):
        said.append(_("-t without -i: you see a prompt, but what you type does not arrive."))
    elif has("interactive") and not has("detach"):
        said.append(_("-i without -t: right for input through a pipe; a shell shows no prompt."))
    return said
