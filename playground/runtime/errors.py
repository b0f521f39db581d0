"""What can go wrong in the runtime core, said so that an operator can mend it."""


class SandboxError(Exception):
    """A sandbox could not be made, reached or removed.

    ``mend`` says in one sentence what to do about it.
    """

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}. {self.mend}" if self.mend else message


class NoSuchSandbox(SandboxError):
    """No sandbox of that id exists on this node."""


class MachineUnfit(SandboxError):
    """The machine lacks something that every sandbox needs; ``manage.py doctor`` names it."""


class BuildFailed(SandboxError):
    """The host image or the catalogue could not be built."""


class HostileAnswer(SandboxError):
    """Something read from inside a sandbox was too large, too slow or not what it should be."""


class NotInEngine(HostileAnswer):
    """The engine has no such thing (HTTP status 404)."""
