namespace Batch.Tests.Log;

/// <summary>A folder of its own for one test, gone afterwards.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("batch-log-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
