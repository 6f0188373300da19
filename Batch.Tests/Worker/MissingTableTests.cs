using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Tests.Api;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Tests.Worker;

/// <summary>A table that a chunk needs is not there: a system table is waited for, a model's own was dropped by somebody.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class MissingTableTests(ClickHouseProcess clickHouse) : IAsyncLifetime
{
    const string File = "event_id,timestamp,amount\n1,1716045542,1.25\n2,yesterday,1.25\n3,1716045542,1.25\n";
    ApiHost _api = null!;
    Model _model = null!;
    TestWorker _worker = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync(clickHouse, ("Uploads:SharedRecordBytes", "0"));
        _model = await _api.CreateModelAsync();
        _worker = new TestWorker(_api.Services.GetRequiredService<IOptions<ClickHouseOptions>>().Value);
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _api.DisposeAsync();
    }

    Task ExecuteAsync(string sql) => _api.Services.GetRequiredService<ClickHouseClient>().ExecuteAsync(sql, null, default);

    [Theory]
    [InlineData("rejected_rows")]
    [InlineData("job_events")]
    public async Task A_system_table_that_is_gone_is_waited_for(string table)
    {
        var uploaded = await _api.UploadAsync(_model, File);
        await ExecuteAsync($"RENAME TABLE {table} TO {table}_elsewhere");
        var work = _worker.ProcessAsync(_api.Log.Records.Last());
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)))
            while (_worker.Waiting.Count == 0)
                await Task.Delay(20, limit.Token);
        Assert.Contains($"Chunk 0 of job {uploaded.JobId} waits since", _worker.Waiting.Describe(), StringComparison.Ordinal);
        Assert.Contains(table, _worker.Waiting.Describe(), StringComparison.Ordinal);

        await ExecuteAsync($"RENAME TABLE {table}_elsewhere TO {table}");
        await work.WaitAsync(TimeSpan.FromSeconds(60));
        var job = await _api.UntilOverAsync(uploaded.JobId);
        Assert.Equal((JobState.PartialSuccess, 2L, 1L, 0L), (job.State, job.Success, job.Errors, job.Abandoned));
        Assert.True((await _api.Client.VerifyAsync(job.JobId, default)).Consistent);
    }

    [Fact]
    public async Task A_models_table_that_was_dropped_fails_its_job_with_the_rows_abandoned()
    {
        var uploaded = await _api.UploadAsync(_model, File);
        await ExecuteAsync($"DROP TABLE data_{_model.ModelId}");
        await _worker.ProcessAsync(_api.Log.Records.Last());
        var job = await _api.UntilOverAsync(uploaded.JobId);
        Assert.Equal((JobState.Failed, "MODEL_DELETED", 3L), (job.State, job.FailureCode, job.Abandoned));
    }
}
