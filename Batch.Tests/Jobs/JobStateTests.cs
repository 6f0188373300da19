using Batch.Client;
using Batch.Core.Jobs;

namespace Batch.Tests.Jobs;

/// <summary>The state machine without a database: facts in, state and figures out.</summary>
[Trait("Tier", "unit")]
public sealed class JobStateTests
{
    const long T0 = 1_716_045_542_000;

    static readonly JobProjection Created = new()
    {
        TenantId = "t", JobId = "j", CreatedMs = T0, UpdatedMs = T0, HeartbeatMs = T0, ReadMs = T0 + 60_000,
    };

    static JobProjection Ended(long rows, long chunks) =>
        Created with { UploadEndedMs = T0 + 1000, UpdatedMs = T0 + 1000, TotalRows = rows, TotalChunks = chunks };

    static JobProjection With(JobProjection facts, long receipts, long rows, long success, long errors) => facts with
    {
        Receipts = receipts,
        ReceiptRows = rows,
        ReceiptSuccess = success,
        ReceiptErrors = errors,
        LastOrdinal = receipts - 1,
        FirstStartedMs = T0 + 2000,
        LastFinishedMs = T0 + 5000,
    };

    static JobProjection Stopped(JobProjection facts, string state, string? verdict, long at = T0 + 3000) =>
        facts with { StopState = state, StopCode = "DEAD_LETTER", StopMessage = "m", StopMs = at, StopVerdict = verdict };

    static JobStatus Status(JobProjection facts)
    {
        var job = new Job(facts);
        var status = job.ToStatus(job.ReadAt);
        if (status.IsOver)
            Assert.Equal(status.Total, status.Success + status.Errors + status.Abandoned);
        Assert.Equal(status.State, job.State);
        return status;
    }

    [Fact]
    public void New_job_is_pending_and_waits()
    {
        var status = Status(Created);
        Assert.Equal((JobState.Pending, 0, 60_000, 0), (status.State, status.Percent, status.WaitingMs, status.ProcessingMs));
    }

    [Fact]
    public void Started_chunk_or_receipt_makes_it_running()
    {
        var status = Status(Created with { StartedMs = T0 + 4000 });
        Assert.Equal((JobState.Running, 4000, 56_000), (status.State, status.WaitingMs, status.ProcessingMs));
        Assert.Equal(JobState.Running, Status(With(Ended(20, 2), 1, 10, 10, 0)).State);
    }

    [Fact]
    public void Total_is_what_the_upload_has_seen_so_far()
    {
        Assert.Equal(70, Status(Created with { UploadRows = 70, UploadChunks = 1 }).Total);
        // Receipts may be ahead of the heartbeat.
        Assert.Equal(90, Status(With(Created with { UploadRows = 70, UploadChunks = 1 }, 2, 90, 90, 0)).Total);
        Assert.Equal(100, Status(Ended(100, 2)).Total);
    }

    [Theory]
    [InlineData(10, 0, JobState.Success, 100, null)]
    [InlineData(9, 1, JobState.PartialSuccess, 90, null)]
    [InlineData(0, 10, JobState.Failed, 0, FailureCodes.NoGoodRows)]
    public void Last_receipt_ends_it(long success, long errors, JobState state, int percent, string? code)
    {
        var status = Status(With(Ended(10, 3), 3, 10, success, errors));
        Assert.Equal((state, percent, code), (status.State, status.Percent, status.FailureCode));
        Assert.Equal((2000, 3000), (status.WaitingMs, status.ProcessingMs));
        Assert.Equal(T0 + 5000, status.UpdatedAt.ToUnixTimeMilliseconds());
        Assert.Equal(JobState.Running, Status(With(Ended(10, 4), 3, 10, success, errors)).State);
    }

    [Fact]
    public void Percent_is_rounded_down()
    {
        Assert.Equal(99, Status(With(Ended(20_000, 1), 1, 20_000, 19_980, 20)).Percent);
        Assert.Equal(99, Status(With(Ended(long.MaxValue / 2, 1), 1, long.MaxValue / 2, long.MaxValue / 2 - 1, 1)).Percent);
    }

    [Fact]
    public void File_without_rows_succeeds_at_once()
    {
        var status = Status(Ended(0, 0));
        Assert.Equal((JobState.Success, 100, 0L), (status.State, status.Percent, status.Total));
    }

    [Fact]
    public void Header_fault_fails_it_with_all_rows_as_errors()
    {
        var status = Status(Ended(800, 0) with { HeaderFault = true });
        Assert.Equal((JobState.Failed, 800, 800, 0, FailureCodes.HeaderFault),
            (status.State, (int)status.Total, (int)status.Errors, status.Percent, status.FailureCode));
    }

    [Fact]
    public void Cancelled_job_counts_what_nobody_will_look_at_as_abandoned_at_every_moment()
    {
        var facts = Stopped(With(Ended(2000, 4), 1, 853, 853, 0), "CANCELLED", StopVerdicts.Confirmed);
        var status = Status(facts);
        Assert.Equal((JobState.Cancelled, 853L, 0L, 1147L, 42), (status.State, status.Success, status.Errors, status.Abandoned, status.Percent));
        Assert.Null(status.FailureCode);
        // A chunk in hand at that moment was loaded after all; the others were given up.
        status = Status(With(facts, 4, 2000, 1200, 3));
        Assert.Equal((JobState.Cancelled, 1200L, 3L, 797L), (status.State, status.Success, status.Errors, status.Abandoned));
    }

