"""Verify the hash chain of a ledger, and salvage a damaged one."""
