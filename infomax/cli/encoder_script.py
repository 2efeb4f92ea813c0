"""What the scripts share whose method makes a vector of an image."""

from infomax.cli.latent_report import write_latents
from infomax.cli.training_script import TrainingScript
from infomax.evaluation.probe import compare_encoders


class EncoderScript(TrainingScript):
    """A training script whose method's `predict` gives one vector an image."""

    def compare_probes(self, configuration, dataset, encoded):
        """Probe vectors, beside those of an untrained network and of PCA.

        Args:
            configuration: of the run.
            dataset: `Dataset`, labels optional.
            encoded: vectors of its training and of its test images.

        Returns:
            As of `infomax.evaluation.probe.compare_encoders`.
        """
        untrained = self.untrained(configuration, dataset.image_shape)
        return compare_encoders(
            self.name, encoded, untrained.predict, dataset, configuration.seed
        )

    def write(self, run, method, names, images, out):
        """Write the vector of each image."""
        write_latents(names, method.predict(images), out)
