"""How the web server writes its access log: without queries and referrers, which may hold a link to a password."""

access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'
