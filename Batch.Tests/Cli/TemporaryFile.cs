namespace Batch.Tests.Cli;

/// <summary>A file that is gone after the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    readonly string _folder = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));

    public TemporaryFile(string name, byte[] content)
    {
        Directory.CreateDirectory(_folder);
        Path = System.IO.Path.Combine(_folder, name);
        File.WriteAllBytes(Path, content);
    }

    public TemporaryFile(string name, string content) : this(name, System.Text.Encoding.UTF8.GetBytes(content))
    {
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
