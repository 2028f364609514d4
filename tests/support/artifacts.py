"""Whole artifacts, as a careful person would write them."""

STORY = """# Story

A visitor logs in with a password, so that orders are kept.

## Acceptance criteria

- AC-1: a right password opens the account
- AC-2: a wrong password is refused with the same words as an unknown name
"""

DESIGN = """# Design

## Context

Orders hang on a cookie today.

## Interfaces

    POST /login  {name, password} -> 204 | 401

## Decisions

Sessions live in the database, since there is one already.

## Acceptance criteria

- AC-1: POST /login answers 204 and sets the session
- AC-2: both cases answer 401 with the same body

## Risks

Guessing: five attempts a minute for each name.
"""

PLAN = """# Plan

## Approach

One handler, one table.

## Steps

1. the table
2. the handler

## Risks

None that a test would not show.

## Verification

pytest tests/test_login.py
"""

ARCHITECTURE = """# Architecture

## Decomposition

The table, then the handler.

## Interfaces

check(name, password) -> account or nothing

## Order of work

1. the table
2. the handler

## Risks

None that a test would not show.
"""

CLOSEOUT = """# Closeout

## Done

The login, with its tests.

## Left

Nothing.

## Watch

Guessing of passwords in the log.
"""
