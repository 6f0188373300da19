using System.Runtime.InteropServices;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>The part of libchdb's C interface that is used here. Handles are <c>nint</c>.</summary>
/// <remarks>
/// A connection serves one call at a time. Every handle that a query or an insert returns must be destroyed, also one that holds
/// an error. Texts come as pointer and length, so they may hold NUL bytes.
/// </remarks>
internal static unsafe partial class Chdb
{
    internal const string Library = "chdb";

    /// <summary>Arguments as of <c>clickhouse local</c>: <c>clickhouse --path=DIR --setting=value</c>. NULL: failed, the reason is on stderr.</summary>
    [LibraryImport(Library)]
    internal static partial nint* chdb_connect(int argc, byte** argv);

    /// <summary>Takes the pointer that <see cref="chdb_connect"/> returned, not the handle it points to.</summary>
    [LibraryImport(Library)]
    internal static partial void chdb_close_conn(nint* connection);

    /// <summary>0 leaves the process's signal handlers alone.</summary>
    [LibraryImport(Library)]
    internal static partial void chdb_set_signal_handlers_enabled(int enabled);

    [LibraryImport(Library)]
    internal static partial nint chdb_query_with_params_n(
        nint connection, byte* sql, nuint sqlLength, byte* format, nuint formatLength,
        byte** names, nuint* nameLengths, byte** values, nuint* valueLengths, nuint count);

    [LibraryImport(Library)]
    internal static partial nint chdb_stream_query_with_params_n(
        nint connection, byte* sql, nuint sqlLength, byte* format, nuint formatLength,
        byte** names, nuint* nameLengths, byte** values, nuint* valueLengths, nuint count);

    /// <summary>The next piece of a streamed result; one of no length ends it.</summary>
    [LibraryImport(Library)]
    internal static partial nint chdb_stream_fetch_result(nint connection, nint stream);

    [LibraryImport(Library)]
    internal static partial void chdb_stream_cancel_query(nint connection, nint stream);

    [LibraryImport(Library)]
    internal static partial void chdb_destroy_query_result(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* chdb_result_buffer(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial nuint chdb_result_length(nint result);

    /// <summary>NULL: no error.</summary>
    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* chdb_result_error(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial ulong chdb_result_rows_read(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial ulong chdb_result_bytes_read(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial ulong chdb_result_rows_written(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial ulong chdb_result_bytes_written(nint result);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial double chdb_result_elapsed(nint result);

    /// <summary>Begins an insert whose rows follow as bytes; the SQL must not name a format. Never NULL.</summary>
    [LibraryImport(Library)]
    internal static partial nint chdb_stream_insert_with_params_n(
        nint connection, byte* sql, nuint sqlLength, byte* format, nuint formatLength,
        byte** names, nuint* nameLengths, byte** values, nuint* valueLengths, nuint count);

    [LibraryImport(Library)]
    internal static partial byte* chdb_stream_insert_error(nint insert);

    /// <summary>Copies the bytes; may block until the engine has room. 0: taken.</summary>
    [LibraryImport(Library)]
    internal static partial int chdb_stream_append(nint insert, byte* data, nuint length);

    /// <summary>Commits; returns a result to be destroyed.</summary>
    [LibraryImport(Library)]
    internal static partial nint chdb_stream_done(nint insert);

    [LibraryImport(Library)]
    internal static partial void chdb_stream_cancel_insert(nint insert);

    /// <summary>Always, also after done, cancel or an error.</summary>
    [LibraryImport(Library)]
    internal static partial void chdb_destroy_insert_stream(nint insert);

    [LibraryImport(Library)]
    internal static partial int chdb_classify_query_n(
        nint connection, byte* sql, nuint sqlLength, byte* database, nuint databaseLength, QueryAnalysis* analysis);

    /// <summary>What the engine's parser says of a text without running it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct QueryAnalysis
    {
        internal uint Size;
        internal uint Statements;
        internal uint Flags;

        /// <summary>0 reads, 1 writes, 2 writes what all databases share, 3 controls the engine, 4 unknown.</summary>
        internal uint Class;
    }
}
