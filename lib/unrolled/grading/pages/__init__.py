"""What learners and instructors read: feedback, and the report on a class."""
