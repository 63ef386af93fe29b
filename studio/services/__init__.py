"""The facade in parts, one subject a class; studio.studio joins them. Nothing else imports them."""
