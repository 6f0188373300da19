using System.Text;

namespace Batch.Cli.Output;

/// <summary>Standard output as bytes: what was not UTF-8 in a file comes out as it was.</summary>
internal sealed class ByteOutput(Terminal terminal) : IDisposable
{
    readonly Stream? _stream = terminal.OpenOutput?.Invoke();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_stream is null)
            terminal.Out.Write(Encoding.UTF8.GetString(bytes));
        else
            _stream.Write(bytes);
    }

    public void Dispose() => _stream?.Dispose();
}
