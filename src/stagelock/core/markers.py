"""How each language silences a checker, skips a test, asserts and names a test: data alone.

A marker is (where it counts, how it looks, how it is told). Where:

    comment  a comment that starts with it; lower case, no blanks around `:` and `=`
    remark   a comment that holds it anywhere
    code     outside strings and comments, as a whole word where it begins or ends like one
    call     the same, and not as a method of something (`fit(` but not `model.fit(`)
    method   called on one of RUNNERS: `it.only(`, `test.describe.skip(`
    test     like `call`, but only in a file of tests
    whole    all there is in the line, in a file of tests
"""

from __future__ import annotations

LANGUAGES = {
    "py": "python", "pyi": "python",
    "js": "js", "jsx": "js", "mjs": "js", "cjs": "js", "ts": "js", "tsx": "js", "mts": "js",
    "cts": "js", "vue": "js", "svelte": "js",
    "rs": "rust", "go": "go",
    "java": "java", "kt": "java", "kts": "java", "scala": "java", "groovy": "java",
    "rb": "ruby", "rake": "ruby", "php": "php", "cs": "csharp", "fs": "csharp",
    "c": "c", "h": "c", "cc": "c", "cpp": "c", "cxx": "c", "hpp": "c", "m": "c", "mm": "c",
    "swift": "swift", "sh": "shell", "bash": "shell", "yml": "yaml", "yaml": "yaml",
    "css": "css", "scss": "css", "less": "css", "ex": "elixir", "exs": "elixir",
    "dart": "dart",
}  # fmt: skip

HASH = ("#",)
SLASH = ("//", "/*")
# language: (what opens a comment, what quotes a string)
LEXIS = {
    "python": (HASH, "'\""),
    "js": ((*SLASH, "<!--"), "'\"`"),
    "rust": (SLASH, '"'),  # `'` is a lifetime as often as a letter
    "go": (SLASH, "'\"`"),
    "java": (SLASH, "'\""),
    "ruby": (HASH, "'\""),
    "php": ((*SLASH, "# "), "'\""),  # `#[` is an attribute
    "csharp": (SLASH, "'\""),
    "c": (SLASH, "'\""),
    "swift": (SLASH, '"'),
    "shell": (HASH, "'\""),
    "yaml": (HASH, "'\""),
    "css": (SLASH, "'\""),
    "elixir": (HASH, '"'),
    "dart": (SLASH, "'\""),
}
BLOCKS = ("js", "java", "php", "csharp", "c", "swift", "css", "dart", "go", "rust")

# what runs tests in JavaScript, or stands between such a name and `.only(`
RUNNERS = (
    "it", "test", "describe", "suite", "context", "specify", "bench", "step", "t", "each",
    "concurrent", "serial", "parallel", "sequential", "failing", "beforeEach", "afterEach",
)  # fmt: skip

MARKERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "python": (
        ("comment", "noqa", "# noqa"),
        ("comment", "flake8:noqa", "# flake8: noqa"),
        ("comment", "ruff:noqa", "# ruff: noqa"),
        ("comment", "type:ignore", "# type: ignore"),
        ("comment", "pyright:ignore", "# pyright: ignore"),
        ("comment", "mypy:ignore-errors", "# mypy: ignore-errors"),
        ("comment", "mypy:disable-error-code", "# mypy: disable-error-code"),
        ("comment", "pylint:disable", "# pylint: disable"),
        ("comment", "pragma:no cover", "# pragma: no cover"),
        ("comment", "nosec", "# nosec"),
        ("code", "pytest.mark.skip", "@pytest.mark.skip"),
        ("code", "pytest.mark.skipif", "@pytest.mark.skipif"),
        ("code", "pytest.mark.xfail", "@pytest.mark.xfail"),
        ("code", "pytest.skip(", "pytest.skip("),
        ("code", "pytest.xfail(", "pytest.xfail("),
        ("code", "unittest.skip", "@unittest.skip"),
        ("code", "unittest.skipIf", "@unittest.skipIf"),
        ("code", "unittest.skipUnless", "@unittest.skipUnless"),
        ("code", "unittest.expectedFailure", "@unittest.expectedFailure"),
        ("code", "self.skipTest(", "self.skipTest("),
        ("code", "SkipTest", "SkipTest"),
        ("code", "no_type_check", "@no_type_check"),
        ("code", "cast(Any,", "cast(Any"),
        ("whole", "assert True", "an assertion that always holds"),
    ),
    "js": (
        ("comment", "eslint-disable", "eslint-disable"),
        ("comment", "tslint:disable", "tslint:disable"),
        ("comment", "oxlint-disable", "oxlint-disable"),
        ("comment", "biome-ignore", "biome-ignore"),
        ("comment", "deno-lint-ignore", "deno-lint-ignore"),
        ("comment", "@ts-ignore", "@ts-ignore"),
        ("comment", "@ts-expect-error", "@ts-expect-error"),
        ("comment", "@ts-nocheck", "@ts-nocheck"),
        ("comment", "$flowfixme", "$FlowFixMe"),
        ("comment", "istanbul ignore", "istanbul ignore"),
        ("comment", "c8 ignore", "c8 ignore"),
        ("comment", "v8 ignore", "v8 ignore"),
        ("code", "as any", "as any"),
        ("code", "<any>", "<any>"),
        ("method", "only", ".only("),
        ("method", "skip", ".skip("),
        ("method", "todo", ".todo("),
        ("method", "fixme", ".fixme("),
        ("method", "skipIf", ".skipIf("),
        ("call", "xit(", "xit("),
        ("call", "xtest(", "xtest("),
        ("call", "xdescribe(", "xdescribe("),
        ("test", "fit(", "fit("),
        ("call", "fdescribe(", "fdescribe("),
        ("test", "skip:true", "skip: true"),
        ("test", "only:true", "only: true"),
        ("test", "expect(true).toBe(true)", "an assertion that always holds"),
    ),
    "rust": (
        ("code", "#[ignore", "#[ignore]"),
        ("code", ",ignore)]", "#[cfg_attr(…, ignore)]"),
        ("code", "#[allow(", "#[allow(…)]"),
        ("code", "#![allow(", "#![allow(…)]"),
        ("code", "#[expect(", "#[expect(…)]"),
        ("code", "coverage(off)", "#[coverage(off)]"),
        ("code", "assert!(true)", "an assertion that always holds"),
    ),
    "go": (
        ("code", "t.Skip(", "t.Skip("),
        ("code", "t.Skipf(", "t.Skipf("),
        ("code", "t.SkipNow(", "t.SkipNow("),
        ("code", "b.Skip(", "b.Skip("),
        ("comment", "nolint", "//nolint"),
        ("comment", "lint:ignore", "//lint:ignore"),
        ("comment", "#nosec", "#nosec"),
        ("comment", "go:build ignore", "//go:build ignore"),
    ),
    "java": (
        ("code", "@Disabled", "@Disabled"),
        ("code", "@DisabledIf", "@DisabledIf"),
        ("code", "@Ignore", "@Ignore"),
        ("code", "enabled=false", "enabled = false"),
        ("code", "@SuppressWarnings(", "@SuppressWarnings"),
        ("code", "@SuppressFBWarnings", "@SuppressFBWarnings"),
        ("code", "@Suppress(", "@Suppress"),
        ("code", "assumeTrue(false", "assumeTrue(false)"),
        ("remark", "nosonar", "NOSONAR"),
        ("comment", "noinspection", "//noinspection"),
        ("comment", "checkstyle:off", "CHECKSTYLE:OFF"),
    ),
    "ruby": (
        ("comment", "rubocop:disable", "rubocop:disable"),
        ("comment", "rubocop:todo", "rubocop:todo"),
        ("comment", ":nocov:", ":nocov:"),
        ("comment", "typed:ignore", "# typed: ignore"),
        ("test", "skip", "skip"),
        ("test", "pending", "pending"),
        ("test", "xit", "xit"),
        ("test", "xdescribe", "xdescribe"),
        ("test", "xcontext", "xcontext"),
        ("test", "fit", "fit"),
        ("test", "fdescribe", "fdescribe"),
    ),
    "php": (
        ("comment", "@phpstan-ignore", "@phpstan-ignore"),
        ("comment", "@psalm-suppress", "@psalm-suppress"),
        ("comment", "phpcs:ignore", "phpcs:ignore"),
        ("comment", "phpcs:disable", "phpcs:disable"),
        ("comment", "@codecoverageignore", "@codeCoverageIgnore"),
        ("code", "markTestSkipped(", "markTestSkipped("),
        ("code", "markTestIncomplete(", "markTestIncomplete("),
    ),
    "csharp": (
        ("code", "#pragma warning disable", "#pragma warning disable"),
        ("code", "#nullable disable", "#nullable disable"),
        ("code", "[Ignore", "[Ignore]"),
        ("code", "(Skip=", "Skip ="),
        ("code", ",Skip=", "Skip ="),
        ("code", "SuppressMessage(", "[SuppressMessage]"),
        ("code", "[ExcludeFromCodeCoverage", "[ExcludeFromCodeCoverage]"),
        ("comment", "resharper disable", "ReSharper disable"),
    ),
    "c": (
        ("remark", "nolint", "NOLINT"),
        ("remark", "lcov_excl", "LCOV_EXCL"),
        ("comment", "cppcheck-suppress", "cppcheck-suppress"),
        ("code", "diagnostic ignored", "#pragma diagnostic ignored"),
        ("code", "#pragma warning(disable", "#pragma warning(disable"),
        ("code", "GTEST_SKIP(", "GTEST_SKIP("),
        ("code", ",DISABLED_", "DISABLED_ test"),
    ),
    "swift": (
        ("comment", "swiftlint:disable", "swiftlint:disable"),
        ("code", "XCTSkip", "XCTSkip"),
        ("code", "XCTSkipIf", "XCTSkipIf"),
    ),
    "shell": (("comment", "shellcheck disable", "shellcheck disable"),),
    "yaml": (
        ("comment", "yamllint disable", "yamllint disable"),
        ("code", "continue-on-error:true", "continue-on-error: true"),
        ("code", "allow_failure:true", "allow_failure: true"),
    ),
    "css": (("comment", "stylelint-disable", "stylelint-disable"),),
    "elixir": (
        ("comment", "credo:disable", "credo:disable"),
        ("code", "@tag:skip", "@tag :skip"),
    ),
    "dart": (
        ("comment", "ignore:", "// ignore:"),
        ("comment", "ignore_for_file:", "// ignore_for_file:"),
    ),
}

