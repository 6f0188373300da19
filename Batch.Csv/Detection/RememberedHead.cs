using Batch.Csv.Streams;

namespace Batch.Csv.Detection;

/// <summary>A stream whose first bytes can be read once more, until it is told to forget them.</summary>
/// <param name="source">Stays the caller's.</param>
sealed class RememberedHead(Stream source) : ReadOnlyStream
{
    /// <summary>As much as is read of a file before its header line is known; beyond it, nothing is remembered.</summary>
    const int Most = 256 << 10;

    byte[] _bytes = [];
    int _length;
    bool _forgets;

    /// <summary>All that was read so far.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>There is nothing behind <see cref="Bytes"/>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>False: more was read than is remembered.</summary>
    public bool IsComplete { get; private set; } = true;

    public void Forget() => (_forgets, _bytes, _length) = (true, [], 0);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        HasEnded |= read == 0 && buffer.Length > 0;
        if (_forgets || read == 0)
            return read;
        if (_length + read > Most)
        {
            Forget();
            IsComplete = false;
            return read;
        }
        if (_length + read > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + read));
        buffer[..read].CopyTo(_bytes.AsMemory(_length));
        _length += read;
        return read;
    }
}
