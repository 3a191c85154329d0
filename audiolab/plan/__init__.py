"""What a recipe makes, in which order: its ``local/phases.yaml`` read, expanded to jobs, and run."""
