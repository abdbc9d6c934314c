"""The running program: settings, command line, runners, renderer and web pages."""
