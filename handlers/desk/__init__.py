"""找人工, and what HR does with it: several flows named `desk`, one a file.

`asking` and `hearing` are the employee's side, `group` and `working` that of HR's group, `hub` the
case's own mailbox between them, `officers` an officer's private chat.
"""
