using System.Net;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Core.Models;
using Batch.Worker;
using Batch.Worker.Chunks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Batch.Tests.Worker;

/// <summary>The path of a record through a worker without the log around it: a process of its own as far as ClickHouse can tell.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    readonly JobWriter _writer;
    readonly RowAudit _audit;
    readonly ModelStore _models;
    readonly ChunkLoader _loader;
    readonly ValidatorPool _validators = new();
    readonly ChunkProcessor _processor;
    readonly PartitionProgress _progress = new();
    readonly CancellationTokenSource _killed = new();

    public TestWorker(ClickHouseOptions options)
    {
        var clickHouse = new ClickHouseClient(Inserts, options);
        var settings = Options.Create(new WorkerOptions { Backoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(1) });
        var jobs = new JobReader(clickHouse);
        _writer = new JobWriter(clickHouse, jobs, TimeProvider.System);
        _audit = new RowAudit(clickHouse, jobs);
        _models = new ModelStore(clickHouse);
        _loader = new ChunkLoader(clickHouse, _audit, _validators);
        var retry = new TransientFaultRetry(
            new ClickHouseProbe(clickHouse, new(clickHouse), TimeProvider.System, NullLogger<ClickHouseProbe>.Instance), Waiting, settings, TimeProvider.System,
            NullLogger<TransientFaultRetry>.Instance);
        _processor = new ChunkProcessor(
            _models, jobs, _writer, _audit, _loader, new DeadLetterStore(clickHouse), retry, Waiting, settings, TimeProvider.System,
            NullLogger<ChunkProcessor>.Instance);
    }

    public HeldInserts Inserts { get; } = new();
    public WaitingRecords Waiting { get; } = new(TimeProvider.System);

    public async Task ProcessAsync(LogRecord record)
    {
        var limiter = new InFlightLimiter(1);
        await limiter.AcquireAsync(1, default);
        using var slot = new InFlightSlot(limiter, 1, new NobodysConsumer(), _progress.Take(record.Position), TimeProvider.System);
        await _processor.ProcessAsync(record, slot, _killed.Token, _killed.Token);
        Waiting.Done(slot);
    }

    /// <summary>Inserts the record's rows, and writes no receipt.</summary>
    public async Task LoadAsync(LogRecord record, bool sawRestart)
    {
        var chunks = ChunkHeaderCodec.Decode(record);
        var header = chunks[0].Header;
        var model = await _models.GetVersionAsync(header.TenantId, header.ModelId, header.ModelVersion, default);
        await _loader.LoadAsync(chunks, ChunkToken.Of(chunks), model!, sawRestart, default);
    }

    /// <summary>How many rows of the record's chunk stand in the tables.</summary>
    public async Task<(int Loaded, int Rejected)> CountAsync(LogRecord record)
    {
        var header = ChunkHeaderCodec.Decode(record).Single().Header;
        var (loaded, rejected) = await _audit.CountRowsAsync(JobKey.Of(header), header.ModelId, header.FirstRow, header.LastRow, default);
        return ((int)loaded, (int)rejected);
    }

    /// <summary>Works on the record up to its first insert into a table whose name begins so, and is killed there.</summary>
    public async Task DieBeforeAsync(string table, LogRecord record)
    {
        var held = Inserts.HoldAsync(table);
        var work = ProcessAsync(record);
        await held.WaitAsync(TimeSpan.FromSeconds(60));
        _killed.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>The partition goes to another worker.</summary>
    public void Lose(LogPartition partition) => _progress.Forget([partition]);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _validators.Dispose();
        _killed.Dispose();
    }

    /// <summary>Counts queries, and inserts by table, and holds those into one table back until it is told to let them go.</summary>
    public sealed class HeldInserts() : DelegatingHandler(new SocketsHttpHandler())
    {
        /// <summary>Stands for the events that are receipts.</summary>
        public const string Receipts = "job_events: chunk";

        readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _queries;
        string? _held;
        (string Table, int Times, Func<Task> Meanwhile) _failing = ("", 0, () => Task.CompletedTask);

        public List<string> Tables { get; } = [];
        public int Queries => _queries;

        /// <summary>Returns when the first insert into a table whose name begins so has come and is being held.</summary>
        public Task HoldAsync(string table)
        {
            _held = table;
            return _reached.Task;
        }

        public void Release() => _released.SetResult();

        /// <summary>The next inserts into a table whose name begins so find nobody; something else happens then.</summary>
        public void Fail(string table, int times, Func<Task> meanwhile) => _failing = (table, times, meanwhile);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            const string insert = "INSERT INTO `";
            var sql = WebUtility.UrlDecode(request.RequestUri!.Query);
            if (sql.IndexOf(insert, StringComparison.Ordinal) is var at and >= 0)
            {
                var table = sql[(at + insert.Length)..].Split('`')[0];
                if (table == "job_events"
                    && (await request.Content!.ReadAsStringAsync(cancellationToken)).Contains("\"event\":\"chunk\"", StringComparison.Ordinal))
                    table = Receipts;
                lock (Tables)
                    Tables.Add(table);
                if (_failing.Times > 0 && table.StartsWith(_failing.Table, StringComparison.Ordinal))
                {
                    _failing.Times--;
                    await _failing.Meanwhile();
                    throw new HttpRequestException("Nobody is there.");
                }
                if (_held is { } held && table.StartsWith(held, StringComparison.Ordinal))
                {
                    _reached.TrySetResult();
                    await _released.Task.WaitAsync(cancellationToken);
                }
            }
            else
                Interlocked.Increment(ref _queries);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
