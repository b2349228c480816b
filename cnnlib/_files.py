"""Writing a file all at once: whoever looks, whenever, finds the old content or the new one, whole.

The new content goes to a temporary file beside the target and is put in its place when it is complete and on the
disk. The temporary file's name cannot be guessed, and it is made, never taken over. While it is being written it is
locked, and the lock dies with its writer: a temporary file that nobody holds was left by a writer that was killed,
and the next `write` of the same target clears it away.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: no such locks, so nothing is cleared away there
    fcntl = None


def write(path, content):
    """Make ``content`` (bytes) the content of the file ``path``, at once or not at all.

    A symbolic link stays, and what it points to is written. An existing file keeps its mode and its owner; a new one
    gets the mode that new files get. Of several writers at one time the last to finish wins, whole.

    Raises
    ------
    OSError
        If there is no such folder, it does not let files be made in it, the disk is full, or ``path`` is something
        else than a file. What was there before is there still, and nothing else.
    """
    target = _target(path)
    _clear(target)
    descriptor, temporary = _make(target)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            if fcntl is not None:  # still locked, so that no other writer takes it for one left behind
                os.replace(temporary, target)
        if fcntl is None:  # Windows: an open file cannot be renamed
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def readable(path):
    """Return ``path`` if it leads to a file, not to a folder, a device or a pipe, which would be waited for.

    Raises
    ------
    TypeError
        If it is no path: an open file's number, say.
    OSError
        If there is none, or it is something else than a file.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or a path, got {type(path).__name__}")
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a file is to be read, but this is a folder", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "a file is to be read, but this is a device or a pipe", str(path))
    return path


def _target(path):
    """Return the file that is to be written, at the end of all links, or say why it can't be."""
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "the folder to write to does not exist", str(target)) from None
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a file is to be written, but this is a folder", str(target))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "a file is to be written, but this is a device or a pipe", str(target))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is there and must not be written", str(target))
    return target


def _make(target):
    """Make a temporary file for ``target`` and lock it; return its descriptor and its path."""
    existing = target.stat() if target.exists() else None
    # Nobody may read the new content who could not read the old.
    mode = 0o666 if existing is None else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        temporary = target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}.tmp")
        try:
            descriptor = os.open(temporary, flags, mode)
        except PermissionError as error:
            raise PermissionError(error.errno, "its folder does not let files be made in it", str(target)) from error
        try:
            if fcntl is not None:
                with contextlib.suppress(OSError):  # a file system without locks: then nothing is cleared away either
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_nlink == 0:  # cleared away in the moment before it was locked
                    os.close(descriptor)
                    continue
            if existing is not None and hasattr(os, "fchmod"):
                with contextlib.suppress(PermissionError):  # only an administrator can give a file to its owner
                    os.fchown(descriptor, existing.st_uid, existing.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(existing.st_mode))
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        return descriptor, temporary


def _prefix(target):
    """How the temporary files of ``target`` begin: not with its name, which may be as long as a name can be."""
    return f".cnnlib-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}-"


def _clear(target):
    """Remove temporary files of ``target`` whose writers are no more."""
    if fcntl is None:
        return
    for left in target.parent.glob(f"{_prefix(target)}*.tmp"):
        with contextlib.suppress(OSError):  # gone meanwhile, locked by a writer at work, or not ours to remove
            descriptor = os.open(left, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def _sync(folder):
    """Let the disk know of the new name too, where folders can be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
