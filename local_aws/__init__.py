"""AWS on this machine: ministack with our SageMaker and Application Auto Scaling, in a process of its own.

`control` starts and ends that process, `emulator` is what runs in it, `ministack_seam` is the only folder that
touches ministack's internals.
"""
