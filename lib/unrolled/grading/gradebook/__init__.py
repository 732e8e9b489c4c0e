"""nbgrader's gradebook and all around it: course, policy, roster, records, exports."""
