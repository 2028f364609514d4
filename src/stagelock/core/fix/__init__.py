"""A bug hunted: its cause, one hypothesis at a time, the red test and the green one."""
