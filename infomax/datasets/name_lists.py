"""Text files with a list of names, such as the images that a data set is made of."""

from pathlib import Path, PurePosixPath, PureWindowsPath


def read_names(path):
    """Reads names that are separated by white space.

    Args:
        path: Of the text file.

    Returns:
        List of the names.

    Raises:
        ValueError: It is no text in UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8").split()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no text ({error}), expected names in UTF-8: replace it."
        ) from error


def read_file_names(path):
    """Reads names of files in a folder, each once.

    A name with `..`, or an absolute one, would read files that the list's author has
    no business with. Repeated names would make any amount of data of a short list.

    Args:
        path: Of the text file.

    Returns:
        List of the names, without repetitions.

    Raises:
        ValueError: It is no text in UTF-8, has no name, or one that leaves the folder.
    """
    names = list(dict.fromkeys(read_names(path)))
    if not names:
        raise ValueError(f"{path} is empty, expected names of images: add some.")
    for name in names:
        for kind in (PurePosixPath(name), PureWindowsPath(name)):
            if kind.anchor or ".." in kind.parts:
                raise ValueError(
                    f"{path} has the name {name!r}, which leads out of its folder, "
                    "expected the name of a file in it: correct the list."
                )
    return names
