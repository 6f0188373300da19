using System.IO.Pipelines;
using System.Text;
using Batch.Client;

namespace Batch.Tests.EndToEnd.AppHost;

[CollectionDefinition("observed system", DisableParallelization = true)]
public sealed class ObservedSystemCollection : ICollectionFixture<ObservedSystem>;

/// <summary>The app host with its dashboard, after a good, a bad, a mixed and a larger job from the command line.</summary>
public sealed class ObservedSystem : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batch-observed-");
    AppHostProcess? _process;
    bool _troubled;

    internal AppHostProcess System => _process!;
    internal Model Model { get; private set; } = null!;
    /// <summary>The jobs by file: good.csv, bad.csv, mixed.csv, and "several chunks.csv", which is work for both workers.</summary>
    internal IReadOnlyDictionary<string, JobStatus> Jobs { get; private set; } = null!;
    /// <summary>What terminal and dashboard showed of the healthy run.</summary>
    internal string HealthyOutput { get; private set; } = "";
    internal IReadOnlyList<AspireTelemetry.Log> HealthyLogs { get; private set; } = [];

    internal AspireTelemetry Dashboard => new(System);

    public async Task InitializeAsync()
    {
        // Small chunks, so that a small file has many.
        _process = await AppHostProcess.StartNewAsync(environment: ("Chunker__ChunkBytes", "65536"));
        Model = await System.Api.CreateModelAsync(CsvText.Purchases("observed"), default);
        await SubmitAsync("good.csv", rows: 100, badEvery: 0);
        await SubmitAsync("bad.csv", rows: 5, badEvery: 1);
        await SubmitAsync("mixed.csv", rows: 20, badEvery: 4);
        // A chunk for each partition and more, once both workers hold some: so both have work.
        await UntilAsync(async () => (await Task.WhenAll(System.WorkerAddresses.Select(address => System.Http.GetStringAsync(new Uri(address, "/metrics")))))
            .All(page => page.Contains("topic=\"batch.chunks\"", StringComparison.Ordinal)));
        await SubmitAsync("several chunks.csv", rows: 45_000, badEvery: 0);
        var jobs = await System.Api.ListJobsAsync(new JobQuery { Model = Model.ModelId }, default);
        Jobs = jobs.Jobs.ToDictionary(job => job.FileName!);
        HealthyLogs = await Dashboard.LogsAsync(logs => logs.Count(log => log.Body.Contains(" ended ", StringComparison.Ordinal)) >= Jobs.Count);
        HealthyOutput = System.Output;
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    async Task SubmitAsync(string name, int rows, int badEvery)
    {
        var path = Path.Combine(_folder.FullName, name);
        await using (var file = File.Create(path))
            await CsvText.Rows(rows, badEvery).CopyToAsync(file);
        await System.CommandLineAsync("job", "create", Model.ModelId, path, "--wait");
    }

    /// <summary>Everything that can go wrong in a day: a refused upload, a spent error budget, a ClickHouse that dies in mid-upload.</summary>
    /// <returns>What <c>/health</c> of API and worker said while ClickHouse was down.</returns>
    internal async Task<IReadOnlyList<string>> TroubleAsync()
    {
        var request = new CreateJobRequest { ModelId = Model.ModelId };
        await Assert.ThrowsAsync<BatchApiException>(() => System.Api.CreateJobAsync(request, CsvText.Of(""), default));
        var spent = await System.Api.CreateJobAsync(request with { MaxErrors = 0 }, CsvText.Rows(200_000, badEvery: 1), default);
        var mixed = await System.Api.CreateJobAsync(request, CsvText.Rows(1000, badEvery: 4), default);

        var held = request with { FileName = $"{Guid.NewGuid():n}.csv" };
        var half = new MemoryStream();
        await CsvText.Rows(20_000).CopyToAsync(half);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(half.ToArray());
        var upload = System.Api.CreateJobAsync(held, pipe.Reader.AsStream(), default);
        await UntilAsync(async () => (await System.Api.ListJobsAsync(new JobQuery { Model = Model.ModelId }, default)).Jobs
            .Any(job => job.FileName == held.FileName && job.Success > 0));
        AppHostProcess.Signal("KILL", System.ProcessesOf("Batch.EmbeddedClickHouse").Single());
        var said = await DegradedAsync();
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x,1716045542,1.5\n", 20_000))));
        await pipe.Writer.CompleteAsync();

        var survived = await System.Api.WaitUntilOverAsync((await upload).JobId);
        Assert.Equal((JobState.Success, 40_000), (survived.State, survived.Success));
        await System.ConservedAsync(survived);
        Assert.Equal(JobState.Failed, (await System.Api.WaitUntilOverAsync(spent.JobId)).State);
        Assert.Equal(JobState.PartialSuccess, (await System.Api.WaitUntilOverAsync(mixed.JobId)).State);
        await UntilAsync(async () => !(await HealthAsync()).Any(report => report.Contains("degraded", StringComparison.Ordinal)));
        _troubled = true;
        return said;
    }

    internal Task TroubleOnceAsync() => _troubled ? Task.CompletedTask : TroubleAsync();

    /// <summary><c>/health</c> of API and worker.</summary>
    internal Task<string[]> HealthAsync() => Task.WhenAll(
        new[] { System.ApiAddress, System.MetricsAddress }.Select(address => System.Http.GetStringAsync(new Uri(address, "/health"))));

    /// <summary>What each said when it was first degraded. ClickHouse may be back before a process has looked; then it is killed again.</summary>
    async Task<string[]> DegradedAsync()
    {
        var said = new string?[2];
        var looks = 0;
        await UntilAsync(async () =>
        {
            var now = await HealthAsync();
            for (var i = 0; i < said.Length; i++)
                said[i] ??= now[i].Contains("degraded", StringComparison.Ordinal) ? now[i] : null;
            if (!said.Contains(null))
                return true;
            // None while it is being started again.
            if (++looks % 60 == 0)
                foreach (var process in System.ProcessesOf("Batch.EmbeddedClickHouse"))
                    AppHostProcess.Signal("KILL", process);
            return false;
        });
        return said!;
    }

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); !await condition(); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < deadline, "It did not come to that within 30 seconds.");
    }
}
