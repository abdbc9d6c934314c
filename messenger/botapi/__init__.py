"""The Telegram Bot API, as python-telegram-bot, aiogram and others speak it."""
