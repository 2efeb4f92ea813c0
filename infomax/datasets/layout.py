"""The layout of a folder: folders around it, splits, and folders of classes."""

import re
from typing import NamedTuple

from infomax.datasets.reading import Reading

SPLIT = re.compile(
    r"(?:(?P<train>train(?:ing)?)|(?P<test>test(?:ing)?)|(?P<val>val(?:id(?:ation)?)?))"
    r"(?:[-_ ]?(?:set|data|images))?",
    re.IGNORECASE,
)


class Split(NamedTuple):
    """One split: a folder of class folders, or of images without labels."""

    folder: object
    classes: list | None  # name and folder of each


def split_of(name):
    """Return 'train', 'test', 'val' or None for the name of a folder."""
    found = SPLIT.fullmatch(name)
    return found.lastgroup if found else None


def find_splits(folder, finder, reading):
    """Return the `Split` to train on and, if there is one, the `Split` to test on."""
    folder = unwrapped(folder, finder)
    by_name = named_splits(folder, finder, reading)
    if by_name:
        return [_split(unwrapped(one, finder, True), finder) for one in by_name]
    whole = _split(folder, finder)
    return _splits_of_classes(whole, finder, reading) or [whole]


def unwrapped(folder, finder, keep_class=False, known=None):
    """Return the folder at the end of a chain of single folders."""
    while True:
        folders, images = finder.level(folder)
        full = [one for one in folders if finder.has_images(one)]
        if images or len(full) != 1 or split_of(full[0].name) == "train":
            return folder
        if known and known.fullmatch(full[0].name):
            return folder
        inner = bool(finder.level(full[0])[0])
        # Beside an empty folder, and in a split, a folder of images is a class.
        if not inner and (keep_class or len(folders) > 1):
            return folder
        folder = full[0]


def named_splits(folder, finder, reading):
    """Return the folders to train and test on by their names; none if not all fit."""
    folders, images = finder.level(folder)
    roles: dict[str | None, list] = {}
    for one in folders:
        roles.setdefault(split_of(one.name), []).append(one)
    others = [one for one in roles.pop(None, []) if finder.has_images(one)]
    if images or not roles or (others and len(roles) < 2):
        return []
    if "train" not in roles:
        if others or len(roles) < 2:
            return []
        raise ValueError(
            f"{folder} has folders to test on and to validate on, expected one to "
            "train on too: add train, or rename one of them to train."
        )
    _check_splits(folder, roles, others)
    train, test = roles["train"][0], roles.get("test", roles.get("val", [None]))[0]
    if test is not None and split_of(test.name) == "val":
        reading.notes.append(f"{test.name} is the test split")
    elif "val" in roles:
        reading.notes.append(f"{roles['val'][0].name} is left out")
    return [train] if test is None else [train, test]


def _check_splits(folder, roles, others):
    """Raise unless there is one folder of each split, and no other."""
    names = [one.name for ones in roles.values() for one in ones]
    if others or len(names) > len(roles):
        strange = [one.name for one in others] or names
        known = [roles[role][0].name for role in SPLIT.groupindex if role in roles]
        raise ValueError(
            f"{folder} has the sub-folders {' and '.join(known)} but also "
            f"{', '.join(sorted(strange))}, expected one folder per split alone or one "
            "sub-folder per class: move the others away."
        )


def _split(folder, finder):
    """Return the split of a folder: of classes, or of images without labels."""
    folders, images = finder.level(folder)
    if images:
        full = [one.name for one in folders if finder.has_images(one)]
        if full:
            raise ValueError(
                f"{folder} has both images (such as {images[0].name}) and sub-folders "
                f"(such as {full[0]}), expected one kind: sort all or none."
            )
        return Split(folder, None)
    return Split(folder, [(one.name, one) for one in folders] or None)


def _splits_of_classes(whole, finder, reading):
    """Return the splits if every class has folders of them, such as cat/train."""
    found, apart = [], Reading()  # what it notes holds only if all classes are split
    for name, folder in whole.classes or []:
        folders, _ = finder.level(folder)
        if not folders or any(split_of(one.name) is None for one in folders):
            return None
        found.append((name, named_splits(folder, finder, apart)))
    counts = {len(folders) for _, folders in found}
    if counts != {2}:
        return None
    reading.notes += dict.fromkeys(apart.notes)
    return [
        Split(whole.folder, [(name, folders[index]) for name, folders in found])
        for index in range(2)
    ]
