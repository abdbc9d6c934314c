"""The flow `apply`, one file a stretch of the road. They import each other one way:

matters, start, submitting, mending and choosing → road → checking; papers and
identity (which paper of whom) stand beside them.
"""
