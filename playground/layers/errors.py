"""What can be wrong with an image or with a question about one."""


class LayersError(Exception):
    """An answer that cannot be given; ``code`` is a word that pages have a sentence for."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class BadArchive(LayersError):
    """An archive that is broken, lies, or is none of the kinds that are read."""

    def __init__(self, message: str, code: str = "archive") -> None:
        super().__init__(code, message)
