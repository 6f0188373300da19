using Batch.Tests.EmbeddedKafka.Storage;
using Batch.Tests.Log;

namespace Batch.Tests;

/// <summary>What tests start as a process of its own: <c>dotnet Batch.Tests.dll append-locally DIR</c>. The test runner does not come by here.</summary>
static class Program
{
    static Task<int> Main(string[] arguments) => arguments switch
    {
        ["append-locally", var directory] => AppendingProcess.RunAsync(directory),
        [StoreProcess.Verb, var directory, var seed] => StoreProcess.RunAsync(directory, int.Parse(seed)),
        _ => Task.FromResult(0),
    };
}
