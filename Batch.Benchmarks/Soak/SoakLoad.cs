using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>The users: clients that upload, cancel, repair and read all the time, and write into the ledger what they were told.</summary>
/// <param name="stop">No new file is begun after that; labelled ones are carried to their end.</param>
internal sealed class SoakLoad(SoakSystem system, SoakLedger ledger, int seed, CancellationToken stop)
{
    /// <summary>How a file is sent: packed, with its length on a connection that others use too, or as a stream on one of its own.</summary>
    enum Form { Gzip, WithLength, Streamed }

    const int SmallClients = 8;
    const string Schema = """{"event_id":"String","timestamp":"UInt32","amount":"Float64"}""";
    const string WiderSchema = """{"event_id":"String","timestamp":"UInt32","amount":"Float64","note":"Nullable(String)"}""";
    static readonly TimeSpan BetweenFiles = TimeSpan.FromMilliseconds(150);
    static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, string> _models = new();
    readonly ConcurrentQueue<(string Tenant, string JobId)> _recent = new();
    readonly ConcurrentDictionary<string, int> _answers = new();

    /// <summary>Answers that no fault excuses: HTTP 500.</summary>
    public ConcurrentQueue<string> Inexcusable { get; } = [];

    /// <summary>How often each answer came that was not a success.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    public long Rows;

    /// <summary>Done when all clients have stopped and every labelled file is loaded.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Returns when each tenant has a model, before anything fails.</summary>
    public async Task StartAsync()
    {
        foreach (var tenant in SoakSystem.Tenants)
            _models[tenant] = (await system.Of(tenant).CreateModelAsync(ModelRequest("soak", Schema), CancellationToken.None)).ModelId;
        Ended = RunAsync();
    }

    Task RunAsync() => Task.WhenAll(
        [
            .. Enumerable.Range(0, SmallClients).Select(client => Task.Run(() => SmallAsync(new Random(seed + client), isLabelled: client % 4 == 0))),
            Task.Run(() => LargeAsync(new Random(seed + 100))),
            Task.Run(() => OddAsync(new Random(seed + 101))),
            Task.Run(() => ModelsAsync(new Random(seed + 102))),
            Task.Run(() => ReadAsync(new Random(seed + 103))),
        ]);

    async Task SmallAsync(Random random, bool isLabelled)
    {
        while (!stop.IsCancellationRequested)
        {
            var file = ledger.NewFile(random.Next(1, 500), random.Next(3) == 0 ? 20 : 0);
            await SendAsync(TenantOf(random), file, isLabelled ? $"label-{file.Number}" : null, random.Next(8) switch
            {
                0 => Form.Gzip,
                < 4 => Form.WithLength,
                _ => Form.Streamed,
            });
            await Task.Delay(BetweenFiles, CancellationToken.None);
        }
    }

    async Task LargeAsync(Random random)
    {
        while (!stop.IsCancellationRequested)
        {
            var file = ledger.NewFile(random.Next(200_000, 1_500_000), random.Next(2) == 0 ? 1_000 : 0);
            await SendAsync(TenantOf(random), file, random.Next(2) == 0 ? $"label-{file.Number}" : null, Form.Streamed);
            await Task.Delay(AfterFault, CancellationToken.None);
        }
    }

    /// <summary>Uploads that are broken off, cancelled or over their error budget, and repairs.</summary>
    async Task OddAsync(Random random)
    {
        while (!stop.IsCancellationRequested)
        {
            var (tenant, file) = (TenantOf(random), ledger.NewFile(random.Next(2_000, 150_000), 50));
            var request = new CreateJobRequest { ModelId = _models[tenant], FileName = file.Name };
            switch (random.Next(4))
            {
                case 0:
                    await TrySendAsync(tenant, file, request, file.Open(breakAfter: random.Next(1_000, file.Rows)), Promise.Conserved);
                    break;
                case 1:
                    await TrySendAsync(tenant, file, request with { MaxErrors = 10 }, file.Open(), Promise.OverBudget);
                    break;
                case 2:
                    if (await TrySendAsync(tenant, file, request, file.Open(), Promise.Conserved) is { } cancelled
                        && await TryAsync(() => system.Of(tenant).CancelJobAsync(cancelled, CancellationToken.None)) is not null)
                        ledger.Add(new Sent(tenant, request.ModelId, file, cancelled, null, Promise.Cancelled, "cancelled"));
                    break;
                default:
                    if (await TrySendAsync(tenant, file, request, file.Open(), Promise.Whole) is { } job && await OverAsync(tenant, job) is { Errors: > 0 }
                        && await TryAsync(() => system.Of(tenant).ReprocessAsync(
                            job, new ReprocessRequest { Set = new Dictionary<string, string> { ["amount"] = "1" } }, CancellationToken.None)) is { } repair)
                        ledger.Add(new SentRepair(tenant, file, repair.JobId));
                    break;
            }
            await Task.Delay(AfterFault, CancellationToken.None);
        }
    }

