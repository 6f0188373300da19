using Batch.Benchmarks.Soak;
using Batch.Client;

namespace Batch.Tests.Soak;

/// <summary>The reckoning of a soak finds what it is there to find.</summary>
[Trait("Tier", "unit")]
public sealed class SoakLedgerTests
{
    static readonly SoakFile File = new(7, Rows: 100, BadEvery: 10);
    readonly SoakLedger _ledger = new(before: 0);

    [Fact]
    public void A_job_that_has_all_rows_of_its_file_is_no_breach() => Assert.Empty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), Whole(90)));

    [Fact]
    public void An_upload_that_was_broken_off_may_have_some_of_its_rows() =>
        Assert.Empty(Breaches(Job(JobState.Failed, 40, 4, 6), new Loaded(40, 40, 0, 4), Promise.Conserved));

    [Fact]
    public void A_lost_job_and_a_lost_repair_are_found()
    {
        _ledger.Add(Sent(Promise.Whole));
        _ledger.Add(new SentRepair("soak_a", File, "r"));
        Assert.Equal(2, _ledger.Breaches(new Dictionary<string, JobStatus>(), new Dictionary<string, Loaded>()).Count());
    }

    [Fact]
    public void Rows_and_jobs_of_nobody_are_found_and_so_is_a_file_that_was_loaded_twice()
    {
        var (first, second) = (Job(JobState.PartialSuccess, 90, 10, 0), Job(JobState.PartialSuccess, 90, 10, 0) with { JobId = "k" });
        _ledger.Add(Sent(Promise.Whole));
        Assert.Empty(All([first], "j"));
        Assert.Contains("loaded in all", Assert.Single(All([first, second], "j", "k")), StringComparison.Ordinal);
        Assert.Contains("not listed", Assert.Single(All([first], "j", "k")), StringComparison.Ordinal);
        Assert.Contains("Nobody", Assert.Single(All([first, second with { FileName = "other.csv" }], "j", "k")), StringComparison.Ordinal);

        IEnumerable<string> All(IEnumerable<JobStatus> jobs, params string[] loaded) =>
            _ledger.Breaches(jobs.ToDictionary(job => job.JobId), loaded.ToDictionary(job => job, _ => Whole(90)));
    }

    [Theory]
    [InlineData(nameof(Promise.OverBudget), JobState.Failed, "ERROR_BUDGET_EXCEEDED", true)]
    [InlineData(nameof(Promise.OverBudget), JobState.Failed, "MODEL_DELETED", false)]
    [InlineData(nameof(Promise.OverBudget), JobState.Cancelled, null, false)]
    [InlineData(nameof(Promise.Cancelled), JobState.Cancelled, null, true)]
    [InlineData(nameof(Promise.Cancelled), JobState.Failed, "MODEL_DELETED", false)]
    public void A_budget_and_a_cancellation_have_the_end_that_was_announced(string promise, JobState state, string? code, bool isRight) =>
        Assert.Equal(isRight, Breaches(Job(state, 40, 4, 56) with { FailureCode = code }, new Loaded(40, 40, 0, 4), Enum.Parse<Promise>(promise)).Count == 0);

    [Theory]
    [InlineData(JobState.Success, 10, 40, true)]
    [InlineData(JobState.Success, 9, 36, false)]
    [InlineData(JobState.Success, 10, 41, false)]
    [InlineData(JobState.Failed, 0, 0, false)]
    public void A_repair_has_all_bad_rows_with_the_value_that_was_set(JobState state, int success, int quarters, bool isRight) =>
        Assert.Equal(isRight, !SoakRules.Breaches(
            new SentRepair("soak_a", File, "j"), Job(state, success, 0, 0), new Loaded(success, success, quarters, 0)).Any());

    [Theory]
    [InlineData(JobState.PartialSuccess, 89, 10, 0)]
    [InlineData(JobState.PartialSuccess, 90, 9, 0)]
    [InlineData(JobState.Failed, 45, 5, 50)]
    [InlineData(JobState.Running, 90, 0, 0)]
    public void Of_an_acknowledged_upload_every_row_that_is_not_there_is_found(JobState state, int success, int errors, int abandoned) =>
        Assert.NotEmpty(Breaches(Job(state, success, errors, abandoned), new Loaded(success, success, File.Quarters, errors)));

    [Fact]
    public void A_row_too_few_or_too_many_in_a_table_is_found()
    {
        Assert.NotEmpty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(89, 89, File.Quarters, 10)));
        Assert.NotEmpty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), Whole(90) with { Rejected = 9 }));
        Assert.NotEmpty(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(91, 90, File.Quarters, 10)));
    }

    [Fact]
    public void Other_values_than_were_sent_are_found() =>
        Assert.Contains(
            "quarters", Assert.Single(Breaches(Job(JobState.PartialSuccess, 90, 10, 0), new Loaded(90, 90, File.Quarters + 1, 10))), StringComparison.Ordinal);

    [Theory]
    [InlineData(JobState.PartialSuccess, null, 45, 5, 0)]
    [InlineData(JobState.Success, null, 40, 0, 50)]
    [InlineData(JobState.Failed, "CONSERVATION_BREACH", 0, 0, 0)]
    [InlineData(JobState.Failed, "LOG_LOST_CHUNKS", 0, 0, 100)]
    public void Whatever_became_of_the_upload_a_job_that_claims_too_much_or_lost_its_chunks_is_found(
        JobState state, string? code, int success, int errors, int abandoned) =>
        Assert.NotEmpty(Breaches(
            Job(state, success, errors, abandoned) with { FailureCode = code }, new Loaded(success, success, 0, errors), Promise.Conserved));

    [Fact]
    public async Task The_file_that_is_sent_is_the_one_that_is_reckoned_with()
    {
        using var reader = new StreamReader(File.Open());
        Assert.Equal("event_id,timestamp,amount", await reader.ReadLineAsync());
        var amounts = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')[2]).ToList();
        var good = amounts.Where(amount => amount != "abc").Select(amount => decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal((File.Rows, File.Good, File.Quarters), (amounts.Count, good.Count, (long)(good.Sum() * 4)));
    }

    static Loaded Whole(int rows) => new(rows, rows, File.Quarters, File.Bad);

    static Sent Sent(Promise promise) => new("soak_a", "m", File, "j", null, promise, "202");

    static List<string> Breaches(JobStatus job, Loaded loaded, Promise promise = Promise.Whole) => [.. SoakRules.Breaches(Sent(promise), job, loaded)];

    static JobStatus Job(JobState state, int success, int errors, int abandoned) => new()
    {
        JobId = "j", TenantId = "soak_a", ModelId = "m", State = state, Total = success + errors + abandoned, Success = success, Errors = errors,
        Abandoned = abandoned, FileName = File.Name, CreatedAt = default, UpdatedAt = default,
    };
}
