"""Figures: functions from arrays to a Matplotlib `Figure`, and nothing else."""
