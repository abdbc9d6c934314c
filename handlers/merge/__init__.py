"""账户合并: the relations side by side, and the request that leaves one of them."""
