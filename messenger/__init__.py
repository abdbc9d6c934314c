"""An embedded messenger: the Telegram Bot API to a bot, a web chat to people."""
