"""Every function is the default one."""
