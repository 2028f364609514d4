"""What a shell command would do, told from its text alone.

`words` and `syntax` read the text; what most commands lack is read where it is met: `compound`
(loops, conditions, functions), `documents`, `expansions`, `arithmetic`, `following` (what changes
the shell itself). `flags` holds words against the tables of `programs` and `git`, `reading` puts it
together, with `built_in`, `others` (by the tables of `verbs`), `own`, `wrappers` for what starts
others and `scripts` for sed and awk. `outputs` says what is printed. `tripwires`, `bypasses` and
`vcs_words` look at the mere words of what nobody can read; `powershell` at a few cmdlets.
"""
