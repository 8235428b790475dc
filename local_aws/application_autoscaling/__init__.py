"""Application Auto Scaling on this machine: targets, policies, their alarms, and what they do."""
