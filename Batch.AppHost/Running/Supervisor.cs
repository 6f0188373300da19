using System.Collections.Concurrent;
using System.Threading.Channels;
using Batch.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.AppHost;

/// <summary>Watches the processes: says when they are healthy, and starts again those that die, which the orchestrator does not do by itself.</summary>
/// <remarks>
/// Whenever a process dies, also while it starts, it is started again, with longer and longer pauses while it keeps dying. Only a process
/// that says in its first start that its user has something to mend (<see cref="ProcessEnd.Refused"/>) ends the start of the system.
/// One that a person stopped in the dashboard stays stopped.
/// </remarks>
/// <param name="app">Built, and not started yet.</param>
/// <param name="time">Of the pauses.</param>
/// <param name="stop">The system is told to stop: parts whose start is given up for it have not died.</param>
sealed class Supervisor(DistributedApplication app, TimeProvider time, CancellationToken stop) : IAsyncDisposable
{
    static readonly Backoff Restarts = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    const string ProcessIdProperty = "executable.pid";
    static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    /// <summary>What API and workers promise to need at most (log and ClickHouse: ten seconds), and a little more.</summary>
    static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(40), LongestServerStop = TimeSpan.FromSeconds(12);
    static readonly TimeSpan StopPoll = TimeSpan.FromMilliseconds(20);

    readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(stop), _disposing = new();
    readonly ConcurrentDictionary<string, Part> _parts = new(StringComparer.Ordinal);
    readonly TaskCompletionSource _allHealthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ResourceNotificationService _notifications = app.Services.GetRequiredService<ResourceNotificationService>();
    readonly long _started = time.GetTimestamp();
    Task _watching = Task.CompletedTask;

    /// <summary>Names of the resources that are processes or containers, and how many of each there are to be.</summary>
    public IReadOnlyDictionary<string, int> Expected { get; } = app.Services.GetRequiredService<DistributedApplicationModel>().Resources
        .Where(resource => resource is ProjectResource or EmbeddedKafkaResource or EmbeddedClickHouseResource or RedpandaResource or ClickHouseResource)
        .ToDictionary(resource => resource.Name, resource => resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1);

    /// <summary>Done when every process is healthy; fails with an <see cref="AppHostException"/> when one says that its user has something to mend.</summary>
    public Task AllHealthy => _allHealthy.Task;

    /// <summary>Those that are not healthy, with their states.</summary>
    public string Unhealthy() => string.Join(", ", _parts.Where(part => !part.Value.IsHealthy).Select(part => $"{part.Key} ({part.Value.State})"));

    public void Watch() => _watching = WatchAsync(_disposing.Token);

