"""The flow `apply`, one file a stretch of the road. They import each other one way:

start, submitting and mending → road → checking; papers stand beside them.
"""
