"""The segmentation of some images during a training."""

from typing import Any

import keras
import numpy as np

from infomax.array_types import Images

SHOWN = 8  # epochs at most


class Watch(keras.callbacks.Callback):
    """Callback that keeps the clusters of pixels of some images after some epochs."""

    def __init__(self, images: Images, epochs: int) -> None:
        super().__init__()
        last = np.linspace(1, epochs, min(SHOWN, epochs))
        self.images, self.epochs = images, set(last.astype(int).tolist())
        self.clusters: dict[int, list[np.ndarray]] = {}  # by epoch, one per head

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Segment the images."""
        if epoch + 1 in self.epochs:
            self.clusters[epoch + 1] = self.model.assign_heads(self.images)

    def titled(self) -> dict[str, np.ndarray]:
        """Return the clusters of the selected head by a title per epoch."""
        shown, selected = {}, self.model.selected
        for epoch, heads in self.clusters.items():
            if heads[selected].any() or not self.model.merging:
                shown[f"epoch {epoch}"] = heads[selected]
            else:  # until the first merge, the head is one cluster
                name = f"epoch {epoch}\noverclusters"
                shown[name] = heads[self.model.heads + selected]
        return shown

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        return {str(epoch): np.stack(heads) for epoch, heads in self.clusters.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`."""
        self.clusters = {int(epoch): list(heads) for epoch, heads in state.items()}
