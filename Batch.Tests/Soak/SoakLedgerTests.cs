using Batch.Benchmarks.Soak;
using Batch.Client;

namespace Batch.Tests.Soak;

/// <summary>The reckoning of a soak finds what it is there to find.</summary>
[Trait("Tier", "unit")]
public sealed class SoakLedgerTests
{
    static readonly SoakFile File = new(7, Rows: 100, BadEvery: 10);

    [Fact]
    public void A_job_that_has_all_rows_of_its_file_is_no_breach() => Assert.Empty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), Whole(90)));

    [Fact]
    public void An_upload_that_was_broken_off_may_have_some_of_its_rows() =>
        Assert.Empty(Breaches(Job(JobState.Failed, 40, 4, 6), new Loaded(40, 40, 0), Promise.Conserved));

    [Fact]
    public void A_lost_job_is_found() => Assert.Single(SoakLedger.Breaches(Sent(Promise.Whole), null, default));

    [Theory]
    [InlineData(JobState.PartialSuccess, 89, 10, 0)]
    [InlineData(JobState.PartialSuccess, 90, 9, 0)]
    [InlineData(JobState.Failed, 45, 5, 50)]
    [InlineData(JobState.Running, 90, 0, 0)]
    public void Of_an_acknowledged_upload_every_row_that_is_not_there_is_found(JobState state, int success, int errors, int abandoned) =>
        Assert.NotEmpty(Breaches(Job(state, success, errors, abandoned), new Loaded(success, success, File.Quarters)));

    [Fact]
    public void A_row_too_few_or_too_many_in_the_table_is_found()
    {
        Assert.NotEmpty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(89, 89, File.Quarters)));
        Assert.NotEmpty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(91, 90, File.Quarters)));
    }

    [Fact]
    public void Other_values_than_were_sent_are_found() =>
        Assert.Contains(
            "quarters", Assert.Single(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(90, 90, File.Quarters + 1))), StringComparison.Ordinal);

    [Theory]
    [InlineData(JobState.PartialSuccess, null, 45, 5, 0)]
    [InlineData(JobState.Success, null, 40, 0, 50)]
    [InlineData(JobState.Failed, "CONSERVATION_BREACH", 0, 0, 0)]
    [InlineData(JobState.Failed, "LOG_LOST_CHUNKS", 0, 0, 100)]
    public void Whatever_became_of_the_upload_a_job_that_claims_too_much_or_lost_its_chunks_is_found(
        JobState state, string? code, int success, int errors, int abandoned) =>
        Assert.NotEmpty(Breaches(Job(state, success, errors, abandoned) with { FailureCode = code }, new Loaded(success, success, 0), Promise.Conserved));

    [Fact]
    public async Task The_file_that_is_sent_is_the_one_that_is_reckoned_with()
    {
        using var reader = new StreamReader(File.Open());
        Assert.Equal("event_id,timestamp,amount", await reader.ReadLineAsync());
        var amounts = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')[2]).ToList();
        var good = amounts.Where(amount => amount != "abc").Select(amount => decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal((File.Rows, File.Good, File.Quarters), (amounts.Count, good.Count, (long)(good.Sum() * 4)));
    }

    static Loaded Whole(int rows) => new(rows, rows, File.Quarters);

    static Sent Sent(Promise promise) => new("soak_a", "m", File, "j", null, promise, "202");

    static List<string> Breaches(JobStatus job, Loaded loaded, Promise promise = Promise.Whole) => [.. SoakLedger.Breaches(Sent(promise), job, loaded)];

    static JobStatus Job(JobState state, int success, int errors, int abandoned) => new()
    {
        JobId = "j", TenantId = "soak_a", ModelId = "m", State = state, Total = success + errors + abandoned, Success = success, Errors = errors,
        Abandoned = abandoned, CreatedAt = default, UpdatedAt = default,
    };
}
