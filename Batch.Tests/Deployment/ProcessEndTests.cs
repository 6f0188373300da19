using Batch.AppHost;

namespace Batch.Tests.Deployment;

/// <summary>What the app host says of a process that has ended.</summary>
[Trait("Tier", "unit")]
public sealed class ProcessEndTests
{
    [Theory]
    [InlineData(-1, "was ended by a signal (kill, lack of memory or a crash)")]
    [InlineData(137, "was ended by SIGKILL (exit code 137)")]
    [InlineData(139, "was ended by SIGSEGV (exit code 139)")]
    [InlineData(75, "ended with exit code 75")]
    [InlineData(null, "did not start (FailedToStart)")]
    public void Its_end_is_told_as_a_person_would(int? exitCode, string told) => Assert.Equal(told, $"{new ProcessEnd("FailedToStart", exitCode)}");

    [Fact]
    public void Only_exit_code_1_is_for_the_user_to_mend() =>
        Assert.Equal([1], Enumerable.Range(-1, 200).Where(code => new ProcessEnd("Exited", code).IsRefusal));

    [Fact]
    public void Last_words_are_standard_error_since_the_last_start_in_the_order_of_time() => Assert.Equal("second third", LastWords.Of(
    [
        ("2026-12-01T01:03:20.0900000Z of a former life", true),
        ("2026-12-01T01:03:21.9000000Z third", true),
        ("2026-12-01T01:03:21.8000000Z \u001b[31msecond\u001b[39m", true),
        ("2026-12-01T01:03:21.8500000Z on standard output", false),
        ("2026-12-01T01:03:19.0000000Z [sys] Starting process...: Cmd = /first", false),
        ("2026-12-01T01:03:21.0000000Z [sys] Starting process...: Cmd = /again", false),
    ]));

    [Fact]
    public void Of_many_last_words_the_last_five_lines_count() => Assert.Equal("5 6 7 8 9", LastWords.Of(
        Enumerable.Range(0, 10).Select(line => ($"2026-12-01T01:03:2{line}.0000000Z {line}", true))));
}