    async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in _notifications.WatchAsync(cancellationToken))
            {
                if (!Expected.ContainsKey(change.Resource.Name))
                    continue;
                Observe(_parts.GetOrAdd(change.ResourceId, id => Supervised(new Part(change.Resource.Name, id))), change);
            }
        }
        catch (OperationCanceledException)
        {
            // The system has stopped.
        }
    }

    Part Supervised(Part part)
    {
        part.Supervision = SuperviseAsync(part, _stopping.Token);
        return part;
    }

    void Observe(Part part, ResourceEvent change)
    {
        var (former, state) = (part.State, change.Snapshot.State?.Text);
        part.State = state;
        part.ProcessId = change.Snapshot.Properties.FirstOrDefault(property => property.Name == ProcessIdProperty)?.Value as int?;
        var isHealthy = state == KnownResourceStates.Running
            && change.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;
        if (isHealthy && !part.IsHealthy)
        {
            if (part.Deaths > 0)
                Console.WriteLine($"{part.Id} is up again.");
            else if (!_allHealthy.Task.IsCompleted)
                Console.WriteLine($"  {part.Name} is healthy after {time.GetElapsedTime(_started).TotalSeconds:0.0} s.");
            part.HealthySince = time.GetTimestamp();
            part.LastReason = null;
        }
        part.IsHealthy = isHealthy;
        if (IsOver(state) && !IsOver(former) && former != KnownResourceStates.Stopping && !_stopping.IsCancellationRequested)
            part.Ends.Writer.TryWrite(new ProcessEnd(state!, change.Snapshot.ExitCode));
        if (Expected.All(expected => _parts.Values.Count(other => other.Name == expected.Key && other.IsHealthy) >= expected.Value))
            _allHealthy.TrySetResult();
    }

    static bool IsOver(string? state) => KnownResourceStates.TerminalStates.Contains(state);

    /// <summary>Starts one process again whenever it has ended, one end after the other.</summary>
    async Task SuperviseAsync(Part part, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var end in part.Ends.Reader.ReadAllAsync(cancellationToken))
                await RestartAsync(part, end, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The system stops.
        }
    }

    async Task RestartAsync(Part part, ProcessEnd end, CancellationToken cancellationToken)
    {
        var commands = app.Services.GetRequiredService<ResourceCommandService>();
        var said = await LastWords.OfAsync(app.Services.GetRequiredService<ResourceLoggerService>(), part.Id, cancellationToken);
        if (end.IsRefusal && part.Deaths == 0 && !_allHealthy.Task.IsCompleted)
            _allHealthy.TrySetException(new AppHostException(said.Length > 0 ? said : $"{part.Name} {end} and wrote nothing to standard error."));
        if (_allHealthy.Task.IsFaulted)
            // Others end because the start is given up.
            return;
        var reason = said.Length > 0 ? $"{end}. It wrote to standard error: {said}" : $"{end} and wrote nothing to standard error.";
        // It may have been started in the dashboard in the meantime.
        while (IsOver(part.State))
        {
            part.Deaths = part.HealthySince is { } since && time.GetElapsedTime(since) > Settled ? 1 : part.Deaths + 1;
            part.HealthySince = null;
            await SayAsync(part, reason);
            await Task.Delay(Restarts.After(part.Deaths), time, cancellationToken);
            if (!IsOver(part.State))
                return;
            var result = await commands.ExecuteCommandAsync(part.Id, KnownResourceCommands.StartCommand, cancellationToken);
            if (result.Success)
                return;
            reason = $"could not be started. {result.Message}";
        }
    }

    /// <summary>What keeps happening is said once.</summary>
    static async Task SayAsync(Part part, string reason)
    {
        if (part.LastReason == reason)
            return;
        part.LastReason = reason;
        await Console.Error.WriteLineAsync($"{part.Id} {reason} It is started again.");
    }

    /// <summary>Stops API and workers, each in the time that it takes to finish what it has in hand, and then log and ClickHouse.</summary>
    /// <remarks>Returns when they have ended: the folder is then free for the next start.</remarks>
    public async Task StopProcessesAsync()
    {
        await EndSupervisionAsync();
        using var stopped = new CancellationTokenSource();
        var logs = app.Services.GetRequiredService<ResourceLoggerService>();
        var apis = _parts.Values.Where(part => part.Name == Topology.Api);
        var news = Task.WhenAll(apis.Select(api => StopNews.ShowAsync(logs, api.Id, time, stopped.Token)));
        await StopAsync(part => part.Name is Topology.Api or Topology.Worker);
        await stopped.CancelAsync();
        await news;
        await StopAsync(part => part.Name is not (Topology.Api or Topology.Worker));
    }

    Task StopAsync(Func<Part, bool> which) =>
        Task.WhenAll(_parts.Values.Where(part => which(part) && part.State == KnownResourceStates.Running).Select(StopAsync));

    /// <summary>The orchestrator kills what has not ended within some seconds, so it is asked only after the process had the time that it needs.</summary>
    async Task StopAsync(Part part)
    {
        var longest = part.Name is Topology.Api or Topology.Worker ? LongestStop : LongestServerStop;
        if (part.ProcessId is { } id && StopRequest.Send(id))
            for (var started = time.GetTimestamp(); !IsOver(part.State) && time.GetElapsedTime(started) < longest;)
                await Task.Delay(StopPoll, time, CancellationToken.None);
        if (!IsOver(part.State))
            await app.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(part.Id, KnownResourceCommands.StopCommand);
    }

    /// <summary>Returns when nothing is started any more.</summary>
    async Task EndSupervisionAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_parts.Values.Select(part => part.Supervision));
    }

    public async ValueTask DisposeAsync()
    {
        await EndSupervisionAsync();
        await _disposing.CancelAsync();
        await _watching;
        _stopping.Dispose();
        _disposing.Dispose();
    }

    /// <summary>One process.</summary>
    sealed class Part(string name, string id)
    {
        public string Name { get; } = name;
        public string Id { get; } = id;
        public Channel<ProcessEnd> Ends { get; } = Channel.CreateUnbounded<ProcessEnd>();
        public Task Supervision { get; set; } = Task.CompletedTask;
        public string? State { get; set; }
        /// <summary>Null: a container's, or not started.</summary>
        public int? ProcessId { get; set; }
        public bool IsHealthy { get; set; }
        public long? HealthySince { get; set; }
        public int Deaths { get; set; }
        public string? LastReason { get; set; }
    }
}
