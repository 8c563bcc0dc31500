"""What can go wrong in the server itself; errors of the rooms below keep their own names."""


class ServerError(Exception):
    """Root of this layer. The message is a sentence fit for people."""


class ServeError(ServerError):
    """The server cannot start as it was asked to."""
