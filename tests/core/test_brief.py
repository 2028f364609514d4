"""What a coder and a reviewer are given."""

from stagelock.core.plan import brief, context
from stagelock.core.plan.units import leaks
from tests.support.units import GREEN, Loop, unit

CONTEXT = context.begin({"Package manager": "uv", "Test runner": "pytest (pyproject.toml)"})

CODER = """\
You are the coder of work unit WU-002: Serve to-dos over HTTP (attempt 1/3).

## Spec

The two endpoints of the API contract call a service; the service calls the store.

## Definition of Done

1. `POST /api/todos` with `{"title": "milk"}` answers 201 and the created to-do
2. `POST /api/todos` with an empty title answers 400 and names the field
3. `GET /api/todos` answers 200 with the newest to-do first

## File Scope

You may write these and nothing else: src/todo/service.py, src/todo/routes.py, \
tests/todo/test_routes.py.

## Tests

tests/todo/test_routes.py

## Interfaces

- expects `TodoStore.add(title) -> Todo` of WU-001
- provides `POST /api/todos`
- provides `GET /api/todos`
- WU-004 will build on `POST /api/todos`
- WU-004 will build on `GET /api/todos`

## Beside You

- WU-003, Take payments for sharing (implement): src/pay/client.py, tests/pay/test_client.py, \
.env.example

## Project Context

### Project Context (Maintained by stagelock)

#### Tooling

- Package manager: uv
- Test runner: pytest (pyproject.toml)
- Linter: not known
- Build: not known

#### Completed Work Units

| WU | Title | Key Files | Services Created |
|---|---|---|---|
| WU-001 | Store to-dos | src/todo/store.py | TodoStore |

#### Established Patterns


#### Active Services

See SERVICE-INVENTORY.md

## Rules

"""


def _loop() -> Loop:
    loop = Loop()
    loop.first_done()
    loop.answer("before WU-003")
    loop.start("WU-003", "coder-3")
    return loop


def test_a_coder_gets_the_unit_what_runs_beside_it_and_the_context() -> None:
    loop = _loop()
    first = unit(loop.plan, "WU-001")
    grown = context.with_unit(CONTEXT, first, ["src/todo/store.py"], ["TodoStore"])
    text = brief.coder(loop.plan, loop.state, "WU-002", grown)
    assert text.startswith(CODER)
    assert text.rstrip().endswith("`STATUS: BLOCKED — by what`.")
    for rule in brief.RULES:
        assert f"- {rule}" in text


def test_a_coder_that_tries_again_is_told_what_failed() -> None:
    loop = _loop()
    loop.implemented("WU-003", "coder-3")
    loop.validated("WU-003", checks={**GREEN, "types": "failed"})
    text = brief.coder(loop.plan, loop.state, "WU-003", CONTEXT)
    assert "(attempt 2/3)" in text
    assert "## What Failed\n\nIn validate: types failed\n" in text


def test_a_reviewer_gets_spec_items_and_diff_and_nothing_of_before() -> None:
    loop = Loop()
    loop.to("WU-001", "review")
    loop.reviewing("WU-001")
    loop.reviewed("WU-001", "FAIL", why="a title of 501 characters is stored without a word")
    text = brief.reviewer(loop.plan, "WU-001", "Run: git diff HEAD -- src/todo/store.py")
    at = loop.state["units"]["WU-001"]
    assert leaks(unit(loop.plan, "WU-001"), at, text) == ""
    assert "1. `TodoStore.add(" in text
    assert "Run: git diff HEAD -- src/todo/store.py" in text
    assert "stored without a word" not in text
