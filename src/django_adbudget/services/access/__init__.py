"""Who may see and do what: tokens, permissions, visible brands."""
