"""The entry point to images of which every pixel has a label."""

from pathlib import Path

from infomax.datasets.coco_stuff import is_coco_stuff, load_coco_stuff
from infomax.datasets.earth import LABELS, load_windows
from infomax.datasets.label_images import SegmentationDataset
from infomax.datasets.labelled_folder import load_labelled_folder
from infomax.datasets.potsdam import is_potsdam, load_potsdam
from infomax.datasets.segmentation_npz import load_segmentation_npz


def load_segmentation(
    name_or_path: str | Path, image_size: int = 96, few: bool = False
) -> SegmentationDataset:
    """Loads images and their label images.

    Args:
        name_or_path: 'earth3' or 'earth6', from pictures that come with the project; or
            the path of a .npz file (see `load_segmentation_npz`); or of a folder in
            the layout of COCO-Stuff, of Potsdam, or of a user's own (see
            `load_labelled_folder`).
        image_size: Only for a user's own folder: the side of what is taken of each
            image, in pixels.
        few: Only for COCO-Stuff and Potsdam: whether for the three classes of
            COCO-Stuff-3 and Potsdam-3.

    Returns:
        A `SegmentationDataset`.

    Raises:
        FileNotFoundError: There is no such name or path, or a file is missing.
        ValueError: A file is damaged, or does not match up with another.
    """
    if name_or_path in LABELS and few:
        raise ValueError(
            f"few is True for {name_or_path}, expected False: earth3 is the one with "
            "three classes."
        )
    if name_or_path in LABELS:
        return load_windows(name_or_path)
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() == ".npz" and path.is_file():
        if few:
            raise ValueError(f"few is True for {path}, expected False for a .npz file")
        return load_segmentation_npz(path)
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path} is no folder, expected one of images, a .npz file, or a name of "
            f"{', '.join(LABELS)}: check the spelling."
        )
    for is_layout, load in (
        (is_coco_stuff, load_coco_stuff),
        (is_potsdam, load_potsdam),
    ):
        if is_layout(path):
            return load(path, few)
    return load_labelled_folder(path, image_size)
