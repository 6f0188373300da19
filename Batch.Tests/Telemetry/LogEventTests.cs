using System.Reflection;
using Batch.Standalone;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Batch.Tests.Telemetry;

public sealed class LogEventTests
{
    /// <remarks>Of all that may run in one process: whoever filters or counts by event id must not get two messages for one.</remarks>
    [Fact]
    public void No_two_log_messages_share_an_event_id()
    {
        var messages = Assemblies(typeof(StandaloneHost).Assembly).SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: $"{method.DeclaringType!.Name}.{method.Name}", Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(message => message.Message is not null)
            .ToList();
        Assert.True(messages.Count > 40, "They were not found.");
        Assert.Empty(messages.GroupBy(message => message.Message!.EventId).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(message => message.Method))}"));
    }

    /// <summary>The assembly and those of Batch that it refers to, directly or not.</summary>
    static HashSet<Assembly> Assemblies(Assembly root)
    {
        var found = new HashSet<Assembly>();
        var open = new Stack<Assembly>([root]);
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
