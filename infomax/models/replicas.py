"""One loss of a batch that several devices share, on TensorFlow.

On JAX a batch on many devices is one array, and nothing here does anything. TensorFlow
runs the model once a device, a *replica*, on a part of the batch each; what is a
statistic of the whole batch is then to be summed over them before anything that is not
linear. The mean of the replicas' losses is another objective, and a worse one.
"""

import keras


def replica_count():
    """Number of replicas that share a batch here, >= 1."""
    if keras.config.backend() != "tensorflow":
        return 1
    import tensorflow

    return tensorflow.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(tensor):
    """Sum of a tensor over the replicas; its gradient is summed likewise.

    Args:
        tensor: of any shape, within a training step.

    Returns:
        Tensor of that shape, the same on each replica.
    """
    if replica_count() == 1:
        return tensor
    import tensorflow

    context = tensorflow.distribute.get_replica_context()
    if context is None:  # the model is only being built
        return tensor
    return context.all_reduce(tensorflow.distribute.ReduceOp.SUM, tensor)


def share_of_replica(loss):
    """What a replica contributes of a loss that all of them know.

    Gradients are summed over the replicas.

    Args:
        loss: scalar, of the whole batch.
    """
    return loss / replica_count()