    /// <summary>Models that are made, widened, and deleted with jobs on the way.</summary>
    async Task ModelsAsync(Random random)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var tenant = TenantOf(random);
            if (await TryAsync(() => system.Of(tenant).CreateModelAsync(ModelRequest($"doomed {n}", Schema), CancellationToken.None)) is { } model)
            {
                for (var job = 0; job < 3; job++)
                {
                    var file = ledger.NewFile(random.Next(1, 40_000), 100);
                    await TrySendAsync(tenant, file, new() { ModelId = model.ModelId, FileName = file.Name }, file.Open(), Promise.Conserved);
                    if (job == 1)
                        await TryAsync(() => system.Of(tenant).UpdateModelAsync(
                            model.ModelId, ModelRequest($"doomed {n}", WiderSchema), CancellationToken.None));
                }
                await TryAsync(async () =>
                {
                    await system.Of(tenant).DeleteModelAsync(model.ModelId, dropData: false, CancellationToken.None);
                    return "";
                });
            }
            await Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None);
        }
    }

    async Task ReadAsync(Random random)
    {
        while (!stop.IsCancellationRequested)
        {
            var api = system.Of(TenantOf(random));
            await TryAsync(() => api.ListJobsAsync(new JobQuery { Limit = 50 }, CancellationToken.None));
            await TryAsync(() => api.ListModelsAsync(CancellationToken.None));
            await TryAsync(() => api.ListDeadLettersAsync(new DeadLetterQuery(), CancellationToken.None));
            if (_recent.TryDequeue(out var one))
            {
                await TryAsync(() => system.Of(one.Tenant).GetRejectedAsync(one.JobId, new RejectedQuery { Limit = 10 }, CancellationToken.None));
                await TryAsync(() => system.Of(one.Tenant).VerifyAsync(one.JobId, CancellationToken.None));
            }
            await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
        }
    }

    /// <summary>Sends a file; a labelled one again and again, until its job has loaded all of it.</summary>
    async Task SendAsync(string tenant, SoakFile file, string? label, Form form)
    {
        var request = new CreateJobRequest { ModelId = _models[tenant], FileName = file.Name, Label = label, Gzip = form == Form.Gzip };
        while (true)
        {
            var job = await TrySendAsync(tenant, file, request, Open(file, form), label is null ? Promise.Whole : Promise.Conserved);
            if (label is null)
                return;
            if (job is not null && await OverAsync(tenant, job) is { State: JobState.Success or JobState.PartialSuccess } done)
            {
                ledger.Add(new Sent(tenant, request.ModelId, file, done.JobId, label, Promise.Whole, "loaded under its label"));
                return;
            }
            await Task.Delay(AfterFault, CancellationToken.None);
        }
    }

    /// <returns>The job, where the answer names one.</returns>
    async Task<string?> TrySendAsync(string tenant, SoakFile file, CreateJobRequest request, Stream content, Promise promise)
    {
        var (job, answer) = ((string?)null, "202");
        await using (content)
        {
            try
            {
                var made = await system.Of(tenant).CreateJobAsync(request, content, CancellationToken.None);
                // A 200 speaks of an earlier upload, which may still break off; a 202 of this one, label or not.
                (job, promise) = (made.JobId, request.Label is not null && !made.WasThere ? Promise.Whole : promise);
                Interlocked.Add(ref Rows, file.Rows);
                _recent.Enqueue((tenant, job));
            }
            catch (BatchApiException fault)
            {
                Note(fault);
                if (fault.StatusCode == HttpStatusCode.NotFound)
                    Inexcusable.Enqueue($"An upload into model {request.ModelId} of {tenant} was answered 404 {fault.Code}: {fault.Message}");
                // "The file is in the log … do not submit it again" is an acknowledgement too.
                var isPromised = fault.Message.Contains("do not submit it again", StringComparison.Ordinal);
                (job, answer, promise) = (fault.JobId, $"{fault.Code}: {fault.Message}",
                    !isPromised ? Promise.Conserved : request.Label is not null ? Promise.Whole : promise);
            }
            catch (Exception fault) when (fault is BatchUnreachableException or HttpRequestException or IOException or TaskCanceledException)
            {
                Count(fault.GetType().Name);
                (answer, promise) = (fault.Message, Promise.Conserved);
            }
        }
        ledger.Add(new Sent(tenant, request.ModelId, file, job, request.Label, promise, answer));
        return job;
    }

    async Task<JobStatus?> OverAsync(string tenant, string job)
    {
        for (var until = DateTime.UtcNow + TimeSpan.FromMinutes(10); DateTime.UtcNow < until; await Task.Delay(300))
            if (await TryAsync(() => system.Of(tenant).GetJobAsync(job, CancellationToken.None)) is { IsOver: true } over)
                return over;
        return null;
    }

    /// <summary>Faults of the system are the soak's own doing; a 500 is not.</summary>
    async Task<T?> TryAsync<T>(Func<Task<T>> ask) where T : class
    {
        try
        {
            return await ask();
        }
        catch (BatchApiException fault)
        {
            Note(fault);
        }
        catch (Exception fault) when (fault is BatchUnreachableException or HttpRequestException or IOException or TaskCanceledException)
        {
            Count(fault.GetType().Name);
        }
        return null;
    }

    void Note(BatchApiException fault)
    {
        Count(fault.Code);
        if (fault.StatusCode == HttpStatusCode.InternalServerError)
            Inexcusable.Enqueue($"HTTP 500, trace {fault.TraceId}: {fault.Message}");
    }

    void Count(string answer) => _answers.AddOrUpdate(answer, 1, (_, count) => count + 1);

    string TenantOf(Random random) => SoakSystem.Tenants[random.Next(SoakSystem.Tenants.Count)];

    static Stream Open(SoakFile file, Form form)
    {
        var content = file.Open();
        if (form == Form.Streamed)
            return content;
        var held = new MemoryStream();
        if (form == Form.Gzip)
            using (var gzip = new GZipStream(held, CompressionLevel.Fastest, leaveOpen: true))
                content.CopyTo(gzip);
        else
            content.CopyTo(held);
        held.Position = 0;
        return held;
    }

    static CreateModelRequest ModelRequest(string name, string schema)
    {
        using var document = JsonDocument.Parse(schema);
        return new() { Name = name, Schema = document.RootElement.Clone() };
    }
}
