using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Tests.Log;

/// <summary>Topics of tests on a broker that outlives them.</summary>
static class Topics
{
    /// <summary>Deletes those of them that there are.</summary>
    public static async Task DeleteAsync(string servers, IReadOnlyCollection<string> topics)
    {
        if (topics.Count == 0)
            return;
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        try
        {
            await admin.DeleteTopicsAsync(topics, new DeleteTopicsOptions { RequestTimeout = TimeSpan.FromSeconds(30) });
        }
        // A test that failed before it had made its topics has something more important to say.
        catch (DeleteTopicsException exception) when (exception.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.UnknownTopicOrPart))
        {
        }
    }
}
