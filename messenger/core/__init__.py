"""What the Bot API and the web chat share: chats, messages, updates, files, accounts."""
