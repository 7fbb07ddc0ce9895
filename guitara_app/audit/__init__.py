"""The audit trail: who did what, when, from where, and what stood there before and after."""
