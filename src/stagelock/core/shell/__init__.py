"""What a shell command would do, told from its text alone.

`words` and `syntax` read the text, `flags` holds words against the tables of `programs` and `git`,
`scripts` reads sed and awk, `wrappers` what starts others, `outputs` says what is printed, and
`reading` puts it together. `tripwires`, `bypasses` and `vcs_words` look at the mere words of what
nobody can read; `powershell` at a few cmdlets.
"""
