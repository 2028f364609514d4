// a comment first
module example.org/lint
