"""The known failures. Each says in one sentence what is wrong, without quoting delivered values."""


class PulangError(Exception):
    """A failure that whoever runs a command can act on; shown as a sentence, not a traceback."""


class WrongUsageError(PulangError):
    """Something was asked for in a way that can never be answered; exit code 2."""
