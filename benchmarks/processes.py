"""Calls in other processes, to measure memory or to use two cores."""

import concurrent.futures
import multiprocessing


def use_one_thread():
    """Keep TensorFlow to one thread in this process."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def in_two_processes(function, tasks):
    """Call a function with each of many arguments, two at a time.

    Args:
        function: of a module, so that another process can import it.
        tasks: list of tuples of arguments.

    Yields:
        Its results, in the order in which they end.
    """
    # Not forked: a copy of TensorFlow waits for threads that it does not have.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, context, use_one_thread) as pool:
        futures = [pool.submit(function, *task) for task in tasks]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        except BaseException:
            # Leaving the pool would otherwise wait for all that was submitted.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def in_a_process(function, *arguments):
    """Call a function in a new process, whose memory is then that of the call."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        return pool.submit(function, *arguments).result()