    [Fact]
    public void Stop_without_a_verdict_leaves_it_open_and_after_a_while_is_none_where_the_job_is_done()
    {
        var done = With(Ended(10, 1), 1, 10, 10, 0);
        Assert.Equal(JobState.Running, Status(Stopped(done, "CANCELLED", null, at: T0 + 59_000)).State);
        Assert.Equal(JobState.Success, Status(Stopped(done, "CANCELLED", null, at: T0 + 40_000)).State);
        Assert.Equal(JobState.Success, Status(Stopped(done, "CANCELLED", StopVerdicts.Refused, at: T0 + 59_000)).State);
        Assert.Equal(JobState.Running, Status(Stopped(With(Ended(20, 2), 1, 10, 10, 0), "CANCELLED", null, at: T0 + 40_000)).State);
    }

    [Fact]
    public void Confirmed_stop_outweighs_everything_that_comes_after()
    {
        var facts = Stopped(With(Ended(10, 1) with { UploadFailureCode = "UPLOAD_INTERRUPTED", MaxErrors = 0 }, 1, 10, 5, 5),
            "CANCELLED", StopVerdicts.Confirmed);
        Assert.Equal(JobState.Cancelled, Status(facts).State);
        Assert.Equal((JobState.Failed, "DEAD_LETTER", "m"), Said(Stopped(Ended(10, 1), "FAILED", StopVerdicts.Confirmed)));
    }

    [Fact]
    public void Error_budget_is_passed_by_one_row_more_than_it_allows()
    {
        Assert.Equal(JobState.Running, Status(With(Ended(30, 3) with { MaxErrors = 5 }, 1, 10, 5, 5)).State);
        var status = Status(With(Ended(30, 3) with { MaxErrors = 5 }, 1, 10, 4, 6));
        Assert.Equal((JobState.Failed, FailureCodes.ErrorBudgetExceeded, 20L), (status.State, status.FailureCode, status.Abandoned));
        Assert.Equal(JobState.PartialSuccess, Status(With(Ended(10, 1) with { MaxErrors = 5 }, 1, 10, 5, 5)).State);
    }

    [Fact]
    public void Broken_off_upload_is_failed_and_counts_what_reached_the_log()
    {
        var failed = Ended(500, 2) with { UploadRows = 900, UploadFailureCode = "UPLOAD_INTERRUPTED", UploadFailure = "gone" };
        Assert.Equal((500L, 500L), (Status(failed).Total, Status(failed).Abandoned));
        Assert.Equal((500L, 0L), (Status(With(failed, 2, 500, 490, 10)).Total, Status(With(failed, 2, 500, 490, 10)).Abandoned));
        // A chunk that was on its way to the log when the upload broke off, and did get there.
        Assert.Equal(700, Status(With(failed, 3, 700, 690, 10)).Total);
    }

    [Fact]
    public void Upload_whose_API_died_ends_with_exactly_what_reached_the_log()
    {
        var died = Stopped(Created with { UploadRows = 900, UploadChunks = 2 }, "FAILED", StopVerdicts.Confirmed);
        // Not all chunks are in that the last heartbeat knew of: rows seen, those without a receipt abandoned.
        Assert.Equal((900L, 600L), (Status(With(died, 1, 300, 290, 10)).Total, Status(With(died, 1, 300, 290, 10)).Abandoned));
        // All of them, and one appended after the last heartbeat: rows that were read but never appended are no rows of the job.
        Assert.Equal((850L, 0L), (Status(With(died, 3, 850, 840, 10)).Total, Status(With(died, 3, 850, 840, 10)).Abandoned));
        Assert.Equal(0, Status(Stopped(Created with { UploadRows = 900 }, "FAILED", StopVerdicts.Confirmed)).Total);
    }

    [Fact]
    public void Receipts_that_do_not_add_up_are_a_breach()
    {
        Assert.Equal(FailureCodes.ConservationBreach, Status(With(Ended(10, 1), 1, 9, 9, 0)).FailureCode);
        var more = new Job(With(Ended(10, 1), 1, 11, 11, 0));
        Assert.Equal((JobState.Failed, FailureCodes.ConservationBreach), (more.State, more.FailureCode));
    }

    [Fact]
    public void Snapshot_stands_for_the_receipts_of_a_finished_job()
    {
        var settled = Ended(10, 2) with
        {
            SettledMs = T0 + 6000,
            FinalState = "PARTIAL_SUCCESS",
            FinalReceipts = 2,
            FinalRows = 10,
            FinalSuccess = 8,
            FinalErrors = 2,
            FinalStartedMs = T0 + 2000,
            FinalFinishedMs = T0 + 5000,
        };
        Assert.Equal(Status(With(Ended(10, 2), 2, 10, 8, 2)), Status(settled));
        Assert.False(new Job(settled).DependsOnLaterChunks);
        // Something of it was given up: a late receipt may still say better.
        Assert.True(new Job(settled with { FinalState = "CANCELLED", FinalErrors = 1 }).DependsOnLaterChunks);
    }

    static (JobState, string?, string?) Said(JobProjection facts) => (Status(facts).State, Status(facts).FailureCode, Status(facts).Failure);
}
