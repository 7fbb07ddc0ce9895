"""Who is told what: stored for each person, shown live, and sent by e-mail to whoever wants that."""
