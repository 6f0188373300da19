using Batch.EmbeddedClickHouse.Native;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>
/// An insert whose rows arrive as bytes. Nothing is committed before <see cref="Complete"/>, but for inserts of more than one block.
/// </summary>
/// <remarks>
/// To be used on the thread of its connection. The engine reads along while rows are appended. Should it come to the end of the rows
/// by itself (Values after a semicolon), only <see cref="Complete"/> is safe: cancelling, or freeing alone, aborts the process. So a
/// format that can end by itself must not be cancelled, see <see cref="Http.FormatInfo.CanStreamRows"/>.
/// </remarks>
internal sealed unsafe class EngineInsert
{
    nint _handle;

    /// <exception cref="EngineException">The engine refused the insert; the handle is freed.</exception>
    internal EngineInsert(nint handle)
    {
        _handle = handle;
        ThrowIfFailed();
    }

    /// <summary>Hands over the next bytes, which may end anywhere, also inside a row. About 1 MB a call is fastest.</summary>
    internal bool Append(ReadOnlyMemory<byte> data)
    {
        int refused;
        fixed (byte* bytes = data.Span)
        {
            refused = Chdb.chdb_stream_append(_handle, bytes, (nuint)data.Length);
        }
        if (refused != 0)
        {
            ThrowIfFailed();
            Complete();
            throw EngineException.FromText("The rows ended before the data did.");
        }
        return true;
    }

    /// <summary>Commits.</summary>
    internal EngineStatistics Complete()
    {
        using var result = new EngineResult(Chdb.chdb_stream_done(_handle));
        Free();
        return result.ThrowIfFailed().Statistics;
    }

    /// <summary>Gives the insert up; without effect after it was completed or has failed.</summary>
    internal bool Cancel()
    {
        if (_handle != 0)
        {
            Chdb.chdb_stream_cancel_insert(_handle);
            Free();
        }
        return true;
    }

    void ThrowIfFailed()
    {
        var error = Chdb.chdb_stream_insert_error(_handle);
        if (error is not null)
        {
            var exception = EngineException.FromText(Utf8.Read(error));
            Free();
            throw exception;
        }
    }

    void Free()
    {
        Chdb.chdb_destroy_insert_stream(_handle);
        _handle = 0;
    }
}
