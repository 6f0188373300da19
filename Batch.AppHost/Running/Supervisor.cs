using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Batch.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.AppHost;

/// <summary>Watches the processes: says when they are healthy, and starts again those that die, which the orchestrator does not do by itself.</summary>
/// <remarks>
/// A process that ends before the system was up has a reason that another try would meet again: that ends the start. Later it is started
/// again, with longer and longer pauses while it keeps dying. One that a person stopped in the dashboard stays stopped.
/// </remarks>
sealed partial class Supervisor(DistributedApplication app, TimeProvider time) : IAsyncDisposable
{
    static readonly Backoff Restarts = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    const int LastLines = 5;

    readonly CancellationTokenSource _stopping = new();
    readonly ConcurrentDictionary<string, Part> _parts = new(StringComparer.Ordinal);
    readonly TaskCompletionSource _allHealthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ResourceNotificationService _notifications = app.Services.GetRequiredService<ResourceNotificationService>();
    readonly long _started = time.GetTimestamp();
    Task _watching = Task.CompletedTask;

    /// <summary>Names of the resources that are processes or containers, and how many of each there are to be.</summary>
    public IReadOnlyDictionary<string, int> Expected { get; } = app.Services.GetRequiredService<DistributedApplicationModel>().Resources
        .Where(resource => resource is ProjectResource or EmbeddedKafkaResource or EmbeddedClickHouseResource or RedpandaResource or ClickHouseResource)
        .ToDictionary(resource => resource.Name, resource => resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1);

    /// <summary>Done when every process is healthy; fails with an <see cref="AppHostException"/> when one ends before.</summary>
    public Task AllHealthy => _allHealthy.Task;

    /// <summary>Those that are not healthy, with their states.</summary>
    public string Unhealthy() => string.Join(", ", _parts.Where(part => !part.Value.IsHealthy).Select(part => $"{part.Key} ({part.Value.State})"));

    public void Watch() => _watching = WatchAsync(_stopping.Token);

    async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in _notifications.WatchAsync(cancellationToken))
            {
                if (!Expected.ContainsKey(change.Resource.Name))
                    continue;
                var part = _parts.GetOrAdd(change.ResourceId, _ => new Part(change.Resource.Name));
                Observe(part, change);
            }
        }
        catch (OperationCanceledException)
        {
            // The system stops.
        }
    }

    void Observe(Part part, ResourceEvent change)
    {
        var (former, state) = (part.State, change.Snapshot.State?.Text);
        part.State = state;
        var isHealthy = state == KnownResourceStates.Running
            && change.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;
        if (isHealthy && !part.IsHealthy)
        {
            if (!_allHealthy.Task.IsCompleted)
                Console.WriteLine($"  {part.Name} is healthy after {time.GetElapsedTime(_started).TotalSeconds:0.0} s.");
            else if (part.Deaths > 0)
                Console.WriteLine($"{change.ResourceId} is up again.");
            part.HealthySince = time.GetTimestamp();
        }
        part.IsHealthy = isHealthy;
        if (KnownResourceStates.TerminalStates.Contains(state) && !KnownResourceStates.TerminalStates.Contains(former) &&
            former != KnownResourceStates.Stopping && !_stopping.IsCancellationRequested)
            _ = HandleEndAsync(part, change, _stopping.Token);
        if (Expected.All(expected => _parts.Values.Count(other => other.Name == expected.Key && other.IsHealthy) >= expected.Value))
            _allHealthy.TrySetResult();
    }

    async Task HandleEndAsync(Part part, ResourceEvent change, CancellationToken cancellationToken)
    {
        try
        {
            var said = await LastWordsAsync(change.ResourceId, cancellationToken);
            if (!_allHealthy.Task.IsCompletedSuccessfully)
            {
                // The first to end is the reason; others end because the start is given up.
                _allHealthy.TrySetException(new AppHostException(said.Length > 0
                    ? said
                    : $"{part.Name} ended with exit code {change.Snapshot.ExitCode} and printed nothing."));
                return;
            }
            part.Deaths = part.HealthySince is { } since && time.GetElapsedTime(since) > Settled ? 1 : part.Deaths + 1;
            part.HealthySince = null;
            var pause = Restarts.After(part.Deaths);
            await Console.Error.WriteLineAsync(
                $"{change.ResourceId} ended with exit code {change.Snapshot.ExitCode} and is restarted in {pause.TotalSeconds:0} s. " +
                (said.Length > 0 ? $"Its last output: {said}" : "It printed nothing."));
            var commands = app.Services.GetRequiredService<ResourceCommandService>();
            while (true)
            {
                await Task.Delay(pause, time, cancellationToken);
                var result = await commands.ExecuteCommandAsync(change.ResourceId, KnownResourceCommands.StartCommand, cancellationToken);
                if (result.Success)
                    return;
                pause = Restarts.Longest;
                await Console.Error.WriteLineAsync(
                    $"{change.ResourceId} could not be started; the next attempt is in {pause.TotalSeconds:0} s. {result.Message}");
            }
        }
        catch (OperationCanceledException)
        {
            // The system stops.
        }
    }

    /// <summary>The end of what a process wrote to standard error, else to standard output, on one line.</summary>
    async Task<string> LastWordsAsync(string resourceId, CancellationToken cancellationToken)
    {
        var lines = new List<LogLine>();
        await foreach (var some in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resourceId).WithCancellation(cancellationToken))
            lines.AddRange(some);
        var errors = lines.Where(line => line.IsErrorMessage).ToList();
        return string.Join(' ', (errors.Count > 0 ? errors : lines).TakeLast(LastLines).Select(line => Timestamp().Replace(line.Content, "").Trim())
            .Where(line => line.Length > 0));
    }

    /// <summary>Stops API and workers, each in the time that it takes to finish what it has in hand, and then log and ClickHouse.</summary>
    /// <remarks>Returns when they have ended: the folder is then free for the next start.</remarks>
    public async Task StopProcessesAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        await StopAsync(part => part.Name is Topology.Api or Topology.Worker);
        await StopAsync(part => part.Name is not (Topology.Api or Topology.Worker));
    }

    Task StopAsync(Func<Part, bool> which)
    {
        var commands = app.Services.GetRequiredService<ResourceCommandService>();
        return Task.WhenAll(_parts.Where(part => which(part.Value) && part.Value.State == KnownResourceStates.Running)
            .Select(part => commands.ExecuteCommandAsync(part.Key, KnownResourceCommands.StopCommand)));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    // 2026-11-30T18:20:33.1234567Z or 2026-11-30T18:20:33.123
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z?\s")]
    private static partial Regex Timestamp();

    /// <summary>One process.</summary>
    sealed class Part(string name)
    {
        public string Name { get; } = name;
        public string? State { get; set; }
        public bool IsHealthy { get; set; }
        public long? HealthySince { get; set; }
        public int Deaths { get; set; }
    }
}
