"""The web chat: pages, and the JSON interface and event stream behind them."""
