"""The errors of `sync`, split by who is at fault. Their messages are sentences fit for people."""


class SyncError(Exception):
    """Root of every error that `sync` raises on purpose."""


class LocalProtocolError(SyncError):
    """Our own code asked for what the protocol forbids: a bug here."""


class RemoteProtocolError(SyncError):
    """A peer sent what the protocol forbids; nothing of that frame is kept."""


class CodecError(RemoteProtocolError):
    """Bytes that are not msgpack as sync.md section 4 allows it, or are beyond a limit."""


class EventError(CodecError):
    """Bytes that are not an event or a genesis in canonical form."""


class CertificateError(RemoteProtocolError):
    """A certificate that does not parse, or whose signature is not its issuer's."""


class SealError(SyncError):
    """Sealed bytes that this key cannot open: another key, another context, or damaged."""


class StoreError(SyncError):
    """The store cannot do this now; the transaction was rolled back whole."""


class StoreBusyError(StoreError):
    """Another program holds the store."""


class StoreFullError(StoreError):
    """The disk has no room."""


class LearnerErasedError(StoreError):
    """The school has erased this learner; nothing new is kept of her."""


class StoreDamagedError(StoreError):
    """The store's file is damaged. Nothing is deleted; the caller sets it aside."""


class HomeError(SyncError):
    """The folder is not what the command needs."""


class HomeBusyError(HomeError):
    """Another Darasa program is using the folder."""
