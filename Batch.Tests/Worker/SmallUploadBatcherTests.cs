using System.Collections.Concurrent;
using System.Diagnostics;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Telemetry;
using Batch.Tests.Api;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Worker;

/// <summary>Jobs whose chunks share a record share its inserts and nothing else: neither each other's faults nor each other's end.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class SmallUploadBatcherTests(ClickHouseProcess process) : SharedRecordTest(process)
{
    [Fact]
    public async Task Chunks_that_share_a_record_are_inserted_together_and_each_job_has_its_own_rows()
    {
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of(_records));
        for (var n = 0; n < Jobs; n++)
            await AssertWholeAsync(n);
        Assert.Equal((1, 1),
            (worker.Inserts.Tables.Count(table => table == $"data_{_model.ModelId}"), worker.Inserts.Tables.Count(table => table == "rejected_rows")));
    }

    [Fact]
    public async Task A_chunk_that_cannot_be_validated_is_dead_lettered_alone_and_its_retry_loads_its_rows()
    {
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of(_records, (n, header) => n == 3 ? header with { Mapping = [0, 1, 7] } : header));

        await AssertAbandonedAsync(3, JobState.Failed, "DEAD_LETTER");
        for (var n = 0; n < Jobs; n++)
            if (n != 3)
                await AssertWholeAsync(n);
        var letter = Assert.Single((await _api.Client.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.Equal(($"{_jobs[3].JobId}:0", 5, 6L), (letter.DeadLetterId, letter.Attempts, letter.Rows));

        var retried = await _api.Client.RetryDeadLetterAsync(letter.DeadLetterId, default);
        await worker.ProcessAsync(_api.Log.Records.Last());
        retried = await _api.UntilOverAsync(retried.JobId);
        Assert.Equal((JobState.PartialSuccess, 5L, 1L, 0L), (retried.State, retried.Success, retried.Errors, retried.Abandoned));
        await AssertConsistentAsync(retried.JobId);
    }

    [Fact]
    public async Task A_damaged_chunk_takes_none_of_its_record_with_it_and_is_not_tried_again()
    {
        var shared = SharedRecord.Of(_records);
        var bytes = shared.Value.ToArray();
        bytes[_records[0].Value.Length + 1] ^= 1; // in the second chunk
        await using var worker = NewWorker();
        await worker.ProcessAsync(new LogRecord(shared.Position, shared.Headers, bytes, shared.AppendedAt, owner: null));

        await AssertAbandonedAsync(1, JobState.Failed, "DEAD_LETTER");
        for (var n = 0; n < Jobs; n++)
            if (n != 1)
                await AssertWholeAsync(n);
        var letter = Assert.Single((await _api.Client.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.Equal(($"{_jobs[1].JobId}:0", 1), (letter.DeadLetterId, letter.Attempts));
        Assert.Contains("checksum", letter.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rejected_rows")]
    [InlineData(TestWorker.HeldInserts.Receipts)]
    public async Task A_worker_that_dies_on_the_way_leaves_a_record_that_the_next_one_completes(string table)
    {
        await DieBeforeAsync(table);
        await using var next = NewWorker();
        await next.ProcessAsync(SharedRecord.Of(_records));
        for (var n = 0; n < Jobs; n++)
            await AssertWholeAsync(n);
    }

    [Fact]
    public async Task A_worker_that_dies_between_the_receipts_of_a_record_doubles_no_row_of_those_that_have_none()
    {
        await using (var worker = NewWorker())
            await worker.ProcessAsync(SharedRecord.Of(_records));
        var without = string.Join(", ", _jobs.Where((_, n) => n % 2 == 1).Select(job => $"'{job.JobId}'"));
        await _api.Services.GetRequiredService<ClickHouseClient>().ExecuteAsync(
            $"DELETE FROM job_events WHERE event = 'chunk' AND job_id IN ({without})", null, default);

        await using var next = NewWorker();
        await next.ProcessAsync(SharedRecord.Of(_records));
        for (var n = 0; n < Jobs; n++)
            await AssertWholeAsync(n);
    }

    /// <summary>Whether ClickHouse was started after a job was made is known to a second; about jobs of that second workers may disagree.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Workers_that_disagree_about_a_restart_of_ClickHouse_double_nothing(bool first, bool second)
    {
        await using var worker = NewWorker();
        await worker.LoadAsync(SharedRecord.Of(_records), first);
        await worker.LoadAsync(SharedRecord.Of(_records), second);
        await worker.ProcessAsync(SharedRecord.Of(_records));
        for (var n = 0; n < Jobs; n++)
            await AssertWholeAsync(n);
    }

    /// <summary>As an older version left it: it inserted chunk by chunk where there had been a restart.</summary>
    [Fact]
    public async Task Chunks_of_a_record_that_are_in_the_tables_already_are_left_out_after_a_restart()
    {
        await using var worker = NewWorker();
        foreach (var record in _records.Take(4))
            await worker.LoadAsync(record, sawRestart: true);
        await worker.LoadAsync(SharedRecord.Of(_records), sawRestart: true);
        for (var n = 0; n < Jobs; n++)
            Assert.Equal(RowsOf(n), await worker.CountAsync(_records[n]));
        Assert.Equal(
            $"{Enumerable.Range(0, Jobs).Sum(n => RowsOf(n).Good)}\n",
            await ClickHouse.QueryAsync($"SELECT count() FROM {_api.Services.GetRequiredService<ClickHouseClient>().Database}.data_{_model.ModelId}"));
    }

    [Fact]
    public async Task After_a_restart_a_record_of_many_chunks_is_looked_up_with_the_queries_of_one()
    {
        await using var one = NewWorker();
        await one.LoadAsync(_records[0], sawRestart: true);
        await using var many = NewWorker();
        await many.LoadAsync(SharedRecord.Of([.. _records.Skip(1)]), sawRestart: true);
        // Whether all of them are there or none is asked of both tables.
        Assert.InRange(many.Inserts.Queries, 1, one.Inserts.Queries + 2);
    }

    [Fact]
    public async Task Of_jobs_cancelled_while_the_worker_was_dead_what_it_had_inserted_counts_and_the_rest_is_abandoned()
    {
        await DieBeforeAsync("rejected_rows"); // the good rows are in
        await _api.Client.CancelJobAsync(_jobs[0].JobId, default);
        await _api.Client.CancelJobAsync(_jobs[^1].JobId, default); // has none
        await using var next = NewWorker();
        await next.ProcessAsync(SharedRecord.Of(_records));

        var kept = await _api.Client.GetJobAsync(_jobs[0].JobId, default);
        Assert.Equal((JobState.Cancelled, 2L, 1L, 0L), (kept.State, kept.Success, kept.Errors, kept.Abandoned));
        await AssertConsistentAsync(kept.JobId);
        await AssertAbandonedAsync(Jobs - 1, JobState.Cancelled, null);
        for (var n = 1; n < Jobs - 1; n++)
            await AssertWholeAsync(n);
    }

    /// <summary>The record's token is used up by then, so that what it inserts is dropped, also the rows that the other left out.</summary>
    [Fact]
    public async Task A_worker_believed_dead_that_comes_back_claims_no_rows_that_another_left_out()
    {
        await using var zombie = NewWorker();
        var held = zombie.Inserts.HoldAsync("data_");
        var work = zombie.ProcessAsync(SharedRecord.Of(_records));
        await held.WaitAsync(TimeSpan.FromSeconds(60));
        await _api.Client.CancelJobAsync(_jobs[2].JobId, default);
        zombie.Lose(_records[0].Position.Source);
        await using (var other = NewWorker())
            await other.ProcessAsync(SharedRecord.Of(_records));
        zombie.Inserts.Release();
        await work;

        await AssertAbandonedAsync(2, JobState.Cancelled, null);
        for (var n = 0; n < Jobs; n++)
            if (n != 2)
                await AssertWholeAsync(n);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_stops_a_job_finds_its_rows_loaded_where_the_record_is_fresh_and_abandoned_where_it_is_not(bool isFresh)
    {
        await _api.Client.CancelJobAsync(_jobs[0].JobId, default);
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of(_records, isNew: isFresh));

        if (isFresh)
        {
            var job = await _api.Client.GetJobAsync(_jobs[0].JobId, default);
            Assert.Equal((JobState.Cancelled, 2L, 1L, 0L), (job.State, job.Success, job.Errors, job.Abandoned));
            await AssertConsistentAsync(job.JobId);
        }
        else
            await AssertAbandonedAsync(0, JobState.Cancelled, null);
        for (var n = 1; n < Jobs; n++)
            await AssertWholeAsync(n);
    }

    [Fact]
    public async Task Each_chunk_has_a_span_in_the_trace_of_its_own_upload()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BatchTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of(_records));

        var traces = _records.ToDictionary(record => record.ChunkHeader().JobId, record => record.Chunk().Trace.TraceId);
        Assert.Equal(Jobs, traces.Values.Distinct().Count());
        var spans = stopped.Where(span => span.Kind == ActivityKind.Consumer && span.GetTagItem(BatchAttributes.JobId) is string job && traces.ContainsKey(job))
            .ToList();
        Assert.Equal(
            traces.OrderBy(pair => pair.Key),
            spans.Select(span => KeyValuePair.Create((string)span.GetTagItem(BatchAttributes.JobId)!, span.TraceId)).OrderBy(pair => pair.Key));
        // From the first one's trace, where the inserts are, the others can be found, and from theirs it.
        var first = spans.Single(span => span.GetTagItem(BatchAttributes.JobId) is string job && job == _jobs[0].JobId);
        Assert.Equal(Jobs - 1, first.Links.Count());
        Assert.All(spans.Where(span => span != first), span => Assert.Equal(first.Context, Assert.Single(span.Links).Context));
        Assert.Contains(stopped, span => span.TraceId == first.TraceId && span.GetTagItem(BatchAttributes.DatabaseTable) is string table
            && table.StartsWith("data_", StringComparison.Ordinal));
    }
}
