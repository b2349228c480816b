"""Files are written at once or not at all, where links lead, with the mode they had, whoever else writes."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from cnnlib import _files, checkpoint
from cnnlib.idx import read_idx

unix = pytest.mark.skipif(_files.fcntl is None, reason="needs a system with file locks")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def held(folder, name):
    """A process that begins to write ``name`` and stops amid it, until it is told to go on or killed."""
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from cnnlib import _files\n"
        "os.fsync = lambda d: (print('amid', flush=True), sys.stdin.readline())\n"
        "_files.write(sys.argv[2], b'theirs' * 1000)"
    )
    root = os.path.dirname(os.path.dirname(_files.__file__))
    arguments = [sys.executable, "-c", program, root, str(folder / name)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "amid\n"
    return process


# --- Links and modes


def test_links_stay_and_what_they_point_to_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target"
    target.write_bytes(b"old")
    (tmp_path / "absolute").symlink_to(target)
    (tmp_path / "far" / "relative").symlink_to("../absolute")
    (tmp_path / "chain").symlink_to("far/relative")
    for i, name in enumerate(("absolute", "far/relative", "chain")):
        _files.write(tmp_path / name, b"new %d" % i)
        assert target.read_bytes() == b"new %d" % i and (tmp_path / name).is_symlink()
    assert sorted(os.listdir(tmp_path / "far")) == ["relative", "target"]


def test_a_link_to_nothing_creates_what_it_points_to(tmp_path):
    (tmp_path / "link").symlink_to("not yet")
    _files.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "not yet").read_bytes() == b"new"
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(OSError, match="round"):
        _files.write(tmp_path / "round", b"new")


@unix
@pytest.mark.parametrize("permissions", [0o600, 0o644, 0o664, 0o640])
def test_an_existing_file_keeps_its_mode(tmp_path, permissions, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(permissions)
    real, first = os.fchmod, []
    monkeypatch.setattr(os, "fchmod", lambda d, m: (first.append(stat.S_IMODE(os.fstat(d).st_mode)), real(d, m)))
    _files.write(path, b"new")
    assert mode(path) == permissions and path.read_bytes() == b"new"
    assert first[0] & ~0o600 == 0  # at no time may others open what they must not read


@unix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_new_files_get(tmp_path, mask):
    old = os.umask(mask)
    try:
        _files.write(tmp_path / "a", b"new")
        (tmp_path / "b").write_bytes(b"")
    finally:
        os.umask(old)
    assert mode(tmp_path / "a") == mode(tmp_path / "b") == 0o666 & ~mask


# --- Names


def test_a_name_as_long_as_names_can_be(tmp_path):
    for path in (tmp_path / ("n" * 250), tmp_path / ("é" * 127)):
        for content in (b"one", b"two"):
            _files.write(path, content)
            assert path.read_bytes() == content
    assert len(os.listdir(tmp_path)) == 2


@unix
def test_a_planted_link_is_not_written_through(tmp_path, monkeypatch):
    names = iter(["taken", "free"])
    monkeypatch.setattr(_files.secrets, "token_hex", lambda n: next(names))
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / f"{_files._prefix(tmp_path / 'a')}taken.tmp").symlink_to("victim")
    with pytest.raises(FileExistsError):
        _files.write(tmp_path / "a", b"new")
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_the_temporary_name_cannot_be_guessed(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda d: seen.extend(os.listdir(tmp_path)))
    for _ in range(3):
        _files.write(tmp_path / "a", b"new")
    hidden = {name for name in seen if name != "a"}
    assert len(hidden) == 3 and all(str(os.getpid()) not in name.split("-") for name in hidden)


# --- What goes wrong


@pytest.mark.parametrize("culprit", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space left"), KeyboardInterrupt(), MemoryError()])
def test_an_interrupted_writing_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, culprit, error):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, culprit, fail)
    with pytest.raises(type(error)):
        _files.write(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a"]


@unix
def test_a_full_disk_leaves_the_old_file(tmp_path):
    import resource

    (tmp_path / "a").write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    listener = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError):
            _files.write(tmp_path / "a", bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, listener)
    assert (tmp_path / "a").read_bytes() == b"old" and os.listdir(tmp_path) == ["a"]


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="this is a folder.*pytest"):
        _files.write(tmp_path, b"new")
    with pytest.raises(FileNotFoundError, match="the folder to write to does not exist.*none"):
        _files.write(tmp_path / "none" / "a", b"new")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        _files.write(tmp_path / "file" / "a", b"new")
    if os.path.exists("/dev/null"):
        with pytest.raises(OSError, match="a device"):
            _files.write("/dev/null", b"new")


@unix
def test_what_must_not_be_written_is_refused(tmp_path, monkeypatch):
    """Asked of an ordinary user: an administrator may write everywhere."""
    program = (
        "import os, sys, tempfile; sys.path.insert(0, sys.argv[1]); from cnnlib import _files\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    open(folder + '/a', 'w').write('old')\n"
        "    for path, mode in ((folder + '/a', 0o444), (folder, 0o555)):\n"
        "        os.chmod(path, mode)\n"
        "        try: _files.write(folder + '/a', b'new')\n"
        "        except PermissionError as error: print(error)\n"
        "        os.chmod(path, 0o755)\n"
        "    print(open(folder + '/a').read(), os.listdir(folder))\n"
    )
    root = os.path.dirname(os.path.dirname(_files.__file__))
    done = subprocess.run([sys.executable, "-c", program, root], capture_output=True, text=True, timeout=60)
    file, folder, after = done.stdout.splitlines()
    assert "the file is there and must not be written" in file
    assert "its folder does not let files be made in it" in folder and ".cnnlib" not in folder
    assert after == "old ['a']"


# --- Several writers


def test_of_many_threads_one_wins_and_none_fails(tmp_path):
    path, failed = tmp_path / "a", []
    contents = [bytes([i]) * 50_000 for i in range(8)]

    def work(content):
        try:
            for _ in range(15):
                _files.write(path, content)
                assert path.read_bytes() in contents
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and os.listdir(tmp_path) == ["a"]


@unix
def test_a_writer_at_work_is_left_alone(tmp_path):
    process = held(tmp_path, "a")
    for _ in range(3):
        _files.write(tmp_path / "a", b"ours")
    assert len(os.listdir(tmp_path)) == 2
    process.communicate("go on\n", timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "a").read_bytes() == b"theirs" * 1000 and os.listdir(tmp_path) == ["a"]


@unix
def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    process = held(tmp_path, "a")
    process.kill()
    process.communicate(timeout=60)
    assert len(os.listdir(tmp_path)) == 1
    _files.write(tmp_path / "b", b"ours")  # not of this file
    assert len(os.listdir(tmp_path)) == 2
    _files.write(tmp_path / "a", b"ours")
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@unix
def test_cleared_away_before_it_was_locked_it_is_made_again(tmp_path, monkeypatch):
    real, calls = _files.fcntl.flock, []

    def late(descriptor, how):
        if not calls:
            for file in tmp_path.iterdir():
                file.unlink()
        calls.append(how)
        real(descriptor, how)

    monkeypatch.setattr(_files.fcntl, "flock", late)
    _files.write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new" and len(calls) == 2


@pytest.mark.parametrize("read", [checkpoint.load, read_idx])
def test_only_files_are_read(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, error in ((tmp_path / "pipe", OSError), ("/dev/zero", OSError), (tmp_path, IsADirectoryError),
                        (tmp_path / "none", FileNotFoundError), (0, TypeError), (b"a", TypeError), (None, TypeError)):
        with pytest.raises(error):
            read(path)
