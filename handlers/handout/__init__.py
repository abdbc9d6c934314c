"""集中领卡, HR's side: the bank's box taken in, cards handed out or given back."""
