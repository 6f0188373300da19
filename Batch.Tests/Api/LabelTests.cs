using System.Net.Sockets;
using System.Text;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Writing;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Tests.Api;

/// <summary>Sending a file again under its label is always safe.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class LabelTests(ClickHouseProcess clickHouse) : IAsyncLifetime
{
    const int Rows = 20_000;
    const string Label = "nightly";
    static readonly string File = FileOf(i => $"{i},1716045542,1.25");
    ApiHost _api = null!;
    Model _model = null!;
    TestWorker _worker = null!;

    static string FileOf(Func<int, string> row) => "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, Rows).Select(i => row(i) + "\n"));

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync(clickHouse,
            ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"), ("Uploads:SharedRecordBytes", "0"), ("Uploads:HeartbeatSeconds", "0.2"));
        _model = await _api.CreateModelAsync();
        _worker = new TestWorker(_api.Services.GetRequiredService<IOptions<ClickHouseOptions>>().Value);
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _api.DisposeAsync();
    }

    JobWriter Writer => _api.Services.GetRequiredService<JobWriter>();

    Task<JobStatus> SendAsync(string csv, long? maxErrors = null, string label = Label) =>
        _api.UploadAsync(_model, csv, new CreateJobRequest { ModelId = "", Label = label, MaxErrors = maxErrors });

    async Task<string> RefusedAsync(string csv) => (await Assert.ThrowsAsync<BatchApiException>(() => SendAsync(csv))).Code;

    /// <summary>What the log has of an attempt goes through a worker, but for the chunks of these numbers.</summary>
    async Task WorkAsync(JobStatus job, int attempt = 0, params int[] without)
    {
        foreach (var record in _api.Log.Records)
            if (record.ChunkHeader() is var header && header.JobId == job.JobId && header.Attempt == attempt && !without.Contains(header.Ordinal))
                await _worker.ProcessAsync(record);
    }

    /// <summary>A load that was cancelled when all but some chunks were loaded, and is at rest.</summary>
    async Task<JobStatus> CancelledAsync(params int[] without)
    {
        var job = await SendAsync(File);
        await WorkAsync(job, 0, without);
        await _api.Client.CancelJobAsync(job.JobId, CancellationToken.None);
        await WorkAsync(job);
        return await _api.UntilOverAsync(job.JobId);
    }

    async Task HasEveryRowOnceAsync(JobStatus job)
    {
        Assert.Equal((JobState.Success, (long)Rows, (long)Rows), (job.State, job.Total, job.Success));
        var report = await _api.Client.VerifyAsync(job.JobId, CancellationToken.None);
        Assert.True(report.Consistent, string.Join(" ", report.Breaches));
        Assert.Equal((Rows, Rows), (report.RowsInTable, report.DistinctRowsInTable));
    }

    [Fact]
    public async Task A_cancelled_load_is_resumed_and_sends_only_what_is_missing()
    {
        var job = await CancelledAsync(1, 3);
        Assert.Equal(JobState.Cancelled, job.State);

        var again = await SendAsync(File);

        Assert.Equal((job.JobId, 1, false), (again.JobId, again.Attempt!.Value, again.WasThere));
        Assert.Equal([1, 3],
            _api.Log.Records.Select(record => record.ChunkHeader()).Where(header => header.Attempt == 1).Select(header => header.Ordinal).Order());
        await WorkAsync(again, attempt: 1);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
        Assert.True((await SendAsync(File)).WasThere);
    }

    [Fact]
    public async Task A_load_whose_connection_was_lost_is_resumed_with_its_original_settings()
    {
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync(_api.Address.Host, _api.Address.Port);
            await connection.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
                $"POST /jobs?model_id={_model.ModelId}&label={Label} HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nContent-Length: {File.Length}\r\n\r\n{File[..^70_000]}"));
            for (var until = DateTime.UtcNow.AddSeconds(20); _api.Log.Records.IsEmpty; await Task.Delay(50))
                Assert.True(DateTime.UtcNow < until, "Nothing has come to the log.");
        }
        var job = await _api.UntilOverAsync(_api.Log.Records.First().ChunkHeader().JobId);
        Assert.Equal("UPLOAD_INTERRUPTED", job.FailureCode);
        // The second chunk only: the first was in no worker's hands when the job ended, and is given up.
        await Writer.AddReceiptAsync(await LoadedAsync(job, 0), CancellationToken.None);
        await WorkAsync(job);

        var again = await SendAsync(File);

        await WorkAsync(again, attempt: 1);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
    }

    /// <summary>A worker had the chunk in hand when the job ended.</summary>
    async Task<Receipt> LoadedAsync(JobStatus job, int ordinal)
    {
        var record = _api.Log.Records.First(record => record.ChunkHeader() is var header && header.JobId == job.JobId && header.Ordinal == ordinal);
        await _worker.LoadAsync(record, sawRestart: false);
        var rows = record.ChunkHeader().Rows;
        return new()
        {
            TenantId = job.TenantId, JobId = job.JobId, Ordinal = ordinal, Rows = rows, Success = rows, Errors = 0, Abandoned = 0, Worker = "w",
            StartedAt = DateTimeOffset.UtcNow, FinishedAt = DateTimeOffset.UtcNow, Checksum = record.ChunkHeader().Checksum,
        };
    }

    [Fact]
    public async Task Another_file_does_not_resume_a_load_and_the_right_one_still_does()
    {
        var job = await CancelledAsync(5);

        Assert.Equal("LABEL_CONTENT_DIFFERS", await RefusedAsync(File.Replace("\n3,", "\n33,", StringComparison.Ordinal)));
        Assert.Equal(("LABEL_CONTENT_DIFFERS", JobState.Failed), await StateAsync(job));
        Assert.Equal("LABEL_CONTENT_DIFFERS", await RefusedAsync(File.Replace("amount", "timestamp2", StringComparison.Ordinal)));
        Assert.Equal("LABEL_CONTENT_DIFFERS", await RefusedAsync(File[..200_000]));

        var again = await SendAsync(File);
        await WorkAsync(again, attempt: again.Attempt!.Value);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
    }

    async Task<(string?, JobState)> StateAsync(JobStatus job)
    {
        var now = await _api.Client.GetJobAsync(job.JobId, CancellationToken.None);
        return (now.FailureCode, now.State);
    }

    [Fact]
    public async Task A_finished_load_answers_its_own_file_with_the_job_and_another_with_409()
    {
        var job = await SendAsync(File);
        Assert.True((await SendAsync("event_id,timestamp,amount\nother,1716045542,1\n")).WasThere, "While it is loaded the label is the answer.");
        await WorkAsync(job);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));

        var again = await SendAsync(File);
        Assert.Equal((job.JobId, true), (again.JobId, again.WasThere));
        Assert.Equal("LABEL_CONTENT_DIFFERS", await RefusedAsync(File + "x,1716045542,1\n"));
        Assert.Equal("LABEL_CONTENT_DIFFERS", await RefusedAsync("event_id,timestamp,amount\n"));
    }

    [Fact]
    public async Task A_label_under_which_nothing_was_loaded_is_free()
    {
        var refused = await SendAsync("idx,timestamp,amount\n1,1716045542,1\n");
        Assert.Equal("HEADER_FAULT", refused.FailureCode);
        var bad = await SendAsync("event_id,timestamp,amount\n1,yesterday,1\n");
        Assert.NotEqual(refused.JobId, bad.JobId);
        await WorkAsync(bad);
        Assert.Equal("NO_GOOD_ROWS", (await _api.UntilOverAsync(bad.JobId)).FailureCode);

        var job = await SendAsync(File);
        await WorkAsync(job);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
        Assert.Equal(3, new[] { refused.JobId, bad.JobId, job.JobId }.Distinct().Count());
        Assert.Equal([Label, Label, Label], (await _api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs.Select(listed => listed.Label));
        Assert.Equal("HEADER_FAULT", (await _api.Client.GetJobAsync(refused.JobId, CancellationToken.None)).FailureCode);
    }

    [Fact]
    public async Task A_load_that_failed_on_its_error_budget_is_resumed_with_a_larger_one()
    {
        var csv = FileOf(i => i % 1000 == 1 ? $"{i},yesterday,1" : $"{i},1716045542,1.25");
        var job = await SendAsync(csv, maxErrors: 10);
        await WorkAsync(job);
        Assert.Equal("ERROR_BUDGET_EXCEEDED", (await _api.UntilOverAsync(job.JobId)).FailureCode);

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => SendAsync(csv, maxErrors: 10));
        Assert.Equal("ERROR_BUDGET_EXCEEDED", refusal.Code);
        var again = await SendAsync(csv, maxErrors: 20);
        await WorkAsync(again, attempt: 1);

        var over = await _api.UntilOverAsync(job.JobId);
        Assert.Equal((JobState.PartialSuccess, Rows, Rows - 20, 20), (over.State, over.Total, over.Success, over.Errors));
        Assert.True((await _api.Client.VerifyAsync(job.JobId, CancellationToken.None)).Consistent);
    }

    [Fact]
    public async Task Of_two_requests_that_resume_a_load_at_once_one_does_and_the_other_gets_the_job()
    {
        var job = await CancelledAsync(1, 2);
        var answers = await Task.WhenAll(SendAsync(File), SendAsync(File), SendAsync(File));
        Assert.All(answers, answer => Assert.Equal((job.JobId, 1), (answer.JobId, answer.Attempt!.Value)));
        Assert.Equal(1, answers.Count(answer => !answer.WasThere));
        Assert.Equal(2, _api.Log.Records.Count(record => record.ChunkHeader().Attempt > 0));
        await WorkAsync(answers[0], attempt: 1);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
    }

    /// <summary>Receipts of an older version have no checksum.</summary>
    [Fact]
    public async Task A_load_without_a_record_of_what_was_loaded_is_not_resumed()
    {
        var job = await CancelledAsync(1);
        foreach (var sql in new[]
        {
            "CREATE TABLE older AS job_events",
            "INSERT INTO older (* EXCEPT rank) SELECT * REPLACE (replaceOne(facts, '\"checksum\"', '\"no\"') AS facts) FROM job_events",
            "DROP TABLE job_events SYNC", "RENAME TABLE older TO job_events",
        })
            await _api.Services.GetRequiredService<ClickHouseClient>().ExecuteAsync(sql, null, CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => SendAsync(File));
        Assert.Equal(("NOT_RESUMABLE", 409), (refusal.Code, (int)refusal.StatusCode));
        Assert.Contains($"data_{_model.ModelId}", refusal.Message);
        Assert.Equal(JobState.Cancelled, (await _api.Client.GetJobAsync(job.JobId, CancellationToken.None)).State);
    }

    [Fact]
    public async Task A_load_whose_dead_letter_was_retried_as_another_job_is_not_resumed()
    {
        var job = await SendAsync(File);
        await WorkAsync(job, 0, 1);
        var chunk = ChunkHeaderCodec.Decode(_api.Log.Records.Single(record => record.ChunkHeader().Ordinal == 1)).Single();
        await _api.Services.GetRequiredService<DeadLetterStore>()
            .AddAsync(chunk, 5, new InvalidOperationException("The test says so."), CancellationToken.None);
        await _api.Client.CancelJobAsync(job.JobId, CancellationToken.None);
        await WorkAsync(job);
        var letter = Assert.Single((await _api.Client.ListDeadLettersAsync(new DeadLetterQuery(), CancellationToken.None)).DeadLetters);
        var retry = await _api.Client.RetryDeadLetterAsync(letter.DeadLetterId, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => SendAsync(File));

        Assert.Equal("NOT_RESUMABLE", refusal.Code);
        Assert.Contains(retry.JobId, refusal.Message);
    }

    /// <summary>The answer "it is being loaded" sends a client away, so an upload has to show that it lives.</summary>
    [Fact]
    public async Task An_upload_that_gives_no_sign_of_life_is_waited_for_until_it_is_given_up()
    {
        var key = new JobKey("tenant_a", JobIds.OfLabel("tenant_a", Label));
        await Writer.CreateAsync(new NewJob
        {
            Key = key, ModelId = _model.ModelId, ModelName = _model.Name, ModelVersion = 1, Label = Label, HeaderLine = [.. "event_id,timestamp,amount"u8],
            ChunkBytes = 65536, MaxChunkRows = 500_000,
        }, CancellationToken.None);
        var again = SendAsync(File);
        await Task.Delay(1500);
        Assert.False(again.IsCompleted);
        // As the monitor does after 20 s.
        await Writer.FailAsync(key, FailureCodes.UploadInterrupted, "Nothing was heard of it.", CancellationToken.None);

        var job = await again.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.NotEqual(key.JobId, job.JobId);
        await WorkAsync(job);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
    }

    [Fact]
    public async Task While_an_upload_goes_on_its_label_is_answered_with_the_job()
    {
        var go = new TaskCompletionSource();
        _api.Log.BeforeAppend = () => go.Task;
        var first = SendAsync(File);
        for (var until =
            DateTime.UtcNow.AddSeconds(20); (await _api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs.Count == 0; await Task.Delay(50))
            Assert.True(DateTime.UtcNow < until, "There is no job.");
        var second = await SendAsync("event_id,timestamp,amount\nother,1716045542,1\n").WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((true, false), (second.WasThere, first.IsCompleted));
        go.SetResult();
        var job = await first;
        Assert.Equal(job.JobId, second.JobId);
        await WorkAsync(job);
        await HasEveryRowOnceAsync(await _api.UntilOverAsync(job.JobId));
    }
}
