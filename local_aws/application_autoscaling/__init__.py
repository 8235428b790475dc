"""Application Auto Scaling on this machine: targets and policies are kept and described; nothing scales."""
