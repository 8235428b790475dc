"""The processes that train together: one for each GPU of each host, or one for each host without GPUs."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

_PORT = "29500"  # PyTorch's own default


@dataclass(frozen=True)
class Member:
    """One of the processes.

    Parameters
    ----------
    rank
        Its number; 0 is the one that reports and saves.
    size
        How many there are.
    device
        Where it computes.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether it is the one that reports and saves."""
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """Put a network on the device; where there are others, its gradients are averaged over all."""
        network = network.to(self.device)
        if self.size == 1:
            return network
        return DistributedDataParallel(network, [self.device] if self.device.type == "cuda" else None)


@dataclass(frozen=True)
class Cluster:
    """Who trains, as SageMaker says it.

    Parameters
    ----------
    hosts
        The names of all hosts (SM_HOSTS).
    current_host
        This one's (SM_CURRENT_HOST).
    gpus
        How many GPUs each host has (SM_NUM_GPUS).
    has_cuda
        Whether those can be computed on. Without, as many processes train on the processor, which shows on any
        machine what happens on a host with several GPUs.
    """

    hosts: tuple[str, ...]
    current_host: str
    gpus: int
    has_cuda: bool = True

    @property
    def each(self) -> int:
        """The number of processes on each host."""
        return max(self.gpus, 1)

    @property
    def size(self) -> int:
        """The number of processes on all hosts."""
        return len(self.hosts) * self.each

    def run(self, work: Callable[[Member], None]) -> None:
        """Do the work in every process of this host; returns when all are done.

        Parameters
        ----------
        work
            Can be pickled where a host has several GPUs.
        """
        if self.each > 1:
            multiprocessing.spawn(_work, (self, work), nprocs=self.each)
        else:
            _work(0, self, work)


def _work(local: int, cluster: Cluster, work: Callable[[Member], None]) -> None:
    on_gpu = cluster.gpus > 0 and cluster.has_cuda
    device = torch.device("cuda", local) if on_gpu else torch.device("cpu")
    rank = cluster.hosts.index(cluster.current_host) * cluster.each + local
    member = Member(rank, cluster.size, device)
    if cluster.size == 1:
        work(member)
        return
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        init_method=f"tcp://{cluster.hosts[0]}:{os.environ.get('MASTER_PORT', _PORT)}",
        rank=rank,
        world_size=cluster.size,
    )
    try:
        work(member)
    finally:
        distributed.destroy_process_group()
