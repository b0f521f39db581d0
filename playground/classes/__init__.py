"""Django: classes, their members, and what an instructor sees and does during and after class."""