# words that may stand before what a line begins with
MODIFIERS = (
    "public", "private", "protected", "static", "final", "async", "export", "override", "open",
    "internal", "with", "await", "return",
)  # fmt: skip
# how a test begins
TESTS = {
    "python": ("def test", "class Test"),
    "js": ("it(", "test(", "describe(", "it.each", "test.each", "describe.each", "specify("),
    "rust": ("#[test]", "#[tokio::test", "#[rstest", "#[async_std::test"),
    "go": ("func Test", "func Fuzz", "func Example"),
    "java": ("@Test", "@ParameterizedTest", "@RepeatedTest", "@TestFactory"),
    "ruby": ("it ", "it(", "specify ", "def test_", "test '", 'test "'),
    "php": ("function test", "#[Test]", "it(", "test("),
    "csharp": ("[Fact", "[Theory", "[Test", "[DataTestMethod"),
    "c": ("TEST(", "TEST_F(", "TEST_P(", "TEST_CASE("),
    "swift": ("func test", "@Test"),
    "elixir": ('test "',),
    "dart": ("test(", "testWidgets("),
}  # fmt: skip
# how an assertion begins, anywhere in the code of a line
ASSERTIONS = {
    "python": ("assert", "pytest.raises(", "pytest.fail("),
    "js": ("expect(", "assert", ".should."),
    "rust": ("assert!(", "assert_eq!(", "assert_ne!(", "assert_matches!("),
    "go": ("t.Error", "t.Fatal", "assert.", "require."),
    "java": ("assert", "Assertions.", "verify("),
    "ruby": ("expect(", "expect{", "assert", ".should ", "refute"),
    "php": ("->assert", "::assert", "expect("),
    "csharp": ("Assert.", ".Should("),
    "c": ("EXPECT_", "ASSERT_", "REQUIRE(", "CHECK(", "assert("),
    "swift": ("XCTAssert", "#expect(", "#require("),
    "elixir": ("assert", "refute"),
    "dart": ("expect(", "expectLater("),
}  # fmt: skip

# how a file of tests is named: a folder, the start of its name, a part of its name
TEST_FOLDERS = ("test", "tests", "spec", "specs", "__tests__", "e2e")
TEST_STARTS = ("test_", "Test")
TEST_PARTS = (
    "_test.", ".test.", ".spec.", "_spec.", "-test.", "Test.", "Tests.", "Spec.", ".cy.", "_tests.",
)  # fmt: skip
