using Batch.Tests.EmbeddedKafka.Storage;
using Batch.Tests.Log.Mock;

namespace Batch.Tests;

/// <summary>What tests start as a process of its own: <c>dotnet Batch.LogTests.dll mock-broker</c>. The test runner does not come by here.</summary>
static class Program
{
    static Task<int> Main(string[] arguments) => arguments switch
    {
        [MockBrokerProgram.Name] => Task.FromResult(MockBrokerProgram.Run()),
        [StoreProcess.Verb, var directory, var seed] => StoreProcess.RunAsync(directory, int.Parse(seed)),
        _ => Task.FromResult(0),
    };
}
