using System.Collections.Concurrent;
using System.Diagnostics;
using Batch.Client;
using Batch.Core.Telemetry;
using Batch.Worker;

namespace Batch.Tests.EndToEnd;

/// <summary>The query id on an insert's span is the one that ClickHouse knows the insert by.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class QueryIdTests
{
    [Fact]
    public async Task ClickHouse_ran_each_insert_under_the_query_id_on_its_span()
    {
        var onSpans = new ConcurrentQueue<(string Table, string QueryId)>();
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BatchTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem(BatchAttributes.DatabaseOperation) is BatchSpans.Insert)
                    onSpans.Enqueue(((string)span.GetTagItem(BatchAttributes.DatabaseTable)!, (string)span.GetTagItem(BatchAttributes.QueryId)!));
            },
        };
        ActivitySource.AddActivityListener(spans);
        using var answers = new ClickHouseAnswers();

        // The worker is in this process, where its spans and its answers can be heard.
        await using var system = await SystemProcesses.StartNewAsync(workers: 0);
        await using var worker = WorkerApplication.Create(
        [
            "--urls=http://127.0.0.1:0", "--Logging:Console:LogLevel:Default=Warning",
            .. system.Settings.Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
        ]);
        await worker.StartAsync();
        var model = await system.Api.CreateModelAsync(CsvText.Purchases("query ids"), default);
        var job = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(20, badEvery: 4), default);
        Assert.Equal(JobState.PartialSuccess, (await system.Api.WaitUntilOverAsync(job.JobId)).State);
        await worker.StopAsync();

        foreach (var table in (string[])[$"data_{model.ModelId}", "rejected_rows"])
        {
            // More than one where the engine is so young that the worker looks whether it has been restarted.
            var inserts = onSpans.Where(insert => insert.Table == table).ToList();
            Assert.NotEmpty(inserts);
            Assert.All(inserts, insert => Assert.Contains(insert.QueryId, answers.QueryIds));
        }
    }

    /// <summary>Hears the answers to all HTTP requests of this process and keeps the query ids that ClickHouse names in them.</summary>
    sealed class ClickHouseAnswers : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        readonly List<IDisposable> _subscriptions = [];

        public ClickHouseAnswers() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

        public ConcurrentBag<string> QueryIds { get; } = [];

        public void OnNext(DiagnosticListener listener)
        {
            if (listener.Name == "HttpHandlerDiagnosticListener")
                _subscriptions.Add(listener.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> message)
        {
            if (message.Key == "System.Net.Http.HttpRequestOut.Stop" &&
                message.Value!.GetType().GetProperty("Response")!.GetValue(message.Value) is HttpResponseMessage answer &&
                answer.Headers.TryGetValues("X-ClickHouse-Query-Id", out var ids))
            {
                foreach (var id in ids)
                    QueryIds.Add(id);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
    }
}
