using System.Reflection;
using Batch.Api;
using Batch.Cli;
using Batch.EmbeddedClickHouse;
using Batch.EmbeddedKafka;
using Batch.Worker;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Telemetry;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class LogEventTests
{
    static readonly Assembly[] Programs =
    [
        typeof(ApiApplication).Assembly, typeof(WorkerApplication).Assembly, typeof(BatchCommandLine).Assembly,
        typeof(EmbeddedBroker).Assembly, typeof(EmbeddedServer).Assembly,
    ];

    /// <remarks>
    /// Of all programs: their logs come together in one place, where whoever filters or counts by event id must not get two messages for one.
    /// </remarks>
    [Fact]
    public void No_two_log_messages_share_an_event_id()
    {
        var messages = Assemblies(Programs).SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: $"{method.DeclaringType!.Name}.{method.Name}", Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(message => message.Message is not null)
            .ToList();
        Assert.True(messages.Count > 40, "They were not found.");
        Assert.Empty(messages.GroupBy(message => message.Message!.EventId).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(message => message.Method))}"));
    }

    /// <summary>The assemblies and those of Batch that they refer to, directly or not.</summary>
    static HashSet<Assembly> Assemblies(Assembly[] roots)
    {
        var found = new HashSet<Assembly>();
        var open = new Stack<Assembly>(roots);
        while (open.TryPop(out var assembly))
        {
            if (!found.Add(assembly))
                continue;
            foreach (var name in assembly.GetReferencedAssemblies().Where(name => name.Name!.StartsWith("Batch.", StringComparison.Ordinal)))
                open.Push(Assembly.Load(name));
        }
        return found;
    }
}
