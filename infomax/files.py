"""Files that are complete or absent, locked folders, and CSV without formulas."""

import contextlib
import csv
import os
import pathlib
import shutil

try:
    import fcntl
except ImportError:  # not on Windows, where folders are not locked
    fcntl = None  # type: ignore[assignment]

FORMULA = tuple("=+-@\t\r")  # what a spreadsheet's formula may begin with


@contextlib.contextmanager
def replacing(path):
    """Yield a temporary path, renamed once synced: a power cut leaves old or new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".partial-{path.name}")
    _remove(temporary)  # of a process that was killed
    try:
        yield temporary
        _sync(temporary)
        if temporary.is_dir():  # of two folders, the old one goes first
            _remove(path)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        _remove(temporary)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path):
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name == "nt":  # where fsync needs a file that is open for writing
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FolderLock:
    """A lock on one folder against other processes; it ends with this process."""

    def __init__(self):
        self._descriptor = None

    def acquire(self, path):
        """Lock a folder, which is created if it is missing; release a former one."""
        self.release()
        if fcntl is None:
            return
        path.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise BlockingIOError(
                f"{path}: in use by another process; wait until it ends, or give "
                "another --run-dir"
            ) from error

    def release(self):
        """Release the folder, if one is locked."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextlib.contextmanager
def opened(path):
    """Open a path for text, `-` for standard output; replace a file once complete."""
    with contextlib.ExitStack() as stack:
        where: int | str | pathlib.Path = 1 if str(path) == "-" else path
        # A pipe or a device gets the text as it comes; a link is followed.
        if where == path and not (os.path.exists(path) and not os.path.isfile(path)):
            where = stack.enter_context(replacing(pathlib.Path(path).resolve()))
        file = open(
            where,
            "w",
            encoding="utf-8",
            errors="backslashreplace",
            newline="",
            closefd=where != 1,
        )
        yield stack.enter_context(file)


def write_table(path, rows):
    """Write dicts with the same keys as CSV; an apostrophe disarms formulas."""
    with opened(path) as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _harmless(cell) for name, cell in row.items()})


def _harmless(cell):
    if not (isinstance(cell, str) and cell.startswith(FORMULA)):
        return cell
    try:
        float(cell)  # a number may begin with a sign
    except ValueError:
        return f"'{cell}"
    return cell
