using System.Text;
using Batch.EmbeddedClickHouse.Native;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>A result, or a piece of one, in the engine's memory. Valid until disposed.</summary>
internal sealed unsafe class EngineResult(nint handle) : IDisposable
{
    nint _handle = handle;

    internal nint Handle => _handle;

    internal long Length => (long)Chdb.chdb_result_length(_handle);

    internal EngineStatistics Statistics => new(
        (long)Chdb.chdb_result_rows_read(_handle), (long)Chdb.chdb_result_bytes_read(_handle),
        (long)Chdb.chdb_result_rows_written(_handle), (long)Chdb.chdb_result_bytes_written(_handle),
        Chdb.chdb_result_elapsed(_handle));

    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes; a result may be longer than a span can be.</param>
    internal ReadOnlySpan<byte> Slice(long offset, int length) => new(Chdb.chdb_result_buffer(_handle) + offset, length);

    internal string Text() => Encoding.UTF8.GetString(Slice(0, (int)Length));

    /// <exception cref="EngineException">The result is an error.</exception>
    internal EngineResult ThrowIfFailed()
    {
        var error = Chdb.chdb_result_error(_handle);
        if (error is null)
        {
            return this;
        }
        var exception = EngineException.FromText(Utf8.Read(error));
        Dispose();
        throw exception;
    }

    public void Dispose()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            Chdb.chdb_destroy_query_result(handle);
        }
    }
}
