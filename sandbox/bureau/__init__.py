"""The bureau: takes applications, judges them by its own rules, and tells what becomes of them."""
