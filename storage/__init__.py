"""Rows, queue, files and encryption. Knows nothing of chats, rules or Telegram."""
