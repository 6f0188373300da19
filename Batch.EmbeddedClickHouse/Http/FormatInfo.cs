namespace Batch.EmbeddedClickHouse.Http;

/// <summary>What this process must know of ClickHouse's formats.</summary>
internal static class FormatInfo
{
    // Each piece of a streamed result is a document of its own. Only these may be put together end to end; the others have heads,
    // feet or separators (JSON, CSVWithNames, Values, Parquet, Pretty …), which would be repeated.
    static readonly HashSet<string> Concatenable = new(StringComparer.OrdinalIgnoreCase)
    {
        "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "Raw", "CSV", "JSONEachRow", "JSONLines", "NDJSON", "JSONStringsEachRow",
        "JSONCompactEachRow", "JSONCompactStringsEachRow", "TSKV", "LineAsString", "RawBLOB", "RowBinary", "Native", "MsgPack", "Null",
    };

    internal static bool CanStream(string format) => Concatenable.Contains(format);

    // These read rows until the data ends, so an insert may be given up at any moment.
    static readonly string[] OpenEnded =
        ["TabSeparated", "TSV", "CSV", "RowBinary", "Native", "JSONEachRow", "JSONCompactEachRow", "JSONLines", "NDJSON", "TSKV", "LineAsString"];

    /// <summary>An insert may begin before all its rows are there.</summary>
    internal static bool CanStreamRows(string format) =>
        OpenEnded.Any(name => format.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    internal static string ContentType(string format) => format.ToUpperInvariant() switch
    {
        "TABSEPARATED" or "TSV" or "TABSEPARATEDRAW" or "TSVRAW" or "TABSEPARATEDWITHNAMES" or "TSVWITHNAMES"
            or "TABSEPARATEDWITHNAMESANDTYPES" or "TSVWITHNAMESANDTYPES" => "text/tab-separated-values; charset=UTF-8",
        "CSV" => "text/csv; charset=UTF-8; header=absent",
        "CSVWITHNAMES" or "CSVWITHNAMESANDTYPES" => "text/csv; charset=UTF-8; header=present",
        "JSONEACHROW" or "JSONLINES" or "NDJSON" or "JSONSTRINGSEACHROW" or "JSONCOMPACTEACHROW" or "JSONCOMPACTSTRINGSEACHROW"
            or "JSONCOMPACTEACHROWWITHNAMES" or "JSONCOMPACTEACHROWWITHNAMESANDTYPES" => "application/x-ndjson; charset=UTF-8",
        "JSON" or "JSONCOMPACT" or "JSONSTRINGS" or "JSONCOLUMNS" or "JSONCOMPACTCOLUMNS" or "JSONCOLUMNSWITHMETADATA"
            or "JSONOBJECTEACHROW" => "application/json; charset=UTF-8",
        "NATIVE" or "ROWBINARY" or "ROWBINARYWITHNAMES" or "ROWBINARYWITHNAMESANDTYPES" or "PARQUET" or "ARROW" or "ARROWSTREAM"
            or "ORC" or "AVRO" or "MSGPACK" or "RAWBLOB" => "application/octet-stream",
        "XML" => "application/xml; charset=UTF-8",
        "MARKDOWN" => "text/markdown; charset=UTF-8",
        _ => "text/plain; charset=UTF-8",
    };
}
