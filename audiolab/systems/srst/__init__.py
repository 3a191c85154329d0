"""Speech enhancement for another domain by self-training with source samples beside it (SRST)."""
